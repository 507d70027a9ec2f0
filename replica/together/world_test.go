package together

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/cache/seal"
	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/notiontest"
	"notionproxy/proxy"
	"notionproxy/replica"
	"notionproxy/replica/redistest"
	"notionproxy/upstream"
)

const (
	replicas = 3

	// redisTimeout is the default of one command, beat a tenth of the default:
	// worlds are short.
	redisTimeout = 50 * time.Millisecond
	beat         = 50 * time.Millisecond
)

// A world is three replicas, what they stand before and behind, and all that is
// known of it.
type world struct {
	t       *testing.T
	seed    uint64
	notion  *notiontest.Notion
	pipe    *notiontest.Pipe
	redis   *redistest.Server
	nodes   [replicas]*node
	weather weather
	pulse   func() // ends what looks whether the machine keeps up
	fresh   time.Duration
	began   time.Time
	asked   atomic.Uint64
	ops     atomic.Int64 // yet to be done
	dark    atomic.Bool  // bob's reads fail

	mu     sync.Mutex
	spaces []*space
	tokens []*token
	things []*history
	calls  map[string]*notiontest.Call // by request id
	newest int                         // call
	purges []purge
	bad    string // the first violation, with its story
	told   []string
	tally  tally
}

// A node is one replica.
type node struct {
	number int
	proxy  *proxy.Proxy
	client *upstream.Client
	group  *replica.Group
	relay  *relay
	leave  func()

	lateAt atomic.Int64 // when somebody last waited in vain for the others' word
	seen   sync.Map     // exchanges by request id
}

// Keys are the same for all replicas.
func sharedKeys(t *testing.T) seal.Ring {
	k, err := seal.NewKeys([]byte("0123456789abcdef0123456789abcdef"))
	require.NoError(t, err)
	return seal.Ring{k}
}

// A shape is what one world is like.
type shape struct {
	fresh          time.Duration
	partitionFresh time.Duration
	quota          limiter.Quota
	window         time.Duration
	maxWait        time.Duration
}

func newWorld(t *testing.T, seed uint64, s shape) *world {
	t.Helper()
	w := &world{
		t: t, seed: seed, began: time.Now(), fresh: s.fresh, calls: map[string]*notiontest.Call{},
		notion:  notiontest.New(notiontest.Options{Seed: seed, RateLimit: -1, LogCalls: 100}),
		redis:   redistest.Start(t, "--enable-debug-command", "yes"),
		weather: weather{partitionFresh: s.partitionFresh, slack: slack},
	}
	w.pipe = w.notion.Pipe()
	w.notion.Observe(w.observe)
	for _, in := range []string{"home", "away"} {
		w.furnish(in)
	}
	for _, x := range [][3]string{{"alice", "", "home"}, {"anna", "alice", "home"}, {"bob", "", "home"}, {"dora", "", "home"}, {"carol", "", "away"}} {
		w.addToken(x[0], x[1], x[2])
	}
	for i := range w.nodes {
		w.nodes[i] = w.newNode(i, s)
	}
	w.pulse = w.weather.watch(w.redis.Addr())
	w.meet()
	return w
}

// newNode makes a replica as cmd/notionproxy does.
func (w *world) newNode(i int, s shape) *node {
	n := &node{number: i, relay: newRelay(w.t, w.redis.Addr())}
	base, err := url.Parse("http://api.notion.com")
	require.NoError(w.t, err)
	n.client = upstream.New(upstream.Options{URL: base, DialContext: w.pipe.DialContext})
	n.group, err = replica.New(replica.Options{
		URL: n.relay.URL(), Keys: sharedKeys(w.t), Replicas: replicas, PartitionFresh: s.partitionFresh,
		Timeout: redisTimeout, Beat: beat, Lease: beat, Window: s.window,
	})
	require.NoError(w.t, err)
	entries := n.group.Entries()
	limits := limiter.New(limiter.Options{Quota: s.quota, Window: s.window, MaxWait: s.maxWait, Lender: n.group, HoldJitter: -1})
	policies := cache.DefaultPolicies()
	for class := range policies {
		policies[class] = cache.Policy{Fresh: min(s.fresh, policies[class].Fresh), Keep: policies[class].Keep}
	}
	n.proxy = proxy.New(proxy.Options{
		Upstream: n.client, Limiter: limits,
		Cache:    cache.Options{MaxBytes: 64 << 20, Policies: policies, Backing: watched{entries, n}},
		Replicas: n.group,
		Settings: proxy.Settings{SlowAnswer: 40 * time.Millisecond, MaxWait: s.maxWait, Timeout: time.Second},
		Record:   func(x *exchange.Exchange) { n.seen.Store(x.RequestID, x) },
	})
	n.group.Join(limits)
	n.group.Listen(n.proxy)
	entries.Attach(n.proxy)
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { n.group.Run(ctx) })
	n.leave = func() { cancel(); run.Wait() }
	return n
}

// A watched backing notes when the others' word did not come in time.
type watched struct {
	cache.Backing
	n *node
}

func (b watched) Settle(ctx context.Context) {
	before, start := b.n.group.State(), time.Now()
	b.Backing.Settle(ctx)
	after := b.n.group.State()
	if !after.Connected || before.Live != replicas || after.Live != replicas || before.Errors != after.Errors ||
		!before.Since.Equal(after.Since) || time.Since(start) >= redisTimeout {
		b.n.lateAt.Store(time.Now().UnixNano())
	}
}

// hasTold says whether all others heard at once of everything since start.
func (n *node) hasTold(start time.Time) bool { return n.lateAt.Load() < start.UnixNano() }

// meet waits until the replicas are one and know every token.
func (w *world) meet() {
	require.Eventually(w.t, func() bool {
		for _, n := range w.nodes {
			if s := n.group.State(); !s.Connected || s.Live != replicas || !n.group.Current() {
				return false
			}
		}
		return true
	}, 15*time.Second, 10*time.Millisecond, "the replicas do not become one")
	for _, t := range w.tokens {
		for i := range w.nodes {
			require.Eventually(w.t, func() bool { // a Redis that is slow just now lends nothing
				a := w.do(context.Background(), i, t.name, "GET", "/v1/users/me", "", http.Header{"Cache-Control": {"no-cache"}})
				return a.status == http.StatusOK
			}, 15*time.Second, 50*time.Millisecond, "a token is not taken")
		}
	}
}

func (w *world) close() {
	w.notion.ClearFaults()
	for _, n := range w.nodes {
		n.proxy.Drain()
		n.leave()
		n.relay.close()
	}
	_ = w.notion.Close()
	_ = w.pipe.Close()
	for _, n := range w.nodes {
		n.client.Close()
	}
	w.pulse()
	w.redis.Kill()
}

// A reply is what a client got.
type reply struct {
	status int
	body   string
	x      *exchange.Exchange
	start  time.Time // when it asked
	at     time.Time // when it had the answer
}

// do sends a request through a replica.
func (w *world) do(ctx context.Context, at int, token, method, target, body string, header http.Header) *reply {
	n := w.nodes[at]
	r := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	r.RequestURI, r.RemoteAddr = target, "192.0.2.1:1234"
	prepare(r, token, body)
	for name, values := range header {
		r.Header[name] = values
	}
	id := "test-" + strconv.FormatUint(w.asked.Add(1), 10)
	r.Header.Set("X-Request-Id", id)
	rec, start := httptest.NewRecorder(), time.Now()
	func() {
		defer func() {
			if e := recover(); e != nil && e != http.ErrAbortHandler {
				panic(e)
			}
		}()
		n.proxy.ServeHTTP(rec, r)
	}()
	a := &reply{status: rec.Code, body: rec.Body.String(), start: start, at: time.Now(), x: &exchange.Exchange{}}
	if x, ok := n.seen.LoadAndDelete(id); ok {
		a.x = x.(*exchange.Exchange)
	}
	return a
}

func prepare(r *http.Request, token, body string) {
	r.Header.Set("Authorization", "Bearer ntn_"+token)
	r.Header.Set("Notion-Version", "2025-09-03")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
}

// truth is what Notion says behind the replicas' backs; no fault strikes there.
func (w *world) truth(s *space, method, target, body string) string {
	r := httptest.NewRequest(method, "https://api.notion.com"+target, strings.NewReader(body))
	prepare(r, "root-"+s.name, body)
	resp, err := w.notion.RoundTrip(r)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	rec := new(strings.Builder)
	_, _ = fmt.Fprint(rec, readAll(resp))
	return rec.String()
}

// tell adds to the story of the world.
func (w *world) tell(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tellLocked(format, args...)
}

const storyLines = 3000

func (w *world) tellLocked(format string, args ...any) {
	if len(w.told) >= 2*storyLines {
		w.told = append(w.told[:0], w.told[storyLines:]...)
	}
	w.told = append(w.told, fmt.Sprintf("%9.3f  ", time.Since(w.began).Seconds())+fmt.Sprintf(format, args...))
}

// breaks records the first violation. Call it with the world locked.
// What it is about picks lines from the story.
func (w *world) breaks(rule int, about, format string, args ...any) {
	w.breaksAbout(rule, []string{about}, format, args...)
}

func (w *world) breaksAbout(rule int, about []string, format string, args ...any) {
	if w.bad != "" {
		return
	}
	w.ops.Store(0)
	lines := []string{fmt.Sprintf("rule %d is broken at %.3f: ", rule, time.Since(w.began).Seconds()) + fmt.Sprintf(format, args...)}
	for _, n := range w.nodes {
		lines[0] += fmt.Sprintf("\n%d: %+v", n.number, n.group.State())
	}
	for _, line := range w.told {
		if strings.Contains(line, "Redis:") || strings.Contains(line, "fails") || slices.ContainsFunc(about, func(id string) bool { return strings.Contains(line, id) }) {
			lines = append(lines, line)
		}
	}
	w.bad = strings.Join(append(lines[:1], lines[max(1, len(lines)-120):]...), "\n")
}

// observe learns from a call of Notion's what it means for its token.
func (w *world) observe(c notiontest.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.newest = max(w.newest, c.Seq)
	w.tally.calls++
	if c.RequestID != "" {
		w.calls[c.RequestID] = &c
	}
	t := w.token(c.Token)
	if t == nil {
		return
	}
	t.left = append(t.left, c.At)
	clean := c.Fault == "" || c.Fault == string(notiontest.FaultStatus) || c.Fault == string(notiontest.FaultDelay)
	switch {
	case c.Status == 401 && clean && c.Op == "users.me":
		t.confirmed, t.confirmedAt = max(t.confirmed, c.Seq), time.Now()
	case c.Status/100 == 2, c.Status == 403, c.Status == 404, c.Status == 409:
		t.accepted = max(t.accepted, c.Seq)
	}
}

func (w *world) token(secret string) *token {
	for _, t := range w.tokens {
		if "ntn_"+t.name == secret {
			return t
		}
	}
	return nil
}
