package triage

import (
	"slices"
	"sync"
	"time"

	"notionproxy/exchange"
)

// What a watch remembers of connections at most: those that Notion has taken,
// and those that it has not, which anybody can make up.
const (
	maxConnections = 40
	maxUnaccepted  = 8
	maxCallers     = 5
)

// A watch counts Exchanges: all of them, and by connection. Its memory is
// bounded: some 4 MB, whatever is counted. It is safe for concurrent use.
type watch struct {
	began time.Time

	mu          sync.Mutex
	all         ring
	connections map[string]*connection
	totals      [plainCounters]int64 // since the beginning
	affected    map[string]time.Time // callers that got an old answer or none, and when last
	refusals    table[refusalKey, Refusal]
	rejections  table[rejectionKey, Rejection]
	seen        seen
	last        latest
}

// connection is what is known of one.
type connection struct {
	ring ring
	token
}

// token is what is known of a connection's token.
type token struct {
	used     time.Duration
	asked    time.Duration // when a caller last came with it; 0: never
	accepted time.Duration // 0: never
	refused  time.Duration // its last 401
	refusing time.Duration // since when it gets nothing but 401
	callers  []string
}

// latest is the last of each: what the runbook's function returns.
type latest struct {
	auth   string
	authAt time.Time
	took   time.Duration
	tookAt time.Time
}

func newWatch(now time.Time) *watch {
	w := &watch{
		began: now, connections: map[string]*connection{}, affected: map[string]time.Time{},
		refusals:   newTable[refusalKey, Refusal](maxRefusals),
		rejections: newTable[rejectionKey, Rejection](maxRejections),
		seen:       newSeen(),
	}
	w.all.clear()
	return w
}

// Add counts a finished Exchange.
func (w *watch) Add(x *exchange.Exchange) {
	m := marksOf(x)
	w.mu.Lock()
	defer w.mu.Unlock()
	// Time is counted from a moment after the beginning, so that 0 is never.
	at := max(x.Start.Add(x.Total).Sub(w.began), 1)
	for _, s := range w.all.places(at) {
		m.enter(s, at)
	}
	w.total(&m)
	if c := w.connection(x, at, &m); c != nil {
		for _, s := range c.ring.places(at) {
			m.enter(s, at)
		}
	}
	if m.good && x.Object != ([16]byte{}) {
		w.seen.note(x.Connection, x.Object, at)
	}
	if x.Outcome != exchange.Hit {
		w.look(x, at)
	}
}

// total counts the marks since the beginning.
func (w *watch) total(m *marks) {
	for _, i := range m.list[:m.used] {
		if i < plainCounters {
			w.totals[i]++
		}
	}
	w.totals[calls] += int64(m.calls)
}

// maxAffected bounds the callers that are remembered as affected.
const maxAffected = 64

// affect notes that a caller got an old answer or none.
func (w *watch) affect(caller string, when time.Time) {
	if _, known := w.affected[caller]; !known && len(w.affected) >= maxAffected {
		for name, at := range w.affected { // any old one goes
			if when.Sub(at) > time.Hour {
				delete(w.affected, name)
			}
		}
		if len(w.affected) >= maxAffected {
			return
		}
	}
	w.affected[caller] = when
}

// connection finds the Exchange's, and notes what it shows of the token. It is
// nil where the request came to nobody's.
func (w *watch) connection(x *exchange.Exchange, at time.Duration, m *marks) *connection {
	if x.Connection == "" {
		return nil
	}
	c := w.connections[x.Connection]
	if c == nil {
		c = w.makeRoom(m.good || takesToken(x))
		c.ring.clear()
		w.connections[x.Connection] = c
	}
	c.used = at
	if x.Client != ourselves {
		c.asked = at
	}
	switch {
	case m.good || takesToken(x):
		c.accepted, c.refusing = at, 0
	case x.Client == ourselves && isLeftAlone(c.accepted != 0, c.asked, at):
		// Our own questions would have it go on for ever.
	case isTokenRefusal(x):
		c.refused = at
		if c.refusing == 0 {
			c.refusing = at
		}
	}
	c.meet(x.Client)
	return c
}

// oftenEnough is how seldom an application may ask and still count as one that
// uses its token.
const oftenEnough = time.Hour

// isLeftAlone says whether callers have stopped using a token: one that Notion
// took before, for long; one that it never took, such as somebody mistyped, as
// soon as nobody comes with it. asked is 0 for a token that none ever used, as
// the proxy's own may be.
func isLeftAlone(accepted bool, asked, at time.Duration) bool {
	return asked != 0 && (!accepted || at-asked > oftenEnough)
}

// isTokenRefusal says whether Notion refused the token, now or a moment ago.
func isTokenRefusal(x *exchange.Exchange) bool {
	return x.UpstreamStatus == 401 && x.UpstreamOutcome == "refused" ||
		x.Outcome == exchange.Refused && x.Detail == "token_refused"
}

// takesToken says whether Notion took the token although it refused the call.
// A 400 says nothing: it may come before the token is looked at.
func takesToken(x *exchange.Exchange) bool {
	return x.UpstreamOutcome == "rejected" && x.UpstreamStatus == 409 || x.UpstreamOutcome == "refused" && x.UpstreamStatus != 401
}

func (c *connection) meet(client string) {
	if client == "" || client == ourselves {
		return
	}
	for i, known := range c.callers {
		if known == client {
			if i > 0 {
				c.callers[i-1], c.callers[i] = c.callers[i], c.callers[i-1]
			}
			return
		}
	}
	if len(c.callers) == maxCallers {
		c.callers = c.callers[:maxCallers-1]
	}
	c.callers = append(c.callers, client)
}

// makeRoom returns a place for a new connection: a free one, or that of one
// which was used longest ago. What Notion has never taken does not drive out
// what it has.
func (w *watch) makeRoom(accepted bool) *connection {
	var unaccepted int
	oldest := [2]string{}
	for name, c := range w.connections {
		i := 0
		if c.accepted == 0 {
			unaccepted++
		} else {
			i = 1
		}
		if o := oldest[i]; o == "" || c.used < w.connections[o].used {
			oldest[i] = name
		}
	}
	known := len(w.connections) - unaccepted
	switch {
	case accepted && known >= maxConnections:
		return w.evict(oldest[1])
	case !accepted && unaccepted >= maxUnaccepted:
		return w.evict(oldest[0])
	case len(w.connections) >= maxConnections+maxUnaccepted && unaccepted > 0:
		return w.evict(oldest[0])
	case len(w.connections) >= maxConnections+maxUnaccepted: // they were taken since they came
		return w.evict(oldest[1])
	}
	return &connection{}
}

func (w *watch) evict(name string) *connection {
	c := w.connections[name]
	delete(w.connections, name)
	c.token = token{} // the ring is large: it is cleared in place
	return c
}

// lastSeen is what was seen last.
func (w *watch) lastSeen() latest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// counted is what was counted since the beginning.
func (w *watch) counted() tally {
	w.mu.Lock()
	defer w.mu.Unlock()
	return tally{n: w.totals}
}

// callersSince are the callers that got an old answer or none since then, in
// order, 20 at most.
func (w *watch) callersSince(since time.Time) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := []string{}
	for name, at := range w.affected {
		if name != "" && !at.Before(since) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list[:min(len(list), 20)]
}
