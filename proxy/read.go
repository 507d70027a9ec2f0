package proxy

import (
	"errors"
	"time"

	"notionproxy/cache"
	"notionproxy/exchange"
	"notionproxy/notion"
)

// read answers a read that can be stored: from the store, from the same read
// under way, or from Notion, and in trouble from the store again.
func (p *Proxy) read(c *call) {
	if c.wants.NoStore {
		p.relay(c)
		return
	}
	q, ok := cache.Ask(c.owner, c.match, c.query, c.r.Header, c.body)
	if !ok {
		p.relay(c)
		return
	}
	c.x.Read = q.Fingerprint()
	found, kept := p.lookup(c, q)
	if !kept || !p.fresh(c, found, c.x.Start) {
		found, kept = p.recall(c, q, found, kept)
	}
	if !kept {
		found, kept = p.inherited(c)
	}
	switch now := c.x.Start; {
	case kept && c.state.accepted(now, c.set.AuthTTL) && p.fresh(c, found, now):
		p.favoured.count(q)
		p.answerStored(c, found, exchange.Hit, "")
		return
	case kept && p.servesAtOnce(c, q, found):
		return
	case c.wants.OnlyIfCached:
		p.refuse(c, notCached)
		return
	}
	a := p.newAsk(c, p.readHeader(c))
	a.question, a.storable, a.once = q, true, kept
	if kept {
		p.favoured.note(p.behindAsk(c, q))
	}
	f, shared := p.joinUnless(a, c.wants.NoCache, func() bool {
		found, kept = p.landed(c, q)
		return kept
	})
	if f == nil {
		p.answerStored(c, found, exchange.Hit, "")
		return
	}
	p.finishRead(c, q, f, shared)
}

// landed finds what the same read for somebody else brought since c looked
// into the store.
func (p *Proxy) landed(c *call, q cache.Question) (cache.Found, bool) {
	now := time.Now()
	if !p.tokens.now(c.owner).accepted(now, c.set.AuthTTL) {
		return cache.Found{}, false
	}
	found, kept := p.store.Lookup(q, now)
	return found, kept && p.fresh(c, found, now)
}

// notCached answers only-if-cached (RFC 9111 5.2.1.7).
var notCached = &problem{
	status: 504, code: notion.CodeGatewayTimeout, reason: "not_cached", proxyError: "http_request_denied",
	message: "nothing usable is stored, and the request asks for stored answers only",
}

// lookup finds what is stored, if the client may have it at all: a token that
// Notion is not known to take gets nothing from the store.
func (p *Proxy) lookup(c *call, q cache.Question) (cache.Found, bool) {
	defer p.trace.End(p.trace.Stage(c.r.Context(), "lookup"))
	if c.state.suspended || c.state.acceptedAt.IsZero() {
		return cache.Found{}, false
	}
	return p.store.Lookup(q, c.x.Start)
}

// finishRead waits for f and answers with what it brought, or with what is
// kept when it brings nothing good, or nothing soon.
func (p *Proxy) finishRead(c *call, q cache.Question, f *flight, shared bool) {
	var found cache.Found
	late := func() bool {
		var kept bool
		found, kept = p.keeps(c, q)
		return kept && !c.wants.NoCache && p.standsIn(c, f, found)
	}
	r := p.share(c, f, shared, late)
	switch {
	case r == nil && c.r.Context().Err() != nil:
		p.refuse(c, c.r.Context().Err())
		return
	case r == nil:
		if f.failed.Load() != nil {
			p.noteServed(c, q)
		}
		p.answerStored(c, found, exchange.Stale, p.lateness(c, f)) // and the flight goes on
		return
	}
	if r.elsewhere != nil {
		p.answerStored(c, *r.elsewhere, exchange.Hit, "")
		return
	}
	pays := p.charge(f, shared)
	if !pays && restOf(r) != nil {
		p.relay(c) // an answer too long to hold is there for one alone
		return
	}
	c.account(r, pays)
	if r.failed() {
		if found, kept := p.keeps(c, q); kept && p.mayServe(c, r, found) {
			p.noteServed(c, q)
			p.answerStored(c, found, exchange.Stale, staleDetail(r))
			return
		}
	}
	p.answerResult(c, r, shared)
}

// share waits for f with all others who do.
func (p *Proxy) share(c *call, f *flight, shared bool, late func() bool) *result {
	span := p.trace.Stage(c.r.Context(), "share")
	defer p.trace.End(span)
	p.trace.Link(span, f.ctx)
	return p.await(c.r.Context(), f, shared, patience{c.lane, c.set.SlowAnswer}, late)
}

// keeps finds what may stand for Notion's answer now. While the client waited
// an answer may have come to be stored, or have gone: refused, or overwritten.
func (p *Proxy) keeps(c *call, q cache.Question) (cache.Found, bool) {
	if s := p.tokens.now(c.owner); s.suspended || s.acceptedAt.IsZero() || c.set.ServeStale == StaleNever {
		return cache.Found{}, false
	}
	found, kept := p.store.Lookup(q, time.Now())
	if !kept {
		found, kept = p.inherited(c)
	}
	return found, kept && found.Usable(c.x.Start, c.wants)
}

// lateness is why there was no answer in time: a call that waits because Notion
// said so does not make Notion slow, nor does one that is made again.
func (p *Proxy) lateness(c *call, f *flight) string {
	if p.held(c) {
		return "hold"
	}
	if kind := f.failed.Load(); kind != nil {
		return string(*kind)
	}
	return "slow"
}

// standsIn says whether found may go out for f's answer, which is slow. What is
// old may only where f's call has failed already, or most are slow: trouble may
// show while the client waits.
func (p *Proxy) standsIn(c *call, f *flight, found cache.Found) bool {
	if p.freshEnough(c, found) || p.held(c) && p.sound(c, found) || f.failed.Load() != nil {
		return true
	}
	return p.hangs(c.circuit(), time.Now())
}

// freshEnough says whether a stale answer is young enough to stand for one
// that is only slow.
func (p *Proxy) freshEnough(c *call, found cache.Found) bool {
	return p.sound(c, found) && c.x.Start.Sub(found.Born) < c.set.SlowStaleAge
}

// mayServe says whether found may stand for a failed answer, or for one that
// our own budget does not allow.
func (p *Proxy) mayServe(c *call, r *result, found cache.Found) bool {
	if r.answer != nil || errors.Is(r.refusal, errDown) {
		return true
	}
	return p.sound(c, found)
}

func staleDetail(r *result) string {
	switch {
	case errors.Is(r.refusal, errDown):
		return "breaker"
	case r.answer == nil:
		return "budget"
	}
	return string(r.answer.Kind)
}

// account enters what asking Notion cost. Those who share a flight share its
// waiting, but only one pays.
func (c *call) account(r *result, pays bool) {
	c.x.Queued, c.x.Upstream = r.queued, r.took
	if pays {
		c.x.Calls, c.x.Stored = r.calls, r.stored
	}
	if a := r.answer; a != nil {
		note(&c.x, a, r.reason)
	}
}
