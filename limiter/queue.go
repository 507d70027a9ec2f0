package limiter

import (
	"container/list"
	"time"
)

// A queue holds the calls that wait for one budget. Lanes go in order, but
// each lower lane is owed a tenth of what leaves while it waits. In a lane
// callers take turns, and each caller's calls go first come, first served.
type queue struct {
	lanes   [lanes]lane
	waiting int
	bytes   int64
	alarm   *time.Timer // goes off when the next may leave; nil before the first
	parked  bool        // its next could leave but for the ceiling
}

// A lane is one priority class of a queue.
type lane struct {
	lines   map[uint64]*line // by caller
	turns   list.List        // of the lines: whose turn it is first
	waiting int
	owed    int // tenths of a call
}

// A line is what one caller waits for in one lane.
type line struct {
	caller uint64
	calls  list.List // of *waiter
	turn   *list.Element
}

// aCall is what a lane must be owed to go before a higher one. Every call that
// leaves adds one, a tenth, to what each lower lane that waits is owed; no more
// than two calls in all, or a lane whose calls were held would take over when
// the hold ends.
const aCall = 10

// push makes w wait, at the end of its caller's line.
func (q *queue) push(w *waiter) {
	ln := &q.lanes[w.lane]
	l := ln.lines[w.caller]
	if l == nil {
		l = &line{caller: w.caller}
		l.turn = ln.turns.PushBack(l)
		if ln.lines == nil {
			ln.lines = map[uint64]*line{}
		}
		ln.lines[w.caller] = l
	}
	w.line, w.place = l, l.insert(w)
	ln.waiting++
	q.waiting++
	q.bytes += w.bytes
}

// insert puts w behind those that came before it. That is the end but for
// calls that come from another queue.
func (l *line) insert(w *waiter) *list.Element {
	for e := l.calls.Back(); e != nil; e = e.Prev() {
		if e.Value.(*waiter).since <= w.since {
			return l.calls.InsertAfter(w, e)
		}
	}
	return l.calls.PushFront(w)
}

// remove takes w out of the queue, wherever it stands.
func (q *queue) remove(w *waiter) {
	ln := &q.lanes[w.lane]
	w.line.calls.Remove(w.place)
	if w.line.calls.Len() == 0 {
		ln.turns.Remove(w.line.turn)
		delete(ln.lines, w.line.caller)
	}
	w.line, w.place = nil, nil
	ln.waiting--
	if ln.waiting == 0 {
		ln.owed = 0 // who does not wait saves nothing up
	}
	q.waiting--
	q.bytes -= w.bytes
}

// leave takes w out because it may go: it was its caller's turn.
func (q *queue) leave(w *waiter) {
	q.lanes[w.lane].turns.MoveToBack(w.line.turn)
	q.remove(w)
}

// depart counts that a call of the lane leaves, from the queue or past it.
func (q *queue) depart(from Lane) {
	if q.waiting == 0 {
		return
	}
	for i := Default; i <= Bulk; i++ {
		if q.lanes[i].waiting > 0 {
			q.lanes[i].owed = min(q.lanes[i].owed+1, 2*aCall)
		}
	}
	q.lanes[from].owed = max(0, q.lanes[from].owed-aCall)
}

// isOwed reports whether it is the lane's turn although higher ones wait.
func (q *queue) isOwed(l Lane) bool {
	return q.lanes[l].owed >= aCall
}

// order lists the lanes, the one to go first first.
func (q *queue) order() [lanes]Lane {
	switch {
	case q.isOwed(Bulk):
		return [lanes]Lane{Bulk, Interactive, Default}
	case q.isOwed(Default):
		return [lanes]Lane{Default, Interactive, Bulk}
	}
	return [lanes]Lane{Interactive, Default, Bulk}
}

// next is the lane whose turn it is. Somebody has to wait.
func (q *queue) next() Lane {
	for _, i := range q.order() {
		if q.lanes[i].waiting > 0 {
			return i
		}
	}
	return Bulk
}

// next is the one who may go now, in turn; or nil, and when somebody may.
func (ln *lane) next(now instant) (*waiter, instant) {
	soonest := never
	for t := ln.turns.Front(); t != nil; t = t.Next() {
		for e := t.Value.(*line).calls.Front(); e != nil; e = e.Next() {
			w := e.Value.(*waiter)
			at := w.opens(now)
			if at <= now {
				return w, now
			}
			soonest = min(soonest, at)
		}
	}
	return nil, soonest
}

// first is one of those who wait longest in a lane, nil if nobody waits.
func (q *queue) first() *waiter {
	for i := range q.lanes {
		if t := q.lanes[i].turns.Front(); t != nil {
			return t.Value.(*line).calls.Front().Value.(*waiter)
		}
	}
	return nil
}

// each calls f with everybody who waits, lane by lane and in turn. f may
// remove whom it is called with.
func (q *queue) each(f func(*waiter)) {
	for i := range q.lanes {
		for t := q.lanes[i].turns.Front(); t != nil; {
			following := t.Next()
			for e := t.Value.(*line).calls.Front(); e != nil; {
				w := e.Value.(*waiter)
				e = e.Next()
				f(w)
			}
			t = following
		}
	}
}
