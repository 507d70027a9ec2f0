package limiter

import (
	"slices"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// An identity is what a token or a connection turned out to be.
type identity struct {
	connection string
	workspace  string
}

// identities are by token and by connection. They outlive the connections'
// budgets, which are forgotten when they are whole again.
type identities = *simplelru.LRU[string, identity]

// maxIdentities bounds how many are known, some 3 MB. Of others it is known
// what their calls say.
const maxIdentities = 20_000

func newIdentities(most int) identities {
	ids, err := simplelru.NewLRU[string, identity](max(1, most), nil)
	if err != nil {
		panic(err) // it is for a size that is not positive
	}
	return ids
}

// maxAliases bounds how many tokens lead straight to one connection. The rest
// takes the way over the identities.
const maxAliases = 16

// Identify says that a token belongs to this connection and workspace: calls
// whose Connection is the token spend the connection's budget from now on.
// What was counted for the token counts for the connection; the emptier bucket
// and the later hold stand; and those who wait keep waiting. An empty
// workspace means that it is not known.
func (l *Limiter) Identify(token, connection, workspace string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.identify(token, connection, workspace, l.now())
}

// recall takes over who a token is from a call that knows it, where the limiter
// does not: else the token would get a budget of its own.
func (l *Limiter) recall(c Call, now instant) {
	if !c.Accepted || c.Bot == "" {
		return
	}
	if in := l.connections[c.Connection]; in != nil && in.name == c.Bot {
		return
	}
	if id, ok := l.identities.Peek(c.Connection); !ok || id.connection != c.Bot {
		l.identify(c.Connection, c.Bot, c.Workspace, now)
	}
}

func (l *Limiter) identify(token, connection, workspace string, now instant) {
	if known, ok := l.identities.Get(connection); ok && workspace == "" {
		workspace = known.workspace
	}
	id := identity{connection, workspace}
	l.identities.Add(token, id)
	l.identities.Add(connection, id)
	l.unite(token, connection, now)
	if c := l.connections[connection]; c != nil {
		l.settleIn(c, workspace, now)
		l.setLimits(c, now)
	}
}

// unite has the connection pay for the token, if either is in use.
func (l *Limiter) unite(token, name string, now instant) {
	a, b := l.connections[token], l.connections[name]
	switch {
	case a == b:
		return
	case a != nil && a.name != token:
		// The token led to another connection. That keeps what it counted.
		l.dropAlias(a, token)
		if b != nil {
			l.addAlias(b, token)
		}
	case a == nil:
		l.addAlias(b, token)
	case b == nil:
		l.accept(a, now)
		a.name = name
		l.connections[name] = a
		l.addAlias(a, token)
		l.setLimits(a, now)
		l.rename(a)
	default:
		l.accept(a, now)
		l.merge(a, b, now)
		l.addAlias(b, token)
	}
}

// merge moves everything of a to b.
func (l *Limiter) merge(a, b *connection, now instant) {
	a.settle(now)
	b.settle(now)
	a.into = b
	l.unlink(a)
	b.window.merge(&a.window)
	b.moves++
	l.move(b, &a.window)
	b.promises.merge(a.promises)
	b.pause = later(b.pause, a.pause)
	b.learned = b.learned.worse(a.learned, now)
	if a.bucket.left(now) < b.bucket.left(now) {
		b.bucket = a.bucket
		b.bucket.resize(now, b.pace(now), b.limits.burst)
		b.settled = min(b.settled, now) // that bucket knows nothing of b's hold
	}
	for operation, s := range a.stops {
		t := b.stop(operation)
		t.pause, t.next = later(t.pause, s.pause), max(t.next, s.next)
	}
	for _, alias := range a.aliases {
		l.addAlias(b, alias)
	}
	l.moveIn(a, b)
	a.queue.each(func(w *waiter) {
		a.queue.remove(w)
		w.from, w.home = b, b
		b.queue.push(w)
	})
	a.queue.rest()
	b.proven, b.trial = true, nil
	l.withdraw(b)
	for _, member := range l.reach(b, WorkspaceScope) {
		l.halt(member, now)
	}
}

// moveIn has b take a's place in its workspace, and its workspace's hold along.
func (l *Limiter) moveIn(a, b *connection) {
	w := a.workspace
	switch {
	case w == nil:
		return
	case b.workspace == nil:
		b.join(w)
	default:
		b.workspace.pause = later(b.workspace.pause, w.pause)
	}
	l.leaveWorkspace(a)
}

// settleIn makes c a member of the workspace of that name.
func (l *Limiter) settleIn(c *connection, name string, now instant) {
	if name == "" || c.workspace != nil && c.workspace.name == name {
		return
	}
	w := l.workspaces[name]
	if w == nil {
		w = &workspace{name: name}
		l.workspaces[name] = w
	}
	before := c.workspace
	l.leaveWorkspace(c)
	c.join(w)
	if before != nil && before.name == "" && before.pause.until > w.pause.until {
		// It was held for its workspace before anybody knew which that is.
		w.pause = before.pause
	}
	for _, member := range l.reach(c, WorkspaceScope) {
		l.halt(member, now)
	}
}

// leaveWorkspace ends c's membership.
func (l *Limiter) leaveWorkspace(c *connection) {
	w := c.workspace
	if w == nil {
		return
	}
	c.workspace = nil
	delete(w.members, c)
	if len(w.members) == 0 {
		delete(l.workspaces, w.name)
	}
}

// addAlias has calls of that name spend c's budget.
func (l *Limiter) addAlias(c *connection, name string) {
	if c == nil || name == c.name {
		return
	}
	l.connections[name] = c
	if slices.Contains(c.aliases, name) {
		return
	}
	if len(c.aliases) == maxAliases {
		l.dropAlias(c, c.aliases[0])
	}
	c.aliases = append(c.aliases, name)
}

func (l *Limiter) dropAlias(c *connection, name string) {
	if l.connections[name] == c {
		delete(l.connections, name)
	}
	c.aliases = slices.DeleteFunc(c.aliases, func(a string) bool { return a == name })
}
