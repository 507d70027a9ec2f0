package proxy_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestModel tries to catch the cache in a lie. Several clients with tokens of
// two workspaces read, page, write, move, trash and comment at random through
// the proxy, somebody edits behind its back, things are shared and un-shared,
// tokens are revoked, and Notion fails in all the ways it knows. A plain model
// beside it (modelHistory) knows what each answer may say, and who fetched it.
//
// Each seed is a small world of its own, with modelSteps steps. What fails is
// printed as a seed and the shortest history that was found to fail:
//
//	MODEL_OPS=2000000   how many steps in all; 50,000 by default
//	MODEL_FROM=5000     the first seed; 1 by default
//	MODEL_SEED=17       this seed alone, with its whole history
func TestModel(t *testing.T) {
	if seed, err := strconv.ParseUint(os.Getenv("MODEL_SEED"), 10, 64); err == nil {
		m := runModel(t, seed, nil)
		t.Logf("seed %d: %s", seed, m.tally.String())
		if m.bad != nil {
			t.Errorf("%s\n%s", m.bad, m.story())
		}
		return
	}
	soak := newSoak(modelNumber("MODEL_FROM", 1), modelNumber("MODEL_OPS", 50_000)/modelSteps)
	t.Run("seeds", func(t *testing.T) {
		for worker := range min(4, runtime.GOMAXPROCS(0)) {
			t.Run(strconv.Itoa(worker), func(t *testing.T) {
				t.Parallel()
				soak.work(t)
			})
		}
	})
	t.Logf("%d operations in %.1f s: %s", soak.tally.steps, time.Since(soak.start).Seconds(), soak.tally.String())
	soak.tally.meansSomething(t)
}

// modelSteps is how many steps one world lives: long enough for an answer to
// be stored, overtaken, kept, dropped and asked for again.
const modelSteps = 1000

func modelNumber(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// A soak hands out seeds until there are no more, or one has failed.
type soak struct {
	end    uint64 // the first seed that isn't tried any more
	next   atomic.Uint64
	failed atomic.Bool
	start  time.Time

	mu    sync.Mutex
	tally tally
}

func newSoak(first, seeds uint64) *soak {
	s := &soak{end: first + seeds, start: time.Now()}
	s.next.Store(first)
	return s
}

func (s *soak) work(t *testing.T) {
	for !s.failed.Load() {
		seed := s.next.Add(1) - 1
		if seed >= s.end {
			return
		}
		m := runModel(t, seed, nil)
		s.mu.Lock()
		s.tally.add(m.tally)
		s.mu.Unlock()
		if m.bad != nil {
			s.failed.Store(true)
			short := shorten(t, m)
			t.Errorf("MODEL_SEED=%d, step %d: %s\nThe history, shortened to %d steps:\n%s", seed, m.bad.step, m.bad, len(short.told), short.story())
		}
	}
}

// runModel lives one world. A step that skip names is left out; steps choose by
// themselves what they do, so that the others stay as they were.
func runModel(t *testing.T, seed uint64, skip func(step int) bool) (m *model) {
	synctest.Test(t, func(t *testing.T) {
		m = newModel(t, seed)
		defer m.close()
		for step := 1; step <= modelSteps && m.bad == nil; step++ {
			m.mu.Lock() // Notion's calls tell at which step they were
			m.step = step
			m.mu.Unlock()
			if skip == nil || !skip(step) {
				m.take()
			}
		}
	})
	return m
}

// shorten looks for a shorter history that breaks the same rule: without what
// came after, then with ever smaller stretches left out.
func shorten(t *testing.T, m *model) *model {
	best := m
	left := make([]bool, modelSteps+1)
	deadline := time.Now().Add(shortenFor())
	for size := m.bad.step / 2; size > 0; size /= 2 {
		for from := 1; from < best.bad.step && time.Now().Before(deadline); from += size {
			without := append([]bool(nil), left...)
			new := false
			for i := from; i < min(from+size, best.bad.step); i++ {
				new = new || !without[i]
				without[i] = true
			}
			if !new {
				continue
			}
			n := runModel(t, m.seed, func(step int) bool { return step > m.bad.step || without[step] })
			if n.bad != nil && n.bad.rule == m.bad.rule {
				best, left = n, without
			}
		}
	}
	return best
}

// shortenFor is how long a shorter history is looked for.
func shortenFor() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("MODEL_SHORTEN")); err == nil {
		return d
	}
	return 20 * time.Second
}

// A violation is an answer that may not be.
type violation struct {
	step int
	rule int
	what string
}

func (v *violation) String() string { return fmt.Sprintf("rule %d is broken: %s", v.rule, v.what) }

// A tally shows that a run was about something.
type tally struct {
	steps, reads, writes, calls                     int
	hit, stale, miss, shared, other, walks, resumed int
	suspect, snapshot, maybe, unchanged             int
}

func (n *tally) add(o tally) {
	n.steps, n.reads, n.writes, n.calls = n.steps+o.steps, n.reads+o.reads, n.writes+o.writes, n.calls+o.calls
	n.hit, n.stale, n.miss, n.shared, n.other = n.hit+o.hit, n.stale+o.stale, n.miss+o.miss, n.shared+o.shared, n.other+o.other
	n.walks, n.resumed, n.suspect = n.walks+o.walks, n.resumed+o.resumed, n.suspect+o.suspect
	n.snapshot, n.maybe, n.unchanged = n.snapshot+o.snapshot, n.maybe+o.maybe, n.unchanged+o.unchanged
}

func (n *tally) String() string {
	return fmt.Sprintf("%d reads (%d hit, %d stale, %d of them maybe overwritten, %d miss, %d shared, %d other), %d writes (%d maybe), %d calls, %d walks ended (%d with a dead cursor), %d pages of older snapshots, %d not modified",
		n.reads, n.hit, n.stale, n.suspect, n.miss, n.shared, n.other, n.writes, n.maybe, n.calls, n.walks, n.resumed, n.snapshot, n.unchanged)
}

// meansSomething fails a run in which what should be tried never happened.
func (n *tally) meansSomething(t *testing.T) {
	if n.steps < 20_000 {
		return
	}
	for what, count := range map[string]int{
		"hits": n.hit, "stale answers": n.stale, "misses": n.miss, "shared answers": n.shared, "writes": n.writes, "writes that may be": n.maybe,
		"walks": n.walks, "walks with a dead cursor": n.resumed, "older snapshots": n.snapshot, "suspects": n.suspect, "answers not modified": n.unchanged,
	} {
		if count < 5 {
			t.Errorf("there were only %d %s in %d steps: this proves nothing", count, what, n.steps)
		}
	}
}
