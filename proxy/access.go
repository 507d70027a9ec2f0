package proxy

import (
	"context"
	"time"

	"notionproxy/cache"
)

// An AccessKeeper remembers beyond this process what is known of tokens. It is
// safe for concurrent use.
type AccessKeeper interface {
	// Access returns what was last kept of a token. It may wait, for no longer
	// than a client should.
	Access(ctx context.Context, owner cache.Owner) (cache.Access, bool)

	// KeepAccess notes what is known of a token, and does not wait.
	KeepAccess(owner cache.Owner, a cache.Access)
}

// recognise looks up what an earlier process knew of a token that is new to
// this one.
func (p *Proxy) recognise(o cache.Owner) {
	a, ok := p.o.Access.Access(p.life, o)
	s, news := p.tokens.recognise(o, a, ok, time.Now())
	if !news {
		return
	}
	if s.bot != "" {
		p.limiter.Identify(s.budget, s.bot, s.workspace)
	}
	p.limiter.Restore(s.budget, a.Budget)
}

// keepAccess notes what is known of a token now.
func (p *Proxy) keepAccess(o cache.Owner) {
	if p.o.Access == nil {
		return
	}
	s := p.tokens.now(o)
	p.o.Access.KeepAccess(o, cache.Access{
		Bot: s.bot, Workspace: s.workspace, AcceptedAt: s.acceptedAt, Suspended: s.suspended,
		RefusedUntil: s.refusedUntil, RefusedFor: s.refusedFor, Budget: p.limiter.Snapshot(s.budget),
	})
}

// recognise takes over what an earlier process knew, if it knew anything. It
// says whether that was news. Tokens of which nothing is known are not
// remembered: anybody can make up more.
func (t *tokens) recognise(o cache.Owner, a cache.Access, ok bool, now time.Time) (tokenState, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.seen.peek(o); s != nil {
		s.met = true // this process knows better
		return s.tokenState, false
	}
	if !ok {
		return tokenState{}, false
	}
	s := t.state(o)
	s.met = true
	if a.Bot != "" {
		t.seen.identify(s, a.Bot, a.Workspace)
		s.asked = true
	}
	s.suspended, s.refusedFor = a.Suspended, a.RefusedFor
	if !a.AcceptedAt.IsZero() && !a.AcceptedAt.After(now) { // else the clock has been set back, and nobody knows how long ago it was
		s.acceptedAt = now.Add(a.AcceptedAt.Sub(now)) // on a clock that nobody sets
	}
	if left := a.RefusedUntil.Sub(now); left > 0 && left <= longestRefusal {
		s.refusedUntil = now.Add(left)
	}
	return s.tokenState, true
}
