package limiter

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestObserve_waitsForNothingAndSaysWhatItWouldHaveDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 2)))
		l.Observe(true)
		var waits []time.Duration
		for range 5 {
			g := let(t, l, of("c").within(0))
			assert.Zero(t, g.Queued)
			g.Done()
		}
		l = New(still(perSecond(1, 2)))
		l.Observe(true)
		for range 5 {
			d := newDiary(t, l)
			d.ask("call", of("c").within(2*time.Second))
			assert.Equal(t, seconds(0), d.at)
			waits = append(waits, d.grants[0].WouldQueue)
			assert.Equal(t, len(waits) == 5, d.grants[0].WouldRefuse == QueueTooLong)
		}
		assert.Equal(t, seconds(0, 0, 1, 2, 0), waits)
	})
}

func TestObserve_holdsAreNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 10)))
		l.Observe(true)
		l.Hold(hold(OperationScope, "c", 9*time.Second))
		l.Hold(hold(ConnectionScope, "c", 5*time.Second))
		assert.Equal(t, Held, let(t, l, of("c")).WouldRefuse)
		assert.Equal(t, Held, let(t, l, of("c").to("search")).WouldRefuse)
		d := newDiary(t, l)
		d.ask("call", of("c"))
		assert.Equal(t, 5*time.Second, d.grants[0].WouldQueue)
	})
}

func TestObserve_refusesNobodyForWantOfRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{MaxConnections: 1})
		l.Observe(true)
		let(t, l, of("a")).Done()
		let(t, l, of("b")).Done()
		assert.Len(t, l.connections, 1)
	})
}

func TestObserve_whoWaitsLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		d := newDiary(t, l)
		d.asks(3, "call", of("c"))
		for i := range 6 {
			d.ask("stranger", of(fmt.Sprint(i)).unproven("a"))
		}
		time.Sleep(100 * time.Millisecond)
		l.Observe(true)
		d.done()
		assert.Equal(t, seconds(0, 0, 0, 0, .1, .1, .1, .1, .1), d.at)
		assert.Zero(t, l.waiting)
		assert.Zero(t, tickets(l))
	})
}

func TestObserve_endsWithAllThatLeftCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 30)))
		l.Observe(true)
		spend(t, l, 100, of("c"))
		l.Observe(false)
		assert.Zero(t, l.Budget("c").Left)
		time.Sleep(60 * time.Second)
		refusedNow(t, l, of("c").within(0))
		time.Sleep(time.Second)
		spend(t, l, 30, of("c"))
	})
}
