package limiter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestConfigure_aLargerQuotaLetsThoseGoWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		d := newDiary(t, l)
		d.asks(5, "call", of("c"))
		time.Sleep(time.Second)
		synctest.Wait()
		l.Configure(still(perSecond(2, 1)))
		d.done()
		assert.Equal(t, seconds(0, 1, 1.5, 2, 2.5), d.at)
	})
}

// Whoever reloads often must not have more leave by it.
func TestConfigure_fillsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := withCeiling(2)
		l := New(o)
		spend(t, l, 2, of("a"))
		for range 10 {
			l.Configure(o)
		}
		refusedNow(t, l, of("b").within(0))

		o.Ceiling = 3
		l.Configure(o)
		refusedNow(t, l, of("b").within(0))
	})
}

func TestConfigure_whatHasLeftCountsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(2, 90)))
		spend(t, l, 90, of("c"))
		l.Configure(still(perSecond(1, 60)))
		time.Sleep(50 * time.Second)
		assert.Equal(t, QueueTooLong, refusedNow(t, l, of("c").within(0)).Reason, "90 of 60 in this minute")
		assert.Equal(t, 0, l.Budget("c").Left)
		time.Sleep(11 * time.Second)
		spend(t, l, 60, of("c"))
	})
}

func TestConfigure_holdsStand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		l.Accept("c")
		l.Hold(Hold{Scope: ConnectionScope, Connection: "c", RetryAfter: time.Minute})
		l.Configure(still(perSecond(10, 10)))
		assert.Equal(t, Held, refusedNow(t, l, of("c")).Reason)
		time.Sleep(time.Minute)
		let(t, l, of("c")).Done()
		refusedNow(t, l, of("c").within(0)) // not ten at once: what was saved up is gone
	})
}

func TestConfigure_overridesComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		let(t, l, of("c")).Done()
		assert.Equal(t, 60, l.Budget("c").Quota)
		o := still(perSecond(1, 1))
		o.Overrides = map[string]Quota{"c": perSecond(10, 10)}
		l.Configure(o)
		assert.Equal(t, 600, l.Budget("c").Quota)
		l.Configure(still(perSecond(1, 1)))
		assert.Equal(t, 60, l.Budget("c").Quota)
	})
}

func TestConfigure_withoutTheCeilingNobodyWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(withCeiling(1))
		d := newDiary(t, l)
		for _, c := range []string{"a", "b", "c", "d"} {
			d.ask(c, of(c))
		}
		l.Configure(withCeiling(0))
		d.done()
		assert.Equal(t, seconds(0, 0, 0, 0), d.at)

		l.Configure(withCeiling(1))
		let(t, l, of("a")).Done()
		refusedNow(t, l, of("b").within(0))
		d.ask("d", of("d")) // which waited for the ceiling before
		d.done()
		assert.Equal(t, seconds(0, 0, 0, 0, 1), d.at)
	})
}

func TestConfigure_thePatienceOfThoseWhoComeLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := still(perSecond(1, 1))
		l := New(o)
		let(t, l, of("c")).Done()
		o.MaxWait = time.Millisecond
		l.Configure(o)
		refusedNow(t, l, of("c"))
	})
}
