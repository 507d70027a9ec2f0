package triage

import "time"

const (
	fine   = 5 * time.Second // slots of the last five minutes
	coarse = time.Minute     // slots of the last hour
	slots  = 60
)

// A ring counts what happened in the last hour, twice over: in fine slots and
// in coarse ones.
type ring struct{ fine, coarse [slots]slot }

// clear forgets all.
func (r *ring) clear() {
	for i := range slots {
		r.fine[i].at, r.coarse[i].at = -1, -1
	}
}

// places are the two slots of a moment, emptied where they held an older one.
// A moment that is over already counts in the slot that has taken its place.
func (r *ring) places(since time.Duration) [2]*slot {
	return [2]*slot{place(&r.fine, int64(since/fine)), place(&r.coarse, int64(since/coarse))}
}

func place(of *[slots]slot, number int64) *slot {
	s := &of[number%slots]
	if s.at < number {
		*s = slot{at: number}
	}
	return s
}

// sum adds up the last n slots of a kind at that moment.
func sum(of *[slots]slot, n, now int64) (total slot) {
	for i := range of {
		if s := &of[i]; s.at >= 0 && s.at <= now && now-s.at < n {
			total.merge(s)
		}
	}
	return total
}

// spans are the windows: what they are called, and which slots they are.
var spans = [4]struct {
	minutes int
	fine    bool
	slots   int64
}{{1, true, 12}, {5, true, 60}, {15, false, 15}, {60, false, 60}}

// window is the i-th window, and how many calls were good in the slots after
// the last failure.
func (r *ring) window(i int, now time.Duration) (total slot, goodSince int64) {
	w := spans[i]
	of, width := &r.coarse, coarse
	if w.fine {
		of, width = &r.fine, fine
	}
	total = sum(of, w.slots, int64(now/width))
	for j := range of {
		if s := &of[j]; s.at > int64(total.lastFailed/width) && s.at <= int64(now/width) && int64(now/width)-s.at < w.slots {
			goodSince += int64(s.n[good])
		}
	}
	return total, goodSince
}

// calm is how long nothing must go wrong before what went wrong before it is
// another story.
const calm = 2 * time.Minute

// spell is when that began which goes on at the end: the begin of the run of
// slots for which is holds, with gaps shorter than calm. It is negative where
// there is none.
func (r *ring) spell(now time.Duration, is func(*slot) bool) time.Duration {
	begin := run(&r.fine, fine, now, now, is)
	if begin < 0 || begin > now-slots*fine+calm {
		return begin
	}
	// It may have begun before what the fine slots reach.
	if earlier := run(&r.coarse, coarse, now, begin, is); earlier >= 0 && begin-earlier >= coarse {
		return earlier
	}
	return begin
}

// run is the begin of the run of slots for which is holds and that reaches
// calm before end, or later; negative where there is none.
func run(of *[slots]slot, width, now, end time.Duration, is func(*slot) bool) time.Duration {
	begin := time.Duration(-1)
	for n := int64(now / width); n > int64(now/width)-slots && n >= 0; n-- {
		s := &of[n%slots]
		if s.at != n || !is(s) {
			continue
		}
		from := time.Duration(n) * width
		if end-(from+width) >= calm {
			break
		}
		begin, end = from, min(from, end)
	}
	return begin
}
