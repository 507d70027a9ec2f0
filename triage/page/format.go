package page

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"notionproxy/triage"
)

// What people read, in all formats. Times are UTC everywhere: an incident is
// talked about across time zones.

// clock is a time of day, with the date where that is not today's.
func clock(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	switch {
	case t.IsZero():
		return "–"
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return t.Format("15:04:05")
	}
	return t.Format("2006-01-02 15:04:05")
}

// stamp is a time for machines.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// ago is how long before now t was.
func ago(t, now time.Time) string {
	switch d := now.Sub(t); {
	case t.IsZero():
		return "never"
	case d < time.Second:
		return "now"
	default:
		return span(d) + " ago"
	}
}

// span is a length of time in its two largest units.
func span(d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	if d < time.Second {
		return "0 s"
	}
	units := []struct {
		name string
		size time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}
	for i, u := range units {
		if d < u.size {
			continue
		}
		text := fmt.Sprintf("%d %s", d/u.size, u.name)
		if i+1 < len(units) {
			if rest := d % u.size / units[i+1].size; rest > 0 {
				text += fmt.Sprintf(" %d %s", rest, units[i+1].name)
			}
		}
		return text
	}
	return ""
}

// seconds is a span of so many seconds.
func seconds(s float64) string { return span(time.Duration(s * float64(time.Second))) }

// percent is a part of a whole. It says neither 0 nor 100 unless that is so.
func percent(part, whole int64) string {
	if whole <= 0 {
		return "–"
	}
	share := 100 * float64(part) / float64(whole)
	switch {
	case part > 0 && share < 1:
		return "<1 %"
	case part < whole && share > 99:
		return ">99 %"
	}
	return fmt.Sprintf("%.0f %%", share)
}

// millis is a duration in milliseconds, in the unit that suits it.
func millis(ms float64) string {
	switch {
	case ms == 0:
		return "–"
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", ms/1000)
}

// latency is how long the last call took.
func latency(r triage.Report) string {
	if r.LatencyMS == 0 && !r.LatencyAt.IsZero() {
		return "<1 ms"
	}
	return millis(r.LatencyMS)
}

// bytes is a size.
func bytes(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// count is a number with thin gaps between thousands.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// plural is a number with its noun.
func plural(n int64, one, many string) string {
	if n == 1 {
		return count(n) + " " + one
	}
	return count(n) + " " + many
}

// short is the beginning of an id, for tables.
func short(id string) string {
	if len(id) > 8 {
		return id[:8] + "…"
	}
	return id
}

// A mood is how bad a class is, for colours: good, warn or bad.
func mood(c triage.Class) string {
	switch c {
	case triage.OK:
		return "good"
	case triage.NotionDown, triage.NotionSide, triage.NetworkIssue, triage.TokenExpired:
		return "bad"
	}
	return "warn"
}

// causes are the classes in words for people who do not know ours.
var causes = map[triage.Class]string{
	triage.OK:              "Nothing is wrong",
	triage.NotionDown:      "Notion outage",
	triage.NotionSide:      "Notion outage, in part",
	triage.NetworkIssue:    "Network or DNS, between us and Notion",
	triage.TokenExpired:    "Token expired or revoked",
	triage.RateLimited:     "Rate limited",
	triage.SchemaChanged:   "Schema change in Notion",
	triage.PagesUnshared:   "Pages no longer shared with the connection",
	triage.APIError:        "Notion refuses our calls",
	triage.IntegrationSide: "Our application",
	triage.Unknown:         "Not known yet",
}

func cause(c triage.Class) string {
	if words, ok := causes[c]; ok {
		return words
	}
	return string(c)
}

// sentence ends s like one.
func sentence(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?:") {
		return s
	}
	return s + "."
}

// lag says how Notion's claims lie to our first failure; empty where one of the
// two did not happen.
func lag(c triage.Claims) string {
	switch {
	case c.LagS == nil:
		return ""
	case *c.LagS < 0:
		return "It told of trouble " + seconds(-*c.LagS) + " before our first failure."
	}
	return "It told of trouble " + seconds(*c.LagS) + " after our first failure."
}

// printable is s on one line, without control characters and those that turn
// the direction of writing: a name must not write over what stands beside it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
}
