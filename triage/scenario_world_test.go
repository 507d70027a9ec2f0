package triage_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/exchange"
	"notionproxy/ledger"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/notiontest"
	"notionproxy/proxy"
	"notionproxy/statuspage"
	"notionproxy/triage"
	"notionproxy/upstream"
)

// A scene is a Notion, a proxy in front of it, and triage that watches, all in
// memory and under a fake clock. Applications ask once a second.
type scene struct {
	t       *testing.T
	notion  *notiontest.Notion
	proxy   *proxy.Proxy
	triage  *triage.Triage
	watcher atomic.Pointer[triage.Triage] // the same, for the proxy's goroutines
	bot     string                        // of the token "app"
	space   string                        // its workspace
	claims  atomic.Pointer[statuspage.Page]
	noNames atomic.Bool // names are not found

	apps    sync.WaitGroup
	stop    context.CancelFunc
	life    context.Context
	mu      sync.Mutex
	notices []triage.Notice
	conns   []net.Conn
}

// policies make answers fresh for an instant only, so that what breaks shows at
// once: verdicts are timed from the first failure.
var policies = cache.Policies{
	notion.Content: {Fresh: 2 * time.Second, Keep: time.Hour}, notion.Schema: {Fresh: time.Minute, Keep: time.Hour},
	notion.People: {Fresh: time.Minute, Keep: time.Hour}, notion.Me: {Fresh: time.Minute, Keep: time.Hour}, notion.Search: {Keep: time.Hour},
}

// inScene runs a test in a bubble with a scene in it.
func inScene(t *testing.T, o triage.Options, act func(s *scene)) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{t: t, notion: notiontest.New(notiontest.Options{})}
		s.life, s.stop = context.WithCancel(context.Background())
		s.space = s.notion.AddWorkspace("home")
		s.bot = s.notion.AddConnection(notiontest.ConnectionOptions{Workspace: s.space, Name: "app"})
		s.notion.AddToken("ntn_app", s.bot)
		pipe := s.notion.Pipe()
		base := &url.URL{Scheme: "http", Host: "api.notion.com"}
		client := upstream.New(upstream.Options{URL: base, DialContext: s.dial(pipe)})
		o.Prober = triage.Prober{Notion: base, Resolve: s.resolve, Dial: s.dial(pipe), Me: s.me}
		s.begin(o, client)
		defer s.end(client, pipe)
		act(s)
	})
}

func (s *scene) end(client *upstream.Client, pipe *notiontest.Pipe) {
	s.stop()
	s.proxy.Drain()
	client.Close()
	_ = s.notion.Close()
	_ = pipe.Close()
	s.apps.Wait()
	time.Sleep(time.Minute) // what runs behind clients' backs gives up
	synctest.Wait()
}

// loseNames has names not be found any more, and open connections be gone.
func (s *scene) loseNames() {
	s.noNames.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
}

func (s *scene) begin(o triage.Options, client *upstream.Client) {
	books := ledger.New(ledger.Options{})
	s.claims.Store(&statuspage.Page{Indicator: "none", Description: "All Systems Operational"})
	o.Spent, o.Page, o.Notify = books.Report, s.page, s.noticed
	o.FetchSchema = func(ctx context.Context, r triage.SchemaRef) int {
		return s.proxy.FetchSchema(ctx, r.Connection, r.ID, r.Database, r.Version)
	}
	var err error
	s.triage, err = triage.New(o)
	require.NoError(s.t, err)
	s.watcher.Store(s.triage)
	s.proxy = proxy.New(proxy.Options{
		Upstream: client, Limiter: limiter.New(limiter.Options{}), Cache: cache.Options{MaxBytes: 64 << 20, Policies: policies},
		Record: func(x *exchange.Exchange) {
			books.Add(x)
			s.watcher.Load().Add(x)
		},
		Schema: func(connection, version string, body []byte, at time.Time) {
			s.watcher.Load().Schema(triage.SchemaAnswer{Connection: connection, Version: version, Body: body, At: at})
		},
	})
	first := s.triage
	s.apps.Go(func() { first.Run(s.life) })
}

func (s *scene) dial(pipe *notiontest.Pipe) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if s.noNames.Load() {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "api.notion.com", IsNotFound: true}}
		}
		c, err := pipe.DialContext(ctx, network, addr)
		if err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.conns = append(s.conns, c)
		}
		return c, err
	}
}

func (s *scene) resolve(context.Context, string) ([]string, error) {
	if s.noNames.Load() {
		return nil, &net.DNSError{Err: "no such host", Name: "api.notion.com", IsNotFound: true}
	}
	return []string{"192.0.2.7"}, nil
}

func (s *scene) me(ctx context.Context) (probes []triage.Probe) {
	for _, a := range s.proxy.AskMe(ctx, 5) {
		probes = append(probes, triage.TokenProbe(triage.Asked(a)))
	}
	return probes
}

// page is what Notion's status page says.
func (s *scene) page(now time.Time) statuspage.Reading {
	page := s.claims.Load()
	if page == nil {
		return statuspage.Reading{Verdict: statuspage.Unknown, Err: errors.New("asking the status page: it answered 502")}
	}
	r := statuspage.Reading{Verdict: statuspage.Clear, Page: page, At: now}
	for _, i := range page.Incidents {
		r.Verdict, r.Concerns = statuspage.Trouble, append(r.Concerns, "incident: "+i.Name)
	}
	return r
}

func (s *scene) noticed(n triage.Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notices = append(s.notices, n)
}

func (s *scene) told() (list []triage.Transition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.notices {
		list = append(list, n.Transition)
	}
	return list
}

// A request is what an application asks for.
type request struct{ token, app, method, target, body string }

func get(app, target string) request { return request{"ntn_app", app, "GET", target, ""} }

func post(app, target, body string) request { return request{"ntn_app", app, "POST", target, body} }

// ask sends a request through the proxy; the client gives up after 30 s.
func (s *scene) ask(q request) int {
	ctx, cancel := context.WithTimeout(s.life, 30*time.Second)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, q.method, q.target, strings.NewReader(q.body))
	if q.body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	r.RequestURI, r.RemoteAddr = q.target, "192.0.2.1:1234"
	r.Header.Set("Authorization", "Bearer "+q.token)
	r.Header.Set("Notion-Version", "2025-09-03")
	r.Header.Set("User-Agent", q.app)
	rec := httptest.NewRecorder()
	defer func() {
		if e := recover(); e != nil && e != http.ErrAbortHandler {
			panic(e)
		}
	}()
	s.proxy.ServeHTTP(rec, r)
	return rec.Code
}

// every has the requests made once a period until stop is called.
func (s *scene) every(period time.Duration, requests ...request) (stop func()) {
	ctx, cancel := context.WithCancel(s.life)
	s.apps.Go(func() {
		for ctx.Err() == nil {
			for _, q := range requests {
				s.apps.Go(func() { s.ask(q) })
			}
			select {
			case <-time.After(period):
			case <-ctx.Done():
			}
		}
	})
	return cancel
}

// becomes waits until the verdict is that, for so long at most, and returns
// how long it took.
func (s *scene) becomes(class triage.Class, within time.Duration) time.Duration {
	s.t.Helper()
	start := time.Now()
	for {
		r := s.triage.Report(time.Now())
		took := time.Since(start)
		if r.Classification == class {
			s.t.Logf("%s after %v", class, took)
			return took
		}
		if took > within {
			assert.Fail(s.t, "the verdict is not "+string(class), "after %v it is %s: %+v", took, r.Classification, r.Verdict.Findings)
			return took
		}
		time.Sleep(time.Second)
	}
}

// stays holds that the verdict does not leave class for that long.
func (s *scene) stays(class triage.Class, long time.Duration) {
	s.t.Helper()
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(time.Second) {
		r := s.triage.Report(time.Now())
		if !assert.Equal(s.t, class, r.Classification, "%+v", r.Verdict.Findings) {
			return
		}
	}
}

// incident is the newest one.
func (s *scene) incident() triage.Incident {
	list := s.triage.Incidents()
	require.NotEmpty(s.t, list, "there is no incident")
	return list[0]
}

// restart has another triage watch from now on, with other expectations.
func (s *scene) restart(expect map[string][]string) {
	t, err := triage.New(triage.Options{Expect: expect, Page: s.page, FetchSchema: func(ctx context.Context, r triage.SchemaRef) int {
		return s.proxy.FetchSchema(ctx, r.Connection, r.ID, r.Database, r.Version)
	}})
	require.NoError(s.t, err)
	s.watcher.Store(t)
	s.triage = t
	s.apps.Go(func() { t.Run(s.life) })
}
