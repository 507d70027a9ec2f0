package limiter

import "golang.org/x/time/rate"

// goAlone has the connection go on without a lender, with one part of the
// budget. No stretch may have more calls than the budget over all replicas,
// and each of them may be alone now. So of the calls that the budget leaves
// beside those that were made before, or that others may have made while this
// replica did not see them, each replica makes its part and no more.
func (c *connection) goAlone(loan Loan, now instant) {
	t := c.tab
	cut := now - loan.Cut
	blind := cut + loan.Blind // until then others may have made calls
	unseen := c.full.most
	others := window{span: c.window.span}
	if t.known && !loan.Lost {
		others = c.window
		seen := min(t.at, cut)
		unseen = int(t.tokens+(blind-seen).Seconds()*float64(c.full.pace)) + 1
	}
	t.alone, t.replicas, t.others = true, max(1, loan.Replicas), others
	for range min(unseen, c.full.most) {
		t.others.add(blind)
	}
	c.window = t.unpaid
	t.unpaid, t.left, t.again = window{span: c.window.span}, 0, 0
	c.narrow(now)
	c.bucket = c.bucket.holding(min(1, c.bucket.left(now)), now)
	c.moves++
}

// narrow sets the part of the budget that the connection has while it is alone.
func (c *connection) narrow(now instant) {
	t := c.tab
	t.others.expire(now)
	n := t.replicas
	lim := limits{
		pace:  c.full.pace / rate.Limit(n),
		burst: max(1, c.full.burst/n),
		most:  max(0, c.full.most-t.others.n) / n,
	}
	lim.reserve = min(c.full.reserve/n, lim.most/4)
	if lim == c.limits {
		return
	}
	c.limits = lim
	c.bucket.resize(now, c.pace(now), lim.burst)
	c.moves++
}

// widens is when the part of the budget grows next; never, if it is whole.
func (t *tab) widens() instant {
	if t.others.n == 0 {
		return never
	}
	return t.others.at(0) + t.others.length()
}

// grows is when to look again at a part of the budget that allows nothing.
func (t *tab) grows(now instant) instant {
	return min(t.widens(), now+minute)
}

// comeBack ends that. What was spent meanwhile has been told.
func (c *connection) comeBack(now instant) {
	t := c.tab
	late := c.window
	late.forget(t.asked) // but not what left while the lender was asked
	t.alone, t.others, t.unpaid = false, window{}, late
	c.limits = c.full
	c.bucket.resize(now, c.pace(now), c.limits.burst)
	c.moves++
}

// Rejoin has every connection that went on alone tell the lender what it spent,
// and ask again for calls. It returns how many there are: when it is none, the
// lender knows everything.
func (l *Limiter) Rejoin() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, alone := l.now(), 0
	for c := range l.all {
		t := c.tab
		if t == nil || !t.alone {
			continue
		}
		alone++
		if !t.asking {
			c.settle(now)
			l.send(c, c.demand(now), now)
		}
	}
	return alone
}
