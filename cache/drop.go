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
	r := reach{owner: w.Owner, workspace: s.workspace(w.Owner), certain: w.Certain}
	s.writes.end(r, w.Tags, now)
	s.tags.with(w.Tags, func(c *chain) {
		switch {
		case !r.covers(c.owner, s.workspace(c.owner)):
		case w.Certain:
			s.retire(c, now)
			s.stats.DroppedByWrite++
		default:
			c.suspect = true
		}
	})
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
	if c := s.find(q); c != nil {
		s.retire(c, now)
	}
}

// DropOwner removes everything that the owner has: Notion has confirmed that
// the token is no good any more.
func (s *Store) DropOwner(owner Owner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropOwned(owner, func(*chain) bool { return true })
}

// DropNamed removes the owner's entries whose path or query names one of ids:
// Notion says that the owner may not see these. With a capability, only reads
// that need it go.
func (s *Store) DropNamed(owner Owner, ids []notion.ID, capability notion.Capability) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropOwned(owner, func(c *chain) bool {
		return c.names(ids) && (capability == "" || c.op.Capability == capability)
	})
}

func (s *Store) dropOwned(owner Owner, drop func(*chain) bool) {
	s.writes.refuse(refusal{
		at: time.Now(), owner: owner,
		drops: func(c *chain, _ []notion.Tag) bool { return drop(c) },
	})
	o := s.owners[owner]
	if o == nil {
		return
	}
	for _, c := range o.recent.Keys() {
		if drop(c) {
			s.remove(c)
			s.stats.DroppedByRefusal++
		}
	}
}
