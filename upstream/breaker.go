package upstream

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"notionproxy/notion"
)

// ProbeLimit is when a probe without an answer is given up.
const ProbeLimit = 30 * time.Second

const (
	// SlowAfter is when an answer counts as slow: it may be used, but proves
	// no health.
	SlowAfter = 3 * time.Second

	breakerWindow = 30 * time.Second // what is judged
	breakerSlots  = 6                // in so many pieces
	probeEvery    = 30 * time.Second // while open

	minFailures = 5 // in the window, and half of all calls
	inARow      = 5 // or these, however far apart
	fewInARow   = 2 // or these, where another family of the connection is down
	unreachable = 1 // or this, where neither could so much as connect
	minSlow     = 3 // in the window, and more than half of all calls; or in a row

	fullSteps   = 16 // calls under way at once at which recovering has ended
	maxBreakers = 8_000
)

// A Health is how calls of one connection and one family of operations fare.
type Health uint8

// The states of a breaker.
const (
	Well       Health = iota // calls go
	Slow                     // calls go, but most take long
	Recovering               // a probe was good: a few calls go, more with each good one
	Down                     // no call goes, but for a probe now and then
)

var healthNames = [...]string{"well", "slow", "recovering", "down"}

// String is the state's word in logs and on pages.
func (h Health) String() string { return healthNames[h] }

// A Circuit names a breaker.
type Circuit struct{ Connection, Family string }

// Breakers leave Notion alone while it fails: one for each connection and
// family of operations, since half of Notion may be down, or one token
// refused. They are safe for concurrent use.
type Breakers struct {
	mu     sync.Mutex
	m      *simplelru.LRU[Circuit, *breaker]
	turned func(c Circuit, down bool)
}

// OnTurn has f called when a call shows that c is down, when a probe shows that
// it still is, and when one shows that it is back. f must not wait, or call
// back. Call it before the first Try.
func (x *Breakers) OnTurn(f func(c Circuit, down bool)) { x.turned = f }

// Heed takes somebody else's word that c is down, and has failed its probe if
// it was, or that it is back. It says whether that closed the breaker.
func (x *Breakers) Heed(c Circuit, down bool, now time.Time) (healed bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	b := x.at(c)
	if !down {
		return b.down && b.succeed(now)
	}
	if !b.down {
		b.since = now
	}
	b.down, b.steps, b.underWay, b.failed, b.how = true, 0, 0, now, ""
	// Later than the one that found it out, who will say how that went.
	b.next = now.Add(probeEvery + rand.N(probeEvery))
	return false
}

// NewBreakers makes breakers that all are closed.
func NewBreakers() *Breakers {
	m, _ := simplelru.NewLRU[Circuit, *breaker](maxBreakers, nil)
	return &Breakers{m: m, turned: func(Circuit, bool) {}}
}

type breaker struct {
	window   [breakerSlots]tally
	row      int       // failures since the last success
	slowRow  int       // late calls since the last success in time
	down     bool      //
	since    time.Time // of being down or recovering
	failed   time.Time // when a call, or somebody else's, last did
	how      Kind      // the last call did that failed
	probe    time.Time // when the last probe left; zero while none is under way
	next     time.Time // when the next probe may leave
	steps    int       // while recovering: how many calls may be under way
	underWay int       // of them
	healed   time.Time // when it last closed
	used     time.Time // when it last let a call go
	limited  time.Time // when Notion last answered 429, in the one of the whole connection
}

// tally counts calls in one slot of the window.
type tally struct {
	slot               int64
	good, failed, slow int32
	quick              int32 // those that were answered in time, well or badly
}

func (b *breaker) tally(now time.Time) *tally {
	slot := now.UnixNano() / int64(breakerWindow/breakerSlots)
	t := &b.window[slot%breakerSlots]
	if t.slot != slot {
		*t = tally{slot: slot}
	}
	return t
}

func (b *breaker) sum(now time.Time) (s tally) {
	slot := now.UnixNano() / int64(breakerWindow/breakerSlots)
	for _, t := range b.window {
		if slot-t.slot < breakerSlots {
			s.good, s.failed, s.slow, s.quick = s.good+t.good, s.failed+t.failed, s.slow+t.slow, s.quick+t.quick
		}
	}
	return s
}

func (b *breaker) health(now time.Time) Health {
	switch s := b.sum(now); {
	case b.down:
		return Down
	case b.steps > 0:
		return Recovering
	case s.slow >= minSlow && s.slow > (s.good+s.failed)/2, s.slow > 0 && b.slowRow >= minSlow:
		return Slow
	}
	return Well
}

func (x *Breakers) at(c Circuit) *breaker {
	b, ok := x.m.Get(c)
	if !ok {
		b = &breaker{}
		x.m.Add(c, b)
	}
	return b
}

// Health says how calls of c fare, whether the next one may leave, and, where
// it may not, when one may.
func (x *Breakers) Health(c Circuit, now time.Time) (h Health, goes bool, next time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, ok := x.m.Get(c)
	if !ok {
		return Well, true, time.Time{}
	}
	return b.health(now), b.goes(now), b.next
}

// goes says whether a call may leave.
func (b *breaker) goes(now time.Time) bool {
	switch {
	case b.down:
		hung := !b.probe.IsZero() && now.Sub(b.probe) >= ProbeLimit
		return hung || b.probe.IsZero() && !now.Before(b.next)
	case b.steps > 0:
		return b.underWay < b.steps
	}
	return true
}

// MostlyLate says whether most of the last 30 s' calls of c were not answered in
// time, however few they were. That is enough to stop waiting for one of them;
// to be Slow takes more.
func (x *Breakers) MostlyLate(c Circuit, now time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, ok := x.m.Peek(c)
	if !ok {
		return false
	}
	s := b.sum(now)
	return s.slow > s.quick
}

// Healed returns when c's breaker last closed after trouble.
func (x *Breakers) Healed(c Circuit) time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	if b, ok := x.m.Peek(c); ok {
		return b.healed
	}
	return time.Time{}
}

// limitedFor is how long a 429 tells on what follows: Notion's window.
const limitedFor = time.Minute

// Limited says whether Notion answered a read of that connection with 429
// within the last minute.
func (x *Breakers) Limited(connection string, now time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, ok := x.m.Peek(Circuit{Connection: connection})
	return ok && now.Sub(b.limited) < limitedFor
}

// enough is how many failures in a row open c's breaker. What is asked little
// would else be asked for long, although the rest has shown that Notion is
// down. Half of Notion may be, so that one failure more proves nothing; but where
// no connection comes about there is no half that works. k is the last of them.
// Call it locked.
func (x *Breakers) enough(c Circuit, k Kind) int {
	enough := inARow
	for _, family := range families {
		b, ok := x.m.Peek(Circuit{c.Connection, family})
		switch {
		case !ok || !b.down || family == c.Family:
		case k.unconnected() && b.how.unconnected():
			return unreachable
		default:
			enough = fewInARow
		}
	}
	return enough
}

// families are those that have breakers.
var families = [...]string{string(notion.FamilyContent), string(notion.FamilySearch), string(notion.FamilyOther)}

// A Try is a call that a breaker let go. Done must be called with its outcome.
type Try struct {
	breakers *Breakers
	circuit  Circuit
	breaker  *breaker
	start    time.Time
	probe    bool
	step     bool
	slow     *time.Timer
}

// Probe says whether the call finds out if Notion is back.
func (t *Try) Probe() bool { return t.probe }

// Try lets a call of c go, or not.
func (x *Breakers) Try(c Circuit, now time.Time) (*Try, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	b := x.at(c)
	if !b.goes(now) {
		return nil, false
	}
	b.used = now
	t := &Try{breakers: x, circuit: c, breaker: b, start: now}
	switch {
	case b.down:
		t.probe, b.probe = true, now
	case b.steps > 0:
		t.step = true
		b.underWay++
	}
	t.slow = time.AfterFunc(SlowAfter, t.late)
	return t, true
}

// late counts a call that has not been answered in time. It gives its place
// among those under way to one that may be.
func (t *Try) late() {
	t.breakers.mu.Lock()
	defer t.breakers.mu.Unlock()
	t.breaker.tally(time.Now()).slow++
	t.breaker.slowRow++
	t.stepOut()
}

// stepOut gives the place up that the call has while its breaker recovers.
// Call it locked.
func (t *Try) stepOut() {
	if t.step {
		t.breaker.underWay = max(0, t.breaker.underWay-1)
	}
	t.step = false
}

// Done records the outcome. It says whether the breaker has closed with it.
func (t *Try) Done(k Kind, now time.Time) (healed bool) {
	t.slow.Stop()
	t.breakers.mu.Lock()
	defer t.breakers.mu.Unlock()
	b := t.breaker
	current := t.probe && b.probe.Equal(t.start)
	t.stepOut()
	if current {
		b.probe = time.Time{}
	}
	if k == Limited {
		t.breakers.at(Circuit{Connection: t.circuit.Connection}).limited = now
	}
	slow := now.Sub(t.start) >= SlowAfter
	if !slow && k != Left {
		b.tally(now).quick++
	}
	switch {
	case k == Left:
	case k.Failure():
		before := b.down
		b.how = k
		b.fail(now, t.breakers.enough(t.circuit, k))
		if b.down && (!before || current) {
			t.breakers.turned(t.circuit, true)
		}
	case slow:
		b.tally(now).good++
	default:
		if healed = b.succeed(now); healed {
			t.breakers.turned(t.circuit, false)
		}
		return healed
	}
	if current && b.down {
		// A probe that hung has waited already: the next goes at once.
		b.next = t.start.Add(probeEvery)
	}
	return false
}

// fail counts a failure; so many in a row are enough to open.
func (b *breaker) fail(now time.Time, enough int) {
	b.tally(now).failed++
	b.row++
	b.failed = now
	s := b.sum(now)
	if b.down || b.steps > 0 || b.row >= enough || s.failed >= minFailures && s.failed >= s.good {
		if !b.down {
			b.since, b.next = now, now.Add(probeEvery)
		}
		b.down, b.steps, b.underWay = true, 0, 0
	}
}

func (b *breaker) succeed(now time.Time) (healed bool) {
	b.tally(now).good++
	b.row, b.slowRow = 0, 0
	switch {
	case b.down:
		b.down, b.steps, b.since = false, 2, now
		b.healed = now
		b.window = [breakerSlots]tally{} // what was before says nothing any more
		return true
	case b.steps > 0:
		if b.steps *= 2; b.steps >= fullSteps {
			b.steps, b.underWay = 0, 0
		}
	}
	return false
}
