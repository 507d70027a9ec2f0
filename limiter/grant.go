package limiter

import (
	"time"

	"golang.org/x/time/rate"
)

// A Grant is the leave to make one call, now. Call Done on every one, once the
// call was answered or given up, or Unsent if it never left. Its methods are
// safe for concurrent use and to call more than once; the first of Done and
// Unsent counts.
type Grant struct {
	// Queued is how long the call waited.
	Queued time.Duration

	// Probe says that a long hold still stands, and that this call is the one
	// that finds out whether Notion means it.
	Probe bool

	// WouldQueue and WouldRefuse say what would have been done with the call,
	// had the limiter not been told to observe only. WouldRefuse is empty
	// where the call would have left.
	WouldQueue  time.Duration
	WouldRefuse Reason

	limiter *Limiter
	from    *connection // whose budget it spent
	left    instant
	trial   bool     // the one call under way of a token that is not accepted yet
	unpaid  bool     // took no token from the bucket
	probed  []*pause // the holds that it is the probe of
	over    bool     // Done or Unsent was called; guarded by limiter.mu
}

// Done says that the call is over, however it ended. It lets the next call go
// of a token that Notion has not accepted yet.
func (g *Grant) Done() {
	g.limiter.mu.Lock()
	defer g.limiter.mu.Unlock()
	if !g.over {
		g.over = true
		g.limiter.endTrial(g, g.limiter.now())
	}
}

// Unsent gives the call back, place and token: it certainly never left, since
// connecting failed or the client had gone.
func (g *Grant) Unsent() {
	g.limiter.mu.Lock()
	defer g.limiter.mu.Unlock()
	g.limiter.giveBack(g, g.limiter.now())
}

// Accepted says that Notion took the call's token: a 2xx, or a 403, 404 or 409
// of its own. What waits for the token to be accepted gets the token's own
// budget, and a hold that the call probed is over.
func (g *Grant) Accepted() {
	g.limiter.mu.Lock()
	defer g.limiter.mu.Unlock()
	now := g.limiter.now()
	g.limiter.accept(g.from.current(), now)
	if len(g.probed) > 0 {
		g.limiter.lift(g, now)
	}
}

// giveBack undoes a grant.
func (l *Limiter) giveBack(g *Grant, now instant) {
	if g.over {
		return
	}
	g.over = true
	from := g.from.current()
	from.refund(g.left, now, g.unpaid)
	if g.trial {
		l.pool.refund(g.left, now, false)
	}
	if l.ceiling != nil {
		l.ceiling.giveBack(now)
	}
	for _, p := range g.probed {
		p.probe = now // it found nothing out: another may go
	}
	l.endTrial(g, now)
	l.dispatch(from, now)
}

// probe notes the holds that the call is let out in spite of, and puts off
// their next probes.
func (g *Grant) probe(operation string, now instant) {
	note := func(p *pause) {
		if p.until > now && p.probe != 0 && p.probe <= now {
			p.schedule(now)
			g.probed = append(g.probed, p)
			g.Probe = true
		}
	}
	note(&g.from.pause)
	if g.from.workspace != nil {
		note(&g.from.workspace.pause)
	}
	if s := g.from.stops[operation]; s != nil {
		note(&s.pause)
		s.next = now + perCall(g.from.pace(now))
	}
}

// perCall is how long a call takes of the budget at that pace.
func perCall(pace rate.Limit) time.Duration {
	return time.Duration(float64(time.Second) / float64(pace))
}

// lift ends the holds that the grant probed. What waits leaves at the budget's
// pace.
func (l *Limiter) lift(g *Grant, now instant) {
	for _, p := range g.probed {
		p.until = min(p.until, now)
	}
	g.probed = nil
	if t := g.from.current().tab; t != nil {
		t.lift = true
	}
	for _, c := range l.reach(g.from.current(), WorkspaceScope) {
		if c.settled > now {
			c.bucket, c.settled = c.bucket.emptied(now, c.pace(now)), now
			c.moves++
		}
		l.dispatch(c, now)
		l.tell(c, now)
	}
}
