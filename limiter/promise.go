package limiter

import (
	"slices"
	"time"
)

// A promise is a place that a refused caller was told to come back for. It
// counts in the estimates of those who come before: otherwise they would have
// taken the place, and the caller would be refused again when it does as it was
// told.
type promise struct {
	due    instant // when its call may leave
	back   instant // when its caller comes back for it
	lane   Lane
	caller uint64
}

// promises are sorted by when they are due.
type promises []promise

const (
	// farthest is how far ahead places are promised. Who has longer to wait is
	// told how long, but by then nobody knows who still wants to.
	farthest = 10 * time.Minute

	// mostPromises bounds the promises of one connection, and with them what
	// it costs to make one: ten minutes of the smaller plan, and some.
	mostPromises = 2000

	// promptness is the longest that a caller waits by itself: the official
	// SDKs cap Retry-After at 60 s, so they come back early for a later place.
	promptness = minute

	// early and late are how far from the time that it was told a caller may
	// come back and still be taken for the one who was told.
	early = 100 * time.Millisecond
	late  = 6 * time.Second
)

// expire forgets the promises that nobody came back for.
func (p *promises) expire(now instant) {
	i := 0
	for i < len(*p) && (*p)[i].due+late <= now {
		i++
	}
	if i > 0 {
		*p = slices.Delete(*p, 0, i)
	}
}

// count is how many promises stand.
func (p *promises) count(now instant) int {
	p.expire(now)
	return len(*p)
}

// make adds a promise, if its place is near enough for one.
func (p *promises) make(due, now instant, lane Lane, caller uint64) {
	if due-now > farthest || len(*p) >= mostPromises {
		return
	}
	i, _ := slices.BinarySearchFunc(*p, due, func(a promise, due instant) int {
		if a.due <= due {
			return -1
		}
		return 1
	})
	*p = slices.Insert(*p, i, promise{due: due, back: comesBack(due, now), lane: lane, caller: caller})
}

// comesBack is when a caller returns who is told now that its place is due
// then.
func comesBack(due, now instant) instant {
	return now + min(wholeSeconds(due-now), promptness)
}

// redeem takes out the promise that a caller comes back for now: of those that
// it was told to be back for by now, the one that is due first. Its other calls
// are newcomers. It is nil if there is none.
func (p *promises) redeem(now instant, lane Lane, caller uint64) *promise {
	i := slices.IndexFunc(*p, func(a promise) bool {
		return a.lane == lane && a.caller == caller && a.back <= now+early
	})
	if i < 0 {
		return nil
	}
	a := (*p)[i]
	*p = slices.Delete(*p, i, i+1)
	return &a
}

// merge adds another connection's promises.
func (p *promises) merge(o promises) {
	*p = append(*p, o...)
	slices.SortStableFunc(*p, func(a, b promise) int { return int(a.due - b.due) })
}
