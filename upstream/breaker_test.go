package upstream

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var circuit = Circuit{"bot", "content"}

// call makes one call that takes d and ends with k.
func call(x *Breakers, c Circuit, d time.Duration, k Kind) (went, healed bool) {
	try, went := x.Try(c, time.Now())
	if !went {
		return false, false
	}
	time.Sleep(d)
	return true, try.Done(k, time.Now())
}

func health(x *Breakers) Health {
	h, _, _ := x.Health(circuit, time.Now())
	return h
}

func TestBreaker_opensAfterFiveFailuresInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		for range 5 {
			assert.Equal(t, Well, health(x))
			time.Sleep(time.Minute)
			call(x, circuit, 0, Failed)
		}
		assert.Equal(t, Down, health(x))
	})
}

func TestBreaker_opensWhenHalfOfTheCallsFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		for range 4 {
			call(x, circuit, 0, OK)
			call(x, circuit, 0, Edge)
		}
		call(x, circuit, 0, OK)
		assert.Equal(t, Well, health(x), "4 failures of 9 calls")
		call(x, circuit, 0, Edge)
		assert.Equal(t, Down, health(x), "5 of 10")
	})
}

func TestBreaker_staysClosedOnAThirdOfFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		for range 100 {
			call(x, circuit, 100*time.Millisecond, Edge)
			call(x, circuit, 100*time.Millisecond, OK)
			call(x, circuit, 100*time.Millisecond, OK)
		}
		assert.Equal(t, Well, health(x))
	})
}

func TestBreaker_refusalsAreNoFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		for range 20 {
			call(x, circuit, 0, Refused)
			call(x, circuit, 0, Limited)
			call(x, circuit, 0, Left)
		}
		assert.Equal(t, Well, health(x))
	})
}

func TestBreaker_letsOneProbeGoEvery30Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := down()
		calls := 0
		for range 600 {
			time.Sleep(time.Second)
			if went, _ := call(x, circuit, 0, Failed); went {
				calls++
			}
		}
		assert.Equal(t, 20, calls, "in ten minutes")
	})
}

func TestBreaker_oneProbeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := down()
		time.Sleep(30 * time.Second)
		probe, went := x.Try(circuit, time.Now())
		require.True(t, went)
		assert.True(t, probe.Probe())
		time.Sleep(29 * time.Second)
		_, went = x.Try(circuit, time.Now())
		assert.False(t, went)
		time.Sleep(time.Second)
		_, went = x.Try(circuit, time.Now())
		assert.True(t, went, "the probe hung: the next goes at once")
	})
}

func TestBreaker_closesStepByStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := down()
		time.Sleep(30 * time.Second)
		_, healed := call(x, circuit, time.Second, OK)
		assert.True(t, healed)
		assert.Equal(t, Recovering, health(x))

		a, _ := x.Try(circuit, time.Now())
		_, went := x.Try(circuit, time.Now())
		assert.True(t, went)
		_, went = x.Try(circuit, time.Now())
		assert.False(t, went, "two at a time at first")
		a.Done(OK, time.Now())
		for range 2 {
			call(x, circuit, 0, OK)
		}
		assert.Equal(t, Well, health(x))
		_, went = x.Try(circuit, time.Now())
		assert.True(t, went)
	})
}

func TestBreaker_whatHangsWhileRecoveringHoldsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := down()
		time.Sleep(30 * time.Second)
		call(x, circuit, 0, OK)
		a, _ := x.Try(circuit, time.Now())
		b, _ := x.Try(circuit, time.Now())
		time.Sleep(SlowAfter - time.Millisecond)
		_, went := x.Try(circuit, time.Now())
		assert.False(t, went, "both places are taken")
		time.Sleep(2 * time.Millisecond)
		_, went = x.Try(circuit, time.Now())
		assert.True(t, went)
		_, went = x.Try(circuit, time.Now())
		assert.True(t, went)
		a.Done(Left, time.Now())
		b.Done(Left, time.Now())
		_, went = x.Try(circuit, time.Now())
		assert.False(t, went, "a place is given up once")
	})
}

func TestBreaker_opensAgainOnAFailureWhileRecovering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := down()
		time.Sleep(30 * time.Second)
		call(x, circuit, 0, OK)
		call(x, circuit, 0, TimedOut)
		assert.Equal(t, Down, health(x))
		went, _ := call(x, circuit, 0, OK)
		assert.False(t, went)
	})
}

func TestBreaker_aSlowAnswerProvesNoHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := down()
		time.Sleep(30 * time.Second)
		_, healed := call(x, circuit, 3*time.Second, OK)
		assert.False(t, healed)
		assert.Equal(t, Down, health(x))
		time.Sleep(27 * time.Second)
		_, healed = call(x, circuit, 2*time.Second, OK)
		assert.True(t, healed)
	})
}

func TestBreaker_isSlowWhenMostCallsTakeLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		for range 3 {
			assert.Equal(t, Well, health(x))
			call(x, circuit, 5*time.Second, OK)
		}
		assert.Equal(t, Slow, health(x))
		time.Sleep(30 * time.Second)
		assert.Equal(t, Well, health(x))
	})
}

func TestBreaker_isForOneConnectionAndFamily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := down()
		for _, c := range []Circuit{{"bot", "search"}, {"other", "content"}} {
			went, _ := call(x, c, 0, OK)
			assert.True(t, went, c)
		}
	})
}

// down makes breakers that have just opened for circuit.
func down() *Breakers {
	x := NewBreakers()
	for range 5 {
		call(x, circuit, 0, Failed)
	}
	return x
}

func TestTimeouts_areThreeTimesTheSlowestOfAHundred(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	x := NewTimeouts()
	assert.Equal(t, 60*time.Second, x.Limit("search", now), "nothing is known")
	for i := range 19 {
		x.Took("search", 100*time.Millisecond, now.Add(time.Duration(i)*time.Second))
	}
	assert.Equal(t, 60*time.Second, x.Limit("search", now), "too little is known")
	for range 200 {
		x.Took("search", 100*time.Millisecond, now)
	}
	assert.Equal(t, 15*time.Second, x.Limit("search", now), "never less")
	for range 10 {
		x.Took("search", 8*time.Second, now)
	}
	assert.InDelta(t, 24, x.Limit("search", now).Seconds(), 6)
	for range 10 {
		x.Took("search", 120*time.Second, now)
	}
	assert.Equal(t, 60*time.Second, x.Limit("search", now), "never more")
	assert.Equal(t, 60*time.Second, x.Limit("search", now.Add(2*time.Hour)), "it is forgotten after an hour")
}

func TestBreaker_opensAtOnceWhereNoConnectionComesAbout(t *testing.T) {
	tests := []struct {
		name          string
		before, after Kind
		opens         bool
	}{
		{"neither connects", Connect, DNS, true},
		{"neither is trusted", TLS, TLS, true},
		{"the other got answers", Edge, Connect, false},
		{"this one did", Connect, Failed, false},
		{"it was only lost", Connect, Reset, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x, other := NewBreakers(), Circuit{circuit.Connection, "search"}
			for range inARow {
				call(x, circuit, 0, test.before)
			}
			call(x, other, 0, test.after)
			h, _, _ := x.Health(other, time.Now())
			assert.Equal(t, test.opens, h == Down)
			call(x, Circuit{"another", "search"}, 0, test.after)
			h, _, _ = x.Health(Circuit{"another", "search"}, time.Now())
			assert.Equal(t, Well, h)
		})
	}
}

func TestBreaker_opensSoonWhereAnotherFamilyIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		content, search := Circuit{"bot", "content"}, Circuit{"bot", "search"}
		for range 5 {
			call(x, content, 0, Edge)
		}
		call(x, search, 0, Edge)
		h, _, _ := x.Health(search, time.Now())
		assert.Equal(t, Well, h, "one failure is none")
		call(x, search, 0, Edge)
		h, _, _ = x.Health(search, time.Now())
		assert.Equal(t, Down, h)
	})
}

func TestBreaker_isSlowAfterThreeLateCallsInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		for range 3 {
			assert.Equal(t, Well, health(x))
			time.Sleep(15 * time.Second)
			call(x, circuit, 10*time.Second, OK)
		}
		assert.Equal(t, Slow, health(x))
		time.Sleep(breakerWindow)
		assert.Equal(t, Well, health(x), "nobody knows any more")
		call(x, circuit, time.Second, OK)
		call(x, circuit, 10*time.Second, OK)
		assert.Equal(t, Well, health(x), "one in time was between")
	})
}

func TestBreakers_remember429ForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		call(x, Circuit{"bot", "content"}, 0, Limited)
		assert.True(t, x.Limited("bot", time.Now()))
		assert.False(t, x.Limited("another", time.Now()))
		time.Sleep(time.Minute)
		assert.False(t, x.Limited("bot", time.Now()))
	})
}

func TestBreakers_mostlyLateIsMoreLateThanInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		late := func() bool { return x.MostlyLate(circuit, time.Now()) }
		assert.False(t, late(), "nothing is known")
		call(x, circuit, time.Second, OK)
		hung, _ := x.Try(circuit, time.Now())
		time.Sleep(SlowAfter - time.Nanosecond)
		assert.False(t, late())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.False(t, late(), "one of two")
		call(x, circuit, SlowAfter+time.Millisecond, OK)
		assert.True(t, late(), "two of three")
		assert.Equal(t, Well, health(x), "which is too little to give up asking at once")
		call(x, circuit, time.Second, Failed)
		assert.False(t, late(), "a failure is an answer too")
		time.Sleep(breakerWindow)
		assert.False(t, late(), "it is over")
		hung.Done(Left, time.Now())
	})
}

func TestBreaker_tellsWhenItTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		var told []bool
		x.OnTurn(func(c Circuit, down bool) {
			assert.Equal(t, circuit, c)
			told = append(told, down)
		})
		for range 6 {
			call(x, circuit, 0, Failed)
		}
		assert.Equal(t, []bool{true}, told, "down, once")
		time.Sleep(probeEvery)
		call(x, circuit, 0, Failed)
		assert.Equal(t, []bool{true, true}, told, "a probe: still down")
		time.Sleep(probeEvery)
		call(x, circuit, 0, OK)
		assert.Equal(t, []bool{true, true, false}, told)
	})
}

func TestBreaker_heedsWhatAnotherFoundOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		x.OnTurn(func(Circuit, bool) { t.Error("what was heard is not told") })
		assert.False(t, x.Heed(circuit, true, time.Now()))
		assert.Equal(t, Down, health(x))
		time.Sleep(probeEvery - time.Second)
		went, _ := call(x, circuit, 0, OK)
		assert.False(t, went, "the one who found it out probes first")
		assert.False(t, x.Heed(circuit, true, time.Now()), "that failed")
		time.Sleep(probeEvery - time.Second)
		went, _ = call(x, circuit, 0, OK)
		assert.False(t, went)

		assert.True(t, x.Heed(circuit, false, time.Now()), "that was good")
		assert.Equal(t, Recovering, health(x))
		assert.False(t, x.Heed(circuit, false, time.Now()), "once")
		assert.False(t, x.Heed(Circuit{"other", "content"}, false, time.Now()))
	})
}

// If the others are gone, somebody has to probe.
func TestBreaker_probesItselfWhenNobodyElseDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		x.Heed(circuit, true, time.Now())
		time.Sleep(2 * probeEvery)
		went, healed := call(x, circuit, 0, OK)
		assert.True(t, went && healed)
	})
}
