package cache

import (
	"maps"
	"slices"
	"time"

	"notionproxy/notion"
)

// A Write is what a write that went through the proxy may have changed.
type Write struct {
	Owner Owner
	Tags  []notion.Tag

	// Certain is set when Notion answered 2xx. A write that may or may not
	// have been carried out only makes entries suspect.
	Certain bool
}

// Wrote records that a write has ended. Call it before the writer gets its
// answer: from then on nobody is shown what the write made untrue.
func (s *Store) Wrote(w Write, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(Drop{Owner: w.Owner, Workspace: s.workspace(w.Owner), Certain: w.Certain, Tags: w.Tags, At: now})
}

// Accepted records a write that Notion will carry out later, as the task of
// the given id, "" if that is not known: nothing that it touches is stored
// until Finished, or until the given time.
func (s *Store) Accepted(w Write, task string, now, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes.accept(pending{
		endedWrite: endedWrite{reach: reach{owner: w.Owner, workspace: s.workspace(w.Owner), certain: true}, tags: setOf(w.Tags)},
		task:       task,
		until:      until,
	}, now)
	if d := (Drop{Owner: w.Owner, Workspace: s.workspace(w.Owner), Tags: w.Tags, At: until}); s.backing != nil && !d.isEmpty() {
		s.backing.Drop(d) // should this process end before the task does
	}
}

// Finished records that the task has ended, and so changed what it touches.
// Unknown tasks are none of ours.
func (s *Store) Finished(task string, now time.Time) {
	s.mu.Lock()
	p, ok := s.writes.finish(task)
	s.mu.Unlock()
	if ok {
		s.Wrote(Write{Owner: p.owner, Tags: slices.Collect(maps.Keys(p.tags)), Certain: true}, now)
	}
}

// DropDead ends the chain that q's cursor was handed out with, since Notion
// knows that cursor no more: nobody begins on it any longer. Whoever is
// half-way through gets what is there of it.
func (s *Store) DropDead(q Question, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.find(q)
	if c == nil {
		return
	}
	if s.backing != nil {
		s.backing.Drop(Drop{Owner: c.owner, Reach: Own, Certain: true, Key: c.key, At: now})
	}
	s.retire(c, now)
}

// DropOwner removes everything that the owner has: Notion has confirmed that
// the token is no good any more.
func (s *Store) DropOwner(owner Owner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(Drop{Owner: owner, Reach: Own, Certain: true, At: time.Now()})
}

// DropNamed removes the owner's entries whose path or query names one of ids:
// Notion says that the owner may not see these. With a capability, only reads
// that need it go.
func (s *Store) DropNamed(owner Owner, ids []notion.ID, capability notion.Capability) {
	if len(ids) == 0 {
		return // nothing is named, and a drop without names hits everything
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(Drop{Owner: owner, Reach: Own, Certain: true, Named: ids, Capability: capability, At: time.Now()})
}

// Hear applies a drop that another process made and announced.
func (s *Store) Hear(d Drop) {
	d.Heard = true
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.Changed.IsZero() {
		s.drop(d)
		return
	}
	n := Notice{Workspace: d.Workspace, Tags: d.Tags, All: d.Reach == Everyone, At: d.Changed, Arrived: d.At}
	if n.All {
		s.noticed.note(n)
		s.drop(d)
		return
	}
	if s.backing != nil {
		s.backing.Drop(d)
	}
	s.notice(n, func(Question) bool { return false })
}

// drop applies d to what is stored, to what is under way, and to the backing.
// Call it with the store locked.
func (s *Store) drop(d Drop) {
	if s.backing != nil && !d.isEmpty() {
		s.backing.Drop(d)
	}
	if d.Reach == Written {
		s.writes.end(reach{d.Owner, d.Workspace, d.Certain}, d.Tags, d.At)
		s.tags.with(d.Tags, func(c *chain) { s.spoil(c, d) })
		return
	}
	s.writes.refuse(d)
	for _, c := range s.held(d) {
		s.spoil(c, d)
	}
}

// held are the chains that d may concern.
func (s *Store) held(d Drop) []*chain {
	if d.Reach == Everyone {
		return s.recent.Keys()
	}
	if o := s.owners[d.Owner]; o != nil {
		return o.recent.Keys()
	}
	return nil
}

// spoil takes c out of sight if d hits it, or marks it.
func (s *Store) spoil(c *chain, d Drop) {
	switch {
	case !d.Covers(s.holder(c.owner)) || d.Spares(c.born) || !d.concerns(c, nil):
	case !d.Certain:
		c.suspect = true
	case d.Reach == Written:
		s.retire(c, d.At)
		s.stats.DroppedByWrite++
	default:
		s.remove(c)
		s.stats.DroppedByRefusal++
	}
}

// isEmpty says whether d hits nothing whatever is stored: a write that touched
// nothing that anybody could have read.
func (d Drop) isEmpty() bool { return d.Reach == Written && len(d.Tags) == 0 }

// concerns says whether c's read is one that d is about, the tags of what was
// written aside, or would be with a page that has these tags.
func (d Drop) concerns(c *chain, tags []notion.Tag) bool {
	return (len(d.Named) == 0 || c.names(d.Named)) && (d.Capability == "" || c.op.Capability == d.Capability) &&
		(d.Key == Key{} || d.Key == c.key) &&
		(d.Reach != Everyone || d.Which.includes(c, tags))
}
