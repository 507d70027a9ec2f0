package proxy

import (
	"sync/atomic"

	"notionproxy/cache"
	"notionproxy/notion"
)

// An heir is a lent token that took another one's place, as happens when a
// token is rotated. In trouble it gets what its predecessor was shown, if
// Notion has said that both are the same connection; else the first outage
// after a rotation would find the store empty.
type heir struct {
	authorization string // the predecessor's; "" if there was none
	own           string // the heir's
	owner         cache.Owner
}

// heirs is the token that is lent now.
type heirs struct{ now atomic.Pointer[heir] }

// lend notes which token is lent.
func (h *heirs) lend(authorization string) {
	was := h.now.Load()
	if was != nil && was.own == authorization {
		return
	}
	next := &heir{own: authorization, owner: cache.OwnerOf(authorization)}
	if was != nil {
		next.authorization = was.own
	}
	h.now.CompareAndSwap(was, next) // somebody else notes the same
}

// predecessor is the authorization and owner that o took the place of.
func (p *Proxy) predecessor(o cache.Owner) (authorization string, owner cache.Owner, ok bool) {
	h := p.heirs.now.Load()
	if h == nil || h.authorization == "" || h.owner != o {
		return "", owner, false
	}
	owner = cache.OwnerOf(h.authorization)
	before, after := p.tokens.now(owner), p.tokens.now(o)
	same := after.bot != "" && after.workspace != "" && before.bot == after.bot && before.workspace == after.workspace
	return h.authorization, owner, same && !before.suspended
}

// inherited finds what c's predecessor was shown. It serves in trouble only,
// like what a write may have overwritten: whether the heir may see it, nobody
// has asked Notion yet.
func (p *Proxy) inherited(c *call) (cache.Found, bool) {
	authorization, owner, ok := p.predecessor(c.owner)
	if !ok || c.state.suspended || c.state.acceptedAt.IsZero() {
		return cache.Found{}, false
	}
	q, ok := cache.Ask(owner, c.match, c.query, c.r.Header, c.body)
	if !ok || q.Cursor != "" { // cursors belong to a token
		return cache.Found{}, false
	}
	found, ok := p.store.Lookup(q, c.x.Start)
	if !ok && p.o.Cache.Backing != nil {
		select {
		case <-p.askBacking(q, authorization, c.x.Start):
		case <-c.r.Context().Done():
		}
		found, ok = p.store.Lookup(q, c.x.Start)
	}
	found.Suspect, found.Inherited = true, true
	return found, ok
}

// dropNamed forgets what a token may not see, and what it could inherit of
// that.
func (p *Proxy) dropNamed(a *ask, capability notion.Capability) {
	p.store.DropNamed(a.owner, a.ids(), capability)
	if _, before, ok := p.predecessor(a.owner); ok {
		p.store.DropNamed(before, a.ids(), capability)
	}
}
