package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"notionproxy/triage"
)

// A Message is what templates are filled in with. Everything but Incident is
// text, ready to stand in a sentence.
type Message struct {
	Incident triage.Incident
	URL      string // of the incident's page

	Status   string // INVESTIGATING, MITIGATING or RESOLVED
	Cause    string // the class in words
	Headline string // what is wrong, in one line
	Impact   string // what users notice, with figures
	Action   string // what to do first
	ETA      string

	StatusPage   string // what Notion says of it; empty where it says nothing
	PublicImpact string // for outsiders: names nothing of ours
	Workaround   string
	NextUpdate   string
	Now          string // RFC 3339

	Day           string
	Began, Ended  string
	Lasted        string
	DetectedAfter string
	Summary       string
	Timeline      []MessageLine
	Evidence      []string
	Callers       string
	Figures       string
	WorstAge      string
	DataLoss      string
	Actions       []ActionItem
}

// A MessageLine is one of a timeline.
type MessageLine struct{ At, Text string }

// An ActionItem is one row of a postmortem's table.
type ActionItem struct{ Priority, Do string }

const nextUpdateIn = 30 * time.Minute

// messageOf works out what is known about an incident.
func messageOf(i triage.Incident, url string, now time.Time) Message {
	i = tidy(i)
	m := Message{
		Incident: i, URL: cmp.Or(url, "[link to the dashboard]"),
		Status: statusOf(i), Cause: cause(cmp.Or(i.Worst, i.Class, triage.Unknown)), Headline: i.Finding.Headline,
		Impact: impactOf(i), Action: actionOf(i), ETA: etaOf(i),
		StatusPage:   strings.Join(i.Claims.Concerns, "; "),
		PublicImpact: publicImpact(i), Workaround: workaroundOf(i),
		NextUpdate: "at " + now.Add(nextUpdateIn).UTC().Format("15:04") + " UTC, or sooner if it is resolved",
		Now:        stamp(now),
		Day:        i.Start.UTC().Format("2006-01-02"), Began: minute(i.Start), Ended: minute(i.End),
		Lasted: span(i.Duration(now)), DetectedAfter: span(i.Detected.Sub(i.Start)),
		Evidence: i.Finding.Evidence, Callers: callersOf(i.Figures), Figures: figuresOf(i.Figures),
		WorstAge: cmp.Or(ageOf(i.Figures), "none"), DataLoss: lossOf(i.Figures), Actions: actionItems(i),
	}
	m.Summary = summaryOf(i, m)
	for _, e := range i.Timeline {
		m.Timeline = append(m.Timeline, MessageLine{e.At.UTC().Format("15:04"), e.Text})
	}
	return m
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

// statusOf is one of the three words of the usual template.
func statusOf(i triage.Incident) string {
	switch {
	case !i.Open():
		return "RESOLVED"
	case i.Figures.FromStore > 0:
		return "MITIGATING"
	}
	return "INVESTIGATING"
}

// impactOf is what users notice, and at how many requests.
func impactOf(i triage.Incident) string {
	f := i.Figures
	all := []string{strings.TrimRight(cmp.Or(i.Finding.Impact, "[impact on users]"), ".")}
	if f.Requests > 0 {
		all = append(all, fmt.Sprintf("so far, of %s %s got no answer and %s an older one",
			plural(f.Requests, "request", "requests"), count(f.Unserved), count(f.FromStore)))
	}
	if f.LostWrites > 0 {
		all = append(all, plural(f.LostWrites, "write", "writes")+" may be lost")
	}
	return strings.Join(all, "; ")
}

func actionOf(i triage.Incident) string {
	switch steps := i.Finding.Advice.Steps; {
	case !i.Open():
		return "none needed any more; postmortem to follow"
	case len(steps) > 0:
		return steps[0].Do
	}
	return "[current remediation step]"
}

func etaOf(i triage.Incident) string {
	if !i.Open() {
		return "resolved at " + minute(i.End)
	}
	return "monitoring"
}

// publicImpact says to outsiders what they notice.
func publicImpact(i triage.Incident) string {
	const feature = "[What is built on Notion]"
	f := i.Figures
	switch {
	case !i.Open():
		return feature + " works normally again."
	case f.Unserved == 0 && f.FromStore > 0:
		return "Data from Notion cannot be brought up to date at present. " + feature + " works, but may show older data."
	case f.Unserved > 0 && f.FromStore > 0:
		return "Part of our requests to Notion fail at present. " + feature + " may be unavailable or show older data."
	}
	return "Requests to Notion fail at present. " + feature + " may be unavailable."
}

func workaroundOf(i triage.Incident) string {
	if i.Figures.FromStore == 0 {
		return "none at present"
	}
	text := "data that we have kept is being shown"
	if age := ageOf(i.Figures); age != "" {
		text += "; it is up to " + age + " old"
	}
	return text
}

func ageOf(f triage.Figures) string {
	if f.WorstAgeS <= 0 {
		return ""
	}
	return seconds(f.WorstAgeS)
}

// summaryOf is a sentence or two on the whole.
func summaryOf(i triage.Incident, m Message) string {
	text := fmt.Sprintf("From %s, %s", m.Began, cmp.Or(m.Headline, "calls to Notion failed"))
	if !i.Open() {
		text += ", until " + m.Ended
	}
	return sentence(text) + " " + sentence(m.Impact)
}

func callersOf(f triage.Figures) string {
	if len(f.Callers) == 0 {
		return "none known"
	}
	return fmt.Sprintf("%d (%s)", len(f.Callers), strings.Join(f.Callers, ", "))
}

func figuresOf(f triage.Figures) string {
	return fmt.Sprintf("%s in all, %s affected: %s answered from store, %s got an error, %s of them from the proxy",
		count(f.Requests), count(f.Affected), count(f.FromStore), count(f.Unserved), count(f.Refused))
}

func lossOf(f triage.Figures) string {
	if f.LostWrites == 0 {
		return "none"
	}
	return plural(f.LostWrites, "write was", "writes were") + " not carried out, or not known to be; [which, and whether they were repeated]"
}

// tidy is i without control characters in what comes from outside.
func tidy(i triage.Incident) triage.Incident {
	i.Finding.Headline, i.Finding.Impact = printable(i.Finding.Headline), printable(i.Finding.Impact)
	i.Finding.Evidence = tidyAll(i.Finding.Evidence)
	i.Claims.Concerns = tidyAll(i.Claims.Concerns)
	i.Figures.Callers = tidyAll(i.Figures.Callers)
	i.Finding.Advice.Steps = slices.Clone(i.Finding.Advice.Steps)
	for n := range i.Finding.Advice.Steps {
		i.Finding.Advice.Steps[n].Do = printable(i.Finding.Advice.Steps[n].Do)
	}
	i.Timeline = slices.Clone(i.Timeline)
	for n := range i.Timeline {
		i.Timeline[n].Text = printable(i.Timeline[n].Text)
	}
	return i
}

func tidyAll(all []string) []string {
	tidied := make([]string, len(all))
	for n, s := range all {
		tidied[n] = printable(s)
	}
	return tidied
}
