package proxy

import (
	"slices"
	"sync"
	"time"

	"notionproxy/cache"
)

// How many of the tokens used last are remembered themselves: those that
// Notion has taken, and those that it has not, which anybody can make up.
const (
	maxProven   = 16
	maxUnproven = 2
)

// recentTokens remember the tokens used last, so that the proxy can ask for
// itself with them. They are held in memory alone and never given away: what
// wants to ask with one asks the proxy. They are safe for concurrent use.
type recentTokens struct {
	mu               sync.Mutex
	proven, unproven []recentToken // used last first
}

type recentToken struct {
	owner cache.Owner
	auth  string // the Authorization that Notion gets
	label string
	used  time.Time
}

// note remembers that a token was used.
func (r *recentTokens) note(c *call) {
	if c.match.Op.Name == "unknown" || c.match.Op.Kind.String() == "secret" {
		return // OAuth carries a client's secret in place of a token
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.proven) > 0 && r.proven[0].owner == c.owner {
		r.proven[0].used = c.x.Start // as a rule
		return
	}
	t := recentToken{c.owner, c.auth, c.state.label(), c.x.Start}
	isOurs := func(o recentToken) bool { return o.owner == c.owner }
	if slices.ContainsFunc(r.proven, isOurs) || !c.state.acceptedAt.IsZero() {
		r.proven = toFront(r.proven, t, maxProven)
		r.unproven = slices.DeleteFunc(r.unproven, isOurs)
		return
	}
	r.unproven = toFront(r.unproven, t, maxUnproven)
}

// toFront puts t first, in the place of what was there of the same token, or
// of the last one where there are too many.
func toFront(list []recentToken, t recentToken, most int) []recentToken {
	i := slices.IndexFunc(list, func(o recentToken) bool { return o.owner == t.owner })
	switch {
	case i < 0 && len(list) < most:
		list = append(list, t)
		i = len(list) - 1
	case i < 0:
		i = most - 1
	}
	copy(list[1:i+1], list[:i])
	list[0] = t
	return list
}

// latest are the n tokens used last, used last first.
func (r *recentTokens) latest(n int) []recentToken {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Concat(r.proven, r.unproven)
	slices.SortStableFunc(all, func(a, b recentToken) int { return b.used.Compare(a.used) })
	return all[:min(n, len(all))]
}

// of is the token of that connection, or, where connection is empty, the one
// that Notion took and that was used last.
func (r *recentTokens) of(connection string) (recentToken, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.proven {
		if connection == "" || t.label == connection {
			return t, true
		}
	}
	return recentToken{}, false
}
