package limiter

import (
	"math/rand/v2"
	"sort"
	"sync"
	"testing"
	"time"
)

// A window in the life of Notion: it counts calls in fixed minutes whose phase
// nobody knows, and refuses those beyond the budget until the minute ends
// (notion-api.md 3.1).
type fakeNotion struct {
	budget int
	phase  time.Duration
	rand   *rand.Rand
	epoch  time.Time

	mu       sync.Mutex
	minute   int64 // number of the current one
	used     int
	arrivals []time.Duration
	refused  int
}

func newFakeNotion(seed uint64) *fakeNotion {
	r := rand.New(rand.NewPCG(seed, 0))
	return &fakeNotion{
		budget: 180, rand: r, epoch: time.Now(),
		phase: time.Duration(r.Int64N(int64(time.Minute))),
	}
}

// latency is how long a call takes one way: 20 to 300 ms, now and then more.
func (f *fakeNotion) latency() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := 20*time.Millisecond + time.Duration(f.rand.Int64N(int64(280*time.Millisecond)))
	if f.rand.IntN(50) == 0 {
		d += time.Duration(f.rand.Int64N(int64(500 * time.Millisecond)))
	}
	return d
}

// arrive counts a call, and returns what Retry-After says if it is refused.
func (f *fakeNotion) arrive() (retryAfter time.Duration, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Since(f.epoch)
	if m := int64((now + f.phase) / time.Minute); m != f.minute {
		f.minute, f.used = m, 0
	}
	if f.used >= f.budget {
		f.refused++
		left := time.Minute - (now+f.phase)%time.Minute
		return (left + time.Second - 1).Truncate(time.Second), false
	}
	f.used++
	f.arrivals = append(f.arrivals, now)
	return 0, true
}

// call makes one: there, and back.
func (f *fakeNotion) call() (retryAfter time.Duration, ok bool) {
	time.Sleep(f.latency())
	retryAfter, ok = f.arrive()
	time.Sleep(f.latency())
	return retryAfter, ok
}

// mostInAMinute is the most calls that arrived within any 60 s.
func mostInAMinute(at []time.Duration) int {
	sort.Slice(at, func(i, j int) bool { return at[i] < at[j] })
	most, first := 0, 0
	for i, a := range at {
		for a-at[first] >= time.Minute {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// percentile is the p-th of the durations, p from 0 to 1.
func percentile(d []time.Duration, p float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	sort.Slice(d, func(i, j int) bool { return d[i] < d[j] })
	return d[min(len(d)-1, int(p*float64(len(d))))]
}

var _ = testing.Short
