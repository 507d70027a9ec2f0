package limiter

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// A fakeNotion counts one connection's calls as Notion does: in fixed minutes
// whose phase nobody knows, any pace inside, and beyond the budget 429 with the
// seconds until the minute ends (developers.notion.com/reference/request-limits,
// September 2026).
type fakeNotion struct {
	budget int
	phase  time.Duration
	epoch  time.Time

	mu       sync.Mutex
	rand     *rand.Rand
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

// latency is how long a call takes one way: 20 to 300 ms, one in fifty up to
// half a second more.
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

// call makes one, there and back.
func (f *fakeNotion) call() (retryAfter time.Duration, ok bool) {
	time.Sleep(f.latency())
	retryAfter, ok = f.arrive()
	time.Sleep(f.latency())
	return retryAfter, ok
}

// untilNextMinute is how long the current one of Notion's lasts.
func (f *fakeNotion) untilNextMinute() time.Duration {
	return time.Minute - (time.Since(f.epoch)+f.phase)%time.Minute
}

// mostInAMinute is the most calls that arrived within any 60 s.
func mostInAMinute(at []time.Duration) int {
	at = slices.Sorted(slices.Values(at))
	most, first := 0, 0
	for i, a := range at {
		for a-at[first] >= time.Minute {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// percentile is what so many of the durations, from 0 to 1, do not exceed.
func percentile(d []time.Duration, share float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	d = slices.Sorted(slices.Values(d))
	return d[min(len(d)-1, int(share*float64(len(d))))]
}
