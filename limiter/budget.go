package limiter

import "time"

// A Budget is what a connection may spend, as it stands.
type Budget struct {
	Quota   int           // calls that may leave within any Window: 171 or 570
	Window  time.Duration // a minute
	Left    int           // how many of them are left
	Reset   time.Duration // until there are more, when the oldest call no longer counts; 0 if all are left
	Rate    float64       // calls a second as learnt: lower than the quota's when others spend it too
	Waiting [lanes]int    // calls in the queue, by Lane

	HeldUntil time.Time // by the connection's hold or its workspace's, the later one; zero: neither
	HoldScope Scope     // which of them
}

// Budget returns how the connection's budget stands.
func (l *Limiter) Budget(connection string) Budget {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	c := l.peek(connection, now)
	b := Budget{
		Quota:  c.limits.most,
		Window: l.options.Window,
		Left:   max(0, c.limits.most-c.window.n),
		Rate:   float64(c.pace(now)),
	}
	if c.window.n > 0 {
		b.Reset = max(0, c.window.at(0)+c.window.length()-now)
	}
	for i := range c.queue.lanes {
		b.Waiting[i] = c.queue.lanes[i].waiting
	}
	if p := c.held(); p.until > now {
		b.HeldUntil, b.HoldScope = l.date(p.until, now), p.scope
	}
	return b
}
