package proxy

import (
	"context"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/upstream"
)

// silent is a disk that does not answer until it is told to.
type silent struct {
	cache.Backing
	answer chan struct{}
}

func (s silent) Load(context.Context, cache.Wanted) (*cache.Record, bool) {
	<-s.answer
	return nil, false
}

// An accessShelf remembers tokens.
type accessShelf map[cache.Owner]cache.Access

func (s accessShelf) Access(_ context.Context, o cache.Owner) (a cache.Access, ok bool) {
	a, ok = s[o]
	return a, ok
}

func (s accessShelf) KeepAccess(o cache.Owner, a cache.Access) { s[o] = a }

func alonePart(t *testing.T, o Options) *Proxy {
	t.Helper()
	base, err := url.Parse("http://127.0.0.1:1")
	require.NoError(t, err)
	o.Upstream, o.Limiter = upstream.New(upstream.Options{URL: base}), limiter.New(limiter.Options{})
	o.Cache.MaxBytes = 1 << 20
	p := New(o)
	t.Cleanup(p.Drain)
	return p
}

// Who left waits for no disk, on whose account ever it is asked.
func TestInherited_whoLeftDoesNotWait(t *testing.T) {
	s := silent{answer: make(chan struct{})}
	p := alonePart(t, Options{Cache: cache.Options{Backing: s}})
	defer close(s.answer)
	now := time.Now()
	for _, auth := range []string{"Bearer old", "Bearer new"} {
		p.heirs.lend(auth)
		p.tokens.accept(cache.OwnerOf(auth), 0, now)
		p.tokens.identify(cache.OwnerOf(auth), "bot", "workspace")
	}
	ctx, leave := context.WithCancel(t.Context())
	leave()
	r := httptest.NewRequest("GET", "/v1/pages/11111111-0000-4000-8000-000000000001", nil).WithContext(ctx)
	c := p.newCall(httptest.NewRecorder(), r)
	c.match, c.owner = notion.Classify("GET", r.URL.Path), cache.OwnerOf("Bearer new")
	c.state = p.tokens.now(c.owner)
	_, ok := p.inherited(c)
	assert.False(t, ok)
}

// A restart does not forget a refusal that another replica found out.
func TestHearRefused_outlivesTheProcess(t *testing.T) {
	kept := accessShelf{}
	p := alonePart(t, Options{Access: kept})
	o := cache.OwnerOf("Bearer ntn_gone")
	p.HearRefused(o)
	require.Contains(t, kept, o)
	assert.True(t, kept[o].Suspended)
	assert.False(t, kept[o].RefusedUntil.IsZero())
}
