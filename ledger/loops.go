package ledger

import "time"

// Reads are watched in sets of a few, by hash, as a processor's cache does it:
// memory is fixed (a quarter of a MiB) and nothing is allocated for reads that
// do not repeat. A new read takes the place of the one in its set that was
// seen least in the last minute, the longest ago of these. So a read that comes
// back every two seconds is found among 500 others a second; among many more,
// only faster loops are.
const (
	watchSets = 256
	watchWays = 8
	watchFor  = 12 // ticks: a minute
)

// loops finds reads that one caller repeats.
type loops struct {
	over uint32
	seen uint64 // sightings so far
	sets [][watchWays]watch
}

// A watch counts one read of one caller over the last minute.
type watch struct {
	hash    uint64 // of the connection, the caller and the read; 0 in an unused watch
	seen    uint64 // the number of the latest sighting
	last    int64  // its tick
	sum     uint32 // of times, at last
	times   [watchFor]uint32
	reached [watchFor]uint32
	who     *looper // set once it was a loop
}

type looper struct {
	key
	since time.Time
}

// A sighting is one read as loops see it.
type sighting struct {
	key
	tick    int64
	at      time.Time
	reached bool // Notion was called
}

func newLoops(over int) loops {
	return loops{over: uint32(over), sets: make([][watchWays]watch, watchSets)}
}

func (l *loops) add(hash uint64, s sighting) {
	w := l.find(hash, s.tick)
	w.turn(s.tick)
	l.seen++
	w.seen = l.seen
	slot := s.tick % watchFor
	w.times[slot]++
	w.sum++
	if s.reached {
		w.reached[slot]++
	}
	if w.sum == l.over+1 {
		w.who = &looper{s.kept(), s.at}
	}
}

// find returns the watch for hash, which may have been another's.
func (l *loops) find(hash uint64, now int64) *watch {
	set := &l.sets[hash%watchSets]
	least := &set[0]
	for i := range set {
		w := &set[i]
		if w.hash == hash {
			return w
		}
		if a, b := w.worth(now), least.worth(now); a < b || a == b && w.seen < least.seen {
			least = w
		}
	}
	*least = watch{hash: hash, last: now}
	return least
}

// worth is about how often w was seen in the last minute.
func (w *watch) worth(now int64) uint32 {
	if now-w.last >= watchFor {
		return 0
	}
	return w.sum
}

// turn forgets what is more than a minute before now.
func (w *watch) turn(now int64) {
	for i := max(w.last+1, now-watchFor+1); i <= now; i++ {
		slot := i % watchFor
		w.sum -= w.times[slot]
		w.times[slot], w.reached[slot] = 0, 0
	}
	w.last = max(w.last, now)
}

// found returns the loops of the minute before now.
func (l *loops) found(now int64) []Loop {
	var found []Loop
	for i := range l.sets {
		for j := range l.sets[i] {
			if w := &l.sets[i][j]; w.who != nil && w.worth(now) > l.over {
				found = l.appendLoop(found, *w, now)
			}
		}
	}
	return found
}

func (l *loops) appendLoop(found []Loop, w watch, now int64) []Loop {
	w.turn(now)
	if w.sum <= l.over {
		return found
	}
	loop := Loop{
		Connection: w.who.connection, Caller: w.who.caller, Operation: w.who.operation,
		Times: int64(w.sum), Since: w.who.since.UTC().Round(0),
	}
	for _, n := range w.reached {
		loop.Reached += int64(n)
	}
	return append(found, loop)
}
