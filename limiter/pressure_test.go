package limiter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func rateOf(l *Limiter, c string) float64 { return l.Budget(c).Rate }

func TestPressure_aThirdLessAndNotBelowAQuarter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(12, 30)))
		for _, want := range []float64{8, 5.43, 3.7, 3, 3} {
			l.Pressure("c", Overdrawn)
			assert.InDelta(t, want, rateOf(l, "c"), .05)
			time.Sleep(oneFall)
		}
	})
}

func TestPressure_creepsBackInTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(12, 30)))
		for range 10 {
			l.Pressure("c", Overdrawn)
			time.Sleep(oneFall)
		}
		time.Sleep(5*time.Minute - oneFall)
		assert.InDelta(t, 7.5, rateOf(l, "c"), 1e-9)
		time.Sleep(5 * time.Minute)
		assert.InDelta(t, 12, rateOf(l, "c"), 1e-9)
	})
}

func TestPressure_allOfOneMomentAreOneFall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(12, 30)))
		for range 5 {
			l.Pressure("c", Overdrawn)
			time.Sleep(100 * time.Millisecond)
		}
		assert.InDelta(t, 8, rateOf(l, "c"), .02)
	})
}

func TestPressure_callsLeaveAtTheLowerPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(3, 1)))
		spend(t, l, 1, of("c"))
		spend(t, l, 1, of("other"))
		d := newDiary(t, l)
		d.asks(6, "call", of("c"))
		l.Pressure("c", Overdrawn)
		d.done()
		for i, at := range d.at {
			assert.InDelta(t, float64(i+1)/2, at.Seconds(), .02)
		}
		assert.InDelta(t, 3, rateOf(l, "other"), 1e-9)
	})
}

func TestPressure_duringAHoldDoesNotFillTheBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(3, 30)))
		l.Hold(hold(ConnectionScope, "c", 15*time.Second))
		time.Sleep(time.Second)
		l.Pressure("c", Overdrawn)
		d := newDiary(t, l)
		d.asks(4, "call", of("c"))
		d.done()
		for i, at := range d.at {
			assert.InDelta(t, 14+float64(i)/2, at.Seconds(), .05)
		}
	})
}

func TestPressure_502sLeaveTwoThirds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(12, 30)))
		flood := func() {
			spend(t, l, 15, of("c"))
			for range flood {
				l.Pressure("c", BadGateway)
			}
			time.Sleep(oneFall)
		}
		flood()
		flood()
		flood()
		assert.InDelta(t, 8.15, rateOf(l, "c"), .05, "at that pace it is not the pace")
		l.Pressure("c", Overdrawn)
		assert.InDelta(t, 5.43, rateOf(l, "c"), .05, "Notion says itself that it is")
		time.Sleep(oneFall)
		flood()
		assert.InDelta(t, 5.7, rateOf(l, "c"), .15, "and a 502 takes nothing of that back")
	})
}

func TestPressure_502sCountInAFloodAfterABurst(t *testing.T) {
	tests := []struct {
		name       string
		calls, bad int
		every      time.Duration
		falls      bool
	}{
		{"a flood after a burst", 15, 5, time.Second, true},
		{"a few after a burst", 15, 4, time.Second, false},
		{"many after few calls", 14, 10, 100 * time.Millisecond, false},
		{"slow ones", 15, 10, 3 * time.Second, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(still(perSecond(12, 30)))
				spend(t, l, test.calls, of("c"))
				for range test.bad {
					l.Pressure("c", BadGateway)
					time.Sleep(test.every)
				}
				assert.Equal(t, test.falls, rateOf(l, "c") < 12)
			})
		})
	}
}
