package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// A program that is killed in the middle of an outage, and starts again, knows
// of the outage: it serves what is kept at once and leaves Notion alone until
// the next probe, which finds out when Notion is back. It knows what the status
// page said, too, although that is gone.
func TestDisk_anOutageSurvivesAKill(t *testing.T) {
	t.Parallel()
	n := notiontest.New(notiontest.Options{Seed: 14, RateLimit: -1})
	w := makeWorld(n)
	pages := w.makePages(n, "Kept", 10)
	settings := onDisk(t.TempDir())
	settings["CACHE_FRESH_CONTENT"] = "1ms"
	var page statusPage
	settings["STATUS_PAGE_URL"] = page.serve(t)
	first := startProxy(t, serve(t, n), settings)
	for _, page := range pages {
		status, _ := first.get(t, w.Token, page)
		require.Equal(t, http.StatusOK, status)
	}
	mend := n.Fault(notiontest.Fault{Kind: notiontest.FaultStatus, Status: 503, Code: "service_unavailable"})
	require.Eventually(t, func() bool {
		_, h := first.get(t, w.Token, pages[0])
		return strings.Contains(h.Get("Cache-Status"), "detail=breaker")
	}, patience, 50*time.Millisecond, "Notion is not taken for down")
	require.Eventually(t, func() bool { return first.pageVerdict(t) == "incident" }, patience, 50*time.Millisecond)
	time.Sleep(written)
	first.kill(t)
	page.gone.Store(true)

	calls := len(n.Log())
	second := startProxy(t, first.notion, settings)
	for _, page := range pages {
		status, h := second.get(t, w.Token, page)
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, h.Get("Cache-Status"), "detail=breaker")
	}
	assert.Len(t, n.Log(), calls, "Notion is left alone")
	assert.Equal(t, "incident", second.pageVerdict(t))

	mend()
	require.Eventually(t, func() bool {
		_, h := second.get(t, w.Token, pages[0])
		return !strings.Contains(h.Get("Cache-Status"), "detail=breaker")
	}, 45*time.Second, 500*time.Millisecond, "a probe every 30 s finds out that Notion is back")
	assert.Greater(t, len(n.Log()), calls)
}

// A statusPage says that the API is down, until it is gone.
type statusPage struct{ gone atomic.Bool }

func (s *statusPage) serve(t *testing.T) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if s.gone.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"status":{"indicator":"critical"},"components":[{"name":"Notion API","status":"major_outage"}]}`))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// pageVerdict is what the program makes of the status page.
func (p *proxy) pageVerdict(t *testing.T) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/health", http.NoBody)
	require.NoError(t, err)
	got, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer got.Body.Close()
	var health struct {
		StatusPage struct{ Verdict string } `json:"status_page"`
	}
	require.NoError(t, json.NewDecoder(got.Body).Decode(&health))
	return health.StatusPage.Verdict
}
