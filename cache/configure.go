package cache

import "time"

// Configure puts another size and other policies in force; nil means
// DefaultPolicies, and Workspace stays as it is. What is stored already is
// kept as the new policies say, and fresh for the shorter of the two times: a
// promise that was made about an answer's age is not stretched afterwards.
func (s *Store) Configure(o Options, now time.Time) {
	if o.Policies == nil {
		o.Policies = DefaultPolicies()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.maxBytes, s.policies = o.MaxBytes, o.Policies
	for _, c := range s.recent.Keys() {
		c.follow(s.policies[c.op.Class])
		if !now.Before(c.keepUntil()) {
			s.remove(c)
			s.stats.Expired++
		}
	}
	s.weigh()
	s.evict()
}

// follow puts another policy in force for c.
func (c *chain) follow(p Policy) {
	c.policy = p
	if until := c.born.Add(p.Fresh); until.Before(c.freshUntil) {
		c.freshUntil = until
	}
}

// weigh finds who holds more than half of what may be stored.
func (s *Store) weigh() {
	s.heavy = nil
	for _, o := range s.owners {
		if o.bytes > s.room()/2 && (s.heavy == nil || o.bytes > s.heavy.bytes) {
			s.heavy = o
		}
	}
}
