package limiter

import (
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// newCeiling is the bucket that all calls share; nil for none.
func newCeiling(perSecond float64, epoch time.Time) *bucket {
	if perSecond <= 0 {
		return nil
	}
	b := newBucket(rate.Limit(perSecond), ceilingBurst(perSecond), epoch)
	return &b
}

// park puts home at the end of the round of those that wait for the ceiling.
// Connections take turns there, whatever their lanes: a connection in a hurry
// must not starve another's bulk.
func (l *Limiter) park(home *connection) {
	if !home.queue.parked {
		home.queue.parked = true
		l.parked = append(l.parked, home)
	}
}

// unpark lets calls leave by turns for as long as the ceiling allows.
func (l *Limiter) unpark(now instant) {
	for len(l.parked) > 0 {
		if at := l.ceiling.opens(now); at > now {
			l.lookAtCeiling(at - now)
			return
		}
		home := l.parked[0]
		home.queue.parked = false
		l.parked = slices.Delete(l.parked, 0, 1)
		if l.release(home, now) {
			l.park(home)
		}
	}
}

// lookAtCeiling has the ceiling looked at again after that long.
func (l *Limiter) lookAtCeiling(after time.Duration) {
	if l.ceilingAlarm != nil {
		l.ceilingAlarm.Reset(after)
		return
	}
	l.ceilingAlarm = time.AfterFunc(after, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.unpark(l.now())
	})
}
