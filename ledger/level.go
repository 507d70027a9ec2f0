package ledger

import "time"

// tick is the length of the shortest buckets. Everything is counted in ticks
// from the ledger's origin.
const tick = 5 * time.Second

// A shape is a window as a ring of buckets.
type shape struct {
	span    int64 // ticks in a bucket
	buckets int64 // in the window, the open one included
}

// shapes are the minute, the hour and the day. A window never reaches further
// back than its name says, so that the calls of the last minute are never more
// than the budget of a minute; it may be short by as much as one bucket.
var shapes = [...]shape{
	{1, 12},   // 5 s, a minute
	{12, 60},  // a minute, an hour
	{720, 24}, // an hour, a day
}

// A level holds one window's buckets.
type level struct {
	shape
	at     int64  // the number of the open bucket: the tick at its start, divided by span
	open   *table // what shorter buckets within it have passed on; for the shortest, all
	closed []bucket
}

// A bucket is a closed one. It is not changed any more, so it may be read
// without the ledger's lock.
type bucket struct {
	at   int64
	rows []row
}

func newLevel(s shape, series int) level {
	return level{shape: s, open: newTable(series), closed: make([]bucket, s.buckets)}
}

// close ends the open bucket, opens the one numbered next and returns what the
// old one held.
func (v *level) close(next int64) []row {
	rows := v.open.take()
	v.closed[v.at%v.buckets] = bucket{v.at, rows}
	v.at = next
	return rows
}

// first is the number of the oldest bucket in the window at now, in ticks.
func (v *level) first(now int64) int64 { return now/v.span - v.buckets + 1 }

// ticks is how many ticks from origin to t are over. It goes by the monotonic
// clock where both have its reading: a wall clock that is set back would
// otherwise stop the windows until it has caught up.
func ticks(origin, t time.Time) int64 { return int64(t.Sub(origin) / tick) }

// fullHour is the last full hour at t, with t's monotonic reading.
func fullHour(t time.Time) time.Time { return t.Add(-t.Sub(t.Truncate(time.Hour))) }
