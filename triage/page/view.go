package page

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"

	"notionproxy/triage"
	"notionproxy/triage/notify"
)

//go:embed html
var sources embed.FS

// pages are the HTML templates.
var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"asset": assetURL, "clock": clock, "stamp": stamp, "ago": ago, "span": span, "seconds": seconds,
	"percent": percent, "millis": millis, "bytes": bytes, "count": count, "short": short,
	"lag": lag, "mood": mood, "cause": cause, "sentence": sentence,
	"quote": quote,
	"cell":  func(label, value, note, mood string) tile { return tile{label, value, note, mood} },
	"at":    func(t, now time.Time) moment { return moment{t, now} },
	"high":  func(limit int) int { return limit * 3 / 4 },
	"num":   func(n int) int64 { return int64(n) },
}).ParseFS(sources, "html/*.html"))

// quote shows what a sentence has in backticks as code. Everything in it is
// escaped here, since it is not any more later.
func quote(sentence string) template.HTML {
	parts := strings.Split(sentence, "`")
	if len(parts)%2 == 0 {
		return template.HTML(template.HTMLEscapeString(sentence))
	}
	var b strings.Builder
	for i, part := range parts {
		part = template.HTMLEscapeString(part)
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		b.WriteString(part)
	}
	return template.HTML(b.String())
}

// A frame is what every page has around it.
type frame struct {
	Title   string
	Mood    string
	Now     time.Time
	Public  bool
	Version string
	More    []triage.Link
}

func (p *Page) frame(title string, class triage.Class, now time.Time) frame {
	return frame{Title: title, Mood: mood(class), Now: now.UTC(), Public: p.o.Public, Version: p.o.Version, More: p.o.More}
}

type problemView struct {
	frame
	Sentence string
}

// A moment is a time as it is shown at another.
type moment struct{ T, Now time.Time }

// A tile is one figure at the top.
type tile struct{ Label, Value, Note, Mood string }

type reportView struct {
	frame
	triage.Report
	First         triage.Finding
	Others        []triage.Finding
	Running       *triage.Incident // nil when there is none
	Tiles         []tile
	Charts        string // JSON
	Notifications []notify.Status
}

func (p *Page) reportView(r triage.Report) reportView {
	first := r.Verdict.First()
	v := reportView{
		frame:  p.frame("Triage: "+string(r.Classification), r.Classification, r.At),
		Report: r, First: first, Tiles: tiles(r), Charts: charts(r), Notifications: p.notifications(),
	}
	if len(r.Verdict.Findings) > 1 {
		v.Others = r.Verdict.Findings[1:]
	}
	if len(r.Incidents) > 0 && r.Incidents[0].Open() && !p.o.Public {
		v.Running = &r.Incidents[0]
	}
	return v
}

// tiles are the figures that somebody looks for first.
func tiles(r triage.Report) []tile {
	w := r.Evidence.Windows[1]
	all := []tile{
		{"Notion says", cmp.Or(r.NotionStatus, "unknown"), "status page, " + ago(r.NotionStatusAt, r.At), claimMood(r.Evidence.Claims)},
		tokenTile(r),
		{"Last call took", latency(r), ago(r.LatencyAt, r.At), ""},
		{"Calls failed", percent(w.Failed, w.Asked), fmt.Sprintf("%s of %s, 5 min", count(w.Failed), count(w.Asked)), bad(w.Failed > 0)},
		{"Stale answers", percent(w.Stale, w.Requests), fmt.Sprintf("%s of %s, 5 min", count(w.Stale), count(w.Requests)), bad(w.Trouble > 0)},
		{"Got no answer", percent(w.Unserved, w.Requests), fmt.Sprintf("%s of %s, 5 min", count(w.Unserved), count(w.Requests)), bad(w.Unserved > 0)},
	}
	if len(r.Budget) > 0 {
		b := r.Budget[0]
		value, note := count(b.Calls), "calls, 1 min"
		if b.Limit > 0 {
			value, note = percent(b.Calls, int64(b.Limit)), fmt.Sprintf("%s of %d calls, 1 min", count(b.Calls), b.Limit)
		}
		all = append(all, tile{"Budget used", value, note, bad(b.Held.After(r.At))})
	}
	return all
}

func bad(is bool) string {
	if is {
		return "warn"
	}
	return ""
}

func claimMood(c triage.Claims) string { return bad(c.Verdict == "incident") }

// tokenTile says what Notion makes of tokens. Only a 401 speaks against one:
// any other error says nothing about it.
func tokenTile(r triage.Report) tile {
	note := cmp.Or(r.AuthStatus, "unknown") + ", " + ago(r.AuthStatusAt, r.At)
	switch {
	case r.AuthStatus == "authenticated":
		return tile{"Token", "taken", note, ""}
	case strings.Contains(r.AuthStatus, "401"):
		return tile{"Token", "refused", note, "warn"}
	}
	return tile{"Token", "not told", note, ""}
}

// chartData is what the browser draws, a column for each figure.
type chartData struct {
	Recent columns `json:"recent"`
	Hour   columns `json:"hour"`
	Limit  int     `json:"limit"` // calls a minute; 0 where there is not one
}

type columns struct {
	At       []int64    `json:"at"` // Unix seconds
	Calls    []int64    `json:"calls"`
	Failed   []int64    `json:"failed"`
	Unserved []int64    `json:"unserved"`
	P50      []*float64 `json:"p50"`
	P95      []*float64 `json:"p95"`
	Stale    []*float64 `json:"stale"` // percent of requests
	Budget   []*int64   `json:"budget"`
}

func charts(r triage.Report) string {
	d := chartData{Recent: columnsOf(r.Recent), Hour: columnsOf(r.Hour)}
	if len(r.Budget) == 1 {
		d.Limit = r.Budget[0].Limit
	}
	text, _ := json.Marshal(d) // numbers; one that JSON lacks leaves the charts empty
	return string(text)
}

func columnsOf(points []triage.Point) columns {
	c := columns{At: []int64{}}
	for i, p := range points {
		c.At = append(c.At, p.At.Unix())
		c.Calls, c.Failed, c.Unserved = append(c.Calls, p.Calls), append(c.Failed, p.Failed), append(c.Unserved, p.Unserved)
		c.P50, c.P95 = append(c.P50, known(p.P50MS, p.P50MS > 0)), append(c.P95, known(p.P95MS, p.P95MS > 0))
		c.Stale = append(c.Stale, known(100*float64(p.Stale)/float64(max(p.Requests, 1)), p.Requests > 0))
		c.Budget = append(c.Budget, lastMinute(points[:i+1]))
	}
	return c
}

// known is nil for what there is no figure for: a gap, not a zero.
func known(v float64, is bool) *float64 {
	if !is {
		return nil
	}
	return &v
}

// lastMinute adds up the calls of the minute that ends with the last point; nil
// where the points do not reach back that far.
func lastMinute(points []triage.Point) *int64 {
	sum, covered := int64(0), 0.0
	for i := len(points) - 1; i >= 0 && covered < 60; i-- {
		sum += points[i].Calls
		covered += points[i].Seconds
	}
	if covered < 60 {
		return nil
	}
	return &sum
}

type incidentView struct {
	frame
	triage.Incident
	Lasted   string
	Messages []filled
	URL      string
}

// filled is a message, ready to be copied.
type filled struct{ Name, Title, Text string }

var messageTitles = []struct{ name, title string }{
	{"slack", "Slack message"}, {"status", "Status page update"}, {"postmortem", "Postmortem"},
}

func (p *Page) incidentView(i triage.Incident, base string) incidentView {
	now := time.Now()
	v := incidentView{
		frame:    p.frame("Incident "+i.ID, i.Worst, now),
		Incident: i, Lasted: span(i.Duration(now)), URL: IncidentURL(base, i.ID),
	}
	for _, m := range messageTitles {
		text, err := p.o.Messages.Fill(m.name, i, v.URL, now)
		if err != nil {
			text = "The template cannot be filled in: " + err.Error()
		}
		v.Messages = append(v.Messages, filled{m.name, m.title, text})
	}
	return v
}
