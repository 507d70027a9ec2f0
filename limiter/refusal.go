package limiter

import (
	"fmt"
	"time"
)

// A Reason says why a call was refused. The same words stand in the body of
// the answer, in headers, logs and metrics.
type Reason string

// Why calls are refused.
const (
	QueueTooLong Reason = "queue_too_long" // it could not leave within its patience
	QueueFull    Reason = "queue_full"     // as many wait as may, by count or by bytes
	Held         Reason = "held"           // Notion said not before then
	Blocked      Reason = "blocked"        // Notion turns this connection away; waiting does not help
	Unproven     Reason = "unproven"       // too many calls of tokens that Notion never accepted
	Rejected     Reason = "rejected"       // Notion refused the token while the call waited for it to be accepted
	TooMany      Reason = "too_many"       // as many connections as may be are in use
	Draining     Reason = "draining"       // the proxy is shutting down
)

// A Refusal is the error of a call that may not leave in time.
type Refusal struct {
	Reason Reason

	// RetryAfter is when to come back, in whole seconds, one at least: by
	// what waits and by what was promised to others, the call is let in then.
	RetryAfter time.Duration
}

// Error implements error, in words that a client may be shown.
func (r *Refusal) Error() string {
	return fmt.Sprintf("no call may leave for Notion in time (%s); retry in %d s", r.Reason, r.Seconds())
}

// Seconds is RetryAfter as the Retry-After header wants it.
func (r *Refusal) Seconds() int {
	return int(r.RetryAfter / time.Second)
}

// refusal refuses for that reason until that long from now.
func refusal(why Reason, wait time.Duration) *Refusal {
	return &Refusal{Reason: why, RetryAfter: wholeSeconds(wait)}
}

// wholeSeconds rounds up, to a second at least: "0" means at once to the
// official SDK, and a fraction breaks some clients.
func wholeSeconds(d time.Duration) time.Duration {
	d = min(max(d, time.Second), longestHold)
	return (d + time.Second - 1).Truncate(time.Second)
}
