package limiter

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
)

// A sim is a workload, run with several seeds: Notion's phase and latencies
// differ. Each run says what was seen, and holds it to the bounds.
type sim struct {
	workload string
	bounds   string
	run      func(t *testing.T, seed uint64) (seen string)
}

var sims = []sim{
	{"2,000 reads, 8 callers", "1.08 x calls/180, no 429", simReads},
	{"the same, 8 direct clients with the SDK's retries", "for comparison", simDirect},
	{"5,000 bulk calls, a click every 2 s", "job 1.06 x calls/126, click p99 < 1.5 s, no 429", simClicks},
	{"80 at once after idleness", "30, then 2.85/s, within 20 s, no 429", simBurst},
	{"100 at once, burst of 100", "all within 1 s, no 429", simBigBurst},
	{"400 at once, SDK's two retries", "all succeed, no 429 of Notion's", simCrowd},
	{"somebody else spends half, evenly", "429s < 1.5 %, > 85 % of what is left", simOther},
	{"somebody else spends half, at once each minute", "printed only", simOtherBurst},
	{"every reason, every form of Retry-After", "the right ones wait, the others do not", simHolds},
	{"500 callers leave at random", "no place, token or goroutine lost", simLeaving},
}

// TestSim prints its table with -v.
func TestSim(t *testing.T) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "workload\tmust show\tseen, by seed\t")
	for _, s := range sims {
		name, bounds, before := s.workload, s.bounds, ""
		for seed := range uint64(4) {
			seen := ""
			t.Run(fmt.Sprint(s.workload, ", seed ", seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { seen = s.run(t, seed) })
			})
			if seen != before {
				fmt.Fprintf(w, "%s\t%s\t%s\t\n", name, bounds, seen)
			}
			name, bounds, before = "", "", seen
		}
	}
	assert.NoError(t, w.Flush())
	t.Log("\n" + table.String())
}

// crowd runs so many workers, each of which does so much.
func crowd(workers, each int, do func(worker int)) {
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for range each {
				do(i)
			}
		})
	}
	wg.Wait()
}

func (c *client) is429free(t *testing.T) {
	assert.Zero(t, c.overrun, "429s from Notion")
	assert.Zero(t, c.refusals, "429s from us")
	assert.LessOrEqual(t, mostInAMinute(c.notion.arrivals), 171)
}

func simReads(t *testing.T, seed uint64) string {
	c, l, start := &client{notion: newFakeNotion(seed)}, New(Options{}), time.Now()
	crowd(8, 250, func(i int) { c.through(l, of("c").by(fmt.Sprint(i))) })
	took := time.Since(start)
	ratio := took.Minutes() / (2000. / 180)
	assert.Less(t, ratio, 1.08)
	c.is429free(t)
	return fmt.Sprintf("%.3f x, %v; 429s %d from Notion, %d from us; longest wait %.1f s",
		ratio, took.Round(time.Second), c.overrun, c.refusals, percentile(c.waits, 1).Seconds())
}

func simDirect(t *testing.T, seed uint64) string {
	c, start := &client{notion: newFakeNotion(seed)}, time.Now()
	crowd(8, 250, func(int) { c.direct() })
	took := time.Since(start)
	return fmt.Sprintf("%.3f x, %v; 429s %d from Notion; %d calls failed",
		took.Minutes()/(2000./180), took.Round(time.Second), c.overrun, c.failed)
}

func simClicks(t *testing.T, seed uint64) string {
	n, l, start := newFakeNotion(seed), New(Options{}), time.Now()
	job, person := &client{notion: n}, &client{notion: n}
	stop := make(chan struct{})
	var clicks sync.WaitGroup
	clicks.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Second):
				clicks.Go(func() { person.through(l, of("c").in(Interactive).by("person")) })
			}
		}
	})
	crowd(20, 250, func(int) { job.through(l, of("c").in(Bulk).by("job")) })
	took := time.Since(start)
	close(stop)
	clicks.Wait()

	ratio := took.Minutes() / (5000. / (171 - 15 - 30))
	p99 := percentile(person.waits, .99)
	assert.Less(t, ratio, 1.06)
	assert.Less(t, p99, 1500*time.Millisecond)
	assert.Zero(t, person.refusals)
	assert.Zero(t, n.refused)
	return fmt.Sprintf("job %.3f x, %v; click p99 %.2f s; 429s %d from Notion, 0 clicks and %d bulk calls put off by us",
		ratio, took.Round(time.Second), p99.Seconds(), n.refused, job.refusals)
}

func simBurst(t *testing.T, seed uint64) string {
	return simAtOnce(t, seed, 80, Options{}, func(waits []time.Duration) {
		assert.Zero(t, percentile(waits, 29.5/80), "30 at once")
		assert.Greater(t, percentile(waits, 30.5/80), time.Duration(0))
		for i := range 50 {
			assert.InDelta(t, float64(i+1)/2.85, percentile(waits, (30.5+float64(i))/80).Seconds(), 1e-6)
		}
		assert.Less(t, percentile(waits, 1), 20*time.Second)
	})
}

func simBigBurst(t *testing.T, seed uint64) string {
	return simAtOnce(t, seed, 100, Options{Quota: Quota{Burst: 100}}, func(waits []time.Duration) {
		assert.Less(t, percentile(waits, 1), time.Second)
	})
}

func simAtOnce(t *testing.T, seed uint64, calls int, o Options, check func(waits []time.Duration)) string {
	c, l := &client{notion: newFakeNotion(seed)}, New(o)
	c.through(l, of("c"))
	time.Sleep(time.Minute)
	c.waits = nil
	crowd(calls, 1, func(int) { c.through(l, of("c")) })
	check(c.waits)
	c.is429free(t)
	return fmt.Sprintf("last left after %.1f s; 429s %d from Notion, %d from us",
		percentile(c.waits, 1).Seconds(), c.overrun, c.refusals)
}

func simCrowd(t *testing.T, seed uint64) string {
	n, l, start := newFakeNotion(seed), New(Options{}), time.Now()
	var mu sync.Mutex
	done := 0
	crowd(400, 1, func(i int) {
		if likeTheSDK(l, n, of("c"), time.Duration(i%200)*time.Millisecond) {
			mu.Lock()
			done++
			mu.Unlock()
		}
	})
	assert.Equal(t, 400, done)
	assert.Zero(t, n.refused)
	return fmt.Sprintf("%d succeed, the last after %v; 429s %d from Notion", done, time.Since(start).Round(time.Second), n.refused)
}

func simOther(t *testing.T, seed uint64) string {
	return simHalf(t, seed, true, func(n *fakeNotion) {
		time.Sleep(time.Minute / 90)
		n.arrive()
	})
}

func simOtherBurst(t *testing.T, seed uint64) string {
	return simHalf(t, seed, false, func(n *fakeNotion) {
		time.Sleep(n.untilNextMinute())
		for range 90 {
			n.arrive()
		}
	})
}

// simHalf is an hour of 8 callers that spend what somebody else leaves.
func simHalf(t *testing.T, seed uint64, held bool, other func(*fakeNotion)) string {
	c, l, start := &client{notion: newFakeNotion(seed)}, New(Options{}), time.Now()
	lasts := func() bool { return time.Since(start) < time.Hour }
	var wg sync.WaitGroup
	wg.Go(func() {
		for lasts() {
			other(c.notion)
		}
	})
	crowd(8, 1, func(i int) {
		for lasts() {
			c.through(l, of("c").by(fmt.Sprint(i)))
		}
	})
	wg.Wait()
	share := float64(c.made) / (90 * time.Since(start).Minutes())
	overruns := float64(c.overrun) / float64(c.made+c.overrun)
	if held {
		assert.Greater(t, share, .85)
		assert.Less(t, overruns, .015)
	}
	return fmt.Sprintf("%.1f %% of what is left; 429s %.2f %% of calls", 100*share, 100*overruns)
}

// simHolds has a call of everybody concerned and of others wait for every kind
// of hold, for as long as every form of Retry-After says.
func simHolds(t *testing.T, _ uint64) string {
	forms := []struct {
		header string
		want   time.Duration
	}{
		{"7", 7 * time.Second}, {"1.5", 1500 * time.Millisecond}, {"0", time.Second}, {"-3", time.Second},
		{"", time.Second}, {"soon", time.Second}, {time.Now().Add(9 * time.Second).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"), 9 * time.Second},
		{"86400000", 15 * time.Minute},
	}
	reach := map[string]string{
		"public_api_request_rate_limit":       "same, same other",
		"public_api_space_request_rate_limit": "same, same other, neighbour",
		"public_api_endpoint_rate_limit":      "same",
		"public_api_request_blocked":          "same, same other",
		"":                                    "same, same other",
	}
	right := 0
	for reason, waits := range reach {
		for _, form := range forms {
			l := New(Options{HoldJitter: -1, MaxWait: time.Hour})
			l.Identify("t1", "c", "w")
			l.Identify("t2", "neighbour", "w")
			l.Hold(Hold{Scope: ScopeOf(reason), Connection: "c", Operation: "search", RetryAfter: ParseRetryAfter(form.header, "", time.Now())})
			for name, c := range map[string]Call{
				"same": of("c").to("search"), "same other": of("c"), "neighbour": of("neighbour").to("search"), "stranger": of("x").to("search"),
			} {
				want := time.Duration(0)
				if strings.Contains(waits+",", name+",") {
					want = form.want
				}
				if assert.Equal(t, want, heldFor(l, c, reason, form.want), "%q for %q: %s", reason, form.header, name) {
					right++
				}
			}
		}
	}
	return fmt.Sprintf("%d of %d right", right, 4*len(reach)*len(forms))
}

// heldFor is how long the call has to wait.
func heldFor(l *Limiter, c Call, reason string, most time.Duration) time.Duration {
	w, _, err := l.ask(c.within(most))
	switch {
	case w != nil:
		at, _ := w.holdEnds(w.since)
		l.abandon(w)
		return at - w.since
	case err != nil && ScopeOf(reason) == BlockedScope:
		return most // nobody waits for that one
	}
	return 0
}

func simLeaving(t *testing.T, seed uint64) string {
	leaveAtRandom(t, seed)
	return "nothing lost"
}
