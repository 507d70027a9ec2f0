package replica

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/replica/redistest"
)

// hearer notes what it hears.
type hearer struct {
	mu   sync.Mutex
	said []any
}

func (h *hearer) add(x any) { h.mu.Lock(); defer h.mu.Unlock(); h.said = append(h.said, x) }

func (h *hearer) has(x any) func() bool {
	return func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, y := range h.said {
			if x == y {
				return true
			}
		}
		return false
	}
}

func (h *hearer) HearRefused(o cache.Owner) { h.add(o) }
func (h *hearer) HearBreaker(connection, family string, down bool) {
	h.add(breakerWord{connection, family, down})
}

func newHearing(t *testing.T, url string) (*Group, *hearer) {
	t.Helper()
	return newHearingWith(t, shortOptions(url))
}

func newHearingWith(t *testing.T, o Options) (*Group, *hearer) {
	t.Helper()
	g, err := New(o)
	require.NoError(t, err)
	h := &hearer{}
	g.Listen(h)
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { g.Run(ctx) })
	t.Cleanup(func() { cancel(); run.Wait() })
	return g, h
}

func TestTokens_whatOneKnowsAllKnow(t *testing.T) {
	s := redistest.Start(t)
	a, _ := newHearing(t, s.URL())
	b, heard := newHearing(t, s.URL())
	eventually(t, "both are there", func() bool { return b.State().Live == 2 && a.State().Live == 2 })
	ctx := context.Background()

	_, ok := b.Token(ctx, owner, time.Minute)
	assert.False(t, ok, "nobody has told")
	a.TellToken(owner, "bot", "space", time.Minute)
	eventually(t, "the other knows it", func() bool {
		k, ok := b.Token(ctx, owner, time.Minute)
		return ok && k.Bot == "bot" && k.Workspace == "space" && k.Accepted < 5*time.Second
	})
	_, ok = b.Token(ctx, cache.OwnerOf("Bearer other"), time.Minute)
	assert.False(t, ok, "of another nothing is known")

	a.TellRefused(owner)
	eventually(t, "the other hears that it is refused", heard.has(owner))
	eventually(t, "and that it was taken counts no more", func() bool { _, ok := b.Token(ctx, owner, time.Minute); return !ok })
	a.TellBreaker("bot", "content", true)
	eventually(t, "the other hears of trouble", heard.has(breakerWord{"bot", "content", true}))
}

func TestClaim_oneAsksForAll(t *testing.T) {
	s := redistest.Start(t)
	a, _ := newHearing(t, s.URL())
	b, _ := newHearing(t, s.URL())
	eventually(t, "both are there", func() bool { return b.State().Live == 2 && a.State().Live == 2 })
	ctx, key := context.Background(), cache.KeyOf("question")

	release, first := a.Claim(ctx, key)
	require.True(t, first)
	_, first = b.Claim(ctx, cache.KeyOf("another"))
	assert.True(t, first, "another question is free")
	var released atomic.Bool
	go func() {
		time.Sleep(100 * time.Millisecond)
		released.Store(true)
		release()
	}()
	_, first = b.Claim(ctx, key)
	assert.False(t, first)
	assert.True(t, released.Load(), "it waited for that")
	release, first = b.Claim(ctx, key)
	assert.True(t, first, "then it is free")
	release()
}

func TestClaim_withoutRedisEverybodyIsFirst(t *testing.T) {
	g, _ := newHearing(t, "redis://127.0.0.1:1")
	_, first := g.Claim(context.Background(), cache.KeyOf("question"))
	assert.True(t, first)
	assert.True(t, g.ClaimStatusPage(context.Background(), time.Second))
}

func TestStatusPage_oneReadsItForAll(t *testing.T) {
	s := redistest.Start(t)
	a, _ := newHearing(t, s.URL())
	b, _ := newHearing(t, s.URL())
	eventually(t, "both are there", func() bool { return b.State().Live == 2 && a.State().Live == 2 })
	ctx := context.Background()

	assert.True(t, a.ClaimStatusPage(ctx, time.Minute))
	assert.False(t, b.ClaimStatusPage(ctx, time.Minute))
	a.TellStatusPage(ctx, []byte("page"))
	body, ago, ok := b.StatusPage(ctx)
	assert.True(t, ok)
	assert.Equal(t, "page", string(body))
	assert.Less(t, ago, 5*time.Second)
}
