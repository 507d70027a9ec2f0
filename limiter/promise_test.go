package limiter

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestPromise_whoComesBackAsToldIsLetIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		d := newDiary(t, l)
		d.asks(21, "fills", of("c").by("early"))
		d.ask("told", of("c").by("told"))
		// By turns it would be the second, but for its patience nothing is
		// too late; the crowd's next one is beyond it.
		d.ask("crowd", of("c").by("early"))
		assert.NotContains(t, d.refused, "told")
		back := d.refused["crowd"].RetryAfter
		assert.Equal(t, 22*time.Second, back)

		time.Sleep(back)
		assert.Equal(t, time.Duration(0), let(t, l, of("c").by("early")).Queued)
		d.done()
	})
}

func TestPromise_countsInTheEstimatesOfNewcomers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		// At 1, 2 and 3 s, for three who would not wait.
		for _, caller := range []string{"a", "b", "c"} {
			refusedNow(t, l, of("c").by(caller).for_(0))
		}
		r := refusedNow(t, l, of("c").by("d").for_(3*time.Second))
		assert.Equal(t, 4*time.Second, r.RetryAfter)

		time.Sleep(time.Second)
		refusedNow(t, l, of("c").by("e").for_(0)) // the call that could leave is a's
		let(t, l, of("c").by("a").for_(0)).Done()
	})
}

func TestPromise_doesNotHoldUpThoseWhoMayWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		refusedNow(t, l, of("c").by("a").for_(0))
		time.Sleep(time.Second)
		d := newDiary(t, l)
		d.ask("b", of("c").by("b"))
		assert.Equal(t, seconds(0), d.at, "a call that could leave is not kept for somebody who may not come")
		d.ask("a", of("c").by("a"))
		d.done()
		assert.Equal(t, seconds(0, 1), d.at)
	})
}

func TestPromise_lapses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		refusedNow(t, l, of("c").by("a").for_(0)) // due in a second
		time.Sleep(time.Second + late - 1)
		refusedNow(t, l, of("c").by("b").for_(0))
		time.Sleep(1)
		assert.Equal(t, 1, len(l.connections["c"].promises))
		let(t, l, of("c").by("b")).Done()
		assert.Empty(t, l.connections["c"].promises)
	})
}

func TestPromise_ofAHigherLaneCountsForALowerOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		refusedNow(t, l, of("c").by("a").for_(0))
		assert.Equal(t, time.Second, refusedNow(t, l, of("c").in(Interactive).by("i").for_(0)).RetryAfter)
		assert.Equal(t, 3*time.Second, refusedNow(t, l, of("c").in(Bulk).by("b").for_(0)).RetryAfter)
	})
}

func TestPromise_notFartherThanTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		for range 700 {
			refusedNow(t, l, of("c").for_(0))
		}
		assert.Len(t, l.connections["c"].promises, 600)
		assert.Equal(t, 601*time.Second, refusedNow(t, l, of("c").for_(0)).RetryAfter)
	})
}

// The official SDK makes two retries, and waits a minute at most whatever it
// was told (clients.md A.2). With 400 calls at once the last one's place is
// 132 s away.
func TestPromise_fourHundredAtOnceWithTheSDKsRetries(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		for _, seed := range []uint64{1, 2, 3} {
			synctest.Test(t, func(t *testing.T) {
				l, n := New(Options{}), newFakeNotion(seed)
				r := rand.New(rand.NewPCG(seed, 1))
				var mu sync.Mutex
				failed := 0
				var wg sync.WaitGroup
				for range 400 {
					way := time.Duration(r.IntN(200)) * time.Millisecond
					wg.Go(func() {
						c := of("c")
						c.Accepted, c.Remote = accepted, "a"
						if !likeTheSDK(l, n, c, way) {
							mu.Lock()
							failed++
							mu.Unlock()
						}
					})
				}
				wg.Wait()
				assert.Zero(t, failed)
				assert.Zero(t, n.refused, "%d", mostInAMinute(n.arrivals))
			})
		}
	}
}

// likeTheSDK makes a call as the official SDK does, through the proxy, which
// it needs a while to reach each time.
func likeTheSDK(l *Limiter, n *fakeNotion, c Call, way time.Duration) bool {
	log := ""
	defer func() {
		if log != "" {
			println(log)
		}
	}()
	for range 3 {
		time.Sleep(way)
		g, err := l.Acquire(context.Background(), c)
		var r *Refusal
		if errors.As(err, &r) {
			log += time.Since(n.epoch).String() + " " + r.Error() + "; "
			time.Sleep(min(r.RetryAfter, time.Minute))
			continue
		}
		log = ""
		_, ok := n.call()
		g.Accepted()
		g.Done()
		return ok
	}
	return false
}

func TestPromises_mergeInOrder(t *testing.T) {
	a := promises{{due: 1}, {due: 5}}
	a.merge(promises{{due: 2}, {due: 9}})
	assert.Equal(t, promises{{due: 1}, {due: 2}, {due: 5}, {due: 9}}, a)
}
