// Package ledger keeps the books on Notion's rate budget: who spends it, who
// saves it, who waits for it, and who asks the same thing over and over.
//
//	Exchange ── Add ──▶ open bucket of 5 s ──▶ of a minute ──▶ of an hour
//	                         │ 12 closed         │ 60            │ 24
//	Report ◀─── minute ──────┘◀──── hour ────────┘◀──── day ─────┘
//
// A bucket that is over is added to the open one of the next level, so that an
// Exchange is counted once and read in three windows. Time is what the
// Exchanges and the caller of Report say it is; nothing runs in between.
package ledger

import (
	"cmp"
	"hash/maphash"
	"sync"
	"time"

	"notionproxy/exchange"
)

// Options bound a Ledger. The zero value is good.
type Options struct {
	// Series is how many combinations of connection, lane, caller and
	// operation one bucket tells apart. A quarter of them is kept for what
	// callers are folded into when they get too many. 0 means 500; the least
	// is 8. Ninety-nine buckets full of them, as a flood of made-up names can
	// make them, take some 10 MB; a few dozen callers take less than one.
	Series int

	// Top is how many lines each list of a Report has; the rest is added up
	// in one more line. 0 means 20.
	Top int

	// LoopOver is how many times a minute one caller may repeat one read
	// before that is called a loop. 0 means 30.
	LoopOver int
}

// A Ledger counts Exchanges by connection, lane, caller and operation over the
// last minute, hour and day. Its memory is bounded whatever the names and
// however many: see Options.Series. It is safe for concurrent use.
type Ledger struct {
	top  int
	seed maphash.Seed

	mu     sync.Mutex // guards all below; held for lines, or up to a millisecond when a bucket closes that a flood has filled
	began  time.Time  // when the first Exchange ended; zero before
	origin time.Time  // the full hour before that; ticks count from there
	now    int64      // the tick of the latest Exchange; never goes back
	levels [3]level   // minute, hour, day
	loops  loops
}

// New returns an empty Ledger.
func New(o Options) *Ledger {
	l := &Ledger{
		top:   cmp.Or(max(o.Top, 0), 20),
		seed:  maphash.MakeSeed(),
		loops: newLoops(cmp.Or(max(o.LoopOver, 0), 30)),
	}
	series := max(cmp.Or(max(o.Series, 0), 500), 8)
	for i, s := range shapes {
		l.levels[i] = newLevel(s, series)
	}
	return l
}

// Add enters a finished Exchange; it is an exchange.Reader. It counts at the
// time at which the Exchange ended, or with the latest one before it if that
// ended later.
func (l *Ledger) Add(x *exchange.Exchange) {
	k, t := keyOf(x), tallyOf(x)
	var read uint64
	if x.Read != 0 {
		read = maphash.Comparable(l.seed, question{k.connection, k.caller, x.Read})
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(x.Start.Add(x.Total))
	l.levels[0].open.add(k, &t)
	if read != 0 {
		l.loops.add(read, sighting{key: k, tick: l.now, at: x.Start, reached: x.Calls > 0})
	}
}

// question is what makes two reads the same for loops.
type question struct {
	connection, caller string
	read               uint64
}

// turn closes the buckets that are over at t.
func (l *Ledger) turn(t time.Time) {
	if l.origin.IsZero() {
		l.began, l.origin = t, fullHour(t)
	}
	l.now = max(l.now, ticks(l.origin, t))
	for i := range l.levels {
		v := &l.levels[i]
		next := l.now / v.span
		if next == v.at {
			return // so are the longer ones still
		}
		rows := v.close(next)
		if i+1 == len(l.levels) {
			return
		}
		for j := range rows {
			l.levels[i+1].open.add(rows[j].key, &rows[j].tally)
		}
	}
}
