package limiter

import "hash/maphash"

// admit has the call wait, if by the estimate it can leave in time.
func (l *Limiter) admit(from *connection, c Call, now instant) (*waiter, *Grant, error) {
	w := l.newWaiter(from, c, now)
	if !from.proven && from.trial == nil && from.ticket == nil {
		if r := l.consider(l.ticket(w, w.address), now); r != nil {
			return nil, nil, r
		}
	}
	if r := l.consider(w, now); r != nil {
		return nil, nil, r
	}
	from.queue.push(w)
	l.waiting++
	l.bytes += w.bytes
	l.dispatch(from, now)
	if w.grant != nil {
		return nil, w.grant, nil
	}
	return w, nil, nil
}

// consider refuses w if by the estimate it cannot leave in time, and redeems
// what its caller was promised if it can.
func (l *Limiter) consider(w *waiter, now instant) *Refusal {
	home := w.home
	home.settle(now)
	home.promises.expire(now)
	var promised *promise
	if !w.once {
		promised = home.promises.redeem(now, w.lane, w.caller)
	}
	why := l.turnAway(w, promised, now)
	switch {
	case why == "":
		return nil
	case promised != nil && promised.due > now:
		// It came early, as the SDKs do that wait a minute at most. Its place
		// stands.
		home.promises.make(promised.due, now, w.lane, w.caller)
		return refusal(why, promised.due-now)
	}
	return l.refuse(w, why, now)
}

func (l *Limiter) newWaiter(from *connection, c Call, now instant) *waiter {
	return &waiter{
		from: from, home: from, operation: c.Operation,
		lane: c.Lane, bytes: max(0, c.Bytes), once: c.Once,
		caller:  maphash.String(l.seed, c.Caller),
		address: maphash.String(l.seed, c.Remote),
		since:   now, deadline: now + min(max(0, c.Patience), l.options.MaxWait),
		moves: c.Moves,
		ready: make(chan struct{}, 1),
	}
}

// turnAway says why w must be refused at once; nothing if it need not be.
func (l *Limiter) turnAway(w *waiter, promised *promise, now instant) Reason {
	end, probe := w.holdEnds(now)
	if probe && end <= w.deadline && w.from.queue.waiting == 0 {
		return "" // it will be the probe
	}
	if w.isHopeless(now) {
		return l.why(w, now)
	}
	leaves := l.estimate(w, promised, now)
	switch {
	case leaves > w.deadline:
		return l.why(w, now)
	case (leaves > now || w.from.trial != nil) && l.isFull(w):
		return QueueFull
	}
	return ""
}

// isFull reports whether as many wait as may, or would with w. Half of that is
// the most for one connection, so that none is refused for another's crowd.
func (l *Limiter) isFull(w *waiter) bool {
	q, o := &w.home.queue, &l.options
	return l.waiting >= o.MaxWaiting || q.waiting >= (o.MaxWaiting+1)/2 ||
		l.bytes+w.bytes > o.MaxWaitingBytes || q.bytes+w.bytes > o.MaxWaitingBytes/2
}

// why says what keeps w from leaving in time.
func (l *Limiter) why(w *waiter, now instant) Reason {
	s := w.from.stops[w.operation]
	switch {
	case w.from.isBlocked(now):
		return Blocked
	case w.from.held().until > w.deadline, s != nil && s.until > w.deadline:
		return Held
	case w.home == l.pool:
		return Unproven
	}
	return QueueTooLong
}

// refuse is the refusal of a call that is in no queue. It promises the caller
// the place that it is told to come back for.
func (l *Limiter) refuse(w *waiter, why Reason, now instant) *Refusal {
	if end, probe := w.holdEnds(now); probe || why == Blocked {
		// Nobody knows yet what will be true after the next probe.
		return refusal(why, end-now)
	}
	due := l.place(w, never, now)
	if !w.once && (w.home != l.pool || due-now <= farthestTicket) {
		w.home.promises.make(due, now, w.lane, w.caller)
	}
	return refusal(why, due-now)
}
