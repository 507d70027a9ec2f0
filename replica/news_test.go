package replica

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/limiter"
	"notionproxy/replica/redistest"
)

// A listener is a replica that notes what it hears.
type listener struct {
	*Group
	stop   func()
	missed atomic.Int32

	mu    sync.Mutex
	heard []string
}

func newListener(t *testing.T, url string) *listener {
	t.Helper()
	return newListenerWith(t, shortOptions(url))
}

func newListenerWith(t *testing.T, o Options) *listener {
	t.Helper()
	g, err := New(o)
	require.NoError(t, err)
	l := &listener{Group: g}
	g.Hear("word", func(x News) {
		var word string
		assert.NoError(t, json.Unmarshal(x.Body, &word))
		l.mu.Lock()
		defer l.mu.Unlock()
		l.heard = append(l.heard, word)
	})
	g.Miss(func() { l.missed.Add(1) })
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { g.Run(ctx) })
	l.stop = sync.OnceFunc(func() { cancel(); run.Wait() })
	t.Cleanup(l.stop)
	return l
}

func (l *listener) has(word string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.heard {
		if w == word {
			return true
		}
	}
	return false
}

func liveTogether(t *testing.T, all ...*listener) {
	t.Helper()
	eventually(t, "all replicas are there", func() bool {
		for _, l := range all {
			if s := l.State(); !s.Connected || s.Live != len(all) || !l.Current() {
				return false
			}
		}
		return true
	})
}

func TestNews_areHeardByAllBeforeToldReturns(t *testing.T) {
	s := redistest.Start(t)
	a, b, c := newListener(t, s.URL()), newListener(t, s.URL()), newListener(t, s.URL())
	liveTogether(t, a, b, c)

	told := 0
	for i := range 100 {
		word := fmt.Sprint("word ", i)
		if a.Told(context.Background(), a.Tell("word", word)) {
			told++
			assert.True(t, b.has(word) && c.has(word), "%s was said to be heard", word)
		}
	}
	assert.Greater(t, told, 80, "nearly all within 50 ms, even on a busy machine")
	assert.Zero(t, a.missed.Load()+b.missed.Load()+c.missed.Load())
}

func TestNews_areToldWhenRedisIsBack(t *testing.T) {
	s := redistest.Start(t)
	w := newWire(t, s.Addr())
	a, b := newListener(t, w.URL()), newListener(t, s.URL())
	liveTogether(t, a, b)

	w.Cut(true)
	eventually(t, "the cut is seen", func() bool { return !a.State().Connected })
	start := time.Now()
	a.Told(context.Background(), a.Tell("word", "later"))
	assert.Less(t, time.Since(start), 40*time.Millisecond, "nobody waits for a Redis that is away")
	assert.False(t, b.has("later"))
	w.Cut(false)

	eventually(t, "it is told", func() bool { return b.has("later") && a.has("later") })
	assert.Zero(t, a.missed.Load()+b.missed.Load())
}

// Nobody tells it later.
func TestNews_areToldBeforeTheEnd(t *testing.T) {
	s := redistest.Start(t)
	w := newWire(t, s.Addr())
	a, b, c := newListener(t, s.URL()), newListener(t, w.URL()), newListener(t, s.URL())
	liveTogether(t, a, b, c)
	for i := range 3 * announces {
		a.Tell("word", fmt.Sprint("a ", i))
	}
	a.stop()
	eventually(t, "all is heard", func() bool { return c.has(fmt.Sprint("a ", 3*announces-1)) })

	w.Cut(true)
	eventually(t, "the cut is seen", func() bool { return !b.State().Connected })
	b.Tell("word", "b")
	w.Cut(false)
	b.stop()
	eventually(t, "it is heard", func() bool { return c.has("b") })

	s.Pause()
	c.Tell("word", "c")
	c.stop() // whatever Redis does
	s.Resume()
}

func TestNews_thatMayBeLostAreSaidToBe(t *testing.T) {
	s := redistest.Start(t)
	a, b := newListener(t, s.URL()), newListener(t, s.URL())
	liveTogether(t, a, b)
	a.Told(context.Background(), a.Tell("word", "one"))
	require.Zero(t, a.missed.Load()+b.missed.Load())

	s.Kill()
	s.Restart()

	eventually(t, "both doubt what they know", func() bool { return a.missed.Load() > 0 && b.missed.Load() > 0 })
	liveTogether(t, a, b)
	eventually(t, "they hear each other", func() bool {
		a.Tell("word", "two")
		return b.has("two")
	})
}

func TestNews_thatWereTrimmedAwayAreMissed(t *testing.T) {
	s := redistest.Start(t)
	w := newWire(t, s.Addr())
	a, b := newListener(t, w.URL()), newListener(t, s.URL())
	liveTogether(t, a, b)
	b.Told(context.Background(), b.Tell("word", "before"))
	eventually(t, "a hears it", func() bool { return a.has("before") })

	w.Cut(true)
	eventually(t, "the cut is seen", func() bool { return !a.State().Connected })
	for i := range 10 {
		b.Tell("word", fmt.Sprint("lost ", i))
	}
	eventually(t, "they are told", func() bool { return b.has("lost 9") })
	require.Equal(t, ":10", s.Say("XTRIM", b.streamKey(), "MAXLEN", "1"))
	w.Cut(false)

	eventually(t, "a hears the last", func() bool { return a.has("lost 9") })
	assert.EqualValues(t, 1, a.missed.Load())
	assert.Zero(t, b.missed.Load())
}

func TestNews_areOldForWhoeverIsCutOff(t *testing.T) {
	s := redistest.Start(t)
	w := newWire(t, s.Addr())
	o := shortOptions(w.URL())
	o.PartitionFresh = time.Second
	a := newListenerWith(t, o)
	liveTogether(t, a)

	w.Cut(true)
	start := time.Now()
	eventually(t, "nothing is fresh any more", func() bool { return !a.Current() })
	assert.Less(t, time.Since(start), 1500*time.Millisecond)
	w.Cut(false)
	eventually(t, "things are fresh again", a.Current)
}

func TestHold_isOne(t *testing.T) {
	s := redistest.Start(t)
	all := newMembers(t, 2, shortOptions(s.URL()))
	for _, m := range all {
		m.limiter.Identify("token", "bot", "space")
	}
	hold := func(m *member, s limiter.Scope, seconds int) {
		m.limiter.Hold(limiter.Hold{Scope: s, Connection: "bot", RetryAfter: time.Duration(seconds) * time.Second})
	}
	until := func(m *member) time.Duration { return time.Until(m.limiter.Held("bot", "search")) }

	hold(all[0], limiter.ConnectionScope, 40)
	eventually(t, "the other heeds it", func() bool { return until(all[1]) > 38*time.Second })
	hold(all[1], limiter.ConnectionScope, 10)
	assert.Greater(t, until(all[1]), 30*time.Second, "a hold is only extended")
	hold(all[1], limiter.WorkspaceScope, 60)
	eventually(t, "the first heeds that one", func() bool { return until(all[0]) > 58*time.Second })

	late := newMember(t, shortOptions(s.URL()))
	eventually(t, "who comes late heeds it too", func() bool { return until(late) > 38*time.Second })
}

// The rights that the documents name are enough.
func TestGroup_aUserWithFewRights(t *testing.T) {
	rights := "--user default off --user notionproxy on >open-sesame ~notionproxy:* &notionproxy:* " +
		"+@read +@write +@stream +@pubsub +@scripting +@connection +info +time"
	s := redistest.Start(t, strings.Fields(rights)...)
	o := shortOptions("redis://notionproxy@" + s.Addr())
	o.Password = func() string { return "open-sesame" }
	m := newMember(t, o)
	eventually(t, "it is one", func() bool { return m.group.State().Connected && m.group.Current() })
	_, err := m.limiter.Acquire(context.Background(), limiter.Call{Connection: "bot", Accepted: true, Patience: time.Second})
	require.NoError(t, err)
	assert.EqualValues(t, 1, m.group.State().Lent)
	assert.True(t, m.group.Told(context.Background(), m.group.Tell("word", "heard by nobody else")))
	assert.Zero(t, m.group.State().Errors)

	said := make(chan string, 10)
	o.Password, o.Warn = func() string { return "wrong" }, func(s string) { said <- s }
	newMember(t, o)
	assert.Contains(t, <-said, "WRONGPASS", "people are told why")
}
