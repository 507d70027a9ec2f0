package limiter

import "time"

// A Sign is evidence that a connection's budget is smaller than its quota says.
type Sign uint8

// Signs of pressure.
const (
	Overdrawn  Sign = iota // a 429 for the connection's rate, in spite of pacing
	BadGateway             // a 502, from Notion or from its edge
)

const (
	recovery   = 10 * time.Minute // from the least share to all of it
	leastShare = 0.25             // by 429s
	fall       = 2.0 / 3
	slowShare  = fall // by 502s: Notion gives none for a pace as low as that
	// oneFall is how long the calls that were on their way at a fall may still
	// bring its like. They must not make it fall again.
	oneFall = 10 * time.Second

	// A flood is so many 502s within so long, and half a burst of calls.
	flood       = 5
	floodLength = 10 * time.Second
)

// A lesson is what pressure taught about a connection's pace.
type lesson struct {
	from  float64 // the share of the quota's pace that was left by the last fall
	at    instant // of the last fall
	badly []instant
}

// share is how much of the quota's pace is used now. It creeps back, in steps
// of a second, so that what was reckoned with it holds for as long.
func (s *lesson) share(now instant) float64 {
	if s == nil {
		return 1
	}
	passed := (now - s.at).Truncate(time.Second)
	return min(1, s.from+(1-leastShare)*float64(passed)/float64(recovery))
}

// isOver reports whether nothing is left of the lesson.
func (s *lesson) isOver(now instant) bool {
	return s == nil || s.share(now) >= 1 && now-s.at > floodLength
}

// worse is the one of two lessons that leaves less.
func (s *lesson) worse(o *lesson, now instant) *lesson {
	if o.share(now) < s.share(now) {
		return o
	}
	return s
}

// Pressure lowers the connection's rate by a third, not below a quarter of its
// quota's; it creeps back within ten minutes. A BadGateway counts only in a
// flood of them right after a burst, and lowers the rate not below two thirds:
// Notion has answered 502 to calls that came at exactly 3 a second, and not to
// 2. If it goes on at that rate something else is wrong with it, and crawling
// would only keep readers waiting when that is mended.
func (l *Limiter) Pressure(connection string, s Sign) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	c := l.connection(connection, now)
	if c == nil {
		return
	}
	if c.learned == nil {
		c.learned = &lesson{from: 1, at: now - recovery}
	}
	if s == BadGateway && !c.isFlooded(now) {
		return
	}
	c.fall(now, leastShares[s])
	l.dispatch(c, now)
}

// leastShares is how low each sign may bring the pace.
var leastShares = [...]float64{Overdrawn: leastShare, BadGateway: slowShare}

// fall lowers the pace, once for all that one moment of pressure brings.
func (c *connection) fall(now instant, least float64) {
	s := c.learned
	if s.from < 1 && now-s.at < oneFall || s.share(now) <= least {
		return
	}
	s.from, s.at = max(least, s.share(now)*fall), now
	if c.held().until <= now {
		c.bucket.pace(now, c.pace(now))
	}
}

// isFlooded counts a 502, and reports whether many came after many calls.
func (c *connection) isFlooded(now instant) bool {
	s := c.learned
	s.badly = append(s.badly, now)
	for s.badly[0] < now-floodLength {
		s.badly = s.badly[1:]
	}
	return len(s.badly) >= flood && c.window.since(now-floodLength) >= c.limits.burst/2
}
