package replica

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// One replica finds the time to be one to come, and dates the server anew. Others
// who knew it since that time do not take it for one that forgot.
func TestClock_setBack_isNoLossToTheOthers(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	g, _ := newHearing(t, s.URL())
	eventually(t, "it is there", func() bool { return g.State().Connected })
	later := time.Now().Add(time.Hour).UnixMilli()
	s.Say("HSET", g.o.Prefix+replicasKey+":histories", "another", strconv.FormatInt(later, 10))
	meet := func(since int64) (dated int64, forgot bool) {
		reply, err := g.meeting(context.Background(), g.link.ping, "asks", word{known: "another", other: "another", since: since})
		require.NoError(t, err)
		return number(reply[2]), number(reply[3]) == 1
	}
	dated, forgot := meet(later)
	assert.Less(t, dated, later)
	assert.False(t, forgot)
	again, forgot := meet(later)
	assert.Equal(t, dated, again)
	assert.False(t, forgot)
	_, forgot = meet(dated - 1)
	assert.True(t, forgot, "it was known before that")
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

// Where Redis' clock is an hour behind this machine's, its news are not old.
func TestClock_newsAreAsOldAsRedisSays(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]time.Duration{"behind": -time.Hour, "ahead": time.Hour} {
		t.Run(name, func(t *testing.T) {
			g, err := New(shortOptions("redis://127.0.0.1:1"))
			require.NoError(t, err)
			h := &hearer{}
			g.Listen(h)
			clock := time.Now().Add(by)
			g.setClock(time.Duration(clock.UnixNano()))
			told := func(number int, connection string, at time.Time) rueidis.XRangeEntry {
				news := `{"k":"breaker","f":"other","b":{"c":"` + connection + `","f":"content","d":true}}`
				return rueidis.XRangeEntry{ID: strconv.FormatInt(at.UnixMilli(), 10) + "-0", FieldValues: map[string]string{
					"n": strconv.Itoa(number), "b": string(g.seal([]byte(news), "news")),
				}}
			}
			g.hearOne(told(1, "old", clock.Add(-2*time.Minute)), map[string]bool{})
			g.hearOne(told(2, "new", clock.Add(-time.Second)), map[string]bool{})
			assert.False(t, h.has(breakerWord{"old", "content", true})())
			assert.True(t, h.has(breakerWord{"new", "content", true})())
		})
	}
}

func TestClock_isRedis(t *testing.T) {
	t.Parallel()
	g, _ := newHearing(t, redistest.Start(t).URL())
	eventually(t, "it is there", func() bool { return g.State().Connected })
	g.setClock(0)
	eventually(t, "its clock is known", func() bool {
		return g.clock() > time.Duration(time.Now().Add(-time.Minute).UnixNano())
	})
}

// What has an end has it later, by as much as the clock was set back.
func TestClock_setBack_whatIsKeptTooLongIsNotBelieved(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	g, _ := newHearing(t, s.URL())
	eventually(t, "it is there", func() bool { return g.State().Connected })
	ctx := context.Background()
	g.TellToken(owner, "bot", "space", time.Minute)
	g.TellStatusPage(ctx, []byte("page"))
	token := func() bool { _, ok := g.Token(ctx, owner, time.Minute); return ok }
	page := func() bool { _, _, ok := g.StatusPage(ctx); return ok }
	eventually(t, "all is known", func() bool { return token() && page() })
	require.True(t, g.ClaimStatusPage(ctx, time.Minute))
	require.False(t, g.ClaimStatusPage(ctx, time.Minute))

	for _, key := range []string{g.tokenKey(owner), g.pageKey(), g.pageKey() + ":reader"} {
		require.Equal(t, ":1", s.Say("PEXPIRE", key, millis(time.Hour)))
	}
	assert.False(t, token())
	assert.False(t, page())
	assert.True(t, g.ClaimStatusPage(ctx, time.Minute))
	assert.False(t, g.ClaimStatusPage(ctx, time.Minute), "it is taken again")
}
