package limiter

import "time"

// A Scope is what a hold stops.
type Scope uint8

// What a 429 or 529 may be about.
const (
	NoScope         Scope = iota
	ConnectionScope       // all calls of the connection
	WorkspaceScope        // all calls of all connections of the workspace
	OperationScope        // the connection's calls of one operation
	BlockedScope          // all calls of the connection, and nobody waits for its end
)

var scopeNames = [...]string{"none", "connection", "workspace", "operation", "blocked"}

// String is the scope's word in logs and on pages.
func (s Scope) String() string { return scopeNames[s] }

// scopes has the values of additional_data.rate_limit_reason that say what is
// held (developers.notion.com/reference/request-limits, September 2026).
var scopes = map[string]Scope{
	"public_api_request_rate_limit":       ConnectionScope,
	"public_api_space_request_rate_limit": WorkspaceScope,
	"public_api_endpoint_rate_limit":      OperationScope,
	"public_api_request_blocked":          BlockedScope,
}

// ScopeOf returns what a 429 with that rate_limit_reason holds: the
// connection, where there is none or one that is not known.
func ScopeOf(rateLimitReason string) Scope {
	if s, ok := scopes[rateLimitReason]; ok {
		return s
	}
	return ConnectionScope
}

// A Hold is "no calls until then", as a 429 or 529 said.
type Hold struct {
	Scope      Scope
	Connection string // as in Call
	Operation  string // of an OperationScope

	// RetryAfter is how long, from now: what ParseRetryAfter returned. Zero
	// means that Notion did not say: a second then, doubling up to a minute
	// while it goes on refusing.
	RetryAfter time.Duration
}

// jitter lengthens a hold a little, so that several proxies that were told the
// same do not come back at the same instant.
func (l *Limiter) jitter(length time.Duration) time.Duration {
	most := min(l.options.HoldJitter, length/10)
	if most <= 0 {
		return 0
	}
	return l.options.Random(most)
}

// Hold stops what h names until its time. A hold is only ever extended. What
// waits and cannot leave in time any more is refused at once. Beyond 15 minutes
// one call every 15 minutes is let out; see Grant.Probe.
func (l *Limiter) Hold(h Hold) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	c := l.connection(h.Connection, now)
	if c == nil || h.Scope == NoScope {
		return
	}
	p := c.pauseOf(h)
	length := c.length(h, p, now)
	if length == 0 {
		return
	}
	length += l.jitter(length)
	if !p.extend(now, length, h.Scope) {
		return
	}
	if l.options.Lender != nil {
		l.options.Lender.Held(Hold{Scope: h.Scope, Connection: c.name, Operation: h.Operation, RetryAfter: length})
	}
	for _, held := range l.reach(c, h.Scope) {
		l.halt(held, now)
	}
}

// Heed stops what h names until its time, as another replica was told by
// Notion. It passes nothing on.
func (l *Limiter) Heed(h Hold) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	c := l.connection(h.Connection, now)
	if c == nil || h.Scope == NoScope || h.Scope > BlockedScope || h.RetryAfter <= 0 {
		return
	}
	if !c.pauseOf(h).extend(now, min(h.RetryAfter, longestHold), h.Scope) {
		return
	}
	for _, held := range l.reach(c, h.Scope) {
		l.halt(held, now)
	}
}

// pauseOf is the pause that a hold is about.
func (c *connection) pauseOf(h Hold) *pause {
	switch h.Scope {
	case OperationScope:
		return &c.stop(h.Operation).pause
	case WorkspaceScope:
		// Until the workspace is known this one has the connection alone as
		// its member, and brings its hold along when it is.
		if c.workspace == nil {
			c.join(&workspace{})
		}
		return &c.workspace.pause
	}
	return &c.pause
}

// length is how long a hold lasts; 0 if it says nothing new.
func (c *connection) length(h Hold, p *pause, now instant) time.Duration {
	if h.RetryAfter > 0 {
		return min(h.RetryAfter, longestHold)
	}
	// Calls that left before the hold are refused while it stands. They must
	// not make it longer each.
	if p.until > now {
		return 0
	}
	if now > p.until+minute {
		c.unsaid = 0
	}
	length := min(time.Second<<c.unsaid, minute)
	c.unsaid = min(c.unsaid+1, 6)
	return length
}

// reach is whom a hold of the connection's concerns.
func (l *Limiter) reach(c *connection, s Scope) []*connection {
	if s != WorkspaceScope || c.workspace == nil {
		return []*connection{c}
	}
	var all []*connection
	for member := range c.workspace.members {
		all = append(all, member)
	}
	return all
}

// halt refuses what waits and can no longer leave in time, and has the rest
// wait for the hold's end.
func (l *Limiter) halt(c *connection, now instant) {
	c.settle(now)
	l.dismiss(c, now, func(w *waiter) bool { return w.isHopeless(now) })
	l.dispatch(c, now)
}

// Held returns until when calls of that connection and operation are held; the
// zero time if they are not.
func (l *Limiter) Held(connection, operation string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	c := l.peek(connection, now)
	p := c.held()
	if s := c.stops[operation]; s != nil {
		p = later(p, s.pause)
	}
	return l.date(p.until, now)
}

// date is the instant as the world has it, and the zero time if it is not
// after now.
func (l *Limiter) date(at, now instant) time.Time {
	if at <= now {
		return time.Time{}
	}
	return time.Now().Add(at - now)
}
