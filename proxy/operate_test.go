package proxy_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/notiontest"
	"notionproxy/proxy"
)

// inWorld runs f in a bubble, in a world whose workspace alice sees a page of.
func inWorld(t *testing.T, f func(w *world, page string)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{Seed: 1, RateLimit: -1})
		defer w.close()
		f(w, w.notion.CreatePage(w.workspaces["home"], "Plans", nil))
	})
}

func (w *world) read(page string) *reply {
	return w.do(context.Background(), "alice", "GET", "/v1/pages/"+page, "", nil)
}

func TestPurge_theNextReadAsksNotion(t *testing.T) {
	for name, which := range map[string]func(page string, x *exchange.Exchange, bot string) proxy.Selection{
		"by object": func(page string, _ *exchange.Exchange, _ string) proxy.Selection { return selectObject(t, page) },
		"by operation": func(string, *exchange.Exchange, string) proxy.Selection {
			return proxy.Selection{Operation: "pages.retrieve"}
		},
		"by digest": func(_ string, x *exchange.Exchange, _ string) proxy.Selection {
			return proxy.Selection{Connection: x.Connection}
		},
		"by bot": func(_ string, _ *exchange.Exchange, bot string) proxy.Selection {
			return proxy.Selection{Connection: bot}
		},
		"all, of nobody": func(string, *exchange.Exchange, string) proxy.Selection { return proxy.Selection{} },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world, page string) {
				w.read(page)
				synctest.Wait() // users/me tells whose token it is
				require.Equal(t, exchange.Hit, w.read(page).x.Outcome)
				last := w.read(page).x

				assert.Zero(t, w.proxy.Purge(proxy.Selection{Connection: "00000000"}))
				require.Equal(t, exchange.Hit, w.read(page).x.Outcome)
				assert.Equal(t, 1, w.proxy.Purge(which(page, last, w.bots["alice"])))
				assert.Equal(t, exchange.Miss, w.read(page).x.Outcome)
			})
		})
	}
}

func selectObject(t *testing.T, id string) proxy.Selection {
	parsed, ok := notion.ParseID(id)
	require.True(t, ok)
	return proxy.Selection{Object: parsed}
}

// The answer that was on its way when somebody purged is for those who waited
// for it, and is not kept.
func TestPurge_whatIsUnderWayDoesNotComeBack(t *testing.T) {
	inWorld(t, func(w *world, page string) {
		w.read(page)
		w.proxy.Purge(proxy.Selection{})
		w.notion.Fault(notiontest.Fault{Delay: time.Second})
		before := make(chan *reply)
		go func() { before <- w.read(page) }()
		time.Sleep(time.Second / 2)
		synctest.Wait()
		assert.Zero(t, w.proxy.Purge(selectObject(t, page)))
		after := make(chan *reply)
		go func() { after <- w.read(page) }()

		assert.Equal(t, 200, (<-before).status)
		_, total := w.proxy.Entries(proxy.Selection{}, 0, 10)
		assert.Zero(t, total)
		assert.Equal(t, exchange.Miss, (<-after).x.Outcome, "it does not share what left before")
		_, total = w.proxy.Entries(proxy.Selection{}, 0, 10)
		assert.Equal(t, 1, total)
	})
}

func TestBudgets_areOfTheConnectionsThatWereUsed(t *testing.T) {
	inWorld(t, func(w *world, page string) {
		w.addToken("second", "alice", "home")
		w.addToken("other", "", "home")
		w.read(page)
		w.do(context.Background(), "second", "GET", "/v1/users/me", "", nil)
		w.do(context.Background(), "nobody's", "GET", "/v1/users/me", "", nil)
		synctest.Wait()
		list := w.proxy.Budgets(10)
		require.Len(t, list, 1, "two tokens of one connection, and one that Notion does not take")
		assert.Equal(t, 171, list[0].Quota)
		assert.Equal(t, 171-3, list[0].Left, "the page, and users/me for each token")
	})
}

func TestConfigure_countsFromTheNextRequestOn(t *testing.T) {
	inWorld(t, func(w *world, page string) {
		require.Equal(t, 200, w.read(page).status)
		w.configure(func(s *proxy.Settings) { s.Operations = []string{"search"} })
		assert.Equal(t, 403, w.read(page).status)
		w.configure(func(s *proxy.Settings) { s.Operations = nil })
		assert.Equal(t, exchange.Hit, w.read(page).x.Outcome, "what was stored still is")
		w.configure(func(s *proxy.Settings) { s.Observe = true })
		assert.Equal(t, exchange.Pass, w.read(page).x.Outcome)
	})
}

func TestConfigure_reachesTheCacheAndTheBudgets(t *testing.T) {
	inWorld(t, func(w *world, page string) {
		w.read(page)
		synctest.Wait()
		w.options.Cache.Policies = cache.Policies{}
		w.limits.Quota.PerMinute = 600
		w.configure(func(*proxy.Settings) {})
		assert.Equal(t, exchange.Miss, w.read(page).x.Outcome, "nothing is kept any more")
		assert.Equal(t, 570, w.proxy.Budgets(1)[0].Quota)
	})
}

func TestConfigure_modeObserveSlowsNothingDown(t *testing.T) {
	inWorld(t, func(w *world, page string) {
		w.limits.Quota = limiter.Quota{PerMinute: 1, Burst: 1}
		for on, refused := range map[bool]int{true: 200, false: 429} {
			w.configure(func(s *proxy.Settings) { s.Observe = on })
			for range 5 {
				w.do(context.Background(), "alice", "GET", "/v1/search", "", nil)
			}
			assert.Equal(t, refused, w.do(context.Background(), "alice", "POST", "/v1/search", "{}", nil).status)
		}
	})
}

// Run with -race: requests and changes share nothing but a pointer.
func TestConfigure_underLoad(t *testing.T) {
	inWorld(t, func(w *world, page string) {
		w.read(page)
		var load sync.WaitGroup
		for range 4 {
			load.Go(func() {
				for range 200 {
					assert.Equal(t, 200, w.read(page).status)
				}
			})
		}
		for i := range 100 {
			w.configure(func(s *proxy.Settings) { s.Lanes = []proxy.LaneRule{{Client: "x"}}; s.Observe = i%3 == 0 })
		}
		load.Wait()
	})
}
