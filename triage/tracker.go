package triage

import (
	"slices"
	"strings"
	"time"
)

// Bounds of incidents.
const (
	maxIncidents = 200
	maxClasses   = 100
	maxTimeline  = 200
	maxEvents    = 50
)

// A tracker makes incidents of verdicts, one after the other. It is not safe
// for concurrent use.
type tracker struct {
	incidents []Incident // oldest first; the last may be open
	events    []TimelineEntry
	calmSince time.Time // since when an open incident's verdict is ok; zero while it is not
	base      tally     // what had been counted when the open one began
	before    Figures   // of the open one, from before the proxy was started anew
	told      bool      // lost writes of the open one
}

// A tally is what was counted since the beginning of the watching.
type tally struct {
	n      [plainCounters]int64
	oldest time.Duration
}

// A moment is what a step looks at.
type moment struct {
	e       Evidence
	v       Verdict
	news    []TimelineEntry // what happened since the last step
	total   tally           // what was counted until now
	since   func(time.Time) tally
	callers func(since time.Time) []string // those affected
}

func (t *tracker) open() *Incident {
	if n := len(t.incidents); n > 0 && t.incidents[n-1].Open() {
		return &t.incidents[n-1]
	}
	return nil
}

// step takes the next verdict, and returns what there is to tell.
func (t *tracker) step(m moment) []Notice {
	t.events = append(t.events, m.news...)
	t.events = t.events[max(0, len(t.events)-maxEvents):]
	i := t.open()
	switch {
	case i == nil && m.v.Class == OK:
		return nil
	case i == nil:
		return []Notice{t.begin(m)}
	}
	i.log(m.news...)
	if m.v.Class == OK {
		return t.calm(i, m)
	}
	if !t.calmSince.IsZero() {
		i.log(TimelineEntry{m.v.At, Relapse, sentence("It is not over: %s", lower(m.v.First().Headline))})
		t.calmSince = time.Time{}
	}
	return t.goOn(i, m)
}

// begin opens an incident.
func (t *tracker) begin(m moment) Notice {
	f := m.v.First()
	start := f.Since
	if start.IsZero() || start.After(m.v.At) {
		start = m.v.At
	}
	if n := len(t.incidents); n > 0 && start.Before(t.incidents[n-1].End) {
		start = t.incidents[n-1].End
	}
	start = start.UTC().Round(0)
	i := Incident{
		ID: t.id(start), Start: start, Detected: m.v.At.UTC().Round(0), Class: f.Class, Worst: f.Class, Severity: P4,
		Classes: []ClassChange{}, Timeline: []TimelineEntry{},
	}
	t.base = m.total.minus(m.since(start))
	t.calmSince, t.told, t.before = time.Time{}, false, Figures{}
	i.log(TimelineEntry{start, FirstFailure, "The first failure."})
	for _, e := range t.events {
		if !e.At.Before(start) {
			i.log(e)
		}
	}
	i.log(TimelineEntry{i.Detected, Detection, sentence("%s (%s), noticed %s after the first failure", f.Headline, f.Class, span(m.v.At.Sub(start)))})
	t.incidents = append(t.incidents, i)
	t.incidents = t.incidents[max(0, len(t.incidents)-maxIncidents):]
	now := &t.incidents[len(t.incidents)-1]
	t.update(now, m)
	return Notice{Opened, now.copy()}
}

// id is the time of the start; where there is one of that second already, one
// more.
func (t *tracker) id(start time.Time) string {
	id := "inc-" + start.UTC().Format("20060102-150405")
	for slices.ContainsFunc(t.incidents, func(i Incident) bool { return i.ID == id }) {
		id += "b"
	}
	return id
}

// goOn takes another verdict of an open incident.
func (t *tracker) goOn(i *Incident, m moment) []Notice {
	class, severity := i.Class, i.Severity
	t.update(i, m)
	if class != i.Class {
		i.log(TimelineEntry{m.v.At, Reclassified, sentence("From %s to %s: %s", class, i.Class, lower(m.v.First().Headline))})
	}
	if class == i.Class && severity == i.Severity {
		return nil
	}
	return []Notice{{ClassChanged, i.copy()}}
}

// update enters what the verdict says.
func (t *tracker) update(i *Incident, m moment) {
	f := m.v.First()
	i.Class, i.Finding, i.Claims = f.Class, f, m.e.Claims
	if f.Class.Worse(i.Worst) {
		i.Worst = f.Class
	}
	var also []Class
	for _, other := range m.v.Findings[1:] {
		also = append(also, other.Class)
	}
	if n := len(i.Classes); n < maxClasses && (n == 0 || i.Classes[n-1].Class != f.Class || !slices.Equal(i.Classes[n-1].Also, also)) {
		i.Classes = append(i.Classes, ClassChange{m.v.At, f.Class, also})
	}
	t.count(i, m)
	i.Severity = min(i.Severity, severityOf(m.v, m.e.Windows[0], i.Figures, callersOf(&m.e))) // "P1" sorts before "P4"
	if i.Figures.LostWrites > 0 && !t.told {
		t.told = true
		i.log(TimelineEntry{m.v.At, WriteLost, "The first write was lost, or may have been carried out without an answer."})
	}
}

func (t *tracker) count(i *Incident, m moment) {
	d := m.total.minus(t.base)
	i.Figures = Figures{
		Requests: d.n[requests], FromStore: d.n[trouble], Unserved: d.n[unserved], Refused: d.n[unservedByUs],
		LostWrites: d.n[lostWrites], WorstAgeS: max(i.Figures.WorstAgeS, m.since(i.Start).oldest.Seconds()), Callers: m.callers(i.Start),
	}
	i.Figures.Affected = i.Figures.FromStore + i.Figures.Unserved
	if slices.ContainsFunc(i.Classes, func(c ClassChange) bool { return c.Class.rebuffs() || slices.ContainsFunc(c.Also, Class.rebuffs) }) {
		i.Figures.Affected += d.n[rebuffed]
	}
	i.Figures.add(t.before)
}

// add adds what was counted before the proxy was started anew.
func (f *Figures) add(g Figures) {
	f.Requests, f.Affected, f.FromStore = f.Requests+g.Requests, f.Affected+g.Affected, f.FromStore+g.FromStore
	f.Unserved, f.Refused, f.LostWrites = f.Unserved+g.Unserved, f.Refused+g.Refused, f.LostWrites+g.LostWrites
	f.WorstAgeS = max(f.WorstAgeS, g.WorstAgeS)
	for _, caller := range g.Callers {
		if !slices.Contains(f.Callers, caller) && len(f.Callers) < 20 {
			f.Callers = append(f.Callers, caller)
		}
	}
}

// rebuffs says whether such trouble shows in Notion's own 4xx.
func (c Class) rebuffs() bool {
	return slices.Contains([]Class{TokenExpired, SchemaChanged, PagesUnshared, APIError, IntegrationSide}, c)
}

// calm takes a verdict of ok of an open incident, which ends it when it has
// lasted.
func (t *tracker) calm(i *Incident, m moment) []Notice {
	if t.calmSince.IsZero() {
		t.calmSince = m.v.At
		i.log(TimelineEntry{m.v.At, Quiet, "All is well for now."})
	}
	if m.v.At.Sub(t.calmSince) < calm {
		return nil
	}
	t.count(i, m)
	i.End = t.calmSince.UTC().Round(0)
	i.log(TimelineEntry{i.End, Recovery, sentence("Over, after %s", span(i.End.Sub(i.Start)))})
	t.calmSince = time.Time{}
	return []Notice{{Closed, i.copy()}}
}

// log adds to the timeline, in the order of time.
func (i *Incident) log(entries ...TimelineEntry) {
	for _, e := range entries {
		e.At = e.At.UTC().Round(0)
		if len(i.Timeline) >= maxTimeline && e.Kind != Recovery {
			continue
		}
		i.Timeline = append(i.Timeline, e)
	}
	slices.SortStableFunc(i.Timeline, func(a, b TimelineEntry) int { return a.At.Compare(b.At) })
}

// copy is the incident as it stands, for others to keep.
func (i *Incident) copy() Incident {
	c := *i
	c.Classes, c.Timeline = slices.Clone(i.Classes), slices.Clone(i.Timeline)
	return c
}

func (a tally) minus(b tally) tally {
	for i := range a.n {
		a.n[i] -= b.n[i]
	}
	return a
}

func lower(s string) string {
	if s == "" || strings.HasPrefix(s, "Notion") {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
