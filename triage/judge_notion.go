package triage

import "time"

// Outcomes by what can cause them.
var (
	notionKinds    = []string{"failed", "overloaded", "saved", "edge", "malformed", "cut", "unread"} // only Notion can
	networkKinds   = []string{"dns", "connect", "tls"}                                               // only the way there can
	ambiguousKinds = []string{"timeout", "reset"}                                                    // both can
)

// Shares and counts from which on something is wrong.
const (
	someFailures = 3
	someShare    = 0.05
	mostShare    = 0.9
	slowShare    = 0.3
	fewCalls     = 5 // fewer in a minute say little: five minutes are looked at
	manyGood     = 5 // so many good ones in five minutes, and none failed, prove that Notion is well
)

// A health is what calls showed lately, by cause.
type health struct {
	w       Window // what is judged: the last minute, or five where there was little in it
	notion  int64  // failures that Notion caused
	network int64  // failures on the way
	late    int64  // slow answers, and clients that gave up waiting or got an old answer for it
	alone   int64  // requests in the last minute that were not sent on, since Notion was down
	nothing bool   // nothing was good since the failures began
	open    bool   // Notion is left alone now, by a connection and family at least
}

// stillOpen is how long after the last request that was not sent on a breaker
// counts as open.
const stillOpen = 10 * time.Second

// healthOf reads windows. What has been good since it failed is over.
func healthOf(e *Evidence, windows *[4]Window) health {
	one, five := windows[0], windows[1]
	h := health{w: one, alone: sum64(one.Details, leftAlone)}
	h.open = !one.LeftAlone.IsZero() && e.At.Sub(one.LeftAlone) <= stillOpen
	if one.Asked < fewCalls || h.open && one.Failed == 0 {
		h.w = five
	}
	h.late = h.w.Slow + h.w.GaveUp + h.w.Details["slow"]
	if one.Slow+one.GaveUp+one.Details["slow"] == 0 {
		h.late = 0
	}
	if one.Asked < fewCalls && h.alone == 0 && isOver(five, e.At) || hasRecovered(h.w) && !h.open {
		return h
	}
	h.network = sum64(h.w.Kinds, networkKinds) + h.w.Foreign
	h.notion = sum64(h.w.Kinds, notionKinds) - h.w.Foreign
	if either := sum64(h.w.Kinds, ambiguousKinds); h.network > 0 && h.notion == 0 || wayIsBlocked(e) {
		h.network += either
	} else {
		h.notion += either
	}
	h.nothing = failsAlone(one) || one.Good == 0 && !five.LastFailure.IsZero() && !five.LastGood.After(five.LastFailure)
	return h
}

// hasRecovered says whether so many calls in a row were good that, at the rate
// at which they failed before, that is no accident: three failures should have
// been among them.
func hasRecovered(w Window) bool {
	return w.GoodSince >= someFailures && float64(w.GoodSince)*share(w.Failed, w.Asked-w.GoodSince) >= 3
}

// failsAlone says whether nothing was good since the first failure of the last
// minute, and that not for an instant only.
func failsAlone(one Window) bool {
	alone := one.Details["breaker"] + one.Details["notion_down"]
	return one.Failed > 0 && one.LastGood.Before(one.FirstFailure) && (alone > 0 || one.LastFailure.Sub(one.FirstFailure) >= fine)
}

func isOver(w Window, now time.Time) bool {
	return w.LastFailure.IsZero() || w.LastGood.After(w.LastFailure) || now.Sub(w.LastFailure) > recently
}

// wayIsBlocked says whether other evidence speaks of the network: a probe that
// found no way, or a status page, on other servers, that can't be read either.
func wayIsBlocked(e *Evidence) bool {
	for _, p := range recentProbes(e) {
		if (p.Name == ProbeDNS || p.Name == ProbeTCP || p.Name == ProbeTLS) && !p.OK && !p.Skipped {
			return true
		}
	}
	return e.StatusPaged && e.Claims.Problem != "" && e.At.Sub(e.Claims.Read) > recently
}

func recentProbes(e *Evidence) []Probe {
	if e.Probes == nil || e.At.Sub(e.Probes.At) > recently {
		return nil
	}
	return e.Probes.Probes
}

// isDown says whether Notion answers next to nothing.
func (h *health) isDown(claimed bool) bool {
	if h.notion == 0 || h.network > h.notion {
		return false
	}
	if h.w.Minutes == 1 && h.notion >= someFailures && share(h.w.Failed, h.w.Asked) >= mostShare {
		return true
	}
	return h.nothing && (h.notion >= someFailures || h.alone > 0 || claimed)
}

// isPartly says whether enough fails, or is slow, to be noticed.
func (h *health) isPartly(claimed bool) bool {
	return h.notion >= someFailures && share(h.notion, h.w.Asked) >= someShare ||
		h.notion >= 2 && h.nothing || h.notion > 0 && (claimed || h.open) || h.isSlow()
}

func (h *health) isSlow() bool {
	return h.late >= someFailures && share(h.late, h.w.Asked+h.w.GaveUp) >= slowShare
}

// askNotion looks for what only Notion can cause, and for what it says.
func askNotion(e *Evidence) answer {
	h := healthOf(e, &e.Windows)
	claimed := e.Claims.Verdict == "incident"
	probed := probedFailures(e)
	switch {
	case h.isDown(claimed), h.w.Asked == 0 && probed > 0 && probed == probedCalls(e):
		return answer{findings: []Finding{notionDown(e, &h)}}
	case h.isPartly(claimed) && !h.isConfined(e), probed > 0 && h.w.Asked == 0:
		return answer{findings: []Finding{notionPartly(e, &h, nil, "")}}
	}
	if only, family := failsFor(e, &h); only != nil || family != "" {
		return answer{findings: []Finding{notionPartly(e, &h, only, family)}}
	}
	if claimed && !measuredWell(e) {
		return answer{findings: []Finding{notionClaims(e, &h)}}
	}
	return answer{no: notionIsWell(e, &h)}
}

// measuredWell says whether our own calls prove that Notion is well.
func measuredWell(e *Evidence) bool {
	five := e.Windows[1]
	return five.Good >= manyGood && five.Failed == 0
}

// isConfined says whether what fails is one family or some connections.
func (h *health) isConfined(e *Evidence) bool {
	connections, family := failsFor(e, h)
	return connections != nil || family != ""
}

// failsFor finds a family or connections for which most fails, where the whole
// looks well.
func failsFor(e *Evidence, h *health) (connections []string, family string) {
	least := int64(someFailures)
	if h.open {
		least = 1 // it is asked only now and then
	}
	if h.network > 0 || h.notion < least {
		return nil, ""
	}
	for _, f := range h.w.Families {
		rest, failed := h.w.Asked-f.Asked, h.w.Failed-f.Failed
		if f.Failed >= least && share(f.Failed, f.Asked) >= 0.5 && rest >= someFailures && share(failed, rest) < 0.1 {
			return nil, f.Name
		}
	}
	for _, c := range e.Connections {
		own := healthOf(e, &c.Windows)
		if own.notion >= least && share(own.notion, own.w.Asked) >= 0.5 {
			connections = append(connections, c.Name)
		}
	}
	if len(connections) == len(e.Connections) {
		return nil, ""
	}
	return connections, ""
}

// probedFailures counts the calls of a recent run of probes that Notion failed.
func probedFailures(e *Evidence) (n int) {
	for _, p := range recentProbes(e) {
		if (p.Name == ProbeToken || p.Name == ProbeQuery) && p.Status >= 500 {
			n++
		}
	}
	return n
}

func probedCalls(e *Evidence) (n int) {
	for _, p := range recentProbes(e) {
		if (p.Name == ProbeToken || p.Name == ProbeQuery) && !p.Skipped {
			n++
		}
	}
	return n
}
