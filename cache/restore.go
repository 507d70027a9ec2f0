package cache

import (
	"context"
	"time"
)

// Recall brings what the backing keeps for q into memory, if that is newer
// than what is there. It may wait. The authorization is what q's owner is the
// digest of.
func (s *Store) Recall(ctx context.Context, q Question, authorization string, now time.Time) {
	if s.backing == nil {
		return
	}
	ticket, w := s.wanted(q, authorization)
	r, ok := s.backing.Load(ctx, w)
	if ok && r.Owner == q.Owner && r.Key == q.Key {
		s.restore(r, ticket, now)
	}
}

// wanted is what the backing is asked for q, and dates it.
func (s *Store) wanted(q Question, authorization string) (Ticket, Wanted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := Wanted{Question: q, Authorization: authorization, Bot: s.bot(q.Owner), Workspace: s.workspace(q.Owner)}
	if c := s.current[q.Key]; c != nil {
		w.After = c.born
	}
	return s.writes.seq, w
}

// restore puts r into memory, unless something that happened since the ticket
// speaks against it. What the settings say now counts where it is shorter.
func (s *Store) restore(r *Record, t Ticket, now time.Time) {
	policy := s.policies[r.Op.Class]
	born := counted(r.Born, now)
	c := &chain{
		owner: r.Owner, key: r.Key, op: r.Op, named: r.Named, born: born, policy: policy,
		freshUntil: earlier(counted(r.FreshUntil, now), born.Add(policy.Fresh)), suspect: r.Suspect,
	}
	if policy.Keep <= 0 || r.Born.After(now) || !now.Before(earlier(c.keepUntil(), r.KeepUntil)) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.holder(r.Owner)
	ruling := s.writes.rule(t, r.Born, h.Owner, h.Workspace, r.Tags)
	if s.noticed.near(r.Tags, r.Born, h.Workspace) {
		c.freshUntil = earlier(c.freshUntil, now) // an event since then, or shortly before
	}
	old := s.current[c.key]
	if ruling.refuse || s.writes.mayNot(t, c, h, r.Tags) || old != nil && !old.born.Before(c.born) {
		return
	}
	if old != nil {
		s.retire(old, now)
	}
	s.current[c.key] = c
	s.enlist(c)
	for i, p := range r.Pages {
		a := Answer{Question: Question{Owner: c.owner, Key: c.key, Cursor: p.Cursor}, Page: p.Page, Born: c.born}
		if i == 0 {
			a.Tags = r.Tags
		}
		s.handouts.note(a.Question, p.Page, c.born)
		s.append(c, a, ruling)
	}
	s.evict()
}

// counted is t on the clock that now is on, which goes on evenly: by the wall's,
// what was stored would be fresh for an hour more once that is set back by one.
func counted(t, now time.Time) time.Time { return now.Add(t.Sub(now)) }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Intend makes certain that w is known of should this process end before its
// outcome is recorded. Call it before w leaves, and ended when its outcome is
// recorded.
func (s *Store) Intend(ctx context.Context, w Write) (ended func()) {
	if s.backing == nil || len(w.Tags) == 0 {
		return func() {}
	}
	s.mu.Lock()
	d := Drop{Owner: w.Owner, Workspace: s.workspace(w.Owner), Tags: w.Tags, At: time.Now()}
	s.mu.Unlock()
	return s.backing.Intend(ctx, d)
}

// Settle returns when what was dropped before is out of everybody's reach; see
// Backing. Call it before the one hears of it who made it untrue.
func (s *Store) Settle(ctx context.Context) {
	if s.backing != nil {
		s.backing.Settle(ctx)
	}
}
