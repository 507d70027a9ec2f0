package limiter

import (
	"encoding/json"
	"math"
	"time"
)

// A snapshot is what a connection has spent and what holds it, as the world's
// clock has it, for the limiter of the next process.
type snapshot struct {
	Calls []int64         `json:"calls,omitempty"` // when they left, in nanoseconds since 1970
	Left  float64         `json:"left"`            // in the bucket
	At    int64           `json:"at"`              // when that was
	Held  held            `json:"held,omitzero"`
	Space held            `json:"space,omitzero"` // its workspace's hold
	Stops map[string]held `json:"stops,omitempty"`
}

type held struct {
	Until int64 `json:"until"`
	Scope Scope `json:"scope"`
}

// Snapshot returns what must be known of a connection for Restore. It is nil
// where there is nothing to know.
func (l *Limiter) Snapshot(connection string) []byte {
	s, ok := l.snapshot(connection)
	if !ok {
		return nil
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil // there is nothing in it that has no JSON
	}
	return b
}

func (l *Limiter) snapshot(connection string) (snapshot, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.connections[connection]
	if c == nil {
		return snapshot{}, false
	}
	now, today := l.now(), time.Now()
	c.settle(now)
	date := func(at instant) int64 { return today.Add(at - now).UnixNano() }
	s := snapshot{Left: c.bucket.left(now), At: today.UnixNano(), Held: c.pause.held(now, date)}
	for i := range c.window.n {
		s.Calls = append(s.Calls, date(c.window.at(i)))
	}
	if c.workspace != nil {
		s.Space = c.workspace.pause.held(now, date)
	}
	for operation, stop := range c.stops {
		if h := stop.pause.held(now, date); h.Until != 0 {
			if s.Stops == nil {
				s.Stops = map[string]held{}
			}
			s.Stops[operation] = h
		}
	}
	return s, true
}

func (p *pause) held(now instant, date func(instant) int64) held {
	if p.until <= now {
		return held{}
	}
	return held{date(p.until), p.scope}
}

// Restore has a connection go on from a snapshot of another process: its calls
// count, its bucket is no fuller than it would be, its holds stand. What was
// not a snapshot, or one of a time to come, changes nothing that it should not:
// no hold is longer than any may be.
func (l *Limiter) Restore(connection string, snapshot []byte) {
	s, ok := readSnapshot(snapshot)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now, today := l.now(), time.Now()
	c := l.connection(connection, now)
	if c == nil {
		return
	}
	since := func(unix int64) time.Duration { return time.Unix(0, unix).Sub(today) }
	c.remember(s.Calls, func(unix int64) instant { return now + min(0, since(unix)) })
	c.drain(now, s.Left+float64(c.pace(now))*max(0, -since(s.At)).Seconds())
	hold := func(scope Scope, operation string, h held) {
		if length := min(since(h.Until), longestHold); h.Until != 0 && length > 0 {
			c.pauseOf(Hold{Scope: scope, Operation: operation}).extend(now, length, h.Scope)
		}
	}
	hold(ConnectionScope, "", s.Held)
	hold(WorkspaceScope, "", s.Space)
	for operation, h := range s.Stops {
		hold(OperationScope, operation, h)
	}
	l.halt(c, now)
}

// maxSnapshot is more calls than any plan allows within a minute.
const maxSnapshot = 10_000

func readSnapshot(b []byte) (s snapshot, ok bool) {
	if json.Unmarshal(b, &s) != nil || len(s.Calls) > maxSnapshot || math.IsNaN(s.Left) {
		return s, false
	}
	for _, h := range s.Stops {
		ok = ok || int(h.Scope) >= len(scopeNames)
	}
	return s, !ok && int(s.Held.Scope) < len(scopeNames) && int(s.Space.Scope) < len(scopeNames)
}

// remember counts calls of another process, but for those that are counted:
// several tokens of a connection have its snapshot.
func (c *connection) remember(calls []int64, at func(int64) instant) {
	var other window
	last := never
	for _, unix := range calls {
		t := at(unix)
		if c.window.has(t) || last != never && t < last {
			continue
		}
		last = t
		other.add(t)
	}
	c.window.merge(&other)
	c.moves++
}

// has says whether a call left then, but for what clocks differ by.
func (w *window) has(then instant) bool {
	for i := range w.n {
		if d := w.at(i) - then; d > -sameCall && d < sameCall {
			return true
		}
	}
	return false
}

// sameCall is by how much the same call may be dated differently in two
// snapshots, which are taken from two clocks; less than calls are apart.
const sameCall = 10 * time.Microsecond

// drain takes from the bucket what is above left.
func (c *connection) drain(now instant, left float64) {
	if extra := int(math.Ceil(c.bucket.left(now) - left)); extra > 0 {
		c.bucket.tokens.AllowN(c.bucket.epoch.Add(now), min(extra, int(c.bucket.left(now))))
		c.moves++
	}
}

// assumeBurst counts a burst that may have left just before the limiter was made.
func (c *connection) assumeBurst(now instant) {
	for range c.limits.burst {
		c.window.add(0)
	}
	c.drain(now, 0)
}
