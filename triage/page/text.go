package page

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"notionproxy/triage"
)

// A Style says whether text is coloured.
type Style bool

// The styles.
const (
	Plain    Style = false
	Coloured Style = true
)

// Colours of terminals.
const (
	bold   = "1"
	red    = "1;31"
	green  = "1;32"
	yellow = "1;33"
	dim    = "2"
)

func (s Style) paint(colour, text string) string {
	if !s || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (s Style) mood(c triage.Class, text string) string {
	return s.paint(map[string]string{"good": green, "warn": yellow, "bad": red}[mood(c)], text)
}

// Text writes a report for a terminal: verdict and first action on top, then
// what they rest on. What there is nothing of is left out.
func Text(w io.Writer, r triage.Report, s Style) {
	t := &textWriter{w, s, r.At}
	t.verdict(r)
	t.known(r)
	t.tree(r.Verdict)
	t.windows(r.Evidence)
	t.probes(r.Evidence.Probes)
	t.budget(r)
	t.drift(r.Evidence)
	t.stored(r)
	t.events(r.Events)
	t.incidents(r.Incidents)
}

// textWriter writes sections.
type textWriter struct {
	io.Writer
	Style
	now time.Time
}

// line writes a line. Colours stand in the format; what is filled in may come
// from outside, so control characters are taken out of it: a name with an
// escape sequence must not write over the verdict.
func (t *textWriter) line(format string, args ...any) {
	for i, a := range args {
		switch v := a.(type) {
		case string:
			args[i] = printable(v)
		case triage.Class:
			args[i] = printable(string(v))
		}
	}
	fmt.Fprintf(t, format+"\n", args...)
}

func (t *textWriter) title(text string) { t.line("\n" + t.paint(bold, text)) }

func (t *textWriter) verdict(r triage.Report) {
	t.line("=== Notion triage ===")
	t.line("Time: %s", stamp(r.At))
	t.line("")
	for i, f := range r.Verdict.Findings {
		t.finding(f, i == 0)
	}
	if len(r.Incidents) > 0 && r.Incidents[0].Open() {
		i := r.Incidents[0]
		t.line("Incident %s, %s, for %s", i.ID, string(i.Severity), span(i.Duration(t.now)))
	}
}

func (t *textWriter) finding(f triage.Finding, isFirst bool) {
	word := "CLASSIFICATION"
	if !isFirst {
		word = "ALSO"
	}
	t.line(t.mood(f.Class, word+": %s")+"%s", f.Class, confidenceOf(f, t.now))
	t.line("  "+t.paint(bold, "%s"), f.Headline)
	if f.Impact != "" && f.Class != triage.OK {
		t.line("  Impact: %s", f.Impact)
	}
	t.advice(f.Advice)
	for _, e := range f.Evidence {
		t.line("  - %s", e)
	}
	t.line("")
}

func confidenceOf(f triage.Finding, now time.Time) string {
	var all []string
	if f.Confidence != "" {
		all = append(all, "confidence "+string(f.Confidence))
	}
	if !f.Since.IsZero() {
		all = append(all, fmt.Sprintf("since %s (%s)", clock(f.Since, now), ago(f.Since, now)))
	}
	if len(all) == 0 {
		return ""
	}
	return " (" + strings.Join(all, ", ") + ")"
}

func (t *textWriter) advice(a triage.Advice) {
	for i, step := range a.Steps {
		t.line("  %d. %s", i+1, step.Do)
		for _, c := range step.Commands {
			t.command(c)
		}
		for _, l := range step.Links {
			t.line("       %s: %s", l.Text, l.URL)
		}
	}
	for _, dont := range a.Donts {
		t.line("  "+t.paint(red, "!  %s"), dont)
	}
}

func (t *textWriter) command(c triage.Command) {
	if c.For != "" {
		t.line("       "+t.paint(dim, "# %s"), c.For)
	}
	for line := range strings.Lines(c.Text) {
		t.line("       %s", strings.TrimRight(line, "\n"))
	}
}

// known is what the well-known scripts print.
func (t *textWriter) known(r triage.Report) {
	t.title("Last known")
	t.line("  Notion status:    %s (%s)", cmp.Or(r.NotionStatus, "unknown"), ago(r.NotionStatusAt, t.now))
	t.line("  Active incidents: %d", len(r.Evidence.Claims.Incidents))
	for _, c := range r.Evidence.Claims.Incidents {
		t.line("    - %s (%s): %s", c.Name, c.Status, c.Update)
	}
	if text := lag(r.Evidence.Claims); text != "" {
		t.line("    %s", text)
	}
	t.line("  Token:            %s (%s)", cmp.Or(r.AuthStatus, "unknown"), ago(r.AuthStatusAt, t.now))
	t.line("  Last call took:   %s (%s)", latency(r), ago(r.LatencyAt, t.now))
}

func (t *textWriter) tree(v triage.Verdict) {
	if len(v.Tree) == 0 {
		return
	}
	t.title("Decision tree")
	for i, b := range v.Tree {
		answer, mark := "no", ""
		if b.Yes {
			answer = "YES"
		}
		if b.Taken {
			mark = " <== " + string(b.Class)
		}
		t.line("  %d. %s %s%s", i+1, b.Question, answer, mark)
		t.line("     "+t.paint(dim, "%s"), b.Answer)
	}
	for _, r := range v.RuledOut {
		t.line("  Not %s: %s", r.Class, r.Why)
	}
}

func (t *textWriter) windows(e triage.Evidence) {
	if e.Windows[3].Requests == 0 {
		return
	}
	t.title("Measured")
	t.line("  %6s %9s %7s %7s %6s %6s %9s %9s %9s", "last", "requests", "asked", "failed", "slow", "stale", "no answer", "p50", "p95")
	for _, w := range e.Windows {
		t.line("  %2d min %9d %7d %7d %6d %6d %9d %9s %9s", w.Minutes, w.Requests, w.Asked, w.Failed, w.Slow, w.Stale, w.Unserved,
			millis(w.Latency.P50), millis(w.Latency.P95))
	}
	for _, r := range e.Refusals {
		t.line("  %d %s on %s %s, %d times, last %s, by %s", r.Status, r.Code, r.Operation, r.Object, r.Count, ago(r.Last, t.now), cmp.Or(r.Caller, "unknown"))
	}
	for _, r := range e.Rejections {
		t.line("  400 on %s: %s (%d times, by %s)", r.Operation, cmp.Or(r.Explained, r.Message), r.Count, cmp.Or(r.Caller, "unknown"))
	}
}

func (t *textWriter) probes(run *triage.ProbeRun) {
	if run == nil {
		return
	}
	t.title("Probes, " + ago(run.At, t.now))
	for _, p := range run.Probes {
		result := t.paint(red, "failed ")
		switch {
		case p.Skipped:
			result = "skipped"
		case p.OK:
			result = t.paint(green, "ok     ")
		}
		t.line("  %-12s "+result+" %9s  %s", p.Name, millis(p.TookMS), detailOf(p))
	}
}

// detailOf is what a probe saw.
func detailOf(p triage.Probe) string {
	text := p.Detail
	if p.Bot != "" {
		text = sentence(text) + " Connection " + p.Bot
	}
	if p.Workspace != "" {
		text += ", workspace " + p.Workspace
	}
	return text
}

func (t *textWriter) budget(r triage.Report) {
	if len(r.Budget)+len(r.Evidence.Loops)+len(r.Evidence.Spenders) == 0 {
		return
	}
	t.title("Budget, last minute")
	for _, b := range r.Budget {
		held := ""
		if b.Held.After(t.now) {
			held = "; held until " + clock(b.Held, t.now)
		}
		calls := fmt.Sprintf("%d of %d calls", b.Calls, b.Limit)
		if b.Limit == 0 { // the budget of a token that Notion has not taken is not known
			calls = fmt.Sprintf("calls: %d", b.Calls)
		}
		t.line("  %s: %s%s", b.Connection, calls, held)
	}
	for _, l := range r.Evidence.Loops {
		t.line("  "+t.paint(yellow, "LOOP")+" %s repeats one %s: %d times a minute", l.Caller, l.Operation, l.Times)
	}
	for _, s := range r.Evidence.Spenders {
		t.line("  %-24s %6d requests %6d calls", s.Caller, s.Requests, s.Calls)
	}
}

func (t *textWriter) drift(e triage.Evidence) {
	if len(e.Drift)+len(e.Schemas) == 0 {
		return
	}
	t.title("Schema")
	for _, d := range e.Drift {
		t.line("  %s %s (%s)", clock(d.Seen, t.now), d.Text, d.DataSource)
	}
	for _, s := range e.Schemas {
		t.line("  %s", s.DataSource)
		t.line("    missing:    %s", strings.Join(s.Missing, ", "))
		t.line("    unexpected: %s", strings.Join(s.Unexpected, ", "))
		t.line("    current:    %s", strings.Join(s.Current, ", "))
	}
}

func (t *textWriter) stored(r triage.Report) {
	if r.Stored.Entries == 0 {
		return
	}
	t.title("Stored")
	t.line("  %d answers, %s", r.Stored.Entries, bytes(r.Stored.Bytes))
}

func (t *textWriter) events(all []triage.TimelineEntry) {
	if len(all) == 0 {
		return
	}
	t.title("Recent events")
	for _, e := range all[:min(len(all), 15)] {
		t.line("  %s %s: %s", clock(e.At, t.now), string(e.Kind), e.Text)
	}
}

func (t *textWriter) incidents(all []triage.Incident) {
	if len(all) == 0 {
		return
	}
	t.title("Incidents")
	for _, i := range all {
		state := ""
		if i.Open() {
			state = ", goes on"
		}
		t.line("  %s %s %-16s %s, %s%s, %d affected", i.ID, string(i.Severity), i.Worst, clock(i.Start, t.now),
			span(i.Duration(t.now)), state, i.Figures.Affected)
	}
}

// IncidentText writes one incident for a terminal.
func IncidentText(w io.Writer, i triage.Incident, now time.Time, s Style) {
	t := &textWriter{w, s, now}
	t.line(t.mood(i.Worst, "%s %s: %s"), string(i.Severity), i.Class, i.Finding.Headline)
	t.line("Incident %s, %s, from %s", i.ID, span(i.Duration(now)), stamp(i.Start))
	t.title("Timeline")
	for _, e := range i.Timeline {
		t.line("  %s %s: %s", clock(e.At, now), string(e.Kind), e.Text)
	}
	t.title("Figures")
	t.line("  Requests: %s", figuresOf(i.Figures))
	t.line("  Oldest answer: %s", cmp.Or(ageOf(i.Figures), "none"))
	t.line("  Data loss: %s", lossOf(i.Figures))
	t.line("  Callers: %s", callersOf(i.Figures))
	t.line("\nSlack message, status page update and postmortem: /slack, /status and /postmortem below this address")
}
