package proxy_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/notiontest"
	"notionproxy/proxy"
	"notionproxy/upstream"
)

// A world is a Notion with one workspace and one token, "alice", and a proxy
// in front of it, in memory and under a fake clock.
type world struct {
	t       *testing.T
	notion  *notiontest.Notion
	pipe    *notiontest.Pipe
	proxy   *proxy.Proxy
	client  *upstream.Client
	options proxy.Options
	limits  limiter.Options

	workspaces map[string]string // by name
	bots       map[string]string // by token name

	asked    atomic.Uint64
	incident atomic.Bool // what the status page says

	maintenance atomic.Int64 // when the next one begins that it announces

	mu   sync.Mutex
	seen []*exchange.Exchange
}

func newWorld(t *testing.T, o notiontest.Options) *world {
	w := &world{
		t: t, notion: notiontest.New(o), workspaces: map[string]string{}, bots: map[string]string{},
		options: proxy.Options{Cache: cache.Options{MaxBytes: 64 << 20}},
	}
	w.options.Incident = w.incident.Load
	w.options.Hint = func() proxy.Hint {
		return proxy.Hint{What: `Notion's status page shows Notion API: major outage`, Link: "https://status.example.test/"}
	}
	w.options.Maintenance = func(now time.Time) time.Time {
		if from := time.Unix(0, w.maintenance.Load()); from.After(now) {
			return from
		}
		return time.Time{}
	}
	w.pipe = w.notion.Pipe()
	w.addToken("alice", "", "home")
	return w
}

// start makes the proxy. What is set later does not count.
func (w *world) start() {
	if w.proxy != nil {
		return
	}
	base, err := url.Parse("http://api.notion.com")
	require.NoError(w.t, err)
	w.client = upstream.New(upstream.Options{URL: base, DialContext: w.dial})
	w.options.Upstream = w.client
	w.options.Limiter = limiter.New(w.limits)
	w.options.Record = func(x *exchange.Exchange) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen = append(w.seen, x)
	}
	w.proxy = proxy.New(w.options)
}

func (w *world) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return w.pipe.DialContext(ctx, network, addr)
}

func (w *world) close() {
	if w.proxy != nil {
		w.proxy.Drain()
		w.client.Close()
	}
	synctest.Wait()
	_ = w.notion.Close()
	_ = w.pipe.Close()
	synctest.Wait()
}

// addToken adds a token to a workspace, as one of an existing bot's or of a
// new one.
func (w *world) addToken(name, bot, workspace string) {
	if w.workspaces[workspace] == "" {
		w.workspaces[workspace] = w.notion.AddWorkspace(workspace)
	}
	id := w.bots[bot]
	if id == "" {
		id = w.notion.AddConnection(notiontest.ConnectionOptions{Workspace: w.workspaces[workspace], Name: name})
	}
	w.bots[name] = id
	w.notion.AddToken("ntn_"+name, id)
}

// A reply is what a client got.
type reply struct {
	status int
	header http.Header
	body   string
	took   time.Duration
	x      *exchange.Exchange
}

// do sends a request through the proxy.
func (w *world) do(ctx context.Context, token, method, target, body string, header http.Header) *reply {
	w.start()
	r := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	r.RequestURI = target
	r.RemoteAddr = "192.0.2.1:1234"
	prepare(r, token, body, header)
	rec := httptest.NewRecorder()
	start := time.Now()
	id := "test-" + strconv.FormatUint(w.asked.Add(1), 10)
	r.Header.Set("X-Request-Id", id)
	func() {
		defer func() {
			if e := recover(); e != nil && e != http.ErrAbortHandler {
				panic(e)
			}
		}()
		w.proxy.ServeHTTP(rec, r)
	}()
	return &reply{
		status: rec.Code, header: rec.Header(), body: rec.Body.String(),
		took: time.Since(start), x: w.exchange(id),
	}
}

// prepare sets the headers that every client sends.
func prepare(r *http.Request, token, body string, header http.Header) {
	if token != "" {
		r.Header.Set("Authorization", "Bearer ntn_"+token)
	}
	r.Header.Set("Notion-Version", "2025-09-03")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, values := range header {
		if values[0] == "-" {
			r.Header.Del(name)
			continue
		}
		if name == "Host" {
			r.Host = values[0]
			continue
		}
		r.Header[name] = values
	}
}

// exchange is the record of the request with that id.
func (w *world) exchange(id string) *exchange.Exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range slices.Backward(w.seen) {
		if x.RequestID == id {
			return x
		}
	}
	return &exchange.Exchange{}
}

// behind sends a request straight to Notion, behind the proxy's back.
func (w *world) behind(token, method, target, body string, header http.Header) *reply {
	r := httptest.NewRequest(method, "https://api.notion.com"+target, strings.NewReader(body))
	prepare(r, token, body, header)
	resp, err := w.notion.RoundTrip(r)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return &reply{status: resp.StatusCode, header: resp.Header, body: string(b), x: &exchange.Exchange{}}
}

// configure changes settings of the running proxy.
func (w *world) configure(change func(*proxy.Settings)) {
	w.start()
	change(&w.options.Settings)
	w.proxy.Configure(w.options.Settings, w.options.Cache, w.limits)
}
