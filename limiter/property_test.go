package limiter

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// A story is what happened to one call.
type story struct {
	order      int
	connection string
	line       string // lane, caller and operation
	asked      time.Duration
	patience   time.Duration
	left       time.Duration
	ended      time.Duration
	grant      *Grant
	refusal    *Refusal
	quit       bool
}

// A world is a limiter, a Notion for each connection, and everything at random:
// crowds and quiet, lanes, callers, patience, people who leave, holds, tokens
// that turn out to be one connection, calls that are never sent.
type world struct {
	t     *testing.T
	r     *rand.Rand
	l     *Limiter
	start time.Time
	bots  map[string]*fakeNotion
	wg    sync.WaitGroup

	mu      sync.Mutex
	stories []*story
}

func TestProperties(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { newWorld(t, seed).run() })
		})
	}
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, r: rand.New(rand.NewPCG(seed, 2)), start: time.Now(), bots: map[string]*fakeNotion{}}
	o := Options{}
	if seed%3 == 1 {
		o.Ceiling = 6
	}
	if seed%3 == 2 {
		o.Quota.Burst = 100
	}
	w.l = New(o)
	for i := range 3 {
		w.bots[fmt.Sprint("bot", i)] = newFakeNotion(seed*10 + uint64(i))
	}
	return w
}

func (w *world) run() {
	for i := range 3000 {
		w.step(i)
		if w.r.IntN(40) == 0 { // quiet for a while
			time.Sleep(time.Duration(w.r.IntN(90)) * time.Second)
		}
		time.Sleep(time.Duration(w.r.IntN(400)) * time.Millisecond)
		synctest.Wait()
	}
	w.wg.Wait()
	w.checkBudgets()
	w.checkOrder()
	w.checkWaits()
	w.checkNothingIsLost()
}

func (w *world) step(i int) {
	bot := fmt.Sprint("bot", w.r.IntN(3))
	switch w.r.IntN(60) {
	case 0:
		w.l.Hold(Hold{
			Scope: Scope(1 + w.r.IntN(4)), Connection: bot, Operation: fmt.Sprint("op", w.r.IntN(3)),
			RetryAfter: time.Duration(w.r.IntN(40)) * time.Second,
		})
	case 1:
		w.l.Identify(fmt.Sprint(bot, "-token", w.r.IntN(3)), bot, "w")
	case 2:
		w.l.Pressure(bot, Overdrawn)
	case 3:
		for range w.r.IntN(100) {
			w.call(i, bot)
		}
	default:
		w.call(i, bot)
	}
}

func (w *world) call(i int, bot string) {
	n := w.bots[bot]
	c := Call{
		Connection: bot, Operation: fmt.Sprint("op", w.r.IntN(3)), Lane: Lane(w.r.IntN(3)),
		Caller: fmt.Sprint("caller", w.r.IntN(3)), Patience: time.Duration(w.r.IntN(21)) * time.Second,
		Accepted: w.r.IntN(10) > 0, Remote: fmt.Sprint(w.r.IntN(3)), Bytes: int64(w.r.IntN(1000)),
	}
	unsent := w.r.IntN(30) == 0
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if w.r.IntN(5) == 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(w.r.IntN(10_000))*time.Millisecond)
	}
	s := &story{
		order: i, connection: bot, line: fmt.Sprint(c.Lane, c.Caller, c.Operation),
		asked: time.Since(w.start), patience: c.Patience,
	}
	w.wg.Go(func() {
		defer cancel()
		w.make(ctx, c, s, n, unsent)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.stories = append(w.stories, s)
	})
}

func (w *world) make(ctx context.Context, c Call, s *story, n *fakeNotion, unsent bool) {
	g, err := w.l.Acquire(ctx, c)
	s.ended = time.Since(w.start)
	if err != nil {
		s.quit = ctx.Err() != nil
		s.refusal, _ = err.(*Refusal)
		return
	}
	if unsent {
		g.Unsent()
		return
	}
	s.grant, s.left = g, s.ended
	n.call()
	g.Accepted()
	g.Done()
}

// No minute at Notion has more calls than the budget, whatever its phase.
func (w *world) checkBudgets() {
	for bot, n := range w.bots {
		assert.LessOrEqual(w.t, mostInAMinute(n.arrivals), 171, bot)
		assert.Zero(w.t, n.refused, bot)
		assert.Greater(w.t, len(n.arrivals), 300, "or this shows nothing")
	}
}

// In a lane the calls of one caller leave in the order of their arrival, those
// of one operation that is: another one may be held.
func (w *world) checkOrder() {
	type key struct{ connection, line string }
	last := map[key]*story{}
	byOrder := make(map[int][]*story)
	most := 0
	for _, s := range w.stories {
		byOrder[s.order] = append(byOrder[s.order], s)
		most = max(most, s.order)
	}
	for i := range most + 1 {
		for _, s := range byOrder[i] {
			if s.grant == nil || len(byOrder[i]) > 1 {
				continue
			}
			k := key{s.connection, s.line}
			if before := last[k]; before != nil {
				assert.GreaterOrEqual(w.t, s.left, before.left, "%v: call %d left before call %d", k, s.order, before.order)
			}
			last[k] = s
		}
	}
}

// Nobody waits longer than its patience, and a refusal says when to come back.
func (w *world) checkWaits() {
	refused := 0
	for _, s := range w.stories {
		assert.LessOrEqual(w.t, s.ended-s.asked, s.patience)
		if s.refusal != nil {
			refused++
			assert.GreaterOrEqual(w.t, s.refusal.RetryAfter, time.Second)
			assert.Zero(w.t, s.refusal.RetryAfter%time.Second)
		}
	}
	assert.Greater(w.t, refused, 50, "or this shows nothing")
}

func (w *world) checkNothingIsLost() {
	time.Sleep(12 * time.Minute)
	assert.Zero(w.t, w.l.waiting)
	assert.Zero(w.t, w.l.bytes)
	assert.Zero(w.t, tickets(w.l))
	assert.Empty(w.t, w.l.parked)
	now := w.l.now()
	for c := range w.l.all {
		assert.True(w.t, c.isAsNew(now), "%s: %+v", c.name, w.l.Budget(c.name))
	}
	for range 20 {
		time.Sleep(time.Second)
		let(w.t, w.l, of("anybody")).Done()
	}
	assert.LessOrEqual(w.t, len(w.l.connections), 1)
}

// 500 callers, most of whom leave at some time; some as they are let go.
func TestLeaving_losesNothing(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) { leaveAtRandom(t, seed) })
	}
}

func leaveAtRandom(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 3))
	l := New(still(perSecond(10, 10)))
	var left, quit, refused int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 500 {
		// Many of these are the very instants at which calls leave.
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.IntN(300))*100*time.Millisecond)
		c := of("c").by(fmt.Sprint(r.IntN(5))).in(Lane(r.IntN(3)))
		if i%5 == 0 {
			c.Connection = "stranger"
			c = c.unproven("a")
		}
		wg.Go(func() {
			defer cancel()
			g, err := l.Acquire(ctx, c)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				left++
				g.Done()
			case ctx.Err() != nil:
				quit++
			default:
				refused++
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 500, left+quit+refused)
	assert.Greater(t, left, 100)
	assert.Greater(t, quit, 50)
	assert.Equal(t, left, 2*600-l.Budget("c").Left-l.Budget("stranger").Left, "whoever quit gave its call back")
	assert.Zero(t, l.waiting)
	assert.Zero(t, tickets(l))
	time.Sleep(2 * time.Minute)
	now := l.now()
	for c := range l.all {
		assert.True(t, c.isAsNew(now), c.name)
	}
}
