package limiter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func withCeiling(perSec float64) Options {
	o := still(perSecond(10, 10))
	o.Ceiling = perSec
	return o
}

func TestCeiling_boundsAllConnectionsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, New(withCeiling(2)))
		for _, c := range []string{"a", "b", "c", "a", "b", "c"} {
			d.ask(c, of(c))
		}
		d.done()
		assert.Equal(t, seconds(0, 0, .5, 1, 1.5, 2), d.at)
	})
}

func TestCeiling_connectionsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, New(withCeiling(2)))
		d.asks(8, "a", of("a").in(Interactive))
		d.asks(2, "b", of("b").in(Bulk))
		d.done()
		assert.Equal(t, "aaababaaaa", join(d.left))
	})
}

func TestCeiling_countsInTheEstimate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, New(withCeiling(1)))
		d.asks(5, "a", of("a"))
		d.ask("in time", of("a").within(5*time.Second))
		d.ask("late", of("a").within(5*time.Second))
		assert.Equal(t, 6*time.Second, d.refused["late"].RetryAfter)
		d.done()
		assert.Equal(t, seconds(0, 1, 2, 3, 4, 5), d.at)
	})
}

func TestCeiling_nobodySlipsInBeforeThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(withCeiling(1))
		d := newDiary(t, l)
		d.ask("a", of("a"))
		d.ask("waits", of("b"))
		l.mu.Lock() // or the alarm would let the one who waits go first
		c := l.connection("c", l.now())
		c.proven = true
		time.Sleep(time.Second)
		assert.LessOrEqual(t, l.ceiling.opens(l.now()), l.now())
		assert.False(t, l.isFree(c, of("c"), l.now()))
		l.mu.Unlock()
		d.done()
		assert.Equal(t, []string{"a", "waits"}, d.left)
	})
}

func TestCeiling_ofStrangersToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, New(withCeiling(1)))
		d.ask("a", of("a"))
		d.ask("s1", of("s1").unproven("x"))
		d.ask("s2", of("s2").unproven("x"))
		d.ask("a", of("a"))
		d.done()
		assert.ElementsMatch(t, []string{"a", "a", "s1", "s2"}, d.left)
		assert.Equal(t, seconds(0, 1, 2, 3), d.at)
	})
}

func TestCeiling_unsentIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(withCeiling(1))
		let(t, l, of("a")).Unsent()
		let(t, l, of("b")).Done()
		refusedNow(t, l, of("c").within(0))
	})
}
