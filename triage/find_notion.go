package triage

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func notionDown(e *Evidence, h *health) Finding {
	f := Finding{
		Class: NotionDown, Confidence: Medium, Since: failingSince(e, h),
		Headline: "Notion is down: it answers none of our calls",
		Impact:   impact(e.Windows[0]),
		Evidence: failureSentences(e, h),
	}
	if !h.nothing {
		f.Headline = "Notion is down: it answers next to none of our calls"
	}
	if h.notion >= someFailures && h.network == 0 {
		f.Confidence = High
	}
	f.Evidence = append(f.Evidence, claimSentence(e))
	return f
}

func notionPartly(e *Evidence, h *health, connections []string, family string) Finding {
	f := Finding{
		Class: NotionSide, Confidence: Medium, Since: failingSince(e, h), Connections: connections,
		Headline: "Notion answers some of our calls with errors",
		Impact:   impact(e.Windows[0]),
		Evidence: failureSentences(e, h),
	}
	switch {
	case family != "":
		f.Headline = "Notion fails for " + familyWords[family]
	case connections != nil:
		f.Headline = "Notion fails for " + number(len(connections), "connection") + ", and answers the others"
	case h.isSlow() && h.notion < someFailures:
		f.Headline = "Notion is slow"
	}
	if e.Claims.Verdict == "incident" {
		f.Confidence = High
	} else if h.notion+h.late < 2*someFailures {
		f.Confidence = Low
	}
	f.Evidence = append(f.Evidence, claimSentence(e))
	return f
}

// notionClaims is the finding that rests on Notion's word alone.
func notionClaims(e *Evidence, h *health) Finding {
	f := Finding{
		Class: NotionSide, Confidence: Low, Since: e.Claims.Said,
		Headline: "Notion says that it has an incident",
		Impact:   "None that we have seen: too few calls to tell.",
		Evidence: []string{claimSentence(e)},
	}
	f.Evidence = append(f.Evidence, sentence("Our own calls neither confirm nor refute it: %s in the last 5 minutes, %d of them failed",
		number(e.Windows[1].Asked, "call"), e.Windows[1].Failed))
	for _, i := range e.Claims.Incidents {
		if !i.Started.IsZero() && (f.Since.IsZero() || i.Started.Before(f.Since)) {
			f.Since = i.Started
		}
	}
	return f
}

var familyWords = map[string]string{
	"content": "reads of content, and answers the rest", "search": "search, and answers the rest",
	"writes": "writes, and answers the rest", "other": "users, files and the like, and answers the rest",
}

// failingSince is when the failures began.
func failingSince(e *Evidence, h *health) time.Time {
	if !e.Spells.Failing.IsZero() {
		if first := h.w.FirstFailure; !first.IsZero() && first.After(e.Spells.Failing) && first.Sub(e.Spells.Failing) < fine {
			return first
		}
		return e.Spells.Failing
	}
	return h.w.FirstFailure
}

// failureSentences tell of failures, with numbers.
func failureSentences(e *Evidence, h *health) []string {
	var list []string
	if h.w.Failed > 0 {
		list = append(list, sentence("%d of %s that Notion was asked in %s failed (%s)", h.w.Failed, number(h.w.Asked, "time"),
			span(time.Duration(h.w.Minutes)*time.Minute), breakdown(h.w.Kinds, slices.Concat(notionKinds, ambiguousKinds, networkKinds))))
	}
	if h.late > 0 {
		list = append(list, lateSentence(&h.w))
	}
	if h.alone > 0 {
		list = append(list, sentence("%s in the last minute were not sent on, since Notion is asked only now and then while it fails", number(h.alone, "request")))
	}
	if !h.w.LastGood.IsZero() {
		list = append(list, sentence("The last good answer came %s ago", span(e.At.Sub(h.w.LastGood))))
	}
	for _, p := range recentProbes(e) {
		if (p.Name == ProbeToken || p.Name == ProbeQuery) && !p.OK && !p.Skipped {
			list = append(list, probeSentence(p))
		}
	}
	return list
}

func probeSentence(p Probe) string { return "Probe " + p.Name + ": " + p.Detail }

// claimSentence says what Notion says, and how late it said so.
func claimSentence(e *Evidence) string {
	c := e.Claims
	switch c.Verdict {
	case "incident":
		s := "Notion's status page tells of an incident"
		if len(c.Concerns) > 0 {
			s += " (" + list(c.Concerns, 2) + ")"
		}
		if c.LagS != nil && *c.LagS >= 1 {
			s += "; we saw it there " + span(time.Duration(*c.LagS*float64(time.Second))) + " after our first failure"
		} else if c.LagS != nil && *c.LagS <= -1 {
			s += "; it said so " + span(time.Duration(-*c.LagS*float64(time.Second))) + " before our first failure"
		}
		return s + "."
	case "clear":
		return "Notion's status page says that all is well; it lags behind by a quarter of an hour as a rule."
	}
	if !e.StatusPaged {
		return "Notion's status page is not read."
	}
	return "Notion's status page could not be read."
}

// impact says what clients notice of failures.
func impact(w Window) string {
	switch {
	case w.Unserved > 0 && w.Trouble > 0:
		return sentence("%s of requests get an error, %s an older answer from store", percent(w.Unserved, w.Requests), percent(w.Trouble, w.Requests))
	case w.Unserved > 0:
		return sentence("%s of requests get an error", percent(w.Unserved, w.Requests))
	case w.Trouble > 0:
		return sentence("Nobody gets an error; %s of requests get an older answer from store", percent(w.Trouble, w.Requests))
	}
	return "None that clients notice so far."
}

func notionIsWell(e *Evidence, h *health) string {
	five := e.Windows[1]
	if five.Asked == 0 {
		return "No calls in the last 5 minutes, and no claim of Notion's: nothing speaks for it."
	}
	s := sentence("%d of %s in the last 5 minutes failed on Notion's side", h.notion, number(five.Asked, "call"))
	if e.Claims.Verdict == "incident" {
		s += " Its status page tells of an incident, which our calls do not bear out."
	}
	return s
}

// lateSentence says what took too long, without what did not happen.
func lateSentence(w *Window) string {
	var parts []string
	if w.Slow > 0 {
		parts = append(parts, fmt.Sprintf("%d were answered only after 3 s or more", w.Slow))
	}
	if w.GaveUp > 0 {
		parts = append(parts, number(w.GaveUp, "client")+" left after waiting that long")
	}
	if old := w.Details["slow"]; old > 0 {
		parts = append(parts, number(old, "request")+" got an old answer since Notion took longer than that")
	}
	return strings.Join(parts, "; ") + "."
}
