package ledger

import (
	"slices"
	"time"
)

// A snapshot is what a report is made of. Making it takes the ledger's lock;
// adding up, which takes longer, does not.
type snapshot struct {
	began time.Time
	since [len(shapes)]time.Time
	parts [len(shapes)][][]row
	loops []Loop
}

func (l *Ledger) snapshot(now time.Time) snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	origin := l.origin
	if origin.IsZero() {
		origin = fullHour(now)
	}
	at := max(l.now, ticks(origin, now))
	s := snapshot{began: l.began, loops: l.loops.found(at)}
	var open [][]row // of this level and of the shorter ones, which hold what has not reached it yet
	for i := range l.levels {
		v := &l.levels[i]
		first := v.first(at)
		s.since[i] = origin.Add(time.Duration(first*v.span) * tick)
		open = append(open, slices.Clone(v.open.rows))
		if v.at >= first {
			s.parts[i] = slices.Clone(open)
		}
		for _, b := range v.closed {
			if b.at >= first {
				s.parts[i] = append(s.parts[i], b.rows)
			}
		}
	}
	return s
}

// window adds up the i-th window.
func (s *snapshot) window(i int, now time.Time, top int) Window {
	w := Window{Since: s.since[i].UTC().Round(0), Seconds: now.Sub(s.since[i]).Seconds()}
	sums := map[key]*tally{}
	for _, rows := range s.parts[i] {
		for j := range rows {
			if r := &rows[j]; r.requests > 0 {
				entry(sums, r.key).add(&r.tally)
			}
		}
	}
	w.fill(sums, top)
	return w
}

// entry returns the tally of k in sums, where it adds it if need be.
func entry(sums map[key]*tally, k key) *tally {
	t := sums[k]
	if t == nil {
		t = &tally{}
		sums[k] = t
	}
	return t
}
