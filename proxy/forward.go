package proxy

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"notionproxy/cache"
	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/upstream"
)

// An ask is what it takes to ask Notion: all of a call that may outlive it.
type ask struct {
	match    notion.Match
	method   string
	path     string
	query    string
	header   http.Header
	body     []byte
	owner    cache.Owner
	state    tokenState
	lane     limiter.Lane
	caller   string // who takes turns
	client   string // the caller's name for itself
	remote   string
	patience time.Duration

	cause    any // the span of the request that it is for; nil if there is none
	question cache.Question
	storable bool // the answer is looked into, and stored if it may be
	behind   bool // nobody waits for it
	once     bool // if it is refused, nobody comes back for it
	noStore  bool // but not this one
	write    bool
	single   bool // it is made once, whatever comes
	passing  bool // nothing of the answer is kept; see upstream.Request
}

func (p *Proxy) newAsk(c *call, header http.Header) *ask {
	return &ask{
		match: c.match, method: c.r.Method, path: c.path, query: c.query, header: header, body: c.body,
		owner: c.owner, state: c.state, lane: c.lane, caller: c.caller(), client: c.x.Client, remote: c.remote(),
		patience: c.waitLeft(time.Now()), write: c.writes(), cause: p.trace.Cause(c.r.Context()),
	}
}

// A result is what asking brought.
type result struct {
	elsewhere *cache.Found // what another replica asked and stored; all else is empty then

	answer  *upstream.Answer // nil when no call left
	refusal error            // why none did
	page    *cache.Page      // of an answer to a storable read
	born    time.Time        // when the last call left
	left    uint64           // the same on the tokens' clock
	stored  bool
	tags    []notion.Tag
	reason  string // rate_limit_reason of the first 429
	calls   int
	queued  time.Duration
	took    time.Duration // waiting for Notion, all calls together
}

// ourselves is the caller of what the proxy asks by itself.
const ourselves = "notionproxy"

// recordOwn hands over the record of a read that no client waited for: one that
// the proxy made by itself, or that all have left. It spends the same budget.
func (p *Proxy) recordOwn(a *ask, r *result, start time.Time) {
	if r.elsewhere != nil {
		return // it cost nothing here
	}
	op := a.match.Op
	x := &exchange.Exchange{
		Start: start, RequestID: newRequestID(), Operation: op.Name, Kind: op.Kind.String(), Family: string(op.Family),
		Method: a.method, Route: op.Path, Connection: a.state.label(), Client: a.client, Lane: a.lane.String(),
		Object:  firstID(a.match, a.query),
		Outcome: exchange.Miss, Stored: r.stored, Calls: r.calls, Queued: r.queued, Upstream: r.took, Total: time.Since(start),
	}
	if r.answer == nil {
		x.Outcome = exchange.Refused
	} else {
		x.Status = r.answer.Status
		note(x, r.answer, r.reason)
	}
	p.counts.add(x)
	p.record(x)
}

// note enters what Notion's last answer was, and the reason of a 429 on the way
// to it.
func note(x *exchange.Exchange, a *upstream.Answer, reason string) {
	x.UpstreamStatus, x.UpstreamOutcome = a.Status, string(a.Kind)
	x.RateLimitReason = reason
	if a.Status == http.StatusBadRequest {
		problem, property := notion.CutMessage(a.Error.Message)
		x.Problem, x.Property = problem, exchange.Digest(property)
	}
	if a.Header != nil {
		x.UpstreamID, x.Ray = a.Header.Get("X-Notion-Request-Id"), a.Header.Get("Cf-Ray")
	}
}

// failed says whether a client should rather get a stored answer, if there is
// one.
func (r *result) failed() bool {
	return r.answer == nil || r.answer.Kind.Failure() || r.answer.Kind == upstream.Limited
}

// maxRetries bounds what is repeated after failures, beside the retry budget.
const maxRetries = 2

// forward asks Notion, no faster than it allows, repeats what may be repeated,
// and settles what follows from the answer. Waiting ends with the context
// wait, calls with the context ctx. f is the flight that it is for, nil if there
// is none.
func (p *Proxy) forward(wait, ctx context.Context, a *ask, f *flight) *result {
	r := &result{}
	intended := false
	for retries := 0; ; {
		grant, try, err := p.admit(wait, a, r, f)
		if err != nil {
			r.refusal = err
			return r
		}
		if r.answer == nil { // what never leaves earns no retry
			p.retries.Count(a.state.budget)
		}
		if f != nil {
			p.leaves(f)
		}
		if a.write && !intended {
			intended = true
			defer p.intend(a)()
		}
		p.once(ctx, a, r, grant, try)
		if f != nil && r.answer.Kind.Failure() {
			kind := r.answer.Kind
			f.failed.Store(&kind)
		}
		switch again := p.again(a, r, retries); again {
		case never:
			return r
		case afterHold:
			continue
		}
		retries++
		if !pause(wait, p.jitter(retries)) {
			return r
		}
	}
}

// intend has the backing know of a write before it leaves: the objects that
// its request names may be changed, whatever becomes of this process.
func (p *Proxy) intend(a *ask) (ended func()) {
	if !a.write || p.o.Cache.Backing == nil {
		return func() {}
	}
	return p.store.Intend(p.flightLife(), cache.Write{Owner: a.owner, Tags: p.touches(a, nil)})
}

// admit waits until a call may leave. Reads that can be stored do not leave
// while Notion is down for their family, but for a probe; there is no try for
// other calls.
func (p *Proxy) admit(ctx context.Context, a *ask, r *result, f *flight) (*limiter.Grant, *upstream.Try, error) {
	defer p.trace.End(p.trace.Stage(ctx, "admit"))
	if a.storable {
		if _, goes, _ := p.breakers.Health(a.circuit(), time.Now()); !goes {
			return nil, nil, errDown
		}
	}
	start := time.Now()
	call := a.call(a.patience - r.queued)
	if f != nil {
		turn := p.stands(f)
		call.Lane, call.Caller, call.Moves = turn.Lane, turn.Caller, f.moves
	}
	grant, err := p.limiter.Acquire(ctx, call)
	if err != nil {
		r.queued += time.Since(start)
		return nil, nil, err
	}
	r.queued += grant.Queued // what did not wait has not queued for a microsecond
	if !a.storable {
		return grant, nil, nil
	}
	try, goes := p.breakers.Try(a.circuit(), time.Now())
	if !goes { // somebody else's call is the probe
		grant.Unsent()
		return nil, nil, errDown
	}
	return grant, try, nil
}

// errDown refuses a read while Notion is down for its family.
var errDown = &problem{
	status: http.StatusServiceUnavailable, code: notion.CodeServiceUnavailable, reason: "notion_down",
	proxyError: "destination_unavailable", retryAfter: 15,
	message: "Notion fails to answer reads like this, and nothing is stored for it; retry in 15 s",
}

// call is what the limiter is asked. OAuth calls carry a client's secret in
// place of a token, which Notion neither accepts nor refuses; it has a budget
// of its own, so that they never wait behind content.
func (a *ask) call(patience time.Duration) limiter.Call {
	return limiter.Call{
		Connection: a.state.budget, Bot: a.state.bot, Workspace: a.state.workspace,
		Operation: a.match.Op.Name, Lane: a.lane, Caller: a.caller,
		Accepted: !a.state.acceptedAt.IsZero() || a.match.Op.Kind == notion.Secret, Remote: a.remote, Patience: patience, Bytes: int64(len(a.body)),
		Once: a.behind || a.once,
	}
}

// once makes one call and settles it.
func (p *Proxy) once(ctx context.Context, a *ask, r *result, grant *limiter.Grant, try *upstream.Try) {
	defer grant.Done()
	ticket := p.store.Begin()
	r.born, r.left = time.Now(), p.tokens.clock()
	limit := p.timeLimit(a, try)
	ctx, cancel := context.WithTimeout(ctx, limit)
	r.answer = p.fetch(ctx, a)
	if r.answer.Rest == nil {
		cancel()
	} else {
		r.answer.Rest = held{r.answer.Rest, cancel}
	}
	r.calls += r.answer.Calls
	if r.reason == "" {
		r.reason = r.answer.Error.Reason()
	}
	r.took += r.answer.Took
	if r.answer.Calls == 0 {
		grant.Unsent()
	}
	p.settle(ctx, a, r, ticket, grant)
	if try != nil {
		p.settleTry(a, r.answer, try, limit)
	}
}

// fetch makes the call.
func (p *Proxy) fetch(ctx context.Context, a *ask) *upstream.Answer {
	ctx = p.trace.Stage(ctx, "forward")
	defer p.trace.End(ctx)
	answer := p.upstream.Fetch(ctx, &upstream.Request{
		Method: a.upstreamMethod(), Path: a.path, Query: a.query, Header: p.traced(ctx, a.header),
		Body: bytes.NewReader(a.body), Length: int64(len(a.body)), Token: a.owner,
		Passing: a.passing,
	}, a.look())
	p.trace.Answered(ctx, answer.Status, string(answer.Kind))
	return answer
}

// held is the rest of an answer, which comes only as long as its call's context
// lives.
type held struct {
	io.ReadCloser
	release context.CancelFunc
}

func (h held) Close() error {
	defer h.release()
	return h.ReadCloser.Close()
}

// look is how closely the answer must be looked at: no more than somebody
// needs, since that takes longer than all the rest.
func (a *ask) look() upstream.Look {
	switch {
	case a.storable:
		return upstream.Surveyed
	case a.write, a.match.Op.Name == "async_tasks.retrieve", a.header["Accept-Encoding"] == nil:
		return upstream.Unpacked
	}
	return upstream.Unopened
}

// upstreamMethod is GET for HEAD on reads that can be stored: the answer then
// serves both.
func (a *ask) upstreamMethod() string {
	if a.storable && a.method == http.MethodHead {
		return http.MethodGet
	}
	return a.method
}

type repeat int

const (
	never repeat = iota
	afterHold
	soon
)

// again says whether the call is made once more. Writes are, only where they
// were certainly not carried out; reads also after failures, within a budget.
func (p *Proxy) again(a *ask, r *result, retries int) repeat {
	switch kind := r.answer.Kind; {
	case a.single:
		return never
	case kind == upstream.Limited, kind == upstream.Overloaded:
		if r.answer.Error.Reason() == notion.ReasonBlocked || retries >= maxRetries {
			return never
		}
		held := time.Until(p.limiter.Held(a.state.budget, a.match.Op.Name))
		if held > a.patience-r.queued {
			return never
		}
		return afterHold
	case kind == upstream.Unread && retries < maxRetries:
		return soon
	case a.write || !retriable(r.answer) || retries >= maxRetries || !p.retries.Allow(a.state.budget):
		return never
	}
	return soon
}

// retriable says whether a read with this outcome may do better a moment
// later.
func retriable(a *upstream.Answer) bool {
	switch a.Kind {
	case upstream.Failed, upstream.Connect, upstream.Reset:
		return true
	case upstream.Edge:
		return a.Status >= 500
	}
	return false
}

// jitter is how long to wait before the n-th retry.
func (p *Proxy) jitter(n int) time.Duration {
	base := 100 * time.Millisecond << n
	return base/2 + p.o.Random(base)
}

// pause waits, and says whether the caller is still there after it.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
