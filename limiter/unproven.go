package limiter

import (
	"math"
	"time"
)

// unproven is what all tokens share that Notion has not accepted yet: 3 calls
// a second that bring a 401, by address in turn, so that somebody who tries tokens
// neither gets us banned nor keeps others from starting. The call of a token that
// turns out to be good is given back.
var unproven = limits{pace: 3, burst: 3, most: math.MaxInt / 2}

// Of such a token one call is under way at a time, and one ticket at a time
// waits in the pool for the next: the calls themselves wait in the token's own
// queue, in their lanes and turns, and leave from there when it is accepted.

// farthestTicket is how far ahead places in the pool are promised. Strangers
// may not book it for long.
const farthestTicket = time.Minute

// ticket is a place in the pool for the token's next call.
func (l *Limiter) ticket(w *waiter, address uint64) *waiter {
	return &waiter{from: w.from, home: l.pool, lane: Default, caller: address, once: w.once, since: w.since, deadline: w.deadline}
}

// enroll gives the token a place in the pool, if it needs one: its calls wait
// and none is under way.
func (l *Limiter) enroll(c *connection) {
	first := c.queue.first()
	switch {
	case first == nil || c.trial != nil || c.proven:
		l.withdraw(c)
	case c.ticket == nil:
		c.ticket = l.ticket(first, first.address)
		l.pool.queue.push(c.ticket)
	}
}

// withdraw gives the token's place in the pool up.
func (l *Limiter) withdraw(c *connection) {
	if c.ticket != nil {
		l.pool.queue.remove(c.ticket)
		c.ticket = nil
	}
}

// try lets the call leave whose token's turn it is.
func (l *Limiter) try(t *waiter, now instant) {
	c := t.from
	l.pool.queue.leave(t)
	c.ticket = nil
	w, _ := c.next(now)
	l.pool.spend(now, false)
	c.trial = l.free(w, now)
	c.trial.trial = true
}

// Accept says that Notion has taken the token, as somebody else found out; see
// Grant.Accepted. What waits for that may leave by the token's own budget.
func (l *Limiter) Accept(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.connections[token]; c != nil {
		l.accept(c, l.now())
	}
}

func (l *Limiter) accept(c *connection, now instant) {
	if c.proven {
		return
	}
	l.withdraw(c)
	if t := c.trial; t != nil {
		// It brings no 401, which is what the pool has few of. A restart with
		// a thousand good tokens would else take minutes to let all of them in.
		l.pool.refund(t.left, now, false)
		c.trial, t.trial = nil, false
		l.dispatch(l.pool, now)
	}
	c.proven = true
	l.dispatch(c, now)
}

// Reject says that Notion has refused the token for certain. What waits with
// it is refused (Rejected), since Notion would refuse it as well; later calls
// have to be accepted anew, and if the token was identified it is no longer.
// A connection may be named instead, if the token is its only one; one with
// several tokens is left alone, since nobody knows whose calls wait.
func (l *Limiter) Reject(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id, ok := l.identities.Peek(token); ok && id.connection != token {
		l.identities.Remove(token)
	}
	c := l.connections[token]
	if c == nil || len(c.aliases) > 1 && c.name == token {
		return
	}
	if c.name != token {
		l.dropAlias(c, token)
		return
	}
	c.proven, c.trial = false, nil
	c.queue.each(func(w *waiter) {
		l.forget(w)
		w.refuse(refusal(Rejected, 0))
	})
	l.dispatch(c, l.now())
}

// endTrial lets the next call of the token go.
func (l *Limiter) endTrial(g *Grant, now instant) {
	c := g.from.current()
	if g.trial && c.trial == g {
		c.trial = nil
		l.dispatch(c, now)
	}
}
