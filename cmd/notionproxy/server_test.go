package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"notionproxy/config"
)

// scriptedHandler answers /slow when it is let go, /queued when it is drained,
// and everything else at once.
type scriptedHandler struct {
	arrived chan string   // paths of requests, as they come; nil for nobody listens
	release chan struct{} // lets /slow go
	drained chan struct{} // closed by Drain
	once    sync.Once
}

func newScriptedHandler() *scriptedHandler {
	return &scriptedHandler{arrived: make(chan string, 10), release: make(chan struct{}), drained: make(chan struct{})}
}

func (h *scriptedHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.arrived != nil {
		h.arrived <- r.URL.Path
	}
	switch r.URL.Path {
	case "/slow":
		<-h.release
	case "/queued":
		<-h.drained
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	}
	_, _ = io.WriteString(w, "{}")
}

func (h *scriptedHandler) Drain() {
	if h.drained != nil {
		h.once.Do(func() { close(h.drained) })
	}
}

type serverOptions struct {
	cert     *certificate
	shutdown config.Shutdown
	limits   func(*config.Limits)
}

// testServer is a server under test on a real socket.
type testServer struct {
	addr string
	stop context.CancelFunc
	done chan error // what run returned
}

func startServer(t *testing.T, h handler, o serverOptions) *testServer {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	cfg := config.Default()
	cfg.Shutdown = config.Shutdown{Timeout: 10 * time.Second}
	if o.shutdown != (config.Shutdown{}) {
		cfg.Shutdown = o.shutdown
	}
	if o.limits != nil {
		o.limits(&cfg.Limits)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &testServer{addr: ln.Addr().String(), stop: stop, done: make(chan error, 1)}
	go func() { s.done <- newServer(cfg, o.cert, h, zap.NewNop()).run(ctx, ln); close(s.done) }()
	t.Cleanup(func() {
		stop()
		for range s.done { // until it is closed
		}
	})
	return s
}

// answered is what came of a request made in the background.
type answered struct {
	status int
	header http.Header
	err    error
}

// ask makes a request in the background, on a connection of its own.
func ask(ctx context.Context, url string) chan answered {
	result := make(chan answered, 1)
	go func() {
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		answer, err := get(ctx, transport, url)
		if err != nil {
			result <- answered{err: err}
			return
		}
		result <- answered{status: answer.StatusCode, header: answer.Header}
	}()
	return result
}

func TestServer_finishesWhatIsUnderWayBeforeItEnds(t *testing.T) {
	h := newScriptedHandler()
	s := startServer(t, h, serverOptions{})
	slow := ask(t.Context(), "http://"+s.addr+"/slow")
	queued := ask(t.Context(), "http://"+s.addr+"/queued")
	for range 2 {
		<-h.arrived
	}

	s.stop()
	got := <-queued
	assert.NoError(t, got.err)
	assert.Equal(t, http.StatusTooManyRequests, got.status, "what is queued is refused, not kept")
	assert.Equal(t, "1", got.header.Get("Retry-After"))
	select {
	case err := <-s.done:
		assert.Fail(t, "ended with a request under way", "%v", err)
	default:
	}

	close(h.release)
	got = <-slow
	assert.NoError(t, got.err)
	assert.Equal(t, http.StatusOK, got.status)
	assert.NoError(t, <-s.done)
}

// A request that is on its way when a connection is closed under it fails, and
// Node's fetch does not make it again. So clients are asked to close first.
func TestServer_asksClientsToLeaveBeforeItCloses(t *testing.T) {
	h := newScriptedHandler()
	s := startServer(t, h, serverOptions{shutdown: config.Shutdown{Delay: time.Second, Timeout: 10 * time.Second}})
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	answer, err := get(t.Context(), transport, "http://"+s.addr)
	require.NoError(t, err)
	assert.False(t, answer.Close)

	s.stop()
	<-h.drained
	for answer = (&http.Response{}); !answer.Close; { // the flag follows Drain by an instant
		answer, err = get(t.Context(), transport, "http://"+s.addr)
		require.NoError(t, err, "still taken")
	}
	assert.NoError(t, <-s.done)
	_, err = get(t.Context(), transport, "http://"+s.addr)
	assert.Error(t, err, "no longer taken")
}

func TestServer_cutsOffWhatNeverEnds(t *testing.T) {
	h := newScriptedHandler()
	defer close(h.release)
	s := startServer(t, h, serverOptions{shutdown: config.Shutdown{Timeout: time.Millisecond}})
	slow := ask(t.Context(), "http://"+s.addr+"/slow")
	<-h.arrived
	s.stop()
	assert.ErrorContains(t, <-s.done, "cut off what was still under way after 1ms")
	assert.Error(t, (<-slow).err)
}

// raw sends text as it is and returns all that comes back until the server
// closes the connection.
func raw(t *testing.T, addr, text string) string {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = io.WriteString(c, text)
	require.NoError(t, err)
	back, err := io.ReadAll(c)
	require.NoError(t, err)
	return string(back)
}

func TestServer_boundsHeaders(t *testing.T) {
	s := startServer(t, &scriptedHandler{}, serverOptions{limits: func(l *config.Limits) { l.Headers = 8 << 10 }})
	const head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
	assert.Contains(t, raw(t, s.addr, head+"X: "+strings.Repeat("x", 4<<10)+"\r\n\r\n"), "HTTP/1.1 200 ")
	assert.Contains(t, raw(t, s.addr, head+"X: "+strings.Repeat("x", 16<<10)+"\r\n\r\n"), "HTTP/1.1 431 ")
}

func TestServer_hangsUpOnHeadersThatStall(t *testing.T) {
	s := startServer(t, &scriptedHandler{}, serverOptions{limits: func(l *config.Limits) { l.HeaderTimeout = 50 * time.Millisecond }})
	back := raw(t, s.addr, "GET / HTTP/1.1\r\nHost: a\r\n")
	assert.NotContains(t, back, "200")
}

func TestServer_hangsUpOnIdleConnections(t *testing.T) {
	s := startServer(t, &scriptedHandler{}, serverOptions{limits: func(l *config.Limits) { l.IdleTimeout = 50 * time.Millisecond }})
	back := raw(t, s.addr, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	assert.Contains(t, back, "HTTP/1.1 200 ")
}

// net/http answers OPTIONS * by itself unless told; the gate must see it.
func TestServer_handsEverythingToItsHandler(t *testing.T) {
	h := newScriptedHandler()
	s := startServer(t, h, serverOptions{})
	raw(t, s.addr, "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	assert.Equal(t, "*", <-h.arrived)
}

// An upgrade to HTTP/2 in clear text is a way past every gate.
func TestServer_ignoresUpgrades(t *testing.T) {
	s := startServer(t, &scriptedHandler{}, serverOptions{})
	back := raw(t, s.addr, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\n"+
		"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
	line, _, _ := bufio.ScanLines([]byte(back), true)
	assert.Equal(t, "HTTP/1.1 200 OK", strings.TrimSpace(back[:line]))
}
