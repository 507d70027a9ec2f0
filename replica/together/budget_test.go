package together

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/limiter"
	"notionproxy/replica/redistest"
)

// minute is Notion's, made short: worlds are.
const minute = 3 * time.Second

// TestBudget has clients ask for far more than the usual budget at three
// replicas, while all happens to Redis that can. By Notion's own count no
// minute has more calls of a connection than the budget.
func TestBudget(t *testing.T) {
	redistest.Need(t)
	for seed := range max(6, modelOps()/25_000) {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, uint64(seed)+1_000_000, shape{
				fresh: time.Millisecond, partitionFresh: 700 * time.Millisecond, maxWait: 500 * time.Millisecond, window: minute,
				quota: limiter.Quota{PerMinute: 180},
			})
			defer w.close()
			w.ops.Store(1 << 40)
			end := time.AfterFunc(7*minute, func() { w.ops.Store(0) })
			defer end.Stop()
			w.run(func(r *rand.Rand) {
				if r.IntN(8) == 0 {
					w.writes(r)
				} else {
					w.ask(context.Background(), w.aRead(r))
				}
			})
			assert.Empty(t, w.bad)
			w.checkBudgets(t)
		})
	}
}

// budget is 180 a minute, of which a twentieth is left alone: for calls that
// leave in one minute and come in another.
const budget, granted = 171, 180

// checkBudgets counts the calls of each connection.
func (w *world) checkBudgets(t *testing.T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	left := map[string][]time.Time{}
	for _, k := range w.tokens {
		left[k.bot] = append(left[k.bot], k.left...)
	}
	fullest, calls := 0, 0
	for _, list := range left {
		most, from := fullestMinute(list)
		fullest, calls = max(fullest, most), calls+len(list)
		allowed := budget
		if w.weather.strainedIn(from, from.Add(minute)) {
			allowed = granted // minutes are twenty times too short for such delays
		}
		if most > allowed {
			t.Errorf("seed %d: %d calls in the minute from %.3f on", w.seed, most, from.Sub(w.began).Seconds())
			for _, line := range w.told {
				if len(line) > 12 && line[11:17] == "Redis:" {
					t.Log(line)
				}
			}
		}
	}
	t.Logf("%d calls of %d connections in %.0f minutes, %d in the fullest of one", calls, len(left), time.Since(w.began).Seconds()/minute.Seconds(), fullest)
	assert.Greater(t, fullest, budget/2, "or nobody asked for much")
}

// fullestMinute is the most calls within any minute, and where that begins.
func fullestMinute(list []time.Time) (most int, from time.Time) {
	slices.SortFunc(list, time.Time.Compare)
	for i, j := 0, 0; j < len(list); j++ {
		for list[j].Sub(list[i]) >= minute {
			i++
		}
		if j-i+1 > most {
			most, from = j-i+1, list[i]
		}
	}
	return most, from
}
