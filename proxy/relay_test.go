package proxy_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/limiter"
	"notionproxy/proxy"
	"notionproxy/upstream"
)

// Reads that are not stored pass through memory that others use after them:
// everybody gets the page that was asked for, whole, packed or not.
func TestRelay_mixesUpNoAnswers(t *testing.T) {
	pageOf := func(id string) []byte {
		return []byte(`{"object":"page","id":"` + id + `","text":"` + strings.Repeat(id, 2000) + `"}`)
	}
	notion := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body := pageOf(path.Base(r.URL.Path))
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			_, _ = z.Write(body)
			_ = z.Close()
			body = packed.Bytes()
		}
		_, _ = w.Write(body)
	}))
	defer notion.Close()
	base, err := url.Parse(notion.URL)
	require.NoError(t, err)
	client := upstream.New(upstream.Options{URL: base, DialContext: (&net.Dialer{}).DialContext})
	defer client.Close()
	front := httptest.NewServer(proxy.New(proxy.Options{
		Upstream: client, Limiter: limiter.New(limiter.Options{Quota: limiter.Quota{PerMinute: 1e6, Burst: 1e5}}),
	}))
	defer front.Close()

	var all sync.WaitGroup
	for reader := range 8 {
		all.Go(func() {
			plain := &http.Client{Transport: &http.Transport{DisableCompression: reader%2 == 0}}
			defer plain.CloseIdleConnections()
			for n := range 25 {
				id := fmt.Sprintf("%08x-0000-4000-8000-%012x", reader, n)
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, front.URL+"/v1/pages/"+id, http.NoBody)
				r.Header = http.Header{"Authorization": {"Bearer ntn_a"}, "Notion-Version": {"2025-09-03"}, "Cache-Control": {"no-store"}}
				answer, err := plain.Do(r)
				if !assert.NoError(t, err) {
					return
				}
				body, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				assert.NoError(t, err)
				assert.Equal(t, http.StatusOK, answer.StatusCode)
				assert.True(t, bytes.Equal(pageOf(id), body), id)
			}
		})
	}
	all.Wait()
}
