package proxy

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/upstream"
)

// A flight is one read under way, for all who ask the same.
type flight struct {
	key   cache.Key
	begun time.Time
	done  chan struct{} // closed when result is there
	ctx   context.Context
	stop  context.CancelFunc

	failed atomic.Pointer[upstream.Kind] // how its last call failed, though another may still go; nil if none did

	alone  bool    // it may not be answered with what was asked before it began
	result *result // set before done is closed

	// Guarded by flights.mu.
	waiting int
	lanes   [limiter.Bulk + 1]int // the same by lane
	own     limiter.Lane          // where it waits when nobody waits for it
	turn    limiter.Turn          // where it waits
	moves   chan limiter.Turn     // tells the limiter when that changes; has room for one
	orphan  bool                  // whoever began it waits no more
	charged bool                  // somebody's record has what it cost
	left    bool                  // its call has left
	ticket  cache.Ticket          // from before that
}

// flights are the reads under way. A flight belongs to none of its callers:
// whoever leaves, the others are served; only when all have left and no call
// has, it is given up, and whoever asks after that begins a new one.
type flights struct {
	mu sync.Mutex
	m  map[cache.Key]*flight
}

// join returns the flight that answers a's question, and whether it was under
// way already. A read never joins a flight whose call left before a write that
// concerns it had ended, nor, with alone set, one that began before it.
func (p *Proxy) join(a *ask, alone bool) (f *flight, shared bool) {
	return p.joinUnless(a, alone, func() bool { return false })
}

// joinUnless is join, but begins no flight where stored says that there is no
// need any more, and returns nil then: a flight may have ended since somebody
// looked into the store. stored is called with the flights locked.
func (p *Proxy) joinUnless(a *ask, alone bool, stored func() bool) (f *flight, shared bool) {
	key := a.question.Flight()
	p.flights.mu.Lock()
	defer p.flights.mu.Unlock()
	if f := p.flights.m[key]; f != nil && !alone && !(f.left && p.store.Overtaken(f.ticket, a.owner)) {
		f.seat(a)
		return f, true
	}
	if stored() {
		return nil, false
	}
	// The flight has a life of its own: it ends by its own time-outs.
	ctx, stop := context.WithCancel(p.trace.Apart(p.flightLife(), "read", a.cause))
	f = &flight{
		key: key, begun: time.Now(), done: make(chan struct{}), ctx: ctx, stop: stop, alone: alone,
		own: limiter.Bulk, turn: limiter.Turn{Lane: a.lane, Caller: a.caller}, moves: make(chan limiter.Turn, 1),
	}
	f.seat(a)
	p.flights.m[key] = f
	go p.fly(f, a)
	return f, false
}

// seat has one more wait for f, whose call then waits in the best lane of all
// who do: a person must not wait behind the jobs because one of them, or a
// refresh of ours, asked first. Call it with the flights locked.
func (f *flight) seat(a *ask) {
	f.waiting++
	f.lanes[a.lane]++
	if a.behind {
		f.own = min(f.own, a.lane)
	}
	f.move(a.caller)
}

// unseat has one less wait for f. What nobody waits for waits after all others:
// it would keep those whose client still waits. Call it with the flights locked.
func (f *flight) unseat(lane limiter.Lane) {
	f.waiting--
	f.lanes[lane]--
	f.move(ourselves)
}

// move has f's call wait where it should by now; for that caller, if it has
// been elsewhere. Call it with the flights locked.
func (f *flight) move(caller string) {
	lane := f.own
	for i, n := range f.lanes[:lane] {
		if n > 0 {
			lane = limiter.Lane(i)
			break
		}
	}
	if lane == f.turn.Lane {
		return
	}
	f.turn = limiter.Turn{Lane: lane, Caller: caller}
	select {
	case <-f.moves: // which the limiter has not seen yet
	default:
	}
	f.moves <- f.turn
}

// stands is where f's call waits.
func (p *Proxy) stands(f *flight) limiter.Turn {
	p.flights.mu.Lock()
	defer p.flights.mu.Unlock()
	return f.turn
}

// flightLife is the context of flights: they finish after Drain.
func (p *Proxy) flightLife() context.Context { return context.WithoutCancel(p.life) }

func (p *Proxy) fly(f *flight, a *ask) {
	r := p.askOrWait(f.ctx, f, a)
	if deadCursor(a, r) {
		p.store.DropDead(a.question, time.Now())
		if resumed := p.rewalk(f.ctx, a, r); resumed != nil {
			r = resumed
		}
	}
	p.flights.mu.Lock()
	if p.flights.m[f.key] == f {
		delete(p.flights.m, f.key)
	}
	alone := f.waiting == 0
	p.flights.mu.Unlock()
	if alone {
		p.recordOwn(a, r, f.begun)
	}
	if rest := restOf(r); rest == nil {
		f.stop()
	} else if r.answer.Rest = (held{rest, f.stop}); alone {
		r.answer.Rest.Close()
	}
	if r.answer != nil && r.answer.Kind.Failure() {
		p.store.Failed(a.question, time.Now())
	}
	f.result = r
	p.trace.End(f.ctx)
	close(f.done)
}

// restOf is the rest of an answer that is too long to hold, nil for all others.
func restOf(r *result) io.ReadCloser {
	if r.answer == nil {
		return nil
	}
	return r.answer.Rest
}

// late says whether q has been under way for longer than anybody likes to
// wait.
func (p *Proxy) late(q cache.Question, now time.Time) bool {
	p.flights.mu.Lock()
	defer p.flights.mu.Unlock()
	f := p.flights.m[q.Flight()]
	return f != nil && now.Sub(f.begun) >= p.settings.Load().SlowAnswer
}

// leaves records that f's call is about to leave: from now on a write that
// ends may make its answer untrue.
func (p *Proxy) leaves(f *flight) {
	ticket := p.store.Begin()
	p.flights.mu.Lock()
	defer p.flights.mu.Unlock()
	if !f.left {
		f.left, f.ticket = true, ticket
	}
}

// leave takes a caller off f. A call that has left is not cut off: it is spent
// already, and its answer may be stored.
func (p *Proxy) leave(f *flight, lane limiter.Lane, shared bool) {
	p.flights.mu.Lock()
	defer p.flights.mu.Unlock()
	f.unseat(lane)
	f.orphan = f.orphan || !shared
	if f.waiting > 0 || f.left {
		return
	}
	f.stop()
	if p.flights.m[f.key] == f {
		delete(p.flights.m, f.key)
	}
}

// stepAside leaves f to itself: nobody waits for it any more, but it goes on.
func (p *Proxy) stepAside(f *flight, lane limiter.Lane, shared bool) {
	p.flights.mu.Lock()
	defer p.flights.mu.Unlock()
	f.unseat(lane)
	f.orphan = f.orphan || !shared
}

// charge says whether the caller is the one whose record has what f cost:
// whoever began it, or the first of the others where that one has gone.
func (p *Proxy) charge(f *flight, shared bool) bool {
	p.flights.mu.Lock()
	defer p.flights.mu.Unlock()
	if f.charged || shared && !f.orphan {
		return false
	}
	f.charged = true
	return true
}

// A patience is how a caller waits: in a lane, and for how long before
// something else may do.
type patience struct {
	lane limiter.Lane
	time time.Duration
}

// await waits for f's result. It returns nil when the caller left, or when,
// after patience or later, late says that something else should do.
func (p *Proxy) await(ctx context.Context, f *flight, shared bool, has patience, late func() bool) *result {
	t := time.NewTimer(has.time)
	defer t.Stop()
	for {
		select {
		case <-f.done:
			return f.result
		case <-ctx.Done():
			p.leave(f, has.lane, shared)
			return nil
		case <-t.C:
			if late() {
				p.stepAside(f, has.lane, shared)
				return nil
			}
			t.Reset(lookAgain)
		}
	}
}

// lookAgain is how often a client that waits long looks for another way.
const lookAgain = time.Second / 10
