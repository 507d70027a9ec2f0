package proxy_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/notiontest"
)

// A dead Notion gets at most 1.1 times what clients ask, though the proxy
// repeats failed reads.
func TestRetries_aTenthWhileNotionFails(t *testing.T) {
	for what, fault := range map[string]notiontest.Fault{
		"dead":             {Kind: notiontest.FaultStatus, Status: 500},
		"connections lost": {Kind: notiontest.FaultReset},
		"a third fails":    {Kind: notiontest.FaultStatus, Status: 502, Probability: 0.33},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, notiontest.Options{Seed: 7})
				defer w.close()
				w.do(t.Context(), "alice", "GET", "/v1/users/me", "", nil)
				synctest.Wait()
				w.notion.Fault(fault)
				w.seen = nil
				for i := range 400 {
					w.do(t.Context(), "alice", "GET", fmt.Sprintf("/v1/users?page_size=%d", 1+i%100), "", http.Header{"Cache-Control": {"no-cache"}})
					time.Sleep(2 * time.Second)
				}
				synctest.Wait()
				asked, calls := 0, 0 // what a breaker answered, or a back-off, asks nothing
				for _, x := range w.seen {
					asked, calls = asked+min(1, x.Calls), calls+x.Calls
				}
				assert.LessOrEqual(t, float64(calls), 1.1*float64(asked))
				assert.Greater(t, calls, asked, "it does repeat some")
			})
		})
	}
}

// One operation that takes 20 s keeps no other waiting.
func TestBrownout_ofOneOperationDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{Latency: 200 * time.Millisecond})
		defer w.close()
		page := w.notion.CreatePage(w.workspaces["home"], "Roadmap", nil)
		w.do(t.Context(), "alice", "GET", "/v1/users/me", "", nil)
		w.notion.Fault(notiontest.Fault{Op: "search", Kind: notiontest.FaultDelay, Delay: 20 * time.Second})
		for i := range 600 {
			go w.do(t.Context(), "alice", "POST", "/v1/search", fmt.Sprintf(`{"query":"%d"}`, i), nil)
			if i%61 == 0 {
				r := w.do(t.Context(), "alice", "GET", "/v1/pages/"+page, "", nil)
				assert.Equal(t, 200, r.status)
				assert.LessOrEqual(t, r.took, 240*time.Millisecond, "a fifth longer than usual")
			}
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
	})
}

// 200 requests a second over 5,000 keys, and nothing is stored: Notion is never
// asked faster than it allows, and whoever can't be answered gets a 429, which
// all clients understand.
func TestColdStart_staysWithinTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{Latency: 200 * time.Millisecond})
		defer w.close()
		pages := make([]string, 5000)
		for i := range pages {
			pages[i] = w.notion.CreatePage(w.workspaces["home"], "Page", nil)
		}
		w.do(t.Context(), "alice", "GET", "/v1/users/me", "", nil)
		statuses := make(chan int, 12_000)
		for i := range 12_000 {
			go func() { statuses <- w.do(t.Context(), "alice", "GET", "/v1/pages/"+pages[i*7919%5000], "", nil).status }()
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(2 * time.Minute)
		counts := map[int]int{}
		for range 12_000 {
			counts[<-statuses]++
		}
		assert.Equal(t, 12_000, counts[200]+counts[429], counts)
		assert.Greater(t, counts[200], 150)
		for _, c := range w.notion.Log() {
			assert.NotEqual(t, 429, c.Status, "Notion had to refuse")
		}
	})
}

// A token that floods the proxy makes no other wait, nor be refused.
func TestFlood_ofOneTokenDelaysNoOther(t *testing.T) {
	slowest := func(flood bool) (slowest time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, notiontest.Options{Latency: 200 * time.Millisecond})
			defer w.close()
			w.addToken("mallory", "", "home")
			pages := make([]string, 60)
			for i := range pages {
				pages[i] = w.notion.CreatePage(w.workspaces["home"], "Page", nil)
			}
			for _, token := range []string{"alice", "mallory"} {
				w.do(t.Context(), token, "GET", "/v1/users/me", "", nil)
			}
			for i, page := range pages {
				for n := range 100 {
					if flood {
						go w.do(t.Context(), "mallory", "GET", fmt.Sprintf("/v1/users?page_size=%d", 1+n), "", http.Header{"Cache-Control": {"no-cache"}})
					}
				}
				r := w.do(t.Context(), "alice", "GET", "/v1/pages/"+page, "", nil)
				assert.Equal(t, 200, r.status, i)
				slowest = max(slowest, r.took)
				time.Sleep(time.Second)
			}
			time.Sleep(2 * time.Minute)
		})
		return slowest
	}
	assert.LessOrEqual(t, slowest(true), slowest(false)*6/5)
}
