package limiter

import (
	"container/list"
	"context"
	"hash/maphash"
	"time"
)

// A waiter is a call that waits. Limiter.mu guards it, but for ready.
type waiter struct {
	from *connection // whose budget it will spend
	home *connection // in whose queue it waits: from, or for tickets the pool

	operation string
	lane      Lane
	caller    uint64 // whose turn it waits for; for tickets the address
	address   uint64 // whose turn its token's ticket waits for
	bytes     int64
	once      bool // nobody comes back for it
	since     instant
	deadline  instant

	moves <-chan Turn

	line  *line
	place *list.Element

	ready   chan struct{} // gets one value when grant or refused is set
	grant   *Grant
	refused *Refusal
}

// opens is when the call may leave, as far as it does not depend on whose turn
// it is at home.
func (w *waiter) opens(now instant) instant {
	if w.home != w.from {
		w.from.settle(now)
		_, at := w.from.next(now)
		return at
	}
	at, _ := w.from.pauseEnds(now)
	if s := w.from.stops[w.operation]; s != nil {
		end, _ := s.opens(now)
		at = max(at, end)
	}
	return at
}

// holdEnds is when no hold stops the call, or lets it go as a probe.
func (w *waiter) holdEnds(now instant) (at instant, probe bool) {
	at, probe = w.from.pauseEnds(now)
	s := w.from.stops[w.operation]
	if s == nil {
		return at, probe
	}
	end, stopProbe := s.pause.opens(now)
	if end < at || end == at && !stopProbe {
		return at, probe
	}
	return end, stopProbe
}

// isHopeless reports whether a hold keeps the call from leaving in time.
func (w *waiter) isHopeless(now instant) bool {
	end, probe := w.holdEnds(now)
	return end > w.deadline || w.from.isBlocked(now) && !probe
}

// isSettled reports whether it was decided what becomes of the call.
func (w *waiter) isSettled() bool { return w.grant != nil || w.refused != nil }

// await waits until the call may leave or is refused, or the caller leaves.
func (l *Limiter) await(ctx context.Context, w *waiter, patience time.Duration) (*Grant, error) {
	if l.options.Lender != nil {
		patience = max(patience, lendTime)
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-w.ready:
			return w.result()
		case to := <-w.moves:
			l.reseat(w, to)
		case <-ctx.Done():
			l.abandon(w)
			return nil, ctx.Err()
		case <-timer.C:
			return l.giveUp(w)
		}
	}
}

// reseat has w wait in another lane, or for another caller. How long it has
// waited counts there.
func (l *Limiter) reseat(w *waiter, to Turn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lane, caller := min(to.Lane, Bulk), maphash.String(l.seed, to.Caller)
	if w.isSettled() || lane == w.lane && caller == w.caller {
		return
	}
	q := &w.home.queue
	q.remove(w)
	w.lane, w.caller = lane, caller
	q.push(w)
	l.dispatch(w.home, l.now())
}

func (w *waiter) result() (*Grant, error) {
	if w.refused != nil {
		return nil, w.refused
	}
	return w.grant, nil
}

// abandon gives up the place of a caller that left, and the call if it was
// given leave in the same moment.
func (l *Limiter) abandon(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if w.grant != nil {
		l.giveBack(w.grant, now)
		return
	}
	if w.refused == nil {
		l.forget(w)
		l.dispatch(w.home, now)
	}
}

// giveUp refuses a call whose patience is over, if it cannot leave this very
// moment.
func (l *Limiter) giveUp(w *waiter) (*Grant, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.dispatch(w.home, now)
	if w.isSettled() {
		return w.result()
	}
	l.forget(w)
	why := l.why(w, now)
	if !w.from.proven {
		why = Unproven // or it would have left: it was let in by the estimate
	}
	w.refused = l.refuse(w, why, now)
	l.dispatch(w.home, now)
	return w.result()
}

// forget takes w out of its queue.
func (l *Limiter) forget(w *waiter) {
	w.home.queue.remove(w)
	l.waiting--
	l.bytes -= w.bytes
}

// dismiss refuses those in home's queue who are meant.
func (l *Limiter) dismiss(home *connection, now instant, meant func(*waiter) bool) {
	var out []*waiter
	home.queue.each(func(w *waiter) {
		if meant(w) {
			l.forget(w)
			out = append(out, w)
		}
	})
	// Not before all of them are out: each is told to come back by what is
	// left of the queue and what was promised to those before it.
	for _, w := range out {
		w.refuse(l.refuse(w, l.why(w, now), now))
	}
}

// refuse wakes a call that is out of its queue with the refusal.
func (w *waiter) refuse(r *Refusal) {
	w.refused = r
	w.ready <- struct{}{}
}
