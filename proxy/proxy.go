// Package proxy answers Notion API requests: from the cache when it can, from
// Notion when it must, and no faster than Notion allows.
//
//	client
//	  |   gate       well-formed, wanted, bounded? or refuse             gate.go
//	  |   classify   which operation? read, write, or pass-through       notion
//	  |   identify   whose call? token, lane, patience, wishes           identify.go
//	  |   lookup     fresh? stale and allowed? -> answer                 read.go, cache
//	  |   share      the same read is under way -> wait for it           flight.go
//	  |   admit      when may it leave? or refuse, in Notion's words     forward.go, limiter
//	  |   forward    send, retry what may be retried                     forward.go, upstream
//	  |   settle     store, drop what a write made stale, hold on 429    settle.go, cache, limiter
//	  v   answer     headers, ETag, encoding; one Exchange               answer.go, exchange
//	client
//
// Reads on the list take the whole way. Writes and reads that are never stored
// (relay.go) skip lookup and share; uploads, event streams and paths nobody
// knows (stream.go) are passed on as they come.
package proxy

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"notionproxy/cache"
	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/upstream"
)

// Options of a Proxy. Durations and sizes at zero mean the default.
type Options struct {
	Upstream *upstream.Client // required
	Limiter  *limiter.Limiter // required

	// Cache says how much is stored and how long. Its Workspace is set by New.
	Cache cache.Options

	// Lend has the token that calls get which bring none. nil means that
	// every caller brings its own.
	Lend *Lend

	ReadOnly   bool     // writes are refused with 403
	Operations []string // names or globs of the operations let through; empty means all
	Lanes      []LaneRule

	// ForwardHeaders travel to Notion beside the usual ones, with calls that
	// are never stored.
	ForwardHeaders []string

	NoRateLimitHeaders bool // answers do not tell what is left of the budget

	IgnoreDirectives bool          // Cache-Control, Prefer and Priority of clients do not count
	ServeStale       StaleMode     // StaleAuto is the default
	Observe          bool          // the cache is off and the limiter only watches
	AuthTTL          time.Duration // hits after Notion last accepted the token; 10 min
	SlowAnswer       time.Duration // how long a read waits while a stale answer is at hand; 3 s
	SlowStaleAge     time.Duration // how old that one may be; 10 min
	MaxWait          time.Duration // in queues and holds, all attempts together; 20 s
	Timeout          time.Duration // of one call; 60 s
	Limits           Limits

	// Incident says whether Notion's status page shows an incident that
	// concerns us. It must not wait. nil means that nobody reads that page.
	Incident func() bool

	// Health adds members to the summary of /health. It must not wait. nil
	// adds none.
	Health func() map[string]any

	// Record takes each finished Exchange. nil means nobody does.
	Record exchange.Reader

	// Version is the program's, for its User-Agent.
	Version string
}

// StaleMode says when answers past their time are served.
type StaleMode uint32

// The stale modes.
const (
	StaleAuto   StaleMode = iota // in trouble
	StaleAlways                  // at once, and refreshed behind the client's back
	StaleNever                   // never
)

// A Proxy is the http.Handler for the data listener. It is safe for concurrent
// use.
type Proxy struct {
	o        Options
	upstream *upstream.Client
	limiter  *limiter.Limiter
	store    *cache.Store
	tokens   *tokens
	flights  flights
	retries  *limiter.Retries
	breakers *upstream.Breakers
	timeouts *upstream.Timeouts
	served   served
	router   http.Handler
	record   exchange.Reader
	stale    atomic.Uint32 // a StaleMode
	observe  atomic.Bool
	draining atomic.Bool
	started  time.Time
	counts   counts

	// life ends with Drain: what runs behind clients' backs ends with it.
	life context.Context
	end  context.CancelFunc
}

const sweepEvery = time.Minute

// New makes a Proxy. It makes no call. Drain ends what it runs in the
// background.
func New(o Options) *Proxy {
	o = o.withDefaults()
	p := &Proxy{
		o: o, upstream: o.Upstream, limiter: o.Limiter, record: o.Record,
		tokens:   newTokens(),
		retries:  limiter.NewRetries(maxTokens),
		breakers: upstream.NewBreakers(),
		timeouts: upstream.NewTimeouts(),
		started:  time.Now(),
	}
	o.Cache.Workspace = p.tokens.workspace
	p.store = cache.New(o.Cache)
	p.flights.m = map[cache.Key]*flight{}
	p.life, p.end = context.WithCancel(context.Background())
	p.ServeStale(o.ServeStale)
	p.Observe(o.Observe)
	p.router = p.routes()
	go p.sweep()
	return p
}

func (o Options) withDefaults() Options {
	setDefault(&o.AuthTTL, 10*time.Minute)
	setDefault(&o.SlowAnswer, 3*time.Second)
	setDefault(&o.SlowStaleAge, 10*time.Minute)
	setDefault(&o.MaxWait, 20*time.Second)
	setDefault(&o.Timeout, upstream.DefaultTimeout)
	o.Limits = o.Limits.withDefaults()
	if o.Record == nil {
		o.Record = func(*exchange.Exchange) {}
	}
	if o.Incident == nil {
		o.Incident = func() bool { return false }
	}
	if o.Health == nil {
		o.Health = func() map[string]any { return nil }
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	return o
}

func setDefault[T time.Duration | int64](v *T, to T) {
	if *v == 0 {
		*v = to
	}
}

func (p *Proxy) routes() http.Handler {
	r := chi.NewRouter()
	r.Get("/healthz", p.healthz)
	r.Get("/readyz", p.readyz)
	r.Get("/health", p.health)
	r.NotFound(p.serveNotion)
	r.MethodNotAllowed(p.serveNotion)
	return r
}

// ServeHTTP answers one request.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.distrustBody(w, r)
	if r.Method == http.MethodGet && !strings.HasPrefix(r.RequestURI, "/v1/") {
		p.router.ServeHTTP(w, r)
		return
	}
	// Notion's paths are told apart by notion.Classify, which works on what
	// the client escaped; a router would only cost here, a tenth of a hit.
	p.serveNotion(w, r)
}

// serveNotion is the request's way.
func (p *Proxy) serveNotion(w http.ResponseWriter, r *http.Request) {
	c := p.newCall(w, r)
	defer p.finish(c)

	if err := p.gate(c); err != nil {
		p.refuse(c, err)
		return
	}
	c.match = notion.Classify(r.Method, c.path)
	if err := p.identify(c); err != nil {
		p.refuse(c, err)
		return
	}
	switch {
	case c.streams() && !c.isGet():
		p.stream(c)
	case !p.readBody(c):
	case c.streams():
		p.stream(c)
	case c.match.Op.Stored() && !p.observe.Load():
		p.read(c)
	default:
		p.relay(c)
	}
}

// finish hands the record of c to those who count.
func (p *Proxy) finish(c *call) {
	c.x.Total = time.Since(c.x.Start)
	c.describe()
	p.counts.add(&c.x)
	p.record(&c.x)
}

// ServeStale sets when answers past their time are served. It may be called at
// any time.
func (p *Proxy) ServeStale(m StaleMode) { p.stale.Store(uint32(m)) }

// Observe turns the cache off and lets the limiter only watch, or ends that.
// It may be called at any time.
func (p *Proxy) Observe(only bool) {
	p.observe.Store(only)
	p.limiter.Observe(only)
}

// Drain begins the end: readiness turns off, what is queued is refused, what
// runs behind clients' backs ends, what is under way goes on.
func (p *Proxy) Drain() {
	p.draining.Store(true)
	p.limiter.Drain()
	p.end()
}

// sweep removes what is past its keep time, whether or not anybody asks for
// it: nothing should lie about for longer than was promised.
func (p *Proxy) sweep() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.store.Sweep(time.Now())
		case <-p.life.Done():
			return
		}
	}
}
