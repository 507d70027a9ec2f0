package proxy

import "context"

// relay passes on a call whose answer is not stored but small: writes, reads
// of what changes by itself, OAuth.
func (p *Proxy) relay(c *call) {
	a := p.newAsk(c, p.callHeader(c))
	// Over HTTP/2 an answer may still be on its way out when the handler has
	// been told that the client left.
	a.passing = !a.write && c.r.ProtoMajor == 1
	// A write that has left is seen to its end, whether or not the client
	// waits for it: what it made stale must be known.
	ctx := c.r.Context()
	if a.write {
		ctx = context.WithoutCancel(ctx)
	}
	r := p.forward(c.r.Context(), ctx, a, nil)
	c.account(r, true)
	if c.r.Context().Err() != nil {
		p.refuse(c, context.Canceled)
		return
	}
	p.answerResult(c, r, false)
	if a.passing && r.answer != nil {
		r.answer.Recycle()
	}
}
