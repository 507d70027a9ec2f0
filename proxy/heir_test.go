package proxy_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
	"notionproxy/proxy"
)

// lending is a world whose proxy lends a token that can be changed.
func lending(t *testing.T) (w *world, page string, rotate func(name string)) {
	w = newWorld(t, notiontest.Options{Seed: 1, RateLimit: -1})
	page = w.notion.CreatePage(w.workspaces["home"], "Plans", nil)
	var token atomic.Pointer[string]
	rotate = func(name string) {
		full := "ntn_" + name
		token.Store(&full)
	}
	rotate("alice")
	w.options.Lend = &proxy.Lend{Token: func() string { return *token.Load() }}
	return w, page, rotate
}

func (w *world) lent(path string) *reply {
	r := w.do(w.t.Context(), "", http.MethodGet, path, "", http.Header{"Host": {"localhost"}})
	synctest.Wait()
	return r
}

func down() notiontest.Fault {
	return notiontest.Fault{Kind: notiontest.FaultStatus, Status: 503, Code: "service_unavailable"}
}

func TestHeir_getsInTroubleWhatTheTokenBeforeItWasShown(t *testing.T) {
	for name, c := range map[string]struct {
		bot    string // whose the new token is
		trip   func(w *world, page string)
		served bool
	}{
		"the same connection": {"alice", func(*world, string) {}, true},
		"another connection":  {"", func(*world, string) {}, false},
		"which may not see it": {"alice", func(w *world, page string) {
			mend := w.notion.Fault(notiontest.Fault{Kind: notiontest.FaultStatus, Status: 404, Code: "object_not_found", Op: "pages.retrieve"})
			w.lent("/v1/pages/" + page)
			mend()
		}, false},
		"a write made it untrue": {"alice", func(w *world, page string) {
			w.do(w.t.Context(), "alice", http.MethodPatch, "/v1/pages/"+page, `{"properties":{}}`, http.Header{"Host": {"localhost"}})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, page, rotate := lending(t)
				defer w.close()
				w.addToken("next", c.bot, "home")
				require.Equal(t, http.StatusOK, w.lent("/v1/pages/"+page).status)
				rotate("next")
				fresh := w.lent("/v1/users/me") // Notion says who the new one is
				require.Equal(t, http.StatusOK, fresh.status)
				c.trip(w, page)
				time.Sleep(time.Second)

				w.notion.Fault(down())
				r := w.lent("/v1/pages/" + page)
				if !c.served {
					assert.NotEqual(t, http.StatusOK, r.status)
					return
				}
				assert.Equal(t, http.StatusOK, r.status)
				assert.Contains(t, r.body, "Plans")
				assert.Contains(t, r.header.Get("Cache-Status"), "detail=older-token")
			})
		})
	}
}

func TestHeir_asksForItselfWhileNotionIsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, page, rotate := lending(t)
		defer w.close()
		w.addToken("next", "alice", "home")
		w.lent("/v1/pages/" + page)
		rotate("next")
		w.lent("/v1/users/me")
		r := w.lent("/v1/pages/" + page)
		assert.Contains(t, r.header.Get("Cache-Status"), "fwd=uri-miss")
		r = w.lent("/v1/pages/" + page)
		assert.Contains(t, r.header.Get("Cache-Status"), "notionproxy; hit")
	})
}
