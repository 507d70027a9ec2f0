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
		d.asks(21, "fills", of("c"))
		d.ask("told", of("c"))
		assert.Equal(t, 21*time.Second, d.refused["told"].RetryAfter)

		time.Sleep(21 * time.Second)
		let(t, l, of("c")).Done()
		d.done()
	})
}

func TestPromise_countsInTheEstimatesOfNewcomers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		// At 1, 2 and 3 s, for three who would not wait.
		for _, caller := range []string{"a", "b", "c"} {
			refusedNow(t, l, of("c").by(caller).within(0))
		}
		r := refusedNow(t, l, of("c").by("d").within(3*time.Second))
		assert.Equal(t, 4*time.Second, r.RetryAfter)

		time.Sleep(time.Second)
		refusedNow(t, l, of("c").by("e").within(0)) // the call that could leave is a's
		let(t, l, of("c").by("a").within(0)).Done()
	})
}

func TestPromise_doesNotHoldUpThoseWhoMayWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		refusedNow(t, l, of("c").by("a").within(0))
		time.Sleep(time.Second)
		d := newDiary(t, l)
		d.ask("b", of("c").by("b"))
		assert.Equal(t, seconds(0), d.at, "a call that could leave is not kept for somebody who may not come")
		d.ask("a", of("c").by("a"))
		d.done()
		assert.Equal(t, seconds(0, 1), d.at)
	})
}

func TestPromise_notToThoseWhoDoNotComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		once := of("c").within(0)
		once.Once = true
		for range 10 {
			assert.Equal(t, time.Second, refusedNow(t, l, once).RetryAfter)
		}
		refusedNow(t, l, of("c").within(0))
		time.Sleep(time.Second)
		refusedNow(t, l, once) // nor do they redeem another's
		let(t, l, of("c")).Done()
	})
}

func TestPromise_isForItsLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		refusedNow(t, l, of("c").within(0))
		time.Sleep(time.Second)
		refusedNow(t, l, of("c").in(Bulk).within(0))
		let(t, l, of("c")).Done()
	})
}

// At 5 s there is one call to be had, not those of all five seconds.
func TestEstimate_doesNotOutliveItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		refusedNow(t, l, of("c").by("a").within(0))
		other := of("c").by("b").within(0)
		other.Once = true
		refusedNow(t, l, other)
		time.Sleep(5 * time.Second)
		assert.Equal(t, time.Second, refusedNow(t, l, other).RetryAfter)
	})
}

func TestEstimate_theBucketDoesNotOverflow(t *testing.T) {
	l := New(Options{})
	c := newConnection("c", limits{pace: 1, burst: 1, most: 2}, l.epoch)
	c.spend(0, false)
	c.spend(0, false)
	assert.Equal(t, span, l.leaves(c, false, 1, 0))
	assert.Equal(t, span+time.Second, l.leaves(c, false, 2, 0))
}

func TestPromise_lapses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		refusedNow(t, l, of("c").by("a").within(0)) // due in a second
		p := &l.connections["c"].promises
		time.Sleep(time.Second + late - 1)
		assert.Equal(t, 1, p.count(l.now()))
		time.Sleep(time.Nanosecond)
		assert.Zero(t, p.count(l.now()))
		let(t, l, of("c").by("b")).Done()
	})
}

func TestPromise_ofAHigherLaneCountsForALowerOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		refusedNow(t, l, of("c").by("a").within(0))
		assert.Equal(t, time.Second, refusedNow(t, l, of("c").in(Interactive).by("i").within(0)).RetryAfter)
		assert.Equal(t, 3*time.Second, refusedNow(t, l, of("c").in(Bulk).by("b").within(0)).RetryAfter)
	})
}

func TestPromise_notFartherThanTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		for range 700 {
			refusedNow(t, l, of("c").within(0))
		}
		p := l.connections["c"].promises
		assert.Equal(t, 600*time.Second, p[len(p)-1].due)
		// Who has longer to wait is told so, and keeps no place.
		r := refusedNow(t, l, of("c").within(0))
		assert.Equal(t, 601*time.Second, r.RetryAfter)
		assert.Equal(t, len(p), l.connections["c"].promises.count(0))
	})
}

// The official SDK makes two retries, and waits a minute at most whatever it
// was told (@notionhq/client 5.26). With 400 calls at once the last one's place is
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
				assert.Zero(t, n.refused)
			})
		}
	}
}

// likeTheSDK makes a call as the official SDK does, through the proxy, which
// it needs a while to reach each time.
func likeTheSDK(l *Limiter, n *fakeNotion, c Call, way time.Duration) bool {
	for range 3 {
		time.Sleep(way)
		g, err := l.Acquire(context.Background(), c)
		var r *Refusal
		if errors.As(err, &r) {
			time.Sleep(min(r.RetryAfter, time.Minute))
			continue
		}
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
