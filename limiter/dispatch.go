package limiter

import "time"

// dispatch lets everybody leave who waits for c and may leave now, and has c
// looked at again when the next may. It is called whenever that may have
// changed.
func (l *Limiter) dispatch(c *connection, now instant) {
	if !c.proven && c != l.pool {
		l.enroll(c)
		c = l.pool
	}
	switch {
	case l.ceiling != nil:
		l.park(c)
		l.unpark(now)
	default:
		for l.release(c, now) {
		}
	}
}

// release lets the next of c's queue leave, if one may now.
func (l *Limiter) release(c *connection, now instant) bool {
	if c.queue.waiting == 0 {
		c.queue.rest()
		return false
	}
	c.settle(now)
	w, at := c.next(now)
	switch {
	case w == nil:
		l.borrowFor(c, now)
		l.lookAgain(c, now, at)
		return false
	case c == l.pool:
		l.try(w, now)
	default:
		l.free(w, now)
	}
	return true
}

// next is the one in c's queue who may leave now, in its turn; or nil, and when
// somebody may.
func (c *connection) next(now instant) (*waiter, instant) {
	if at, _ := c.opens(now); at > now {
		return nil, at
	}
	soonest := never
	for _, i := range c.queue.order() {
		ln := &c.queue.lanes[i]
		if ln.waiting == 0 {
			continue
		}
		if i == Bulk && c.window.n >= c.most(true) && !c.queue.isOwed(Bulk) {
			soonest = min(soonest, c.window.opens(c.most(true)))
			continue
		}
		w, at := ln.next(now)
		if w != nil {
			return w, now
		}
		soonest = min(soonest, at)
	}
	return nil, soonest
}

// free takes w out of its queue and lets it leave.
func (l *Limiter) free(w *waiter, now instant) *Grant {
	q := &w.home.queue
	q.leave(w)
	q.depart(w.lane)
	l.waiting--
	l.bytes -= w.bytes
	w.grant = l.let(w.from, w.operation, now)
	w.grant.Queued = now - w.since
	w.ready <- struct{}{}
	return w.grant
}

// let lets a call leave now.
func (l *Limiter) let(from *connection, operation string, now instant) *Grant {
	_, probe := from.pauseEnds(now)
	g := &Grant{Probe: probe, limiter: l, from: from, left: now, unpaid: probe}
	from.spend(now, probe)
	if probe {
		l.tell(from, now)
	}
	if l.ceiling != nil {
		l.ceiling.take(now)
	}
	if probe || len(from.stops) > 0 {
		g.probe(operation, now)
	}
	return g
}

// lookAgain has c looked at again then; never: when something happens.
func (l *Limiter) lookAgain(c *connection, now, at instant) {
	q := &c.queue
	switch {
	case at == never:
		q.rest()
	case q.alarm == nil:
		q.alarm = time.AfterFunc(at-now, func() { l.wake(c) })
	default:
		q.alarm.Reset(at - now)
	}
}

// wake is what an alarm does.
func (l *Limiter) wake(c *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dispatch(c, l.now())
}

// rest calls off the alarm.
func (q *queue) rest() {
	if q.alarm != nil {
		q.alarm.Stop()
	}
}
