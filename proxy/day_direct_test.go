package proxy_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"notionproxy/exchange"
	"notionproxy/notiontest"
)

// A directClient asks Notion without a proxy, and retries as the official SDK
// does (notion-sdk-js 5, 2026): twice; 429 and 529 for any method, 500 and 503
// for GET and DELETE; after Retry-After, at most 60 s, else 1 s, then 2 s; a
// request is given up after 60 s.
type directClient struct{ transport *http.Transport }

const (
	directRetries = 2
	directTimeout = 60 * time.Second
)

func newDirectClient(p *notiontest.Pipe) *directClient {
	return &directClient{transport: p.Transport()}
}

func (c *directClient) close() { c.transport.CloseIdleConnections() }

func (c *directClient) do(token, method, target, body string) *reply {
	start := time.Now()
	for try := 0; ; try++ {
		r := c.once(token, method, target, body)
		if try == directRetries || !retriesDirectly(method, r.status) {
			r.took = time.Since(start)
			return r
		}
		time.Sleep(directPause(r.header, try))
	}
}

func retriesDirectly(method string, status int) bool {
	switch status {
	case 429, 529:
		return true
	case 500, 503:
		return method == http.MethodGet || method == http.MethodDelete
	}
	return false
}

func directPause(h http.Header, try int) time.Duration {
	if n, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		return min(time.Duration(n)*time.Second, time.Minute)
	}
	return time.Second << try
}

// once makes one call. Its status is 0 when no whole answer came.
func (c *directClient) once(token, method, target, body string) *reply {
	ctx, cancel := context.WithTimeout(context.Background(), directTimeout)
	defer cancel()
	failed := &reply{header: http.Header{}, x: &exchange.Exchange{}}
	req, err := http.NewRequestWithContext(ctx, method, "http://api.notion.com"+target, strings.NewReader(body))
	if err != nil {
		return failed
	}
	prepare(req, token, body, nil)
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return failed
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode == http.StatusOK && !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		return failed
	}
	return &reply{status: resp.StatusCode, header: resp.Header, body: string(b), x: &exchange.Exchange{}}
}
