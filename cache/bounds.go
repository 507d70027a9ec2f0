package cache

import "time"

// enlist takes c into the account.
func (s *Store) enlist(c *chain) {
	o := s.owners[c.owner]
	if o == nil {
		o = &ownerShare{recent: newRecency()}
		s.owners[c.owner] = o
		o.bytes += ownerOverhead
		s.bytes += ownerOverhead
	}
	s.recent.Add(c, struct{}{})
	o.recent.Add(c, struct{}{})
	s.grow(c, chainOverhead)
}

func (s *Store) grow(c *chain, bytes int64) {
	c.bytes += bytes
	s.bytes += bytes
	o := s.owners[c.owner]
	o.bytes += bytes
	switch {
	case o.bytes > s.room()/2:
		s.heavy = o
	case s.heavy == o:
		s.heavy = nil
	}
}

// retire takes c out of everybody's sight but for those who are half-way
// through it. What nobody reads is removed.
func (s *Store) retire(c *chain, now time.Time) {
	if c.retired {
		return
	}
	if !c.finishing(now) {
		s.remove(c)
		return
	}
	s.hide(c)
}

func (s *Store) hide(c *chain) {
	c.retired = true
	if s.current[c.key] == c {
		delete(s.current, c.key)
	}
	s.grow(c, -int64(len(c.tags))*tagOverhead)
	s.tags.remove(c)
}

// remove takes c out of the store, and with it everything that leads to it.
func (s *Store) remove(c *chain) {
	if !s.recent.Remove(c) {
		return
	}
	s.hide(c)
	for _, cursor := range c.cursors {
		if k := cursorKey(c.owner, cursor); s.cursors[k] == c {
			delete(s.cursors, k)
		}
	}
	if c.pages != nil {
		s.chains--
	}
	s.grow(c, -c.bytes)
	o := s.owners[c.owner]
	o.recent.Remove(c)
	if o.recent.Len() == 0 {
		s.bytes -= ownerOverhead
		delete(s.owners, c.owner)
		if s.heavy == o {
			s.heavy = nil
		}
	}
}

// What it costs to remember, beside the entries, what stands above an object,
// where a cursor led, what an event told and what a write touched.
const (
	parentOverhead   = 150
	handoutOverhead  = 350
	noticedOverhead  = 170
	writeTagOverhead = 80
)

// room is what the entries may take: what is left beside all that. Each kind of it
// is bounded by itself. Half is for entries in any case: a store that is smaller
// than these bounds would else keep no answers.
func (s *Store) room() int64 {
	aside := s.parents.above.Len()*parentOverhead + s.handouts.byCursor.Len()*handoutOverhead +
		s.noticed.byTag.Len()*noticedOverhead + s.writes.tags*writeTagOverhead
	return s.maxBytes - min(int64(aside), s.maxBytes/2)
}

// evict makes room: an owner who holds more than half loses its own oldest
// entries while others want room too, and else the oldest of all goes.
func (s *Store) evict() {
	for s.bytes > s.room() {
		victims := s.recent
		if s.heavy != nil && len(s.owners) > 1 {
			victims = s.heavy.recent
		}
		c, _, ok := victims.GetOldest()
		if !ok {
			return
		}
		s.remove(c)
		s.stats.Evicted++
	}
}

// Sweep removes what is past its keep time, and older readings that nobody can
// be half-way through any more. Entries go by themselves when somebody asks
// for them; this is for those that nobody asks for, and that should not lie
// about.
func (s *Store) Sweep(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ages = ages{}
	for _, c := range s.recent.Keys() {
		s.ages.add(now.Sub(c.born))
		if !now.Before(c.keepUntil()) || c.retired && !c.finishing(now) {
			s.remove(c)
			s.stats.Expired++
			continue
		}
		s.reportUse(c)
	}
}

// reportUse tells the backing of chains that were read since the last time.
func (s *Store) reportUse(c *chain) {
	if s.backing != nil && !c.retired && c.reads != c.reported {
		c.reported = c.reads
		s.backing.Used(c.owner, c.key)
	}
}

// Stats returns the counts.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Entries, st.Bytes, st.Chains = int64(s.recent.Len()), s.bytes, s.chains
	return st
}
