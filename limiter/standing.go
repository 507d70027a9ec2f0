package limiter

// A Standing is what the limiter has in hand over all connections.
type Standing struct {
	Connections  int        // remembered: used of late, or with a budget that is not whole
	Waiting      [lanes]int // calls in queues, by Lane; those of tokens not accepted yet included
	WaitingBytes int64      // of their bodies
}

// Standing counts. It looks at every connection that is remembered, so it is
// for once in several seconds.
func (l *Limiter) Standing() Standing {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Standing{WaitingBytes: l.bytes}
	for c := range l.all {
		s.Connections++
		s.add(&c.queue)
	}
	s.add(&l.pool.queue)
	return s
}

func (s *Standing) add(q *queue) {
	for i := range q.lanes {
		s.Waiting[i] += q.lanes[i].waiting
	}
}
