package webhook

import (
	"sync/atomic"
	"time"
)

// counts are since the start.
type counts struct {
	received, unread, repeated, folded, overlooked, refused, tooLong atomic.Int64

	last atomic.Int64 // when the last new event came, in Unix nanoseconds
	lag  atomic.Int64 // how long after it had happened, in nanoseconds
}

// Status is how the receiver fares.
type Status struct {
	Secret     bool          // there is a verification token
	SecretFile string        // where it is
	Armed      time.Time     // until when the handshake is waited for; zero if it is not
	Last       time.Time     // when the last new event came; zero if none has
	Lag        time.Duration // how long after it had happened
	Waiting    int           // objects whose events wait
	Received   int64         // that were signed
	Repeated   int64         // of these, that had come before
	Folded     int64         // that joined another of the same object
	Overlooked int64         // that there was no room for
	Unread     int64         // signed bodies that are no events
	Refused    int64         // without a good signature
	TooLong    int64
}

// Status tells how the receiver fares now.
func (r *Receiver) Status() Status {
	c := &r.counts
	s := Status{
		Secret: r.o.Secret.value() != "", SecretFile: r.o.Secret.Path(), Waiting: r.queue.length(),
		Received: c.received.Load(), Repeated: c.repeated.Load(), Folded: c.folded.Load(), Overlooked: c.overlooked.Load(),
		Unread: c.unread.Load(), Refused: c.refused.Load(), TooLong: c.tooLong.Load(),
	}
	if last := c.last.Load(); last != 0 {
		s.Last, s.Lag = time.Unix(0, last), time.Duration(c.lag.Load())
	}
	r.arming.mu.Lock()
	defer r.arming.mu.Unlock()
	if time.Now().Before(r.arming.until) {
		s.Armed = r.arming.until
	}
	return s
}
