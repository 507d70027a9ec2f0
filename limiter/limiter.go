// Package limiter says when a call may leave for Notion: all of the rate
// budget is used, and never more.
//
//	call
//	  │   connection  whose budget, by token or bot         connection.go, identity.go
//	  │   accepted    does Notion take this token at all?   unproven.go
//	  │   holds       has Notion said "not before"?         hold.go, pause.go
//	  │   window      171 in any minute, whatever its phase window.go
//	  │   bucket      2.85 a second, 30 at once             bucket.go, quota.go, pressure.go
//	  │   ceiling     over all connections                  ceiling.go
//	  ▼
//	leaves at once, or
//	  │   estimate    could it leave within its patience?   admit.go, estimate.go, forecast.go
//	  │   refuse      no: come back then, it is promised    promise.go, refusal.go
//	  │   queue       yes: lanes, then callers in turn      queue.go, waiter.go
//	  ▼
//	leaves when it may: one timer for each queue            dispatch.go
//
// One mutex guards everything. A call that need not wait holds it for a
// fraction of a microsecond, which is less than several locks would cost, and
// budgets that are shared (workspaces, the ceiling, tokens that turn out to be
// one connection) need no order of locks.
package limiter

import (
	"context"
	"hash/maphash"
	"math/rand/v2"
	"sync"
	"time"
)

// Options says how much may leave and who may wait. The zero Options is right
// for Notion's smaller plans.
type Options struct {
	// Quota is each connection's budget; the zero Quota is that of Notion's
	// smaller plans. Overrides has other budgets, by Call.Connection or a name
	// that Identify gave it, or by the first eight or more characters of one.
	Quota     Quota
	Overrides map[string]Quota

	// Ceiling is how many calls a second may leave over all connections; in
	// each second as many may leave at once. 0 means no such bound.
	Ceiling float64

	// MaxWait bounds every call's patience. 0 means 20 s.
	MaxWait time.Duration

	// MaxWaiting and MaxWaitingBytes bound what waits over all connections,
	// by count and by Call.Bytes; one connection gets half at most. 0 means
	// 10,000 and 64 MiB.
	MaxWaiting      int
	MaxWaitingBytes int64

	// MaxConnections bounds how many connections are remembered, each counted
	// once by its own name and once by each token that leads to it. One is
	// forgotten when its budget is whole again; when so many are in use, the
	// calls of others are refused. 0 means 20,000, which takes 16 MB when all
	// of them are in use within the same minute.
	MaxConnections int

	// Window is Notion's, in which it counts calls; each still counts for a
	// sixtieth more. 0 means a minute. Tests that run in real time shorten it.
	Window time.Duration

	// Lender lends the calls of budgets that several replicas spend together.
	// nil means that this one spends them alone.
	Lender Lender

	// HoldJitter is the most by which a hold is lengthened at random, and
	// never by more than a tenth, so that several proxies do not come back at
	// once. 0 means a second; negative means none.
	HoldJitter time.Duration

	// Random returns a length of at least 0 and less than below, and is safe
	// for concurrent use. nil means math/rand/v2's; tests that are to be
	// repeated bring one that has a seed.
	Random func(below time.Duration) time.Duration

	// Unclean says that the process before this one may have spent what nobody
	// knows of, until a moment ago: in the first minute, each connection
	// begins with an empty bucket and one burst counted as spent.
	Unclean bool
}

func (o Options) withDefaults() Options {
	orDefault(&o.MaxWait, 20*time.Second)
	orDefault(&o.MaxWaiting, 10_000)
	orDefault(&o.MaxWaitingBytes, 64<<20)
	orDefault(&o.MaxConnections, 20_000)
	orDefault(&o.HoldJitter, time.Second)
	orDefault(&o.Window, minute)
	if o.Random == nil {
		o.Random = rand.N[time.Duration]
	}
	return o
}

func orDefault[T int | int64 | time.Duration](option *T, value T) {
	if *option == 0 {
		*option = value
	}
}

// A Limiter says when calls may leave. Its methods are safe for concurrent use,
// and none but Acquire waits.
type Limiter struct {
	options Options
	epoch   time.Time
	seed    maphash.Seed
	span    time.Duration // how long a call counts in a window

	mu          sync.Mutex
	connections map[string]*connection // by name and alias
	newest      *connection            // of a list by last use
	oldest      *connection
	workspaces  map[string]*workspace // by name
	identities  identities
	pool        *connection // what the tokens share that Notion has not accepted yet

	ceiling      *bucket       // nil: none
	parked       []*connection // those with a call that could leave but for the ceiling, in turn
	ceilingAlarm *time.Timer

	waiting   int
	bytes     int64
	observing bool
	draining  bool

	forecasts [2]forecast    // of bulk the second
	counts    map[uint64]int // scratch of before
}

// New returns a limiter with all budgets whole.
func New(o Options) *Limiter {
	o = o.withDefaults()
	l := &Limiter{
		options:     o,
		epoch:       time.Now(),
		seed:        maphash.MakeSeed(),
		span:        o.Window + o.Window/60,
		connections: map[string]*connection{},
		workspaces:  map[string]*workspace{},
		identities:  newIdentities(maxIdentities),
		counts:      map[uint64]int{},
	}
	l.pool = newConnection("", unproven, l.epoch)
	l.ceiling = newCeiling(o.Ceiling, l.epoch)
	return l
}

// now is the limiter's own time.
func (l *Limiter) now() instant { return time.Since(l.epoch) }

// Acquire waits until the call may leave. The error is the context's, or a
// *Refusal. The caller makes the call at once, and then says so to the Grant.
func (l *Limiter) Acquire(ctx context.Context, c Call) (*Grant, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w, g, err := l.ask(c)
	if w == nil {
		return g, err
	}
	return l.await(ctx, w, w.deadline-w.since)
}

// ask lets the call leave, refuses it, or has it wait.
func (l *Limiter) ask(c Call) (*waiter, *Grant, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	c.Lane = min(c.Lane, Bulk)
	if l.draining {
		return nil, nil, refusal(Draining, 0)
	}
	l.recall(c, now)
	from := l.connection(c.Connection, now)
	if from == nil && l.observing {
		from = l.newConnection(c.Connection) // and nobody remembers it
	}
	if from == nil {
		return nil, nil, refusal(TooMany, l.span)
	}
	if c.Accepted {
		l.accept(from, now)
	}
	if l.observing {
		return nil, l.observe(from, c, now), nil
	}
	if l.isFree(from, c, now) {
		return nil, l.let(from, c.Operation, now), nil
	}
	w, g, err := l.admit(from, c, now)
	if err != nil && !from.proven && from.isAsNew(now) {
		l.drop(from) // or unheard-of tokens would fill the memory
	}
	return w, g, err
}

// isFree reports whether the call may leave at once and nobody waits or was
// promised a place before it.
func (l *Limiter) isFree(c *connection, call Call, now instant) bool {
	if !c.proven || c.queue.waiting > 0 || len(c.promises) > 0 || len(c.stops) > 0 || len(l.parked) > 0 {
		return false
	}
	if call.Lane == Bulk && c.window.n >= c.most(true) {
		return false
	}
	at, _ := c.opens(now)
	return at <= now && (l.ceiling == nil || l.ceiling.opens(now) <= now)
}

// Drain refuses what waits and what comes, with a RetryAfter of one second. It
// cannot be undone.
func (l *Limiter) Drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draining = true
	now := l.now()
	for c := range l.all {
		c.queue.each(func(w *waiter) {
			l.forget(w)
			w.refuse(refusal(Draining, 0))
		})
		l.dispatch(c, now)
	}
}

// all yields every connection.
func (l *Limiter) all(yield func(*connection) bool) {
	for c := l.newest; c != nil; c = c.older {
		if !yield(c) {
			return
		}
	}
}
