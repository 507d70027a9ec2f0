package together

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/notiontest"
	"notionproxy/proxy"
	"notionproxy/replica/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestModel tries to catch three replicas in a lie. Clients with tokens of two
// workspaces read, walk and write at random, each time at any of them, while
// their ways to Redis are cut, held and slowed, and Redis is paused, killed,
// emptied and full. Somebody edits behind their backs, things are shared and
// un-shared, a token is revoked, an operator purges, and Notion fails.
//
//	MODEL_OPS=500000    how many operations in all; 5,000 by default
//	MODEL_SEED=17       the world of this seed alone
func TestModel(t *testing.T) {
	redistest.Need(t)
	if detecting {
		t.Skip("the race detector slows this machine so much that Redis counts as away; the bounds are in seconds")
	}
	if seed, err := strconv.ParseUint(os.Getenv("MODEL_SEED"), 10, 64); err == nil {
		w := runWorld(t, seed, worldOps)
		t.Logf("seed %d: %s", seed, w.tally.String())
		return
	}
	var next atomic.Uint64
	var mu sync.Mutex
	var sum tally
	start, worlds := time.Now(), uint64(max(1, modelOps()/worldOps))
	t.Run("seeds", func(t *testing.T) {
		for worker := range 8 { // at once as many as -parallel says
			t.Run(strconv.Itoa(worker), func(t *testing.T) {
				t.Parallel()
				for seed := next.Add(1); seed <= worlds && !t.Failed(); seed = next.Add(1) {
					w := runWorld(t, seed, worldOps)
					mu.Lock()
					sum.add(w.tally)
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%d operations in %.1f s: %s", sum.ops, time.Since(start).Seconds(), sum.String())
	sum.meansSomething(t)
}

// worldOps is how many operations one world lives: some ten seconds.
const worldOps = 2500

func modelOps() int {
	if n, err := strconv.Atoi(os.Getenv("MODEL_OPS")); err == nil {
		return n
	}
	return 5_000
}

// clients is how many there are, and pace how long each waits at most between
// two operations.
const (
	clients = 12
	pace    = 30 * time.Millisecond
)

// runWorld lives one world.
func runWorld(t *testing.T, seed uint64, ops int64) *world {
	s := shape{
		fresh: 10 * time.Second, partitionFresh: 700 * time.Millisecond, maxWait: time.Second, window: 3 * time.Second,
		quota: limiter.Quota{PerMinute: 1_000_000, Burst: 10_000},
	}
	if seed%3 == 0 {
		s.fresh = time.Second
	}
	if seed%4 == 1 {
		s.partitionFresh = 1500 * time.Millisecond
	}
	w := newWorld(t, seed, s)
	defer w.close()
	w.ops.Store(ops)
	w.run(func(r *rand.Rand) { w.step(r) })
	w.tally.lived, w.tally.strained = time.Since(w.began), w.weather.strained()
	if w.bad != "" {
		t.Errorf("MODEL_SEED=%d: %s", seed, w.bad)
	}
	return w
}

// run has clients do something again and again, and the weather change, until
// there are no more operations.
func (w *world) run(do func(*rand.Rand)) {
	stop := make(chan struct{})
	var storm, all sync.WaitGroup
	storm.Go(func() { w.storm(stop) })
	for i := range clients {
		all.Go(func() {
			r := rand.New(rand.NewPCG(w.seed, uint64(i)))
			for w.ops.Add(-1) >= 0 {
				do(r)
				w.tallied(func(n *tally) { n.ops++ })
				time.Sleep(time.Duration(r.Int64N(int64(pace))))
			}
		})
	}
	all.Wait()
	close(stop)
	storm.Wait()
}

// steps are what happens, and how often.
var steps = []struct {
	often int
	do    func(*world, *rand.Rand)
}{
	{600, func(w *world, r *rand.Rand) { w.ask(context.Background(), w.aRead(r)) }},
	{60, (*world).walks},
	{40, (*world).asksEverywhere},
	{170, (*world).writes},
	{50, (*world).writesAndLooks},
	{6, (*world).writesInDoubt},
	{3, (*world).darkens},
	{30, (*world).edits},
	{12, (*world).shares},
	{8, (*world).breaks1},
	{6, (*world).leaves},
	{4, (*world).purgesSome},
	{1, (*world).revokes},
}

func (w *world) step(r *rand.Rand) {
	total := 0
	for _, s := range steps {
		total += s.often
	}
	n := r.IntN(total)
	for _, s := range steps {
		if n -= s.often; n < 0 {
			s.do(w, r)
			return
		}
	}
}

// asksEverywhere asks the same at all replicas at once.
func (w *world) asksEverywhere(r *rand.Rand) {
	x := w.aRead(r)
	var all sync.WaitGroup
	for i := range replicas {
		all.Go(func() {
			same := *x
			same.at = i
			w.ask(context.Background(), &same)
		})
	}
	all.Wait()
}

// writesAndLooks writes, and reads what it wrote everywhere as soon as it is
// answered.
func (w *world) writesAndLooks(r *rand.Rand) {
	w.writes(r)
	w.asksEverywhere(r)
}

// writesInDoubt has a write's answer lost, and then reads of its object fail:
// what was kept from before may go out, but says what it is.
func (w *world) writesInDoubt(r *rand.Rand) {
	t := w.tokens[r.IntN(len(w.tokens))]
	o := t.space.pick(r, "row", "page")
	look := func() {
		x := &read{op: "pages.retrieve", method: "GET", target: "/v1/pages/" + o.id, on: o, by: t, at: r.IntN(replicas)}
		w.ask(context.Background(), x)
	}
	look()
	if !o.writing.TryLock() {
		return
	}
	x := &write{by: t, of: o}
	w.mu.Lock()
	x.rename(w, o.title, "/v1/pages/", `{"properties":{"title":{"title":%s}}}`)
	w.tally.writes++
	w.mu.Unlock()
	w.notion.Fault(notiontest.Fault{Kind: notiontest.FaultSaved, Writes: true, Path: x.target, Times: 1, Token: "ntn_" + t.name})
	w.carryOut(r, x)
	o.writing.Unlock()
	mend := w.notion.Fault(notiontest.Fault{Kind: notiontest.FaultEdge, Op: "pages.retrieve", Path: x.target, Token: "ntn_" + t.name})
	defer mend()
	look()
}

// darkens has all reads of bob fail to the world's end, in some worlds: what is
// kept is all there is.
func (w *world) darkens(*rand.Rand) {
	if w.seed%4 != 2 || w.ops.Load() > worldOps/2 || w.dark.Swap(true) {
		return
	}
	w.tell("Notion fails for bob")
	w.notion.Fault(notiontest.Fault{Kind: notiontest.FaultEdge, Op: "pages.retrieve,blocks.*,data_sources.query,data_sources.retrieve", Method: "GET", Token: "ntn_bob"})
}

// leaves asks, and goes away in the middle.
func (w *world) leaves(r *rand.Rand) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.IntN(3))*time.Millisecond)
	defer cancel()
	w.ask(ctx, w.aRead(r))
}

// ills are the ways in which Notion fails.
var ills = []notiontest.Fault{
	{Kind: notiontest.FaultStatus, Status: 503}, {Kind: notiontest.FaultStatus, Status: 529},
	{Kind: notiontest.FaultEdge, Status: 502}, {Kind: notiontest.FaultEdge, Status: 504, Carried: true},
	{Kind: notiontest.FaultSaved, Writes: true}, {Kind: notiontest.FaultSaved, Writes: true}, {Kind: notiontest.FaultSaved, Writes: true},
	{Kind: notiontest.FaultReset}, {Kind: notiontest.FaultReset, Carried: true, Writes: true}, {Kind: notiontest.FaultCut},
	{Kind: notiontest.FaultHang}, {Kind: notiontest.FaultError200}, {Kind: notiontest.FaultLimit, RetryAfter: "1"},
	{Kind: notiontest.FaultStatus, Status: 401, Code: "unauthorized"},
	{Lag: 100 * time.Millisecond}, {Lag: 100 * time.Millisecond}, {Lag: 300 * time.Millisecond, Writes: true}, {Delay: 200 * time.Millisecond},
}

// breaks1 has some of a token's next calls fail.
func (w *world) breaks1(r *rand.Rand) {
	f := ills[r.IntN(len(ills))]
	f.Times, f.Token = 1+r.IntN(3), "ntn_"+w.tokens[r.IntN(len(w.tokens))].name
	if f.Kind == "" {
		f.Times *= 10
	}
	w.tell("Notion fails: %+v", f)
	w.notion.Fault(f)
}

// revokes revokes a token, for good.
func (w *world) revokes(r *rand.Rand) {
	if w.ops.Load() < worldOps/6 {
		w.tell("dora is revoked")
		w.notion.RevokeToken("ntn_dora")
	}
}

func selectionOf(o *object) (s proxy.Selection) {
	if o != nil {
		s.Object = parsed(o.id)
	}
	return s
}

func (w *world) tallied(how func(*tally)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	how(&w.tally)
}

// A tally shows that a run was about something.
type tally struct {
	ops, reads, writes, calls, walks, told, untold, maybe, marked, denied int
	hit, stale, miss, shared, other                                       int

	lived, strained time.Duration
}

func (n *tally) count(yes *int, is bool) {
	if is {
		*yes++
	} else {
		n.untold++
	}
}

func (n *tally) outcome(o exchange.Outcome) {
	switch o {
	case exchange.Hit:
		n.hit++
	case exchange.Stale:
		n.stale++
	case exchange.Miss:
		n.miss++
	case exchange.Shared:
		n.shared++
	default:
		n.other++
	}
}

func (n *tally) add(o tally) {
	n.ops, n.reads, n.writes, n.calls, n.walks = n.ops+o.ops, n.reads+o.reads, n.writes+o.writes, n.calls+o.calls, n.walks+o.walks
	n.told, n.untold, n.maybe, n.marked, n.denied = n.told+o.told, n.untold+o.untold, n.maybe+o.maybe, n.marked+o.marked, n.denied+o.denied
	n.lived, n.strained = n.lived+o.lived, n.strained+o.strained
	n.hit, n.stale, n.miss, n.shared, n.other = n.hit+o.hit, n.stale+o.stale, n.miss+o.miss, n.shared+o.shared, n.other+o.other
}

func (n *tally) String() string {
	return fmt.Sprintf("%d reads (%d hit, %d stale, %d of them maybe overwritten, %d miss, %d shared, %d other), %d writes (%d told in time, %d not, %d maybe), %d calls, %d walks ended, %d refusals; the machine did not keep up for %.0f of %.0f s",
		n.reads, n.hit, n.stale, n.marked, n.miss, n.shared, n.other, n.writes, n.told, n.untold, n.maybe, n.calls, n.walks, n.denied, n.strained.Seconds(), n.lived.Seconds())
}

// meansSomething fails a run in which what should be tried never happened.
func (n *tally) meansSomething(t *testing.T) {
	if n.ops < 20_000 || t.Failed() {
		return
	}
	for what, count := range map[string]int{
		"hits": n.hit, "stale answers": n.stale, "misses": n.miss, "shared answers": n.shared, "writes told": n.told, "writes not told": n.untold,
		"writes that may be": n.maybe, "suspects": n.marked, "walks": n.walks, "refusals": n.denied,
	} {
		if count < 3 {
			t.Errorf("there were only %d %s in %d operations: this proves nothing", count, what, n.ops)
		}
	}
}
