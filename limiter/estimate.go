package limiter

import "time"

// estimate is when w will leave if it waits and nobody overtakes it: by what
// waits before it and by the places that were promised before then.
func (l *Limiter) estimate(w *waiter, promised *promise, now instant) instant {
	if promised != nil {
		// Its place is before those that were promised later, even when all
		// of them are late.
		return l.place(w, promised.due, now)
	}
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
	all := l.shared(w, mine+higher) + 1
	at := l.leaves(home, w.lane == Bulk, all, now)
	// Its lane is owed a tenth of what leaves, and may dip into what bulk
	// leaves to others for it.
	turn := max(0, aCall*(mine+1)-home.queue.lanes[w.lane].owed) + 1
	if w.lane != Interactive && turn <= all {
		at = min(at, l.leaves(home, false, turn, now))
	}
	return max(at, l.ownTime(w, now))
}

// ownTime is when w may leave by what concerns it apart from its queue: its
// operation's hold and, in the pool, its own connection's budget.
func (l *Limiter) ownTime(w *waiter, now instant) instant {
	at := now
	if w.home != w.from {
		at, _ = w.from.opensHere(now) // a loan takes no time worth counting
	}
	s := w.from.stops[w.operation]
	if s == nil {
		return at
	}
	end, probe := s.opens(now)
	if end <= now {
		return at
	}
	same := 0
	w.home.queue.each(func(o *waiter) {
		if o.from == w.from && o.operation == w.operation {
			same++
		}
	})
	if probe && same > 0 {
		return s.until // another will be the probe
	}
	return max(at, end+time.Duration(same)*perCall(w.from.pace(now)))
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
		if p.due > by {
			break
		}
		switch {
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
// lanes that leave among them, since each of these is owed a tenth of all.
func (l *Limiter) shared(w *waiter, n int) int {
	for all := n; ; {
		more := n
		for i := w.lane + 1; i < lanes; i++ {
			ln := &w.home.queue.lanes[i]
			more += min(ln.waiting, (ln.owed+all)/aCall)
		}
		if more == all {
			return all
		}
		all = more
	}
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
