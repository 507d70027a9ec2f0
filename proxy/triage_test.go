package proxy

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/limiter"
	"notionproxy/upstream"
)

// What is not Notion's path never reaches Notion, and the page answers its own
// whatever the method.
func TestTriage_answersItsOwnPathsOnly(t *testing.T) {
	base, err := url.Parse("http://127.0.0.1:1")
	require.NoError(t, err)
	o := Options{Upstream: upstream.New(upstream.Options{URL: base}), Limiter: limiter.New(limiter.Options{})}
	ask := func(method, path string) (int, string) {
		p := New(o)
		defer p.Drain()
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(method, path, http.NoBody))
		return w.Code, w.Body.String()
	}
	status, _ := ask(http.MethodGet, "/triage")
	assert.Equal(t, http.StatusBadRequest, status, "without a page")

	o.Triage = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "page "+r.URL.Path) })
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		for _, path := range []string{"/triage", "/triage/", "/triage/incidents/a", "/triage/probes"} {
			status, body := ask(method, path)
			assert.Equal(t, http.StatusOK, status)
			assert.Equal(t, "page "+path, body)
		}
	}
	for _, path := range []string{"/triagex", "/v1/triage", "/x/triage"} {
		status, body := ask(http.MethodGet, path)
		assert.NotEqual(t, http.StatusOK, status, path)
		assert.NotContains(t, body, "page", path)
	}
}
