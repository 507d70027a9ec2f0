package together

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"
)

// The bounds of what a replica may show that a write elsewhere has made untrue.
const (
	// healthy is the bound while all is well, where the others' word did not
	// come within the time that the writer waits for it.
	healthy = time.Second

	// recovers is how long after a disturbance a replica may take to be
	// connected again and to have told and heard everything.
	recovers = 700 * time.Millisecond

	// before is how long before something a disturbance may have ended, or
	// after it have begun, and still have kept it from being told.
	before = 100 * time.Millisecond

	// slack is what the machine may take beside the bounds.
	slack = 300 * time.Millisecond
)

// A weather is when which replica could not reach Redis as it should.
type weather struct {
	partitionFresh time.Duration
	slack          time.Duration

	mu     sync.Mutex
	spells [replicas][]spell
	asked  time.Time   // when the pulse was last felt, and not answered yet
	losses []time.Time // when Redis may have forgotten what was told
}

// A spell is a disturbance of one replica's way to Redis. It is noted before it
// begins and after it has ended.
type spell struct {
	from, to time.Time
	strain   bool // the machine's own
}

// during has something happen to the ways of some replicas.
func (w *weather) during(which []int, do func()) {
	end := time.Now().Add(time.Hour)
	w.mu.Lock()
	for _, i := range which {
		w.spells[i] = append(w.spells[i], spell{from: time.Now(), to: end})
	}
	w.mu.Unlock()
	do()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, i := range which {
		for k := range w.spells[i] {
			if w.spells[i][k].to.Equal(end) {
				w.spells[i][k].to = time.Now()
			}
		}
	}
}

const (
	// pulses is how often the pulse is felt, and weak how long after it says
	// that the machine has too much to do for commands that have 50 ms.
	pulses = 20 * time.Millisecond
	weak   = 40 * time.Millisecond

	// revives is how long after that a replica may take to be well again: some
	// beats.
	revives = 300 * time.Millisecond
)

// watch feels Redis' pulse by a way of its own, until stop is called: what is
// slow without anybody's doing is a disturbance as well.
func (w *weather) watch(addr string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		var p pulse
		defer p.close()
		for ctx.Err() == nil {
			due := time.Now().Add(pulses)
			time.Sleep(pulses)
			w.mu.Lock()
			w.asked = due
			w.mu.Unlock()
			p.feel(addr)
			w.felt(due)
		}
	})
	return func() { cancel(); run.Wait() }
}

// felt takes in that the pulse was felt, which was to be done then.
func (w *weather) felt(due time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = time.Time{}
	if now := time.Now(); now.Sub(due) > weak {
		w.strain(spell{from: due, to: now})
	}
}

// over is when what s did to a replica has passed.
func (s spell) over() time.Time {
	if s.strain {
		return s.to.Add(revives)
	}
	return s.to.Add(recovers)
}

// strain adds a spell to all replicas, or to the one that it goes on with.
func (w *weather) strain(s spell) {
	for i, spells := range w.spells {
		if k := len(spells) - 1; k >= 0 && spells[k].strain && !s.from.After(spells[k].to.Add(2*pulses)) {
			spells[k].to = s.to
			continue
		}
		s.strain = true
		w.spells[i] = append(spells, s)
	}
}

// A pulse is a connection to Redis that says PING.
type pulse struct{ conn net.Conn }

// feel returns when Redis has answered, or is not there.
func (p *pulse) feel(addr string) {
	if p.conn == nil {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return
		}
		p.conn = conn
	}
	answer := make([]byte, len("+PONG\r\n"))
	_ = p.conn.SetDeadline(time.Now().Add(5 * time.Second))
	_, err := p.conn.Write([]byte("PING\r\n"))
	if err == nil {
		_, err = io.ReadFull(p.conn, answer)
	}
	if err != nil {
		p.close()
	}
}

func (p *pulse) close() {
	if p.conn != nil {
		p.conn.Close()
		p.conn = nil
	}
}

// loses notes that what was told may be lost, to those who have not heard it.
func (w *weather) loses() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.losses = append(w.losses, time.Now())
}

// An event is something that makes stored answers untrue: a write that was
// answered, a refusal, a purge.
type event struct {
	at   time.Time // when whoever brought it about was answered
	via  int       // the replica; anybody if it is not known which
	told bool      // all replicas had heard of it by then
}

// anybody is any of the replicas, or all of them.
const anybody = -1

// freshUntil is until when a replica may take what was there before e for true.
func (w *weather) freshUntil(e event, at int) time.Time {
	if e.told || e.via == at {
		return e.at
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	told := w.past(e.via, e.at)
	until := told.Add(healthy)
	if w.hit(at, e.at, until) {
		until = told.Add(max(healthy, w.partitionFresh))
	}
	return until.Add(w.slack)
}

// keptUntil is until when it may show that for want of better.
func (w *weather) keptUntil(e event, at int) time.Time {
	if e.told || e.via == at {
		return e.at
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.past(at, w.past(e.via, e.at)).Add(healthy + w.slack)
}

// past is when a replica had told and heard everything from t on, if it was
// kept from that then.
func (w *weather) past(i int, t time.Time) time.Time {
	if !w.asked.IsZero() && time.Since(w.asked) > weak {
		w.strain(spell{from: w.asked, to: time.Now()})
	}
	for again := true; again; {
		again = false
		for k, spells := range w.spells {
			if i != anybody && k != i {
				continue
			}
			for _, s := range spells {
				if end := s.over(); !s.from.After(t.Add(before)) && end.After(t) {
					t, again = end, true
				}
			}
		}
	}
	return t
}

// hit says whether a replica was disturbed between two moments.
func (w *weather) hit(i int, from, to time.Time) bool {
	for _, s := range w.spells[i] {
		if s.from.Before(to.Add(before)) && s.over().After(from) {
			return true
		}
	}
	return false
}

// strained is how long the machine did not keep up.
func (w *weather) strained() (sum time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.spells[0] {
		if s.strain {
			sum += s.over().Sub(s.from)
		}
	}
	return sum
}

// strainedIn says whether the machine did not keep up at some time between two
// moments, or just before or after.
func (w *weather) strainedIn(from, to time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.spells[0], func(s spell) bool {
		return s.strain && s.from.Before(to.Add(before)) && s.to.After(from.Add(-before))
	})
}

// lostSince says whether something that was told at t may have been forgotten.
func (w *weather) lostSince(t time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.losses {
		if at.After(t.Add(-before)) {
			return true
		}
	}
	return false
}

// A disturbance is something that happens to Redis, or to the ways there, and
// how often.
type disturbance struct {
	often int
	name  string
	do    func(w *world, r *rand.Rand)
}

var disturbances = []disturbance{
	{6, "calm", func(_ *world, r *rand.Rand) { pause(r, 500, 4000) }},
	{4, "cut", func(w *world, r *rand.Rand) { w.disturb(r, 4000, func(x *relay, on bool) { x.cut = on }) }},
	{2, "held", func(w *world, r *rand.Rand) {
		w.disturb(r, 2000, func(x *relay, on bool) { x.held = [2]bool{on, on} })
	}},
	{2, "deaf", func(w *world, r *rand.Rand) {
		w.disturb(r, 2000, func(x *relay, on bool) { x.held = [2]bool{false, on} })
	}},
	{2, "slow", func(w *world, r *rand.Rand) {
		by := time.Duration(r.IntN(80)) * time.Millisecond
		w.disturb(r, 1500, func(x *relay, on bool) { x.slow = map[bool]time.Duration{true: by}[on] })
	}},
	{2, "paused", func(w *world, r *rand.Rand) {
		w.weather.during(all, func() { w.redis.Pause(); pause(r, 20, 1500); w.redis.Resume() })
	}},
	{1, "killed", func(w *world, r *rand.Rand) {
		w.weather.during(all, func() { w.weather.loses(); w.redis.Kill(); pause(r, 0, 800); w.redis.Restart() })
	}},
	{1, "emptied", func(w *world, r *rand.Rand) {
		w.weather.during(all, func() { w.weather.loses(); w.redis.Say("FLUSHALL") })
	}},
	{1, "another's", func(w *world, r *rand.Rand) { // as after a failover that lost nothing
		w.weather.during(all, func() { w.weather.loses(); w.redis.Say("DEBUG", "CHANGE-REPL-ID") })
	}},
	{1, "full", func(w *world, r *rand.Rand) {
		w.weather.during(all, func() {
			w.redis.Say("CONFIG", "SET", "maxmemory", "1mb")
			pause(r, 50, 1000)
			w.redis.Say("CONFIG", "SET", "maxmemory", "0")
		})
	}},
	{1, "without scripts", func(w *world, r *rand.Rand) { w.redis.Say("SCRIPT", "FLUSH") }},
}

var all = []int{0, 1, 2}

func pause(r *rand.Rand, least, most int) {
	time.Sleep(time.Duration(least+r.IntN(most-least)) * time.Millisecond)
}

// disturb disturbs the ways of one or two replicas for a while.
func (w *world) disturb(r *rand.Rand, most int, how func(*relay, bool)) {
	which := r.Perm(replicas)[:1+r.IntN(4)/3]
	w.tell("Redis: not for %v", which)
	w.weather.during(which, func() {
		for _, on := range []bool{true, false} {
			for _, i := range which {
				x := w.nodes[i].relay
				x.set(func() { how(x, on) })
			}
			if on {
				pause(r, 20, most)
			}
		}
	})
}

// storm has things happen until stop is closed.
func (w *world) storm(stop <-chan struct{}) {
	r := rand.New(rand.NewPCG(w.seed, math.MaxUint64))
	total := 0
	for _, d := range disturbances {
		total += d.often
	}
	for {
		select {
		case <-stop:
			return
		default:
		}
		n := r.IntN(total)
		for _, d := range disturbances {
			if n -= d.often; n < 0 {
				w.tell("Redis: %s", d.name)
				d.do(w, r)
				w.tell("Redis: no more %s", d.name)
				break
			}
		}
		pause(r, 200, 1200)
	}
}
