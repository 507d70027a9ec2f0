package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"notionproxy/admin"
	"notionproxy/config"
)

// outcomes are those of package exchange, in the order of how well they are
// for the one who asked.
var outcomes = []string{"hit", "shared", "stale", "miss", "pass", "refused", "left"}

// drawTop draws what was seen as tables. before is what was seen the last
// time, to tell how much there is in a second; nil the first time.
func drawTop(w io.Writer, before, now *seen) {
	fmt.Fprintf(w, "notionproxy %s   up %v   mode %s   serve_stale %s   status page %s%s\n",
		now.Version, time.Duration(now.Uptime)*time.Second, now.Mode, now.ServeStale, now.Page, reloadNote(now.Reload))
	s := now.Stored
	fmt.Fprintf(w, "stored %d entries, %v of %v   evicted %d   dropped %d   expired %d   purged %d\n",
		s.Entries, about(s.Bytes), config.Bytes(s.Size), s.Evicted, s.Dropped, s.Expired, s.Purged)
	drawOutcomes(w, before, now)
	drawBudgets(w, now)
	drawCallers(w, now)
	drawLoops(w, now.Loops)
	drawEntries(w, now.Entries)
}

// about is a size that can be read at a glance.
func about(bytes int64) config.Bytes {
	unit := int64(1)
	for bytes >= 100*unit<<10 {
		unit <<= 10
	}
	return config.Bytes(bytes / unit * unit)
}

func reloadNote(r *admin.Reload) string {
	if r == nil || r.OK {
		return ""
	}
	return "   CHANGED SETTINGS ARE WRONG, not in force since " + r.At.Format(time.RFC3339)
}

// table is a table with a heading, columns apart by tabs.
func table(w io.Writer, heading string) *tabwriter.Writer {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\n%s\n", heading)
	return t
}

func drawOutcomes(w io.Writer, before, now *seen) {
	t := table(w, "REQUESTS\tsince the start\tshare\ta second")
	defer t.Flush()
	total := max(1, now.Requests["total"])
	for _, outcome := range outcomes {
		n := now.Requests[outcome]
		fmt.Fprintf(t, "%s\t%d\t%.1f %%\t%s\n", outcome, n, 100*float64(n)/float64(total), aSecond(before, now, func(s *seen) int64 { return s.Requests[outcome] }))
	}
	fmt.Fprintf(t, "calls to Notion\t%d\t\t%s\n", now.Calls, aSecond(before, now, func(s *seen) int64 { return s.Calls }))
}

// aSecond is how much a count grew in a second; nothing the first time, and
// after the proxy was started anew.
func aSecond(before, now *seen, count func(*seen) int64) string {
	if before == nil || now.Uptime < before.Uptime {
		return ""
	}
	return fmt.Sprintf("%.1f", float64(count(now)-count(before))/now.At.Sub(before.At).Seconds())
}

func drawBudgets(w io.Writer, now *seen) {
	t := table(w, "BUDGET\tleft this minute\ta second\twaiting\theld")
	defer t.Flush()
	for _, b := range now.Budgets {
		held := "-"
		if b.HeldUntil != nil {
			held = b.HeldUntil.Sub(now.At).Round(time.Second).String()
		}
		fmt.Fprintf(t, "%s\t%d of %d\t%.2f\t%d\t%s\n", tame(b.Connection), b.Left, b.Quota, b.Rate, b.Waiting, held)
	}
}

func drawCallers(w io.Writer, now *seen) {
	t := table(w, "CALLERS, last minute\tconnection\trequests\tcalls\tsaved\trefused\twaited")
	defer t.Flush()
	for _, c := range now.Callers {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%.1fs\n", tame(c.Caller), tame(c.Connection), c.Requests, c.Calls, c.Saved, c.Refused, c.Waited)
	}
}

func drawLoops(w io.Writer, loops []admin.Loop) {
	if len(loops) == 0 {
		return
	}
	t := table(w, "LOOPS\tthe same read\ttimes a minute")
	defer t.Flush()
	for _, l := range loops {
		fmt.Fprintf(t, "%s\t%s\t%d\n", tame(l.Caller), l.Operation, l.Times)
	}
}

func drawEntries(w io.Writer, entries []admin.Entry) {
	t := table(w, "ENTRIES, most read\tconnection\tobject\treads\tage\tstate\tbytes")
	defer t.Flush()
	for _, e := range entries {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%v\t%s\t%d\n", e.Operation, tame(e.Connection), strings.Join(e.Objects, " "),
			e.Reads, time.Duration(e.Age)*time.Second, e.State, e.Bytes)
	}
}

// tame is a name that a caller made up as a terminal may show it: without
// escapes that would move the cursor or change what was written.
func tame(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
