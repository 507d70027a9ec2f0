package replica

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/limiter"
	"notionproxy/replica/redistest"
)

// The clock of a real Redis cannot be set here. But a clock that is set back by
// an hour leaves behind what one that is set forward before and right after
// does: times that lie an hour ahead. So these tests move what Redis holds.

// setBack moves all times of a budget, as if Redis' clock had been set back
// that far, or forward if by is negative.
func setBack(t *testing.T, s *redistest.Server, g *Group, by time.Duration) {
	t.Helper()
	const script = `local flat = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1])
for i = 1, #flat, 2 do
  local field, value = flat[i], flat[i + 1]
  local slot = string.match(field, '^s(%d+)$')
  if slot then
    field = 's' .. math.floor(slot + ARGV[1] / ARGV[2])
  elseif string.match(field, '^[ahw]') and tonumber(value) > 0 then
    value = string.format('%.0f', value + ARGV[1])
  end
  redis.call('HSET', KEYS[1], field, value)
end
return #flat`
	key := budgetKey(g, "bot")
	word := s.Say("EVAL", script, "1", key, strconv.FormatInt(by.Milliseconds(), 10), millis(g.o.slot()))
	require.Regexp(t, "^:[1-9]", word, "there is a budget")
}

func TestClock_setBack_whatWasSpentCountsForAMinute(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	a, b, d, ask := lendersAt(t, s)
	d.Calls, d.Burst, d.Rate = 90, 1000, 30
	asked := time.Now()
	require.Equal(t, 90, ask(a, d).Calls)

	setBack(t, s, a, time.Hour)
	l := ask(b, d)
	assert.Zero(t, l.Calls)
	assert.Less(t, l.Wait, 2*shortMinute)
	require.NotEmpty(t, l.Window, "and estimates know of it")
	for _, spent := range l.Window {
		assert.Greater(t, spent.Ago, -shortMinute)
	}
	lent := 0
	eventually(t, "they no longer count", func() bool {
		lent += ask(b, d).Calls
		return lent > 0
	})
	assert.GreaterOrEqual(t, time.Since(asked), shortMinute)
	assert.Equal(t, 90, lent)
}

func TestClock_setBack_theBucketIsAsItWas(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	a, b, d, ask := lendersAt(t, s)
	d.Burst, d.Calls = 20, 4
	left := ask(a, d).Tokens
	setBack(t, s, a, time.Hour)
	d.Calls = 0
	assert.InDelta(t, left, ask(b, d).Tokens, 0.1)
}

func TestClock_setBack_aHoldEndsNoLater(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	a, b, d, ask := lendersAt(t, s)
	d.Held = 10 * time.Second
	ask(a, d)
	d.Held = 0
	setBack(t, s, a, time.Hour)
	l := ask(b, d)
	assert.Zero(t, l.Calls)
	assert.LessOrEqual(t, l.Held, 10*time.Second)
	assert.Greater(t, l.Held, 5*time.Second)
}

func TestClock_setBack_bulkWaitsNoLongerForAPersonElsewhere(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	a, b, d, ask := lendersAt(t, s)
	d.Rate, d.Burst = 3, 1
	person, bulk := d, d
	person.Calls, bulk.Lane = 5, limiter.Bulk
	ask(a, person) // takes the only one, and wants more
	setBack(t, s, a, time.Hour)
	assert.Less(t, ask(b, bulk).Wait, 5*time.Second)
	eventually(t, "the person does not ask again", func() bool { return ask(b, bulk).Calls > 0 })
}

// A clock that was set back while an older version did not know what to do.
func TestClock_setBack_slotsThatCannotBeAreTakenForNow(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	a, b, d, ask := lendersAt(t, s)
	d.Calls, d.Burst, d.Rate = 90, 1000, 30
	require.Equal(t, 90, ask(a, d).Calls)
	setBack(t, s, a, time.Hour)
	s.Say("HDEL", budgetKey(a, "bot"), "a")
	assert.Zero(t, ask(b, d).Calls)
	eventually(t, "they no longer count", func() bool { return ask(b, d).Calls > 0 })
}

// That calls were forgotten was noticed in an hour from now.
func TestClock_setBack_whatWasForgottenCountsForAMinute(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	o := shortOptions(s.URL())
	o.Timeout = 200 * time.Millisecond
	g, _ := newHearingWith(t, o)
	eventually(t, "it is there", func() bool { return g.State().Connected })
	lendsAgain(t, g)
	later := strconv.FormatInt(time.Now().Add(time.Hour).UnixMilli(), 10)
	require.Equal(t, ":1", s.Say("HSET", budgetKey(g, "bot"), "f", later))
	set := time.Now()
	assert.GreaterOrEqual(t, lendsAgain(t, g).Sub(set), shortMinute)
}

// A clock that is set forward has everything look as if it were long ago: what
// was spent is forgotten, once, and no more is saved up than ever.
func TestClock_setForward_costsOneMinute(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	a, b, d, ask := lendersAt(t, s)
	d.Calls, d.Burst, d.Rate = 90, 20, 30
	for lent := 0; lent < 90; {
		lent += ask(a, d).Calls
	}
	setBack(t, s, a, -time.Hour)
	l := ask(a, d)
	assert.LessOrEqual(t, float64(l.Calls)+l.Tokens, 20.0)
	forward, again := time.Now(), l.Calls
	for time.Since(forward) < shortMinute {
		again += ask(a, d).Calls + ask(b, d).Calls
	}
	assert.LessOrEqual(t, again, 90)
}
