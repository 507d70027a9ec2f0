package limiter

import (
	"math"
	"time"
)

// estimate is when w will leave if it waits and nobody overtakes it: by what
// waits before it and by the places that were promised before then.
func (l *Limiter) estimate(w *waiter, now instant) instant {
	at := now
	for {
		later := l.place(w, at, now)
		if later <= at {
			return at
		}
		at = later
		if at > w.deadline {
			return at // how much later does not matter
		}
	}
}

// place is when w would leave if of the promises those count that are due by
// then.
func (l *Limiter) place(w *waiter, by, now instant) instant {
	home := w.home
	mine, higher := l.before(w, by)
	at := l.leaves(home, l.shared(w, mine+higher)+1, home.most(w.lane), now)
	if w.lane != Interactive && higher > 0 {
		// Its lane is owed a tenth of what leaves, whoever else waits, and
		// may dip into what bulk leaves to others for it.
		owed := aCall*(mine+1) - home.queue.lanes[w.lane].owed
		at = min(at, l.leaves(home, max(1, owed), home.limits.most, now))
	}
	return max(at, l.ownTime(w, now))
}

// most is how many calls a window may have when a call of the lane leaves.
func (c *connection) most(l Lane) int {
	if l == Bulk {
		return c.limits.most - c.limits.reserve
	}
	return c.limits.most
}

// ownTime is when w may leave by what concerns it apart from its queue: its
// operation's hold and, in the pool, its own connection's budget.
func (l *Limiter) ownTime(w *waiter, now instant) instant {
	at := now
	if w.home != w.from {
		at, _ = w.from.opens(now)
	}
	s := w.from.stops[w.operation]
	if s == nil {
		return at
	}
	end, _ := s.opens(now)
	if end <= now {
		return at
	}
	same := 0
	w.home.queue.each(func(o *waiter) {
		if o.from == w.from && o.operation == w.operation {
			same++
		}
	})
	return max(at, end+time.Duration(float64(same)/float64(w.from.pace(now))*float64(time.Second)))
}

// before counts the calls of w's lane and of higher ones that leave before w,
// promised ones that are due by then included.
func (l *Limiter) before(w *waiter, by instant) (mine, higher int) {
	q := &w.home.queue
	for i := Interactive; i < w.lane; i++ {
		higher += q.lanes[i].waiting
	}
	own := 0 // promised to the same caller
	others := l.counts
	clear(others)
	for _, p := range w.home.promises {
		switch {
		case p.due > by:
		case p.lane < w.lane:
			higher++
		case p.lane == w.lane && p.caller == w.caller:
			own++
		case p.lane == w.lane:
			others[p.caller]++
		}
	}
	return q.lanes[w.lane].before(w, by, own, others), higher
}

// before counts the calls of the lane that leave before a newcomer of that
// caller. Callers take turns: of each other one as many go first as the caller
// itself has turns until then.
func (ln *lane) before(w *waiter, by instant, own int, others map[uint64]int) int {
	if l := ln.lines[w.caller]; l != nil {
		own += l.willing(by)
	}
	n, turns := own, own+1
	for t := ln.turns.Front(); t != nil; t = t.Next() {
		l := t.Value.(*line)
		if l.caller == w.caller {
			turns = own // who comes after it in the round is one turn behind
			continue
		}
		n += min(l.willing(by)+others[l.caller], turns)
		delete(others, l.caller)
	}
	for _, promised := range others {
		n += min(promised, turns)
	}
	return n
}

// willing counts the line's calls but for those whose operation is held until
// after then.
func (l *line) willing(by instant) int {
	n := l.calls.Len()
	first := l.calls.Front().Value.(*waiter)
	if first.home == first.from && len(first.from.stops) == 0 {
		return n
	}
	for e := l.calls.Front(); e != nil; e = e.Next() {
		w := e.Value.(*waiter)
		if s := w.from.stops[w.operation]; s != nil && s.until > by {
			n--
		}
	}
	return n
}

// shared adds to so many calls of w's lane and higher ones those of lower
// lanes that leave among them, since lower lanes are owed a tenth each.
func (l *Limiter) shared(w *waiter, n int) int {
	q := &w.home.queue
	lower := 0
	for i := w.lane + 1; i < lanes; i++ {
		if q.lanes[i].waiting > 0 {
			lower++
		}
	}
	all := n
	for i := w.lane + 1; i < lanes; i++ {
		ln := &q.lanes[i]
		all += min(ln.waiting, (ln.owed+n*aCall/(aCall-lower))/aCall)
	}
	return all
}

// leaves is when the k-th call from now on leaves if there is always one that
// wants to: by the hold, the bucket, the window, what was promised to nobody,
// and the ceiling.
func (l *Limiter) leaves(c *connection, k, most int, now instant) instant {
	end := c.held().until
	at := max(now, end)
	pace, burst := float64(c.pace(now)), float64(c.limits.burst)
	tokens := c.bucket.left(at)
	plan := l.plan[:0]
	for i := range k {
		open := at
		if p := c.window.n + i - most; p >= c.window.n {
			open = plan[p-c.window.n] + span
		} else if p >= 0 {
			open = c.window.at(p) + span
		}
		if open > at {
			tokens = min(burst, tokens+(open-at).Seconds()*pace)
			at = open
		}
		if missing := 1 - tokens; missing > 1e-9 {
			at += time.Duration(math.Ceil(missing / pace * float64(time.Second)))
			tokens = 1
		}
		tokens--
		plan = append(plan, at)
	}
	l.plan = plan
	return max(at, l.ceilingOpens(k, now))
}

// ceilingOpens is when the k-th call of one connection may leave by the
// ceiling, if the others that wait for it take turns with it.
func (l *Limiter) ceilingOpens(k int, now instant) instant {
	if l.ceiling == nil {
		return now
	}
	n := float64(k * max(1, len(l.parked)))
	return now + l.ceiling.fills(n-l.ceiling.left(now))
}

// turnAway says why w cannot leave in time and must not wait; nothing if it
// can.
func (l *Limiter) turnAway(w *waiter, now instant) Reason {
	q := &w.home.queue
	end, probe := w.from.pauseEnds(now)
	switch {
	case probe && end <= w.deadline && w.from.queue.waiting == 0:
		return "" // it will be the probe
	case w.isHopeless(now):
		return l.why(w, now)
	case l.waiting >= l.options.MaxWaiting, q.waiting >= (l.options.MaxWaiting+1)/2,
		l.bytes+w.bytes > l.options.MaxWaitingBytes, q.bytes+w.bytes > l.options.MaxWaitingBytes/2:
		if w.deadline > now {
			return QueueFull
		}
	}
	if l.estimate(w, now) > w.deadline {
		return l.why(w, now)
	}
	return ""
}

// why says what keeps w from leaving in time.
func (l *Limiter) why(w *waiter, now instant) Reason {
	p := w.from.held()
	s := w.from.stops[w.operation]
	switch {
	case p.until > now && p.scope == BlockedScope:
		return Blocked
	case p.until > w.deadline, s != nil && s.until > w.deadline:
		return Held
	case w.home == l.pool:
		return Unproven
	}
	return QueueTooLong
}

// refuse is the refusal of a call that is in no queue. It promises the caller
// the place that it is told to come back for.
func (l *Limiter) refuse(w *waiter, why Reason, now instant) *Refusal {
	if end, probe := w.from.pauseEnds(now); probe || why == Blocked {
		// Nobody knows yet what will be true after the next probe.
		return refusal(why, end-now)
	}
	due := l.place(w, never, now)
	if w.home != l.pool || due-now <= farthestTicket {
		w.home.promises.make(due, now, w.lane, w.caller)
	}
	return refusal(why, due-now)
}
