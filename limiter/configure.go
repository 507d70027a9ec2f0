package limiter

import (
	"math"

	"golang.org/x/time/rate"
)

// Configure puts other budgets and bounds in force, for what is queued too.
// What has left counts on, so that no change lets more leave in a minute than
// the smaller of two quotas and what was used of the larger; holds stand; and
// who waits keeps its patience. MaxConnections, Lender, Window and Random stay
// as they were.
func (l *Limiter) Configure(o Options) {
	o = o.withDefaults()
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	o.MaxConnections = l.options.MaxConnections
	o.Lender, o.Window, o.Random = l.options.Lender, l.options.Window, l.options.Random
	l.options = o
	l.setCeiling(o.Ceiling, now)
	for c := range l.all {
		c.settle(now)
		l.setLimits(c, now)
		l.dispatch(c, now)
	}
	l.dispatch(l.pool, now)
}

// setCeiling changes the ceiling, and fills nothing up: whoever configures
// often must not have more leave.
func (l *Limiter) setCeiling(perSecond float64, now instant) {
	switch {
	case perSecond <= 0:
		for _, c := range l.parked {
			c.queue.parked = false
		}
		l.ceiling, l.parked = nil, nil
	case l.ceiling == nil:
		l.ceiling = newCeiling(perSecond, l.epoch)
	case float64(l.ceiling.tokens.Limit()) != perSecond:
		l.ceiling.resize(now, rate.Limit(perSecond), ceilingBurst(perSecond))
	}
}

// ceilingBurst is how many calls may leave at once in a second of that rate.
func ceilingBurst(perSecond float64) int { return max(1, int(math.Ceil(perSecond))) }
