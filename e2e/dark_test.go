package e2e

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// A plainClient speaks HTTP as any program does, over one connection.
type plainClient struct {
	http http.Client
	base string
}

func newPlainClient(t *testing.T, base string) *plainClient {
	transport := &http.Transport{MaxConnsPerHost: 1}
	t.Cleanup(transport.CloseIdleConnections)
	return &plainClient{http.Client{Transport: transport, Timeout: time.Minute}, base}
}

// A plainAnswer is what it got; err where it got nothing whole.
type plainAnswer struct {
	status int
	header http.Header
	body   string
	err    error
}

func (c *plainClient) do(t *testing.T, method, path, body string) plainAnswer {
	r, err := http.NewRequestWithContext(t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		return plainAnswer{err: err}
	}
	r.Header.Set("Authorization", "Bearer "+testToken)
	r.Header.Set("Notion-Version", "2025-09-03")
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		return plainAnswer{err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return plainAnswer{resp.StatusCode, resp.Header, string(b), err}
}

// The program starts and is ready although Notion, its name and the status page
// can't be reached, tells callers the truth, and ends well.
func TestStart_withNothingReachable(t *testing.T) {
	t.Parallel()
	nowhere := map[string]string{
		"no name":       "http://notion.invalid",
		"no connection": "http://127.0.0.1:1",
	}
	for what, url := range nowhere {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := startProxy(t, url, map[string]string{"STATUS_PAGE_URL": "http://127.0.0.1:1/api/v2/summary.json"})
			client := newPlainClient(t, p.url)
			for range 3 {
				a := client.do(t, "GET", "/v1/users/me", "")
				require.NoError(t, a.err)
				assert.Equal(t, http.StatusBadGateway, a.status)
				assert.Contains(t, a.body, `"code":"service_unavailable"`)
				assert.Contains(t, a.header.Get("Proxy-Status"), "notionproxy; error=")
			}
			assert.Equal(t, http.StatusOK, p.status(t, "/readyz"))
			health := client.do(t, "GET", "/health", "")
			assert.Contains(t, health.body, `"verdict":"unknown"`, "of the status page")
			p.terminate(t)
			p.waitExit(t)
		})
	}
}

// SIGTERM in the middle of an outage: whoever reads what is known goes on
// getting it until nobody listens any more, and a write that Notion takes its
// time for is seen to its end.
func TestShutdown_inAnOutageLosesNoAnswer(t *testing.T) {
	t.Parallel()
	n := notiontest.New(notiontest.Options{Seed: 6})
	w := makeWorld(n)
	p := startProxy(t, serve(t, n), map[string]string{"SHUTDOWN_DELAY": "1s", "CACHE_FRESH_CONTENT": "1ms"})
	first := newPlainClient(t, p.url)
	require.Equal(t, http.StatusOK, first.do(t, "GET", "/v1/pages/"+w.Page, "").status)
	n.Fault(notiontest.Fault{Op: "pages.retrieve", Kind: notiontest.FaultEdge, Status: 502})
	n.Fault(notiontest.Fault{Op: "pages.update", Kind: notiontest.FaultDelay, Lag: 4 * time.Second})

	writer := newPlainClient(t, p.url)
	written := make(chan plainAnswer, 1)
	go func() { written <- writer.do(t, "PATCH", "/v1/pages/"+w.Home, `{"in_trash":false}`) }()
	require.Eventually(t, func() bool { return n.Calls("pages.update") == 1 }, patience, 10*time.Millisecond)
	readers := startPlainReaders(t, p.url, "/v1/pages/"+w.Page, 8)
	p.log.wait(t, 50, "50 stale answers", answered("pages.retrieve", "stale"))
	p.terminate(t)

	good := 0
	for _, a := range readers.wait() {
		if a.err != nil {
			// Refused, or reset because the kernel had not handed the
			// connection over yet: never taken and not answered.
			gone := errors.Is(a.err, syscall.ECONNREFUSED) || errors.Is(a.err, syscall.ECONNRESET)
			assert.True(t, gone, "cut off: %v", a.err)
			continue
		}
		good++
		assert.Equal(t, http.StatusOK, a.status, a.body)
	}
	a := <-written
	require.NoError(t, a.err)
	assert.Equal(t, http.StatusOK, a.status)
	p.waitExit(t)
	t.Logf("%d reads answered", good)
}

// plainReaders read one path over and over, each over its own connection,
// until nobody listens any more.
type plainReaders struct {
	all     sync.WaitGroup
	mu      sync.Mutex
	answers []plainAnswer
}

func startPlainReaders(t *testing.T, base, path string, count int) *plainReaders {
	r := &plainReaders{}
	for range count {
		client := newPlainClient(t, base)
		r.all.Go(func() {
			for !r.add(client.do(t, "GET", path, "")) {
			}
		})
	}
	return r
}

// add notes an answer, and says whether it was the last one.
func (r *plainReaders) add(a plainAnswer) (last bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, a)
	return a.err != nil
}

func (r *plainReaders) wait() []plainAnswer {
	r.all.Wait()
	return r.answers
}
