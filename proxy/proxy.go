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
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
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

	// Cache says how much is stored and how long. Its Workspace and Trusted are
	// set by New.
	Cache cache.Options

	Settings

	// Incident says whether Notion's status page shows an incident that
	// concerns us. It must not wait. nil means that nobody reads that page.
	Incident func() bool

	// Hint is what that page shows, empty when it shows nothing: whoever gets
	// an error for a write is told. It must not wait. nil means none ever.
	Hint func() Hint

	// Maintenance is when the next announced maintenance of Notion's begins,
	// zero when none is announced. In the half hour before, what is read most
	// is asked for anew. It must not wait. nil means none ever.
	Maintenance func(now time.Time) time.Time

	// Schema takes answers that hold a schema of a database or data source, as
	// Notion gave them: the connection's digest, the Notion-Version, the JSON,
	// which must not be changed, and when it was asked for. It must not wait.
	// nil means that nobody wants them.
	Schema func(connection, version string, body []byte, at time.Time)

	// TrustEvents has pages and queries fresh for ten minutes where Notion's
	// events, given to Notice, would tell that they have changed.
	TrustEvents bool
	// Replicas are the other proxies with which this one acts as one. nil means
	// that there are none.
	Replicas Replicas

	// Health adds members to the summary of /health. It must not wait. nil
	// adds none.
	Health func() map[string]any

	// Triage answers /triage and what is below it, by itself. nil means that
	// there is no such page.
	Triage http.Handler
	// Access remembers tokens beyond this process. nil means that nothing does.
	Access AccessKeeper

	// Statuses has outages outlive this process. nil means that nothing does.
	Statuses StatusKeeper

	// Record takes each finished Exchange. nil means nobody does.
	Record exchange.Reader

	// Tracer follows requests on their way. nil means nobody does.
	Tracer Tracer

	// Random returns a length of at least 0 and less than below, and is safe
	// for concurrent use. nil means math/rand/v2's; tests that are to be
	// repeated bring one that has a seed.
	Random func(below time.Duration) time.Duration

	// Version is the program's, for its User-Agent.
	Version string
}

// A Proxy is the http.Handler for the data listener. It is safe for concurrent
// use.
type Proxy struct {
	o        Options
	upstream *upstream.Client
	limiter  *limiter.Limiter
	store    *cache.Store
	tokens   *tokens
	recent   recentTokens
	flights  flights
	recalls  recalls
	heirs    heirs
	retries  *limiter.Retries
	breakers *upstream.Breakers
	timeouts *upstream.Timeouts
	served   served
	outages  outages
	favoured favourites
	renewals renewals
	trust    trust
	router   http.Handler
	record   exchange.Reader
	trace    Tracer
	draining atomic.Bool

	configuring sync.Mutex               // one change at a time
	settings    atomic.Pointer[Settings] // never changed, only replaced
	started     time.Time
	counts      counts

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
		o: o, upstream: o.Upstream, limiter: o.Limiter, record: o.Record, trace: o.Tracer,
		tokens:   newTokens(),
		retries:  limiter.NewRetries(maxRetrying),
		breakers: upstream.NewBreakers(),
		timeouts: upstream.NewTimeouts(),
		started:  time.Now(),
	}
	o.Cache.Workspace, o.Cache.Bot, o.Cache.Trusted = p.tokens.workspace, p.tokens.bot, p.trusts
	p.trust.wanted = o.TrustEvents
	p.store = cache.New(o.Cache)
	p.favoured = newFavourites()
	p.breakers.OnTurn(func(c upstream.Circuit, down bool) {
		p.outages.turned.Store(true)
		o.Replicas.TellBreaker(c.Connection, c.Family, down)
	})
	p.flights.m = map[cache.Key]*flight{}
	p.recalls.m = map[cache.Key]chan struct{}{}
	p.life, p.end = context.WithCancel(context.Background())
	p.recallOutages()
	p.settings.Store(&o.Settings)
	p.limiter.Observe(o.Observe)
	p.router = p.routes()
	go p.sweep()
	go p.keepWarm()
	return p
}

func (o Options) withDefaults() Options {
	o.Settings = o.Settings.withDefaults()
	if o.Record == nil {
		o.Record = func(*exchange.Exchange) {}
	}
	if o.Incident == nil {
		o.Incident = func() bool { return false }
	}
	if o.Hint == nil {
		o.Hint = func() Hint { return Hint{} }
	}
	if o.Maintenance == nil {
		o.Maintenance = func(time.Time) time.Time { return time.Time{} }
	}
	if o.Replicas == nil {
		o.Replicas = alone{}
	}
	if o.Health == nil {
		o.Health = func() map[string]any { return nil }
	}
	if o.Tracer == nil {
		o.Tracer = untraced{}
	}
	if o.Random == nil {
		o.Random = rand.N[time.Duration]
	}
	if o.Schema == nil {
		o.Schema = func(string, string, []byte, time.Time) {}
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
	if p.o.Triage != nil {
		r.Handle("/triage", p.o.Triage)
		r.Handle("/triage/*", p.o.Triage)
	}
	r.NotFound(p.serveNotion)
	r.MethodNotAllowed(p.serveNotion)
	return r
}

// ServeHTTP answers one request.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.distrustBody(w, r)
	if !strings.HasPrefix(r.RequestURI, "/v1/") && (r.Method == http.MethodGet || strings.HasPrefix(r.RequestURI, "/triage")) {
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

	if err := p.step(c, "gate", p.gate); err != nil {
		p.refuse(c, err)
		return
	}
	if err := p.step(c, "classify", p.classify); err != nil {
		p.refuse(c, err)
		return
	}
	switch {
	case c.streams() && !c.isGet():
		p.stream(c)
	case !p.readBody(c):
	case c.streams():
		p.stream(c)
	case c.match.Op.Stored() && !c.set.Observe:
		p.read(c)
	default:
		p.relay(c)
	}
}

// step does a part of the way that may end it.
func (p *Proxy) step(c *call, stage string, do func(*call) error) error {
	defer p.trace.End(p.trace.Stage(c.r.Context(), stage))
	return do(c)
}

// classify finds out what is asked, and by whom.
func (p *Proxy) classify(c *call) error {
	c.match = notion.Classify(c.r.Method, c.path)
	return p.identify(c)
}

// finish hands the record of c to those who count.
func (p *Proxy) finish(c *call) {
	c.x.Total = time.Since(c.x.Start)
	c.describe()
	p.trace.Finish(c.r.Context(), &c.x)
	p.counts.add(&c.x)
	p.record(&c.x)
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
			p.served.sweep(time.Now())
		case <-p.life.Done():
			return
		}
	}
}
