package triage

import (
	"slices"
	"strings"
	"time"

	"notionproxy/ledger"
)

// evidence puts together what is known now.
func (t *Triage) evidence(now time.Time) Evidence {
	e := Evidence{
		Connections: []Connection{}, Spenders: []Spender{}, Loops: []Loop{},
		TokenLent: t.o.TokenLent, TokenFile: t.o.TokenFile, StatusPaged: t.o.Page != nil,
	}
	t.watch.gather(&e, now)
	if t.o.Mode != nil {
		e.ServeStale = t.o.Mode()
	}
	if t.o.Spent != nil {
		e.spent(t.o.Spent(now))
	}
	e.Drift, e.Schemas = t.schemas.recent(now), t.schemas.held(now)
	for i := range e.Rejections {
		t.schemas.explain(&e.Rejections[i], now)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	e.Probes = t.probes
	t.claims(&e)
	return e
}

// maxSpenders bounds how many spenders an Evidence tells of.
const maxSpenders = 10

func (e *Evidence) spent(r ledger.Report) {
	for _, line := range r.Minute.Callers {
		if line.Requests == 0 || len(e.Spenders) == maxSpenders || line.Caller == ourselves {
			continue
		}
		e.Spenders = append(e.Spenders, Spender{
			Connection: line.Connection, Caller: line.Caller, Requests: line.Requests, Calls: line.Calls,
			Share: share(line.Calls, r.Minute.Total.Calls),
		})
	}
	for _, l := range r.Loops {
		e.Loops = append(e.Loops, Loop{l.Connection, l.Caller, l.Operation, l.Times, l.Reached, l.Since})
	}
}

// claims enters what Notion says, and how late it says so. Call it locked.
func (t *Triage) claims(e *Evidence) {
	e.Claims = Claims{Verdict: "unknown", Description: "not read", Concerns: []string{}, Incidents: []Claim{}}
	if t.o.Page == nil {
		return
	}
	r := t.o.Page(e.At)
	c := &e.Claims
	c.Verdict, c.Read, c.Description = string(r.Verdict), r.At, "unreachable"
	if r.Err != nil {
		c.Problem = r.Err.Error()
	}
	if r.Page != nil && c.Verdict != "unknown" {
		c.Description = r.Page.Description
		c.Concerns = append(c.Concerns, r.Concerns...)
		for _, i := range r.Page.Incidents {
			claim := Claim{Name: i.Name, Status: i.Status, Impact: i.Impact, Link: safeLink(i.Link), Started: i.Started}
			if len(i.Updates) > 0 {
				claim.Update = i.Updates[0].Body
			}
			c.Incidents = append(c.Incidents, claim)
		}
	}
	switch {
	case c.Verdict == "clear":
		t.said = time.Time{}
	case c.Verdict == "incident" && t.said.IsZero():
		t.said = e.At
	}
	if c.Verdict != "incident" {
		return
	}
	c.Said = t.said
	if first := t.firstFailure(e); !first.IsZero() {
		lag := t.said.Sub(first).Seconds()
		c.LagS = &lag
	}
}

// firstFailure is when Notion began to fail as we saw it. Call it locked.
func (t *Triage) firstFailure(e *Evidence) time.Time {
	if i := t.tracker.open(); i != nil && (i.Worst == NotionDown || i.Worst == NotionSide) && e.Windows[3].Failed > 0 {
		return i.Start
	}
	return e.Spells.Failing
}

func safeLink(s string) string {
	if strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
		return s
	}
	return ""
}

// Report says how things stand, from memory. It is made anew once a second at
// most.
func (t *Triage) Report(now time.Time) Report {
	t.mu.Lock()
	if r := t.report; !r.At.IsZero() && now.Sub(r.At) < reportEvery && !now.Before(r.At) {
		t.mu.Unlock()
		return r
	}
	t.mu.Unlock()
	r := t.makeReport(now)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report = r
	return r
}

// maxReported bounds the incidents in a report.
const maxReported = 20

func (t *Triage) makeReport(now time.Time) Report {
	e := t.evidence(now)
	v := Judge(e)
	r := Report{
		Classification: v.Class, NotionStatus: e.Claims.Description, NotionStatusAt: e.Claims.Read,
		At: now, Verdict: v, Evidence: e, Budget: []Budget{},
	}
	last := t.watch.lastSeen()
	r.AuthStatus, r.AuthStatusAt = last.auth, last.authAt
	if last.auth == "" {
		r.AuthStatus = "unknown"
	}
	r.LatencyMS, r.LatencyAt = float64(last.took.Milliseconds()), last.tookAt
	for _, c := range e.Connections {
		b := Budget{Connection: c.Name}
		if t.o.Budget != nil {
			b = t.o.Budget(c.Name)
			b.Connection = c.Name
		}
		b.Calls = c.Windows[0].Calls
		r.Budget = append(r.Budget, b)
	}
	if t.o.Stored != nil {
		r.Stored = t.o.Stored()
	}
	if r.Stored.Ages == nil {
		r.Stored.Ages = []AgeBand{}
	}
	r.Recent, r.Hour = t.watch.points(now)
	t.mu.Lock()
	defer t.mu.Unlock()
	r.Events = slices.Clone(t.tracker.events)
	if r.Events == nil {
		r.Events = []TimelineEntry{}
	}
	slices.Reverse(r.Events)
	r.Incidents = t.tracker.newest(maxReported)
	return r
}

// newest are copies of the n newest incidents, newest first.
func (t *tracker) newest(n int) []Incident {
	list := make([]Incident, 0, min(n, len(t.incidents)))
	for _, i := range slices.Backward(t.incidents) {
		if len(list) == n {
			break
		}
		list = append(list, i.copy())
	}
	return list
}
