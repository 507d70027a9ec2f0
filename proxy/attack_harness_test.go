package proxy_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/config"
	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/notiontest"
	"notionproxy/proxy"
	"notionproxy/upstream"
)

// The attacks are made over real sockets, on a server with the settings of the
// program's, in front of a fake Notion on a socket of its own. Each is also
// made on net/http/httputil's ReverseProxy where that one gives way: a check
// that nothing can fail proves nothing.

// notionHost is where the fronts think Notion is. It resolves nowhere.
const notionHost = "api.notion.test"

// patience bounds how long anything may take before a test gives up.
const patience = 10 * time.Second

// A front is a reverse proxy, ours or a stock one, with a Notion behind it.
type front struct {
	addr   string
	stock  bool
	notion *notiontest.Notion
	demo   notiontest.Demo // of the token ntn_alice
	bobs   string          // a page that only ntn_bob sees

	// What is set before the front starts.
	options  proxy.Options
	limits   config.Limits
	timeout  time.Duration // of the stock proxy's calls
	upstream upstream.Options
	tls      *tls.Certificate // Notion's; nil means clear text

	closing []func()
	stopped sync.Once

	mu      sync.Mutex
	arrived []*arrival
	told    int      // of these, how many saw has told of
	answers []answer // all that clients got
	records []*exchange.Exchange
	dialed  map[string]int // addresses, as the front asked for them
	strays  int            // connections that were made to anything but Notion
	patient int            // bytes written to clients without a deadline
	logs    bytes.Buffer   // what net/http and the parts of the proxy logged
}

// An arrival is a request as Notion got it.
type arrival struct {
	line, method, target, host string
	header                     http.Header
	body                       string
}

// text is an arrival in short: method, target, and the body if there is one.
func (a *arrival) text() string {
	text := a.method + " " + a.target
	if a.body != "" {
		text += " " + a.body
	}
	return text
}

// newFront starts a front. set may change it before; it may be nil.
func newFront(t *testing.T, stock bool, set func(*front)) *front {
	t.Helper()
	f := &front{
		stock: stock, limits: config.Default().Limits, timeout: time.Second / 2,
		notion: notiontest.New(notiontest.Options{Seed: 1, RateLimit: -1, SearchLag: -1}),
		dialed: map[string]int{},
	}
	f.demo = f.notion.Demo(notiontest.DemoOptions{Rows: 3, Token: "ntn_alice"})
	elsewhere := f.notion.AddWorkspace("Elsewhere")
	f.bobs = f.notion.CreatePage(elsewhere, "Bob's secret", nil)
	bot := f.notion.AddConnection(notiontest.ConnectionOptions{Workspace: elsewhere, Name: "bob"})
	f.notion.AddToken("ntn_bob", bot)
	f.options = proxy.Options{Cache: cache.Options{MaxBytes: 64 << 20}, Settings: proxy.Settings{Timeout: patience / 2}, Version: "test"}
	if set != nil {
		set(f)
	}
	f.start(t)
	t.Cleanup(f.stop)
	return f
}

func (f *front) start(t *testing.T) {
	t.Helper()
	f.upstream.URL = &url.URL{Scheme: "http", Host: notionHost}
	s := &http.Server{Handler: http.HandlerFunc(f.arrive), ErrorLog: log.New(io.Discard, "", 0)}
	wrap := func(l net.Listener) net.Listener { return l }
	if f.tls != nil {
		f.upstream.URL.Scheme = "https"
		wrap = func(l net.Listener) net.Listener {
			return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*f.tls}, MinVersion: tls.VersionTLS12})
		}
	}
	at := f.serve(t, s, wrap)
	f.upstream.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return f.dial(ctx, network, addr, at)
	}
	f.upstream.Warn = func(msg string) { _, _ = f.Write([]byte(msg)) }
	handler := f.stockHandler
	if !f.stock {
		handler = f.ourHandler
	}
	f.addr = f.serve(t, f.server(handler()), func(l net.Listener) net.Listener { return watchedListener{l, f} })
}

// server has the settings of the program's: see newServer of cmd/notionproxy.
func (f *front) server(h http.Handler) *http.Server {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return &http.Server{
		Handler: h, ReadHeaderTimeout: f.limits.HeaderTimeout, IdleTimeout: f.limits.IdleTimeout,
		MaxHeaderBytes: int(f.limits.Headers), ErrorLog: log.New(f, "", 0), Protocols: p,
		DisableGeneralOptionsHandler: true,
	}
}

func (f *front) ourHandler() http.Handler {
	client := upstream.New(f.upstream)
	f.options.Upstream = client
	f.options.Limiter = limiter.New(limiter.Options{Quota: limiter.Quota{PerMinute: 1_000_000, Burst: 1_000_000}})
	f.options.Limits = proxy.Limits{
		Target: int64(f.limits.Target), Body: int64(f.limits.Body), BodyStall: f.limits.BodyStall,
	}
	f.options.Record = func(x *exchange.Exchange) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.records = append(f.records, x)
	}
	p := proxy.New(f.options)
	f.closing = append(f.closing, p.Drain, client.Close)
	return p
}

func (f *front) stockHandler() http.Handler {
	transport := &http.Transport{DialContext: f.upstream.DialContext, ResponseHeaderTimeout: f.timeout}
	f.closing = append(f.closing, transport.CloseIdleConnections)
	return &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(f.upstream.URL) },
		Transport: transport, ErrorLog: log.New(io.Discard, "", 0),
	}
}

func (f *front) serve(t *testing.T, s *http.Server, wrap func(net.Listener) net.Listener) (addr string) {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = s.Serve(wrap(ln)) }()
	f.closing = append(f.closing, func() { _ = s.Close() })
	return ln.Addr().String()
}

// stop ends everything, the front before its Notion.
func (f *front) stop() {
	f.stopped.Do(func() {
		for i := len(f.closing) - 1; i >= 0; i-- {
			f.closing[i]()
		}
		_ = f.notion.Close()
	})
}

// arrive keeps a request as it came, and has Notion answer it.
func (f *front) arrive(w http.ResponseWriter, r *http.Request) {
	a := &arrival{line: r.RemoteAddr, method: r.Method, target: r.RequestURI, host: r.Host, header: r.Header.Clone()}
	f.mu.Lock()
	f.arrived = append(f.arrived, a)
	f.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	f.mu.Lock()
	a.body = string(body)
	f.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.notion.ServeHTTP(w, r)
}

// dial connects to Notion, and to nothing else.
func (f *front) dial(ctx context.Context, network, addr, notionAddr string) (net.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dialed[addr]++
	if addr != notionHost+":80" && addr != notionHost+":443" {
		f.strays++
		return nil, errors.New("nobody there")
	}
	return new(net.Dialer).DialContext(ctx, network, notionAddr)
}

// Write takes what is logged.
func (f *front) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.logs.Write(b)
}

// calls are the requests that Notion got, from the given one on, but for those
// by which the proxy finds out on its own whose a token is.
func (f *front) calls(from int) []arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	var calls []arrival
	for _, a := range f.arrived[from:] {
		own := a.target == "/v1/users/me" && strings.HasPrefix(a.header.Get("User-Agent"), "notionproxy/")
		if !own && a.target != lastTarget {
			calls = append(calls, *a)
		}
	}
	return calls
}

// saw are the calls since it was last asked, in short.
func (f *front) saw() []string {
	f.mu.Lock()
	from := f.told
	f.told = len(f.arrived)
	f.mu.Unlock()
	var texts []string
	for _, c := range f.calls(from) {
		texts = append(texts, c.text())
	}
	return texts
}

// last is the newest call.
func (f *front) last() arrival {
	calls := f.calls(0)
	if len(calls) == 0 {
		return arrival{header: http.Header{}}
	}
	return calls[len(calls)-1]
}

// exchanges are the records of finished requests.
func (f *front) exchanges() []*exchange.Exchange {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.records)
}
