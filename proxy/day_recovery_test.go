package proxy_test

import (
	"fmt"
	"time"
)

// recoveryFigures tell of the time after a disturbance. All times count from
// when Notion accepts calls of the connection again.
type recoveryFigures struct {
	firstFresh time.Duration // until each connection had got something fresh
	oldUntil   time.Duration // when the last read came that was answered with something old before the first fresh one of its connection and family
	early      int           // calls before they were allowed
	late       int           // reads from 60 s on
	lateStale  int
}

// accepts is when Notion accepts calls of a connection after a disturbance: at
// its end, or when the time is over for which a 429 told to stay away. Nothing
// can be fresh before that, since Notion has forbidden to ask; that nobody does is
// held too, see earlyCalls.
func (f *dayFigures) accepts(p *phase, bot string) time.Duration {
	at := p.at + p.length
	for _, c := range f.limitedIn(p, bot) {
		at = max(at, c.at+p.retryAfter)
	}
	return at
}

// limitedIn are the calls that were answered 429 because of a disturbance.
func (f *dayFigures) limitedIn(p *phase, bot string) (calls []dayCall) {
	if p.retryAfter == 0 {
		return nil
	}
	for _, c := range f.day.limited {
		if c.connection == bot && c.at >= p.at && c.at < p.at+p.length {
			calls = append(calls, c)
		}
	}
	return calls
}

// recovery holds how soon answers are fresh after a disturbance.
func (f *dayFigures) recovery(i int, p *phase) {
	if p.continues || len(p.down) == 0 && !p.heals {
		return
	}
	next := 24 * time.Hour
	if i+1 < len(f.day.phases) {
		next = f.day.phases[i+1].at
	}
	for _, bot := range f.readers() {
		r := &f.phases[i].recoveryFigures
		r.early += f.earlyCalls(p, bot)
		f.recoveryOf(p, bot, next, r)
	}
}

// mostlyBack is by when each connection and family must have got something
// fresh, if anybody asked.
const mostlyBack = 35 * time.Second

// readers are the connections that read.
func (f *dayFigures) readers() (bots []string) {
	known := map[string]bool{}
	for _, token := range dayTokens {
		if bot := f.day.bots[token]; !known[bot] {
			known[bot] = true
			bots = append(bots, bot)
		}
	}
	return bots
}

// recoveryOf holds it of one connection. Answers are in the order in which they
// came.
func (f *dayFigures) recoveryOf(p *phase, bot string, next time.Duration, r *recoveryFigures) {
	end, accepts := p.at+p.length, f.accepts(p, bot)
	first := next - accepts
	back := map[string]bool{} // families
	for _, a := range f.day.answers {
		came := a.start + a.took
		if a.write || f.day.bots[a.token] != bot || came < end || came >= next {
			continue
		}
		fresh := a.status == 200 && a.outcome != "stale"
		if fresh && a.born >= end {
			first = min(first, came-accepts)
			back[a.family] = true
		}
		if !a.known || a.start < accepts {
			continue
		}
		if !fresh && !back[a.family] {
			r.oldUntil = max(r.oldUntil, a.start-accepts)
			if a.start-accepts >= mostlyBack {
				f.report(a, fmt.Sprintf("nothing fresh of its family %v after %s", a.start-accepts, p.name))
			}
		}
		if a.start >= accepts+time.Minute {
			r.late++
			if !fresh && a.status != 429 {
				r.lateStale++
				f.report(a, fmt.Sprintf("not fresh %v after %s", a.start-accepts, p.name))
			}
		}
	}
	r.firstFresh = max(r.firstFresh, first)
}

// onTheWay is how long a call may still arrive that left before the first 429
// was there.
const onTheWay = time.Second

// earlyCalls counts the calls of a connection that came in spite of a 429.
func (f *dayFigures) earlyCalls(p *phase, bot string) (n int) {
	for _, told := range f.limitedIn(p, bot) {
		from, until := told.at+onTheWay, told.at+p.retryAfter
		for _, calls := range [][]dayCall{f.day.arrived, f.day.limited} {
			for _, c := range calls {
				if c.connection == bot && c.at > from && c.at < until {
					n++
				}
			}
		}
	}
	return n
}

func (f *dayFigures) worst(of func(*recoveryFigures) time.Duration) (worst time.Duration) {
	for i := range f.phases {
		worst = max(worst, of(&f.phases[i].recoveryFigures))
	}
	return worst
}

func (f *dayFigures) sum(of func(*recoveryFigures) int) (n int) {
	for i := range f.phases {
		n += of(&f.phases[i].recoveryFigures)
	}
	return n
}

func (f *dayFigures) firstFresh() time.Duration {
	return f.worst(func(r *recoveryFigures) time.Duration { return r.firstFresh })
}

func (f *dayFigures) oldUntil() time.Duration {
	return f.worst(func(r *recoveryFigures) time.Duration { return r.oldUntil })
}

func (f *dayFigures) early() int { return f.sum(func(r *recoveryFigures) int { return r.early }) }
func (f *dayFigures) late() int  { return f.sum(func(r *recoveryFigures) int { return r.late }) }
func (f *dayFigures) lateStale() int {
	return f.sum(func(r *recoveryFigures) int { return r.lateStale })
}
