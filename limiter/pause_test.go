package limiter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHold_upToAQuarterOfAnHourNothingLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		l.Hold(hold(ConnectionScope, "c", 15*time.Minute))
		for range 15*60 - 1 {
			time.Sleep(time.Second)
			refusedNow(t, l, of("c").within(0))
		}
		time.Sleep(time.Second)
		let(t, l, of("c")).Done()
	})
}

func TestHold_beyondThatOneProbeEveryQuarterOfAnHour(t *testing.T) {
	for _, scope := range []Scope{ConnectionScope, WorkspaceScope, OperationScope, BlockedScope} {
		t.Run(scope.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(still(perSecond(1, 1)))
				l.Identify("token", "c", "w")
				l.Hold(hold(scope, "c", 40*time.Minute))
				start := time.Now()
				var probes []time.Duration
				for time.Since(start) < 40*time.Minute-time.Second {
					time.Sleep(time.Second)
					d := newDiary(t, l)
					d.asks(3, "call", of("c").to("search").within(0))
					for _, g := range d.grants {
						assert.True(t, g.Probe)
						g.Done()
						probes = append(probes, time.Since(start))
					}
				}
				assert.Equal(t, seconds(15*60, 30*60), probes)
			})
		})
	}
}

func TestHold_whoWaitsWhenAProbeIsDueIsIt(t *testing.T) {
	for _, scope := range []Scope{ConnectionScope, WorkspaceScope, OperationScope} {
		synctest.Test(t, func(t *testing.T) {
			l := New(still(perSecond(1, 1)))
			l.Hold(hold(scope, "c", 24*time.Hour))
			search := of("c").to("search")
			assert.Equal(t, &Refusal{Held, 15 * time.Minute}, refusedNow(t, l, search))

			time.Sleep(15*time.Minute - 5*time.Second)
			d := newDiary(t, l)
			d.asks(2, "call", search)
			assert.Equal(t, &Refusal{Held, 5 * time.Second}, d.refused["call"], "the other one is in time for it")
			d.done()
			assert.Equal(t, seconds(5), d.at)
			assert.True(t, d.grants[0].Probe)
			assert.Equal(t, &Refusal{Held, 15 * time.Minute}, refusedNow(t, l, search))
		})
	}
}

func TestHold_aGoodProbeEndsIt(t *testing.T) {
	for _, scope := range []Scope{ConnectionScope, WorkspaceScope, OperationScope} {
		t.Run(scope.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(still(perSecond(1, 30)))
				before := let(t, l, of("c").to("search"))
				l.Hold(hold(scope, "c", 24*time.Hour))
				before.Accepted()
				assert.NotZero(t, l.Held("c", "search"), "it left before the hold")

				time.Sleep(15 * time.Minute)
				probe := let(t, l, of("c").to("search"))
				require.True(t, probe.Probe)
				refusedNow(t, l, of("c").to("search"))
				probe.Accepted()
				probe.Accepted()
				assert.Zero(t, l.Held("c", "search"))
				d := newDiary(t, l)
				d.asks(3, "call", of("c").to("search"))
				d.done()
				if scope == OperationScope {
					assert.Equal(t, seconds(1, 2, 3), d.at, "at the pace, from the probe on")
					return
				}
				assert.Equal(t, seconds(0, 1, 2), d.at, "at the pace")
			})
		})
	}
}

func TestHold_aProbeThatWasNotSentIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		l.Hold(hold(ConnectionScope, "c", 24*time.Hour))
		time.Sleep(15 * time.Minute)
		let(t, l, of("c")).Unsent()
		g := let(t, l, of("c"))
		assert.True(t, g.Probe)
		refusedNow(t, l, of("c"))
	})
}

func TestHold_aProbeThatIsToldTheSameWaitsAsLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		l.Hold(hold(ConnectionScope, "c", 24*time.Hour))
		time.Sleep(15 * time.Minute)
		let(t, l, of("c")).Done()
		l.Hold(hold(ConnectionScope, "c", 24*time.Hour))
		assert.Equal(t, 15*time.Minute, refusedNow(t, l, of("c")).RetryAfter)
	})
}
