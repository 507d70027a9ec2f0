package limiter

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// A Quota is what Notion grants a connection, and how it is spent.
type Quota struct {
	// PerMinute is what Notion grants: 180 or 600 calls in 60 s. 0 means 180.
	PerMinute int

	// Headroom is the share of it that is left alone, of the pace and of each
	// minute alike. 0 means 0.05; negative means none.
	Headroom float64

	// Burst is how many calls may leave at once after idleness. 0 means 30.
	// What left at once is missing from the rest of its minute: with 180 a
	// minute, a burst of over about 50 leaves a gap longer than anybody waits.
	Burst int
}

// plans are Notion's, as its page on request limits had them in September 2026
// (developers.notion.com/reference/request-limits).
var plans = map[string]Quota{
	"default":  {PerMinute: 180},
	"business": {PerMinute: 600},
}

// Plan returns the quota of a plan: "default" (180 calls a minute) or
// "business" (600; for Enterprise too).
func Plan(name string) (Quota, bool) {
	q, ok := plans[name]
	return q, ok
}

// limits is a quota made ready for use.
type limits struct {
	pace    rate.Limit // calls a second, on average
	burst   int        // calls at once
	most    int        // calls in a window
	reserve int        // of these, what bulk leaves to the others
}

// reserve is how many calls of a window bulk leaves to the other lanes: five
// seconds of clicking. A quarter of the window where that is less.
const reserve = 15

func (q Quota) limits(within time.Duration) limits {
	perMinute := q.PerMinute
	if perMinute <= 0 {
		perMinute = 180
	}
	spent := float64(perMinute) * (1 - q.headroom())
	most := max(1, int(math.Floor(spent+1e-9)))
	l := limits{pace: rate.Limit(spent / within.Seconds()), burst: q.Burst, most: most, reserve: min(reserve, most/4)}
	if l.burst <= 0 {
		l.burst = 30
	}
	return l
}

func (q Quota) headroom() float64 {
	switch {
	case q.Headroom < 0:
		return 0
	case q.Headroom == 0 || q.Headroom >= 1:
		return 0.05
	}
	return q.Headroom
}
