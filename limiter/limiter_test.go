package limiter

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAcquire_burstThenPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, New(still(perSecond(1, 2))))
		d.asks(5, "call", of("c"))
		d.done()

		assert.Equal(t, seconds(0, 0, 1, 2, 3), d.at)
	})
}

func TestAcquire_defaultsAreThoseOfNotion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, New(Options{}))
		d.asks(32, "call", of("c"))
		d.done()

		// 30 at once, then 2.85 a second.
		assert.Equal(t, time.Duration(0), d.at[29])
		assert.Equal(t, time.Duration(350_877_193), d.at[30])
		assert.Equal(t, time.Duration(701_754_386), d.at[31])
	})
}

func TestAcquire_connectionsDoNotShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 2)))
		spend(t, l, 2, of("one"))
		spend(t, l, 2, of("other"))
	})
}

func TestAcquire_overridesAreForOneConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := still(perSecond(1, 2))
		o.Overrides = map[string]Quota{"big": perSecond(10, 50)}
		l := New(o)
		spend(t, l, 50, of("big"))
		spend(t, l, 2, of("small"))
		refusedNow(t, l, of("small").within(0))
	})
}

func TestAcquire_neverMoreInAnyMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 60)))
		spend(t, l, 60, of("c"))
		time.Sleep(30 * time.Second) // the bucket has 30 tokens again, the window no room

		r := refusedNow(t, l, of("c"))
		assert.Equal(t, QueueTooLong, r.Reason)
		assert.Equal(t, 31*time.Second, r.RetryAfter, "when the first calls no longer count")

		time.Sleep(11 * time.Second)
		g, err := l.Acquire(context.Background(), of("other caller").by("b"))
		require.NoError(t, err)
		g.Done()
		g, err = l.Acquire(context.Background(), of("c").by("b"))
		require.NoError(t, err)
		assert.Equal(t, 20*time.Second, g.Queued)
	})
}

func TestAcquire_waitsNoLongerThanItsPatience(t *testing.T) {
	tests := []struct {
		name     string
		patience time.Duration
		letIn    bool
	}{
		{"longer than it takes", 6 * time.Second, true},
		{"just as long", 5 * time.Second, true},
		{"a little shorter", 5*time.Second - 1, false},
		{"none", 0, false},
		{"less than none", -time.Second, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDiary(t, New(still(perSecond(1, 1))))
				d.asks(5, "before", of("c"))
				d.ask("call", of("c").within(test.patience))
				if !test.letIn {
					require.Contains(t, d.refused, "call", "at once")
					assert.Equal(t, &Refusal{QueueTooLong, 5 * time.Second}, d.refused["call"])
				}
				d.done()
				assert.Equal(t, test.letIn, len(d.left) == 6)
			})
		})
	}
}

func TestAcquire_patienceIsBoundedByTheSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := still(perSecond(1, 1))
		o.MaxWait = 3 * time.Second
		d := newDiary(t, New(o))
		d.asks(4, "in", of("c").within(time.Hour))
		d.ask("out", of("c").within(time.Hour))
		assert.Equal(t, 4*time.Second, d.refused["out"].RetryAfter)
		d.done()
		assert.Len(t, d.left, 4)
	})
}

func TestAcquire_aContextThatIsOverSpendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{})
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := l.Acquire(ctx, of("c"))
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, 171, l.Budget("c").Left)
	})
}

func TestAcquire_whoLeavesGivesThePlaceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		d := newDiary(t, l)
		d.ask("first", of("c"))
		ctx, leave := context.WithCancel(context.Background())
		d.askUntil(ctx, "leaves", of("c"))
		d.ask("stays", of("c"))

		time.Sleep(500 * time.Millisecond)
		leave()
		d.done()

		assert.Equal(t, []string{"first", "stays"}, d.left)
		assert.Equal(t, seconds(0, 1), d.at)
		assert.Zero(t, l.waiting)
	})
}

func TestAcquire_leavingAsOneIsLetGoGivesTheCallBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		ctx, leave := context.WithTimeout(context.Background(), time.Second)
		defer leave()
		left := 0
		for range 20 { // either may come first
			d := newDiary(t, l)
			d.askUntil(ctx, "leaves", of("c"))
			d.done()
			left += len(d.left)
		}
		assert.LessOrEqual(t, left, 1)
		assert.Equal(t, 59-left, l.Budget("c").Left)
		assert.Zero(t, l.waiting)
	})
}

func TestAcquire_whoLeftWhenItWasLetGoGivesTheCallBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		w, _, _ := l.ask(of("c"))
		d := newDiary(t, l)
		d.ask("next", of("c"))
		time.Sleep(1100 * time.Millisecond)
		require.Len(t, w.ready, 1, "it was let go")
		l.abandon(w)
		d.done()
		assert.Equal(t, seconds(1.1), d.at)
		assert.Equal(t, 58, l.Budget("c").Left)
	})
}

func TestUnsent_givesPlaceAndTokenBackOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 2)))
		g := let(t, l, of("c"))
		let(t, l, of("c")).Done()
		d := newDiary(t, l)
		d.asks(2, "waits", of("c"))

		time.Sleep(200 * time.Millisecond)
		g.Unsent()
		g.Unsent()
		g.Done()
		d.done()

		assert.Equal(t, seconds(.2, 1), d.at, "one leaves in its place, and one only")
		assert.Equal(t, 57, l.Budget("c").Left)
	})
}

func TestUnsent_afterDoneIsTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 2)))
		g := let(t, l, of("c"))
		g.Done()
		g.Unsent()
		assert.Equal(t, 59, l.Budget("c").Left)
	})
}

func TestDrain_refusesAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		d := newDiary(t, l)
		d.ask("leaves", of("c"))
		d.ask("waits", of("c"))
		d.ask("stranger", of("t").unproven("a"))
		d.ask("stranger waits", of("t").unproven("a"))

		l.Drain()
		synctest.Wait()
		want := &Refusal{Draining, time.Second}
		assert.Equal(t, want, d.refused["waits"])
		assert.Equal(t, want, d.refused["stranger waits"])
		assert.Equal(t, want, refusedNow(t, l, of("new")))
		assert.Zero(t, l.waiting)
		d.done()
	})
}

func TestQueue_isBoundedByCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := still(perSecond(1, 1))
		o.MaxWaiting = 4
		l := New(o)
		d := newDiary(t, l)
		for _, c := range []string{"a", "b", "c"} {
			spend(t, l, 1, of(c))
		}
		d.asks(2, "a", of("a"))
		d.ask("half are the most for one", of("a"))
		d.asks(2, "b", of("b"))
		d.ask("all are the most for all", of("c"))

		assert.Equal(t, QueueFull, d.refused["half are the most for one"].Reason)
		assert.Equal(t, 3*time.Second, d.refused["half are the most for one"].RetryAfter)
		assert.Equal(t, QueueFull, d.refused["all are the most for all"].Reason)
		d.done()
		assert.Len(t, d.left, 4)
	})
}

func TestQueue_isBoundedByBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := still(perSecond(1, 1))
		o.MaxWaitingBytes = 1000
		l := New(o)
		d := newDiary(t, l)
		spend(t, l, 1, of("a"))
		spend(t, l, 1, of("b"))
		spend(t, l, 1, of("c"))
		heavy := func(c string, bytes int64) Call { call := of(c); call.Bytes = bytes; return call }
		d.ask("fits", heavy("a", 500))
		d.ask("too heavy for one connection", heavy("a", 1))
		d.ask("fits too", heavy("b", 400))
		d.ask("too heavy", heavy("c", 101))
		d.ask("light", heavy("c", 100))

		assert.Equal(t, QueueFull, d.refused["too heavy for one connection"].Reason)
		assert.Equal(t, QueueFull, d.refused["too heavy"].Reason)
		d.done()
		assert.ElementsMatch(t, []string{"fits", "fits too", "light"}, d.left)
		assert.Zero(t, l.bytes)
	})
}

func TestQueue_whoNeedNotWaitIsLetThroughAFullOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := still(perSecond(1, 1))
		o.MaxWaiting = 1
		l := New(o)
		d := newDiary(t, l)
		d.asks(2, "fills", of("a"))
		l.Hold(hold(OperationScope, "b", time.Second))
		let(t, l, of("b")).Done()
		d.done()
	})
}
