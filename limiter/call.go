package limiter

import (
	"fmt"
	"time"
)

// A Lane is a priority class. Interactive calls go first, Default ones next,
// Bulk ones last; each lower lane is guaranteed a tenth of what leaves.
type Lane uint8

// The lanes, first to last.
const (
	Interactive Lane = iota // a person is waiting
	Default                 // nobody said
	Bulk                    // a job, or a refresh of the proxy's own

	lanes = 3
)

var laneNames = [lanes]string{"interactive", "default", "bulk"}

// String is the lane's word in headers, logs and metrics.
func (l Lane) String() string {
	if l >= lanes {
		return fmt.Sprintf("lane %d", uint8(l))
	}
	return laneNames[l]
}

// ParseLane returns the lane of that name.
func ParseLane(name string) (Lane, bool) {
	for i, n := range laneNames {
		if n == name {
			return Lane(i), true
		}
	}
	return Default, false
}

// A Turn is where a call waits: in a lane, and there among its caller's.
type Turn struct {
	Lane   Lane
	Caller string
}

// A Call asks for leave to make one call to Notion.
type Call struct {
	// Connection names whose budget the call spends: any string that is the
	// same for all calls that share a budget. A digest of the token until the
	// bot is known, then the bot's id; see Identify. Required.
	Connection string

	// Operation is the row of Notion's API, such as "pages.retrieve". A hold
	// of one operation stops the calls that name it.
	Operation string

	// Lane is the call's priority class. The zero Lane is Interactive.
	Lane Lane

	// Caller is who asks: callers of one lane take turns.
	Caller string

	// Moves tells where the call waits from then on: somebody in a hurry wants
	// the same, or nobody waits for it any more. Nobody closes it. nil means
	// that it stays where it is.
	Moves <-chan Turn

	// Accepted says that Notion has taken this token before and has not
	// refused it since. Calls of tokens that it has not share one small
	// budget, by Remote, and go one at a time; see Accept and Reject.
	Accepted bool

	// Bot and Workspace are what Identify was told of Connection, as far as the
	// caller remembers: the limiter may have forgotten. They count only when
	// Accepted is true. An empty Bot means that it is not known.
	Bot, Workspace string

	// Remote is the address that the request came from. It counts only when
	// Accepted is false.
	Remote string

	// Patience is how long the call may wait, at most Options.MaxWait. Pass
	// what is left of it when a request needs another attempt. Zero or less:
	// it leaves at once or not at all.
	Patience time.Duration

	// Once says that nobody comes back for the call when it is refused: a
	// refresh of the proxy's own, or a client that gets a stored answer
	// instead. No place is promised then.
	Once bool

	// Bytes is what the request holds in memory while it waits.
	Bytes int64
}
