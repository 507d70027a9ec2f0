package triage

import (
	"slices"
	"time"
)

// repeatedly is how often an object must be asked for in vain before somebody
// seems to be sure that it is there.
const repeatedly = 3

// askPages looks for objects that could be read before.
func askPages(e *Evidence) answer {
	var gone, doubted []Refusal
	for _, r := range missing(e) {
		switch {
		case isMistaken(r):
		case !r.Seen.IsZero():
			gone = append(gone, r)
		case r.Count >= repeatedly:
			doubted = append(doubted, r)
		}
	}
	if len(gone) == 0 && len(doubted) == 0 {
		return answer{no: sentence("No object that could be read before was missing in the last 2 minutes (%d of 404 in the last 5)", e.Windows[1].Statuses["404"])}
	}
	f := Finding{Class: PagesUnshared, Confidence: High, Headline: number(len(gone), "object") + " could be read before and cannot be any more"}
	if len(gone) == 0 {
		f.Confidence = Low
		f.Headline = number(len(doubted), "object") + " cannot be read, although asked for again and again"
	} else if len(gone) == 1 && gone[0].Count == 1 {
		f.Confidence = Medium
	}
	f.Impact = "Calls that name these objects fail with 404; all others are not affected."
	for _, r := range slices.Concat(gone, doubted) {
		if f.Since.IsZero() || r.First.Before(f.Since) {
			f.Since = r.First
		}
		if r.Connection != "" && !slices.Contains(f.Connections, r.Connection) {
			f.Connections = append(f.Connections, r.Connection)
		}
		if len(f.Evidence) < 10 {
			f.Evidence = append(f.Evidence, missingSentence(e, r))
		}
	}
	f.Evidence = append(f.Evidence, "Notion answers 404 alike for what is not shared and for what is deleted; what is in the trash can still be read.")
	return answer{findings: []Finding{f}}
}

// missing are the 404s of late that have not been read since.
func missing(e *Evidence) (list []Refusal) {
	for _, r := range e.Refusals {
		if r.Status == 404 && e.At.Sub(r.Last) <= recently && (isMistaken(r) || !r.Seen.After(r.Last)) {
			list = append(list, r)
		}
	}
	return list
}

// isMistaken says whether the object can be read all the while, only not in
// the way that is refused: a data source asked for as a page.
func isMistaken(r Refusal) bool { return r.Between >= 2 }

func missingSentence(e *Evidence, r Refusal) string {
	what := "An object"
	if r.Object != "" {
		what = "Object " + r.Object
	}
	s := what + " was asked for in vain " + number(r.Count, "time") + " since " + clock(r.First)
	if r.Operation != "" {
		s += " (" + r.Operation + ")"
	}
	if r.Seen.IsZero() {
		return s + "; it has not been read since this proxy started."
	}
	return s + "; it could last be read " + span(e.At.Sub(r.Seen)) + " ago."
}

// clock is a time of day as sentences have it.
func clock(t time.Time) string { return t.UTC().Format("15:04:05") + " UTC" }
