package limiter

import (
	"time"

	"golang.org/x/time/rate"
)

// A connection is a budget and those who wait for it. Limiter.mu guards all of
// it.
type connection struct {
	name    string
	aliases []string // tokens whose calls it pays for, oldest first

	limits  limits
	full    limits // what they are while a lender lends
	tab     *tab   // nil without a lender
	bucket  bucket
	window  window
	moves   uint64  // counts what happened to bucket and window
	learned *lesson // nil while nothing speaks against the quota

	pause     pause // by what Notion said about this connection
	workspace *workspace
	stops     map[string]*stop // by operation
	settled   instant          // up to which hold's end the bucket was emptied
	unsaid    int              // holds in a row for which Notion did not say how long

	queue    queue
	promises promises

	proven bool    // Notion took the token, as far as is known here
	trial  *Grant  // while it is not: the one call under way
	ticket *waiter // while it is not: its place in the pool for the next

	into *connection // what it was merged into

	used         instant // last
	newer, older *connection
}

// A workspace is what several connections share, a hold of it above all.
type workspace struct {
	name    string // empty while it is not known
	pause   pause
	members map[*connection]struct{}
}

func newConnection(name string, lim limits, epoch time.Time) *connection {
	return &connection{name: name, limits: lim, full: lim, bucket: newBucket(lim.pace, lim.burst, epoch)}
}

// current is the connection that pays for what this one began.
func (c *connection) current() *connection {
	for c.into != nil {
		c = c.into
	}
	return c
}

// join makes the connection a member of the workspace.
func (c *connection) join(w *workspace) {
	if w.members == nil {
		w.members = map[*connection]struct{}{}
	}
	w.members[c] = struct{}{}
	c.workspace = w
}

// stop is the operation's hold, which may have ended long ago.
func (c *connection) stop(operation string) *stop {
	if c.stops == nil {
		c.stops = map[string]*stop{}
	}
	s := c.stops[operation]
	if s == nil {
		s = &stop{}
		c.stops[operation] = s
	}
	return s
}

// held is what stops all of the connection's calls: of its own hold and its
// workspace's the one that ends later.
func (c *connection) held() pause {
	if c.workspace == nil {
		return c.pause
	}
	return later(c.pause, c.workspace.pause)
}

// isBlocked reports whether Notion turns the connection away.
func (c *connection) isBlocked(now instant) bool {
	p := c.held()
	return p.until > now && p.scope == BlockedScope
}

// settle brings the connection up to now.
func (c *connection) settle(now instant) {
	c.window.expire(now)
	if c.tab != nil && c.tab.alone {
		c.narrow(now)
	}
	for operation, s := range c.stops {
		if max(s.until, s.next)+minute < now {
			delete(c.stops, operation)
		}
	}
	end := c.held().until
	if end > c.settled {
		c.settled = end
		c.empty(end, max(end, now))
	}
	if c.learned != nil && end <= now {
		c.bucket.pace(now, c.pace(now))
	}
}

// empty leaves one token at the end of a hold, if there would be more then:
// what was saved up before and during the hold would leave all at once.
func (c *connection) empty(end, then instant) {
	e := c.bucket.emptied(end, c.pace(end))
	if e.left(then) < c.bucket.left(then) {
		c.bucket = e
		c.moves++
	}
}

// pace is how many calls a second may leave, as far as is known now.
func (c *connection) pace(now instant) rate.Limit {
	if c.learned == nil {
		return c.limits.pace
	}
	return c.limits.pace * rate.Limit(c.learned.share(now))
}

// opens is when its next call may leave, or go as a probe.
func (c *connection) opens(now instant) (at instant, probe bool) {
	at, probe = c.opensHere(now)
	if c.tab == nil || probe || at > now {
		return at, probe
	}
	return c.tab.opens(now), false
}

// opensHere is the same by what this replica knows.
func (c *connection) opensHere(now instant) (at instant, probe bool) {
	at, probe = c.pauseEnds(now)
	if probe {
		return at, true
	}
	at = max(at, c.bucket.opens(now))
	full := c.window.opens(c.limits.most)
	if full > now && c.tab != nil && c.tab.alone {
		full = min(full, c.tab.widens())
	}
	return max(at, full), false
}

// pauseEnds is when neither its own hold nor its workspace's stops a call.
func (c *connection) pauseEnds(now instant) (at instant, probe bool) {
	at, probe = c.pause.opens(now)
	if c.workspace == nil {
		return at, probe
	}
	shared, sharedProbe := c.workspace.pause.opens(now)
	if shared < at || shared == at && !sharedProbe {
		return at, probe
	}
	return shared, sharedProbe
}

// spend counts a call that leaves now. A probe takes nothing from the bucket:
// what is in there comes at the hold's end.
func (c *connection) spend(now instant, probe bool) {
	if !probe {
		c.bucket.take(now)
	}
	c.count(now)
}

// count counts a call that leaves now, though nothing may allow it.
func (c *connection) count(now instant) {
	c.window.add(now)
	c.tab.count(now)
	c.moves++
}

// refund takes back a call that left then.
func (c *connection) refund(left, now instant, probe bool) {
	c.window.remove(left)
	c.tab.refund(left, now)
	if !probe {
		c.bucket.giveBack(now)
	}
	c.moves++
}

// isAsNew reports whether forgetting the connection would change nothing.
func (c *connection) isAsNew(now instant) bool {
	c.settle(now)
	return c.window.n == 0 && c.queue.waiting == 0 && c.trial == nil &&
		c.promises.count(now) == 0 && c.isUnheld(now) &&
		c.learned.isOver(now) && c.tab.isIdle() && c.bucket.left(now) >= float64(c.limits.burst)
}

// isUnheld reports whether no hold has stopped any of its calls for a minute.
func (c *connection) isUnheld(now instant) bool {
	end := c.held().until
	return len(c.stops) == 0 && (end == 0 || end+minute < now)
}
