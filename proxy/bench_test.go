package proxy_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/proxy"
	"notionproxy/upstream"
)

// canned is a Notion that answers everything with one body, a page of a list
// which ends with a cursor if there is to be more.
func canned(b *testing.B, size int, zip, more bool) *proxy.Proxy {
	row := `{"object":"page","id":"%08x-0000-4000-8000-000000000000","properties":{"Name":{"id":"title","type":"title","title":[{"plain_text":"A task"}]}},"url":"https://app.notion.com/p/x"}`
	var rows []string
	for n := 0; len(rows)*len(row) < size; n++ {
		rows = append(rows, fmt.Sprintf(row, n+1))
	}
	end := `"next_cursor":null,"has_more":false`
	if more {
		end = `"next_cursor":"s:11111111-1111-4111-8111-111111111111:1","has_more":true`
	}
	body := []byte(`{"object":"list","results":[` + strings.Join(rows, ",") + `],` + end + `,"type":"page_or_data_source","request_id":"11111111-1111-4111-8111-111111111111"}`)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(body)
	require.NoError(b, err)
	require.NoError(b, z.Close())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("X-Notion-Request-Id", "11111111-1111-4111-8111-111111111111")
		if zip {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
			return
		}
		_, _ = w.Write(body)
	}))
	b.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	require.NoError(b, err)
	p := proxy.New(proxy.Options{
		Upstream: upstream.New(upstream.Options{URL: base, DialContext: (&net.Dialer{}).DialContext}),
		Limiter:  limiter.New(limiter.Options{Quota: limiter.Quota{PerMinute: 1e9, Burst: 1e9}}),
		Cache:    cache.Options{MaxBytes: 256 << 20},
	})
	b.Cleanup(p.Drain)
	return p
}

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

func ask(method, target, body string, zip bool) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	r.RequestURI = target
	r.Header = http.Header{"Authorization": {"Bearer ntn_x"}, "Notion-Version": {"2025-09-03"}, "User-Agent": {"bench"}}
	if body == "" {
		r.Body = http.NoBody
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	if zip {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	return r
}

const (
	pagePath  = "/v1/pages/11111111-1111-4111-8111-111111111111"
	queryPath = "/v1/data_sources/11111111-1111-4111-8111-111111111111/query"
	queryBody = `{"filter":{"property":"Status","status":{"equals":"Done"}},"sorts":[{"property":"Due","direction":"ascending"}],"page_size":100}`
)

func BenchmarkHit(b *testing.B) {
	for _, size := range []int{600, 30_000, 250_000} {
		for _, zip := range []bool{false, true} {
			for _, read := range []struct{ name, method, path, body string }{{"get", "GET", pagePath, ""}, {"query", "POST", queryPath, queryBody}} {
				b.Run(fmt.Sprintf("%s/%d/gzip=%v", read.name, size, zip), func(b *testing.B) {
					p := canned(b, size, zip, false)
					w := &discard{header: http.Header{}}
					p.ServeHTTP(w, ask(read.method, read.path, read.body, zip))
					b.ReportAllocs()
					for b.Loop() {
						clear(w.header)
						p.ServeHTTP(w, ask(read.method, read.path, read.body, zip))
					}
					require.Contains(b, w.header.Get("Cache-Status"), "hit")
				})
			}
		}
	}
}

// BenchmarkHitOfChain is a hit on a further page of a paginated read.
func BenchmarkHitOfChain(b *testing.B) {
	for _, size := range []int{600, 30_000, 250_000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			p := canned(b, size, true, true)
			w := &discard{header: http.Header{}}
			p.ServeHTTP(w, ask("POST", queryPath, `{"page_size":100}`, true))
			const further = `{"page_size":100,"start_cursor":"s:11111111-1111-4111-8111-111111111111:1"}`
			p.ServeHTTP(w, ask("POST", queryPath, further, true))
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				p.ServeHTTP(w, ask("POST", queryPath, further, true))
			}
			require.Contains(b, w.header.Get("Cache-Status"), "hit")
		})
	}
}

// BenchmarkMiss is a read that is asked of Notion, looked into and stored,
// with a server on loopback in the same process.
func BenchmarkMiss(b *testing.B) {
	for _, size := range []int{600, 30_000, 250_000} {
		for _, zip := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/gzip=%v", size, zip), func(b *testing.B) {
				p := canned(b, size, zip, false)
				w := &discard{header: http.Header{}}
				n := 0
				b.ReportAllocs()
				for b.Loop() {
					n++
					clear(w.header)
					p.ServeHTTP(w, ask("GET", fmt.Sprintf("/v1/pages/%08x-0000-4000-8000-000000000000", n), "", zip))
				}
				require.Contains(b, w.header.Get("Cache-Status"), "stored")
			})
		}
	}
}
