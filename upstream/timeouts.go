package upstream

import (
	"math/bits"
	"sync"
	"time"
)

// Bounds of learnt time-outs.
const (
	leastTimeout = 15 * time.Second
	mostTimeout  = 60 * time.Second
	enoughCalls  = 20 // fewer say nothing about the slowest in a hundred

	hourSlots = 6 // an hour, in pieces of ten minutes
)

// Timeouts learns for each operation how long its calls take, so that a call
// that hangs is given up when it is hopeless, and not before: three times what
// all but one in a hundred took in the last hour, between 15 and 60 s. It is
// safe for concurrent use.
type Timeouts struct {
	mu  sync.Mutex
	ops map[string]*[hourSlots]histogram
}

// NewTimeouts makes time-outs that all are 60 s.
func NewTimeouts() *Timeouts { return &Timeouts{ops: map[string]*[hourSlots]histogram{}} }

// histogram counts calls by duration: four buckets for each power of two of
// milliseconds.
type histogram struct {
	slot   int64
	counts [80]uint32
}

func bucket(d time.Duration) int {
	ms := uint64(max(1, d.Milliseconds()))
	power := bits.Len64(ms) - 1
	quarter := 0
	if power >= 2 {
		quarter = int(ms>>(power-2)) & 3
	}
	return min(4*power+quarter, 79)
}

// upTo is the longest duration that bucket i counts.
func upTo(i int) time.Duration {
	power, quarter := i/4, i%4
	return time.Duration((uint64(5+quarter)<<power)/4) * time.Millisecond
}

func hourSlot(now time.Time) int64 { return now.UnixNano() / int64(time.Hour/hourSlots) }

// Took records how long a call of op took. One that was given up after its
// limit counts as twice that: nobody knows how long it would have taken.
func (t *Timeouts) Took(op string, d time.Duration, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.ops[op]
	if h == nil {
		h = &[hourSlots]histogram{}
		t.ops[op] = h
	}
	slot := hourSlot(now)
	at := &h[slot%hourSlots]
	if at.slot != slot {
		*at = histogram{slot: slot}
	}
	at.counts[bucket(d)]++
}

// Limit returns how long a call of op may take.
func (t *Timeouts) Limit(op string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.ops[op]
	if h == nil {
		return mostTimeout
	}
	var counts [80]uint32
	total := uint32(0)
	slot := hourSlot(now)
	for i := range h {
		if slot-h[i].slot >= hourSlots {
			continue
		}
		for j, n := range h[i].counts {
			counts[j] += n
			total += n
		}
	}
	if total < enoughCalls {
		return mostTimeout
	}
	slower := total / 100
	for j := len(counts) - 1; j >= 0; j-- {
		if counts[j] > slower {
			return min(max(leastTimeout, 3*upTo(j)), mostTimeout)
		}
		slower -= counts[j]
	}
	return mostTimeout
}
