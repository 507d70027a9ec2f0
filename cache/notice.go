package cache

import (
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"notionproxy/notion"
)

const (
	// noticeLag is how long the API may take to show what an event tells:
	// events are late or early by that (2026-09).
	noticeLag = 2 * time.Minute

	// longestFlight is how long a read may be under way.
	longestFlight = 2 * time.Minute

	// trustFor is how long an answer is fresh of which events would tell that
	// it is not true any more.
	trustFor = 10 * time.Minute

	maxNoticed = 50_000 // tags, some 8 MB
	maxLosses  = 1000   // workspaces of which all may be untrue
)

// trusting are the reads whose answers events tell of.
var trusting = map[string]bool{
	"pages.retrieve": true, "databases.query": true, "data_sources.query": true,
}

// A Notice is Notion's word that something has changed, whoever did it.
type Notice struct {
	Workspace string // whose entries it concerns; "" means everybody's
	Tags      []notion.Tag
	All       bool      // all of the workspace, whatever the tags
	At        time.Time // when it happened, by Notion's clock
	Arrived   time.Time // when we were told
}

// Notice drops what n may have made untrue: what was asked for before the
// change could be seen, and before we were told. Of those entries that renews
// says will be asked for anew at once, the old answer is kept for trouble, but
// is not fresh any more. renews is called with the store locked and must not
// call back.
func (s *Store) Notice(n Notice, renews func(Question) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.At.After(n.Arrived) {
		n.At = n.Arrived // clocks differ
	}
	if s.backing != nil {
		s.backing.Drop(n.drop())
	}
	s.notice(n, renews)
}

// drop is n for a backing. Where all of a workspace may be untrue, it is open to
// doubt.
func (n Notice) drop() Drop {
	if n.All {
		return Drop{Reach: Everyone, Workspace: n.Workspace, At: n.Arrived, Changed: n.At}
	}
	return Drop{Workspace: n.Workspace, Certain: true, Tags: n.Tags, At: n.Arrived, Changed: n.At}
}

// notice applies n to what is stored and to what is under way. Call it with the
// store locked.
func (s *Store) notice(n Notice, renews func(Question) bool) {
	r := reach{workspace: n.Workspace, certain: true}
	if n.Arrived.Sub(n.At) < noticeLag+longestFlight {
		s.writes.told(r, n)
	}
	s.noticed.note(n)
	stale := func(c *chain) {
		if !r.covers(c.owner, s.workspace(c.owner)) || !c.born.Before(n.At.Add(noticeLag)) || c.born.After(n.Arrived) {
			return
		}
		s.stats.DroppedByEvent++
		if !c.retired && renews(Question{Owner: c.owner, Key: c.key}) {
			c.expire(n.Arrived)
			return
		}
		s.retire(c, n.Arrived)
	}
	if n.All {
		for _, c := range s.recent.Keys() {
			stale(c)
		}
		return
	}
	s.tags.with(n.Tags, stale)
}

// expire ends c's freshness.
func (c *chain) expire(now time.Time) {
	if now.Before(c.freshUntil) {
		c.freshUntil = now
	}
	c.calm = false
}

// freshUntil is how long c is fresh. Where events would tell, that is longer.
func (s *Store) freshUntil(c *chain) time.Time {
	if !c.calm || !trusting[c.op.Name] || !s.trusted(c.owner, c.born) {
		return c.freshUntil
	}
	return later(c.freshUntil, sooner(c.linksUntil, c.born.Add(trustFor)))
}

// noticed remembers what events told of, and when that happened: what is asked
// for soon after may not show it yet. It is guarded by the store's lock.
type noticed struct {
	byTag  *simplelru.LRU[notion.Tag, time.Time]
	lost   time.Time            // of what is forgotten, and of what neither tag nor workspace tells
	losses map[string]time.Time // of what no tag tells, by workspace
	newest time.Time            // of these and of lost
}

func newNoticed() noticed {
	n := noticed{losses: map[string]time.Time{}}
	n.byTag, _ = simplelru.NewLRU[notion.Tag, time.Time](maxNoticed, nil)
	return n
}

func (x *noticed) note(n Notice) {
	if n.All {
		x.lose(n.Workspace, n.At)
		return
	}
	for _, tag := range n.Tags {
		at, _ := x.byTag.Peek(tag)
		if x.byTag.Len() == maxNoticed {
			if _, oldest, ok := x.byTag.GetOldest(); ok {
				x.lose("", oldest)
			}
		}
		x.byTag.Add(tag, later(at, n.At))
	}
}

// lose remembers that something happened in a workspace, "" for any. Of too many
// it remembers that it was in any.
func (x *noticed) lose(workspace string, at time.Time) {
	x.newest = later(x.newest, at)
	if workspace == "" {
		x.lost = later(x.lost, at)
		return
	}
	if _, known := x.losses[workspace]; !known && len(x.losses) >= maxLosses {
		clear(x.losses)
		x.lost = x.newest
	}
	x.losses[workspace] = later(x.losses[workspace], at)
}

// lostIn is when something last happened that may concern the workspace, "" if
// that is not known, and nobody knows what it was.
func (x *noticed) lostIn(workspace string) time.Time {
	if workspace == "" {
		return x.newest
	}
	return later(x.lost, x.losses[workspace])
}

// near says whether an event that concerns one of the tags, or the workspace,
// happened less than two minutes before born.
func (x *noticed) near(tags []notion.Tag, born time.Time, workspace string) bool {
	if born.Before(x.lostIn(workspace).Add(noticeLag)) {
		return true
	}
	for _, tag := range tags {
		if at, ok := x.byTag.Peek(tag); ok && born.Before(at.Add(noticeLag)) {
			return true
		}
	}
	return false
}

// sooner is the earlier one of two times, of which the first may be none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
