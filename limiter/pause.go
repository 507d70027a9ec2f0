package limiter

import "time"

// patienceWithHolds is how long a hold is kept without asking whether Notion
// still means it. Retry-After has been wrong by hours, and a proxy that
// believes in a day is down for a day.
const patienceWithHolds = 15 * time.Minute

// A pause is a hold at work.
type pause struct {
	until instant
	probe instant // when a call may leave all the same; 0: no probes
	scope Scope
}

// extend holds for that long from now, if that is longer than it is held
// already.
func (p *pause) extend(now instant, length time.Duration, s Scope) bool {
	if now+length <= p.until {
		return false
	}
	*p = pause{until: now + length, scope: s}
	p.schedule(now)
	return true
}

// schedule sets the next probe, if the hold lasts long enough for one.
func (p *pause) schedule(now instant) {
	p.probe = 0
	if now+patienceWithHolds < p.until {
		p.probe = now + patienceWithHolds
	}
}

// opens is when a call may leave: at the hold's end, or as its next probe.
func (p *pause) opens(now instant) (at instant, probe bool) {
	switch {
	case p.until <= now:
		return now, false
	case p.probe == 0:
		return p.until, false
	case p.probe <= now:
		return now, true
	}
	return p.probe, true
}

// later is the one of two pauses that ends later.
func later(p, o pause) pause {
	if o.until > p.until {
		return o
	}
	return p
}

// A stop is the hold of one operation. After its end the calls that waited for
// it leave at the budget's pace, though the bucket may be full.
type stop struct {
	pause
	next instant // when the next call of the operation may leave, once the hold has ended
}

func (s *stop) opens(now instant) (at instant, probe bool) {
	at, probe = s.pause.opens(now)
	if probe || at > now {
		return at, probe
	}
	return max(now, s.next), false
}
