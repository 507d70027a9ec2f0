package upstream

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// again is what another process makes of a snapshot.
func again(snapshot []byte) *Breakers {
	x := NewBreakers()
	x.OnTurn(func(Circuit, bool) { panic("what was kept is not told") })
	x.Restore(snapshot, time.Now())
	return x
}

func TestSnapshot_anOutageGoesOnInAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		for range 6 {
			call(x, circuit, 0, Failed)
		}
		call(x, Circuit{"bot", "search"}, 0, OK)
		time.Sleep(probeEvery - 10*time.Second)

		y := again(x.Snapshot())
		assert.Equal(t, Down, health(y))
		h, goes, _ := y.Health(Circuit{"bot", "search"}, time.Now())
		assert.True(t, h == Well && goes, "the other family was well")
		assert.Equal(t, 1, y.States(time.Now())["content"][Down])
		time.Sleep(10*time.Second - 1)
		went, _ := call(y, circuit, 0, OK)
		assert.False(t, went, "the probe leaves when it would have")
		time.Sleep(time.Nanosecond)
		y.OnTurn(func(Circuit, bool) {})
		went, healed := call(y, circuit, 0, OK)
		assert.True(t, went && healed)
		assert.Equal(t, Recovering, health(y))
		assert.Equal(t, Well, health(again(y.Snapshot())))
	})
}

func TestSnapshot_isBelievedForTenMinutesAfterTheLastFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		for range 6 {
			call(x, circuit, 0, Failed)
		}
		time.Sleep(5 * time.Minute)
		call(x, circuit, 0, Failed) // a probe
		snapshot := x.Snapshot()
		time.Sleep(outageLife)
		y := again(snapshot)
		assert.Equal(t, Down, health(y))
		_, goes, _ := y.Health(circuit, time.Now())
		assert.True(t, goes, "it is time for a probe")
		time.Sleep(time.Nanosecond)
		assert.Equal(t, Well, health(again(snapshot)))
	})
}

func TestSnapshot_whatAnotherFoundOutIsKeptToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		x.Heed(circuit, true, time.Now())
		y := again(x.Snapshot())
		assert.Equal(t, Down, health(y))
		_, _, next := y.Health(circuit, time.Now())
		assert.LessOrEqual(t, time.Until(next), probeEvery, "nobody else may be there to probe")
	})
}

func TestSnapshot_ofTheFutureOrAnotherVersionOrNoneIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := func(version int, failed time.Time) string {
			return fmt.Sprintf(`{"v":%d,"down":[{"c":"bot","f":"content","s":%q,"l":%[3]q,"n":%[3]q}]}`,
				version, failed.Format(time.RFC3339Nano), failed.Format(time.RFC3339Nano))
		}
		assert.Equal(t, Down, health(again([]byte(kept(1, time.Now())))))
		for what, snapshot := range map[string]string{
			"the clock was set back": kept(1, time.Now().Add(time.Second)),
			"another version":        kept(2, time.Now()),
			"nothing":                "",
			"no JSON":                kept(1, time.Now())[1:],
		} {
			assert.Equal(t, Well, health(again([]byte(snapshot))), what)
		}
	})
}

func TestSnapshot_isBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		for i := range mostOutages + 10 {
			time.Sleep(time.Second)
			x.Heed(Circuit{fmt.Sprintf("%064d", i), "content"}, true, time.Now())
		}
		snapshot := x.Snapshot()
		assert.Less(t, len(snapshot), 128<<10)
		y := again(snapshot)
		h, _, _ := y.Health(Circuit{fmt.Sprintf("%064d", 9), "content"}, time.Now())
		assert.Equal(t, Well, h, "those that failed first are left out")
		h, _, _ = y.Health(Circuit{fmt.Sprintf("%064d", mostOutages+9), "content"}, time.Now())
		assert.Equal(t, Down, h)
	})
}
