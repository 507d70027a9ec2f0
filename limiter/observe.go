package limiter

// Observe makes the limiter wait for nothing and refuse nothing, and say in
// each Grant what it would have done; or ends that. What waits when it begins
// leaves at once. Calls count in either mode, so that it may be ended any time.
func (l *Limiter) Observe(only bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.observing = only
	if !only {
		return
	}
	now := l.now()
	for c := range l.all {
		c.queue.each(func(w *waiter) {
			l.forget(w)
			w.grant = l.observe(c, Call{Operation: w.operation}, now)
			w.grant.Queued = now - w.since
			w.ready <- struct{}{}
		})
		l.dispatch(c, now)
	}
}

// observe lets a call leave, and notes what would have become of it.
func (l *Limiter) observe(from *connection, c Call, now instant) *Grant {
	g := &Grant{limiter: l, from: from, left: now, unpaid: true}
	w := l.newWaiter(from, c, now)
	patience := w.deadline - now
	end, _ := w.holdEnds(now)
	wait := max(end, from.window.opens(from.limits.most)) - now
	if wait <= patience {
		tokens, paid := from.bucket.borrow(now, patience)
		wait, g.unpaid = max(wait, tokens), !paid
	}
	switch {
	case wait <= patience:
		g.WouldQueue = wait
	case end > w.deadline:
		g.WouldRefuse = Held
	default:
		g.WouldRefuse = QueueTooLong
	}
	from.count(now)
	l.tell(from, now)
	return g
}
