package replica

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/replica/redistest"
)

// The server is known since an hour from now.
func TestClock_setBack_aServerIsKnownAnew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sign  string
		least time.Duration
	}{"as the first": {"", 0}, "as one that followed another": {"-", shortMinute}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			o := shortOptions(s.URL())
			o.Timeout = 200 * time.Millisecond
			a, _ := newHearingWith(t, o)
			joined := func() bool { return a.State().Connected }
			eventually(t, "it is there", joined)
			later := time.Now().Add(time.Hour).UnixMilli()
			a.mu.Lock()
			name := a.homes[replicasKey].history
			h := a.learnt[name]
			h.since = later
			a.learnt[name] = h
			a.mu.Unlock()
			s.Say("HSET", a.o.Prefix+replicasKey+":histories", name, c.sign+strconv.FormatInt(later, 10))
			set := time.Now()
			eventually(t, "it has to prove itself", func() bool { return !joined() })
			eventually(t, "it has", joined)
			assert.GreaterOrEqual(t, time.Since(set), c.least)
		})
	}
}

// The word of a replica that is gone is good until an hour from now.
func TestClock_setBack_whoIsGoneIsMissing(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	a, _ := newHearing(t, s.URL())
	eventually(t, "it is there", func() bool { return a.State().Connected })
	later := strconv.FormatInt(time.Now().Add(time.Hour).UnixMilli(), 10)
	s.Say("ZADD", a.o.Prefix+replicasKey, later, "gone")
	s.Say("ZADD", a.o.Prefix+replicasKey, later, a.me)
	eventually(t, "the other is missing", func() bool {
		state := a.State()
		return state.Live == 1 && state.Missing == 1
	})
}
