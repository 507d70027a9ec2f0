package ledger

import (
	"net/http"
	"slices"
	"time"

	"notionproxy/exchange"
	"notionproxy/notion"
)

// reasons are the ones for which 429s are counted apart. Notion may invent
// more, and what it says must not grow our memory.
var reasons = [...]string{
	notion.ReasonConnection, notion.ReasonWorkspace, notion.ReasonEndpoint, notion.ReasonBlocked,
	Other,    // one that is not in this list
	"unsaid", // none was given
}

const (
	otherReason  = len(reasons) - 2
	unsaidReason = len(reasons) - 1
)

func reasonOf(said string) int {
	if said == "" {
		return unsaidReason
	}
	if i := slices.Index(reasons[:otherReason], said); i >= 0 {
		return i
	}
	return otherReason
}

// A tally is the sum of some Exchanges. Its fields are those of Figures.
type tally struct {
	requests, calls, saved int64
	hits, shared, stale    int64
	refused, waits         int64
	limited                [len(reasons)]int64
	waited, longest        time.Duration
}

// tallyOf is the tally of one Exchange.
func tallyOf(x *exchange.Exchange) tally {
	t := tally{requests: 1, calls: int64(max(x.Calls, 0))}
	switch x.Outcome {
	case exchange.Hit:
		t.hits = 1
	case exchange.Shared:
		t.shared = 1
	case exchange.Stale:
		t.stale = 1
	case exchange.Refused:
		t.refused = 1
	}
	// A stale answer after a call that failed has cost a call and saved none.
	if x.Calls == 0 {
		t.saved = t.hits + t.shared + t.stale
	}
	if x.Queued > 0 {
		t.waits, t.waited, t.longest = 1, x.Queued, x.Queued
	}
	// Those who shared a call's answer tell of the same 429 as the one who
	// made it.
	if x.Calls > 0 && (x.UpstreamStatus == http.StatusTooManyRequests || x.RateLimitReason != "") {
		t.limited[reasonOf(x.RateLimitReason)] = 1
	}
	return t
}

func (t *tally) add(u *tally) {
	t.requests += u.requests
	t.calls += u.calls
	t.saved += u.saved
	t.hits += u.hits
	t.shared += u.shared
	t.stale += u.stale
	t.refused += u.refused
	t.waits += u.waits
	for i := range u.limited {
		t.limited[i] += u.limited[i]
	}
	t.waited += u.waited
	t.longest = max(t.longest, u.longest)
}

// less says whether t matters less than u to who asks where the budget went.
func (t *tally) less(u *tally) bool {
	if t.calls != u.calls {
		return t.calls < u.calls
	}
	return t.requests < u.requests
}

func (t *tally) figures() Figures {
	f := Figures{
		Requests: t.requests, Calls: t.calls,
		Saved: t.saved, Hits: t.hits, Shared: t.shared, Stale: t.stale,
		Refused: t.refused,
		Waits:   t.waits, Waited: t.waited.Seconds(), LongestWait: t.longest.Seconds(),
	}
	for i, n := range t.limited {
		if n == 0 {
			continue
		}
		if f.Limited == nil {
			f.Limited = map[string]int64{}
		}
		f.Limited[reasons[i]] = n
	}
	return f
}
