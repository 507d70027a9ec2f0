package limiter

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// A forecast is when the next calls of a connection leave if there is always
// one that wants to: by the hold, the bucket and the window.
type forecast struct {
	basis  basis
	at     []instant // of the first call from now on, the second, ...
	tokens float64   // in the bucket after the last of them
}

// A basis is what a forecast was made on. It holds until that changes.
type basis struct {
	of    *connection
	moves uint64
	most  int        // calls in a window
	end   instant    // of the hold
	pace  rate.Limit // of the bucket
}

// leaves is when the k-th call from now on leaves; of bulk, when it may not
// dip into what it leaves to others. A forecast is kept for as long as it
// holds: a crowd that is refused must not cost a new one each.
func (l *Limiter) leaves(c *connection, bulk bool, k int, now instant) instant {
	f := &l.forecasts[0]
	if bulk {
		f = &l.forecasts[1]
	}
	b := basis{of: c, moves: c.moves, most: c.most(bulk), end: c.held().until, pace: c.pace(now)}
	if f.basis != b || len(f.at) > 0 && f.at[0] < now {
		*f = forecast{basis: b, at: f.at[:0], tokens: c.bucket.left(max(now, b.end))}
	}
	if b.most <= 0 { // alone, with no part of the budget yet
		return max(now, b.end, c.tab.grows(now)) + time.Duration(k)*perCall(b.pace)
	}
	for len(f.at) < k {
		f.extend(&c.window, c.limits.burst, now)
	}
	return max(f.at[k-1], l.ceilingOpens(k, now))
}

// extend adds the next call.
func (f *forecast) extend(w *window, burst int, now instant) {
	at := max(now, f.basis.end)
	if len(f.at) > 0 {
		at = f.at[len(f.at)-1]
	}
	if open := f.opens(w); open > at {
		f.tokens = min(float64(burst), f.tokens+(open-at).Seconds()*float64(f.basis.pace))
		at = open
	}
	if missing := 1 - f.tokens; missing > 1e-9 {
		at += time.Duration(math.Ceil(missing / float64(f.basis.pace) * float64(time.Second)))
		f.tokens = 1
	}
	f.tokens--
	f.at = append(f.at, at)
}

// opens is when the window has room for the next call: a span after as many
// calls before it as the window may have.
func (f *forecast) opens(w *window) instant {
	i := w.n + len(f.at) - f.basis.most
	switch {
	case i < 0:
		return 0
	case i < w.n:
		return w.at(i) + w.length()
	}
	return f.at[i-w.n] + w.length()
}

// most is how many calls a window may have when a call leaves, of bulk or of
// another lane.
func (c *connection) most(bulk bool) int {
	if bulk {
		return c.limits.most - c.limits.reserve
	}
	return c.limits.most
}
