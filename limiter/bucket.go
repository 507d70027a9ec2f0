package limiter

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// A bucket is a rate.Limiter on the limiter's clock.
type bucket struct {
	tokens *rate.Limiter
	epoch  time.Time
}

func newBucket(pace rate.Limit, burst int, epoch time.Time) bucket {
	return bucket{rate.NewLimiter(pace, burst), epoch}
}

// take takes a token if there is one.
func (b bucket) take(now instant) bool {
	return b.tokens.AllowN(b.epoch.Add(now), 1)
}

// giveBack returns a token that was taken for nothing.
func (b bucket) giveBack(now instant) {
	b.tokens.AllowN(b.epoch.Add(now), -1)
}

// borrow takes a token whether or not there is one, and returns how long it
// takes until there would have been; if that is longer than patience, it takes
// none.
func (b bucket) borrow(now instant, patience time.Duration) (time.Duration, bool) {
	at := b.epoch.Add(now)
	r := b.tokens.ReserveN(at, 1)
	wait := r.DelayFrom(at)
	if wait > patience {
		r.CancelAt(at)
		return wait, false
	}
	return wait, true
}

// left is how many tokens there are; fewer than none after borrowing.
func (b bucket) left(now instant) float64 {
	return b.tokens.TokensAt(b.epoch.Add(now))
}

// opens is when there is a token, if nobody takes one until then.
func (b bucket) opens(now instant) instant {
	return now + b.fills(1-b.left(now))
}

// fills is how long so many tokens take to come.
func (b bucket) fills(tokens float64) time.Duration {
	// A billionth of a token is rounding: take would let it pass.
	if tokens < 1e-9 {
		return 0
	}
	return time.Duration(math.Ceil(tokens / float64(b.tokens.Limit()) * float64(time.Second)))
}

// pace sets how fast tokens come from now on.
func (b bucket) pace(now instant, pace rate.Limit) {
	if b.tokens.Limit() != pace {
		b.tokens.SetLimitAt(b.epoch.Add(now), pace)
	}
}

// emptied is the bucket with one token, which comes at that instant: what
// waited for it then leaves at the pace and not at once.
func (b bucket) emptied(at instant, pace rate.Limit) bucket {
	e := newBucket(pace, b.tokens.Burst(), b.epoch)
	e.tokens.AllowN(b.epoch.Add(at), b.tokens.Burst()-1)
	return e
}

// resize sets how fast tokens come and how many are kept.
func (b bucket) resize(now instant, pace rate.Limit, burst int) {
	b.tokens.SetLimitAt(b.epoch.Add(now), pace)
	b.tokens.SetBurstAt(b.epoch.Add(now), burst)
}

// holding is the bucket with that many tokens now.
func (b bucket) holding(tokens float64, now instant) bucket {
	pace, burst := b.tokens.Limit(), b.tokens.Burst()
	h := newBucket(pace, burst, b.epoch)
	since := time.Duration(max(0, tokens) / float64(pace) * float64(time.Second))
	h.tokens.AllowN(b.epoch.Add(now-since), burst)
	return h
}
