package triage

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"notionproxy/exchange"
)

// at is an Exchange that ended then.
func at(since time.Duration, x exchange.Exchange) *exchange.Exchange {
	x.Start = noon.Add(since - x.Total)
	if x.Connection == "" {
		x.Connection = someToken
	}
	return &x
}

var (
	aHit     = exchange.Exchange{Outcome: exchange.Hit, Status: 200, Client: "shop"}
	aMiss    = exchange.Exchange{Outcome: exchange.Miss, Status: 200, Client: "shop", Family: "content", Calls: 1, UpstreamStatus: 200, UpstreamOutcome: "ok", Upstream: 200 * time.Millisecond, Total: 201 * time.Millisecond}
	aFailure = exchange.Exchange{Outcome: exchange.Pass, Status: 503, Client: "shop", Kind: "write", Family: "writes", Calls: 1, UpstreamStatus: 503, UpstreamOutcome: "failed", Code: "service_unavailable", Total: time.Second}
	aStale   = exchange.Exchange{Outcome: exchange.Stale, Status: 200, Client: "shop", Detail: "breaker", Age: time.Hour}
	a429     = exchange.Exchange{Outcome: exchange.Pass, Status: 429, Client: "shop", Calls: 1, UpstreamStatus: 429, UpstreamOutcome: "limited", Code: "rate_limited", RateLimitReason: "public_api_request_rate_limit"}
	a401     = exchange.Exchange{Outcome: exchange.Pass, Status: 401, Client: "shop", Calls: 1, UpstreamStatus: 401, UpstreamOutcome: "refused", Code: "unauthorized"}
	ourMe    = exchange.Exchange{Outcome: exchange.Miss, Status: 200, Client: ourselves, Calls: 1, UpstreamStatus: 200, UpstreamOutcome: "ok"}
)

func evidenceOf(w *watch, now time.Duration) (e Evidence) {
	w.gather(&e, noon.Add(now))
	return e
}

func TestWatch_countsInFourWindows(t *testing.T) {
	w := newWatch(noon)
	for minute := range 60 {
		for range 10 {
			w.Add(at(time.Duration(minute)*time.Minute+30*time.Second, aMiss))
		}
	}
	e := evidenceOf(w, 59*time.Minute+59*time.Second)
	for i, want := range []int64{10, 50, 150, 600} {
		assert.Equal(t, want, e.Windows[i].Requests, "%d minutes", e.Windows[i].Minutes)
		assert.Equal(t, want, e.Windows[i].Good)
		assert.Equal(t, want, e.Connections[0].Windows[i].Calls)
	}
	assert.InDelta(t, 200, e.Windows[3].Latency.P50, 40)
	assert.InDelta(t, 200, e.Windows[3].Latency.Max, 1)
	shared := aMiss
	shared.Outcome, shared.Calls = exchange.Shared, 0
	w.Add(at(59*time.Minute+30*time.Second, shared))
	one := evidenceOf(w, 59*time.Minute+59*time.Second).Windows[0]
	assert.EqualValues(t, 1, one.Shared)
	assert.EqualValues(t, 10, one.Asked, "whoever shares an answer has not asked")
	e = evidenceOf(w, 3*time.Hour)
	assert.Zero(t, e.Windows[3].Requests, "what is over is over, though nothing came after it")
	assert.Empty(t, e.Connections)
}

func TestWatch_whatAnExchangeCountsAs(t *testing.T) {
	w := newWatch(noon)
	for i, x := range []exchange.Exchange{aHit, aMiss, aFailure, aStale, a429, a401, ourMe} {
		w.Add(at(time.Duration(i+1)*time.Second, x))
	}
	one := evidenceOf(w, 10*time.Second).Windows[0]
	assert.EqualValues(t, 6, one.Requests, "our own are no requests")
	assert.EqualValues(t, 5, one.Calls)
	assert.EqualValues(t, 5, one.Asked)
	assert.EqualValues(t, 2, one.Good)
	assert.EqualValues(t, 1, one.Failed)
	assert.EqualValues(t, 1, one.Hits)
	assert.EqualValues(t, 1, one.Trouble)
	assert.EqualValues(t, 2, one.Unserved)
	assert.EqualValues(t, 1, one.LostWrites)
	assert.EqualValues(t, 1, one.Limited)
	assert.Equal(t, map[string]int64{"ok": 2, "failed": 1, "limited": 1, "refused": 1}, one.Kinds)
	assert.Equal(t, map[string]int64{"503": 1, "429": 1, "401": 1}, one.Statuses)
	assert.Equal(t, map[string]int64{"service_unavailable": 1, "rate_limited": 1, "unauthorized": 1}, one.Codes)
	assert.Equal(t, map[string]int64{"public_api_request_rate_limit": 1}, one.Reasons)
	assert.Equal(t, map[string]int64{"breaker": 1}, one.Details)
	assert.Equal(t, time.Hour, one.Oldest)
	assert.Equal(t, noon.Add(3*time.Second), one.FirstFailure)
	assert.Equal(t, noon.Add(7*time.Second), one.LastGood)
}

func TestWatch_spellsBeginWithTheFirstFailure(t *testing.T) {
	for name, tt := range map[string]struct {
		failures []time.Duration
		now      time.Duration
		want     time.Duration // negative: none
	}{
		"none":                     {nil, time.Minute, -1},
		"one a moment ago":         {[]time.Duration{50 * time.Second}, time.Minute, 50 * time.Second},
		"one that is over":         {[]time.Duration{50 * time.Second}, 4 * time.Minute, -1},
		"two with a pause":         {[]time.Duration{50 * time.Second, 160 * time.Second}, 170 * time.Second, 50 * time.Second},
		"two that are two stories": {[]time.Duration{10 * time.Second, 160 * time.Second}, 170 * time.Second, 160 * time.Second},
		"an hour of it, ten minutes": {[]time.Duration{60 * time.Second, 120 * time.Second, 200 * time.Second, 300 * time.Second, 400 * time.Second, 500 * time.Second, 600 * time.Second},
			610 * time.Second, 60 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatch(noon)
			for _, f := range tt.failures {
				w.Add(at(f, aFailure))
			}
			got := evidenceOf(w, tt.now).Spells.Failing
			if tt.want < 0 {
				assert.True(t, got.IsZero(), "%v", got)
				return
			}
			assert.WithinDuration(t, noon.Add(tt.want), got, coarse)
		})
	}
}

func TestWatch_whoIsRefused(t *testing.T) {
	w := newWatch(noon)
	w.Add(at(time.Second, aMiss))
	w.Add(at(2*time.Second, a401))
	w.Add(at(9*time.Second, a401))
	c := evidenceOf(w, 10*time.Second).Connections[0]
	assert.Equal(t, noon.Add(2*time.Second), c.RefusedOn)
	assert.Equal(t, noon.Add(9*time.Second), c.Refused)
	assert.True(t, isRefused(c, noon.Add(10*time.Second)))
	missing := exchange.Exchange{Outcome: exchange.Miss, Status: 404, UpstreamStatus: 404, UpstreamOutcome: "refused", Calls: 1}
	w.Add(at(11*time.Second, missing)) // which Notion says to those alone whose token it takes
	assert.False(t, isRefused(evidenceOf(w, 12*time.Second).Connections[0], noon.Add(12*time.Second)))
}

// The proxy asks with the tokens used last whenever somebody looks: that alone
// must not keep a refusal going.
func TestWatch_ourOwnQuestionsDoNotProlongARefusal(t *testing.T) {
	ours := a401
	ours.Client = ourselves
	refusedAt := func(w *watch, now time.Duration) bool {
		return isRefused(evidenceOf(w, now).Connections[0], noon.Add(now))
	}
	w := newWatch(noon)
	w.Add(at(time.Second, a401))
	w.Add(at(150*time.Second, ours))
	assert.False(t, refusedAt(w, 151*time.Second), "Notion never took it, and nobody uses it any more")

	w = newWatch(noon)
	w.Add(at(time.Second, aMiss))
	w.Add(at(30*time.Minute, ours))
	assert.True(t, refusedAt(w, 31*time.Minute), "an application that asks seldom")
	w.Add(at(62*time.Minute, ours))
	assert.False(t, refusedAt(w, 64*time.Minute), "one that has another token by now")

	w = newWatch(noon)
	w.Add(at(time.Second, ours))
	w.Add(at(10*time.Minute, ours))
	assert.True(t, refusedAt(w, 11*time.Minute), "the proxy's own token")
}

func TestWatch_anObjectIsGone(t *testing.T) {
	gone := exchange.Exchange{Outcome: exchange.Miss, Status: 404, UpstreamStatus: 404, UpstreamOutcome: "refused", Code: "object_not_found", Calls: 1, Object: [16]byte{7}, Client: "shop"}
	hit := aMiss
	hit.Object = gone.Object
	w := newWatch(noon)
	w.Add(at(time.Second, hit))
	w.Add(at(5*time.Second, gone))
	w.Add(at(6*time.Second, gone))
	r := evidenceOf(w, 10*time.Second).Refusals[0]
	assert.Equal(t, "07000000-0000-0000-0000-000000000000", r.Object)
	assert.EqualValues(t, 2, r.Count)
	assert.Equal(t, noon.Add(time.Second), r.Seen)
	assert.Zero(t, r.Between)
	w.Add(at(6*time.Second+time.Millisecond, hit))
	w.Add(at(7*time.Second, gone))
	assert.EqualValues(t, 1, evidenceOf(w, 10*time.Second).Refusals[0].Between)
	other := gone
	other.Connection = "99999999"
	w.Add(at(8*time.Second, other))
	assert.True(t, evidenceOf(w, 10*time.Second).Refusals[0].Seen.IsZero(), "another connection's reading says nothing")
}

// TestWatch_isBounded floods a watch with made-up tokens, callers, objects and
// messages; what Notion takes is not driven out by what it does not.
func TestWatch_isBounded(t *testing.T) {
	w := newWatch(noon)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 20 {
		x := aMiss
		x.Connection = fmt.Sprintf("good%04d", i)
		w.Add(at(time.Second, x))
	}
	for i := range 50_000 {
		x := a401
		x.Connection, x.Client = fmt.Sprintf("%08x", i), fmt.Sprint("caller", i)
		if i%2 == 0 {
			x.UpstreamStatus, x.UpstreamOutcome, x.Problem = 400, "rejected", fmt.Sprint(r.Int())
		}
		x.Object = [16]byte{byte(i), byte(i >> 8)}
		w.Add(at(time.Duration(i)*time.Millisecond, x))
	}
	assert.Contains(t, w.connections, "good0000")
	unaccepted := 0
	for _, c := range w.connections {
		if c.accepted == 0 {
			unaccepted++
		}
	}
	assert.LessOrEqual(t, unaccepted, maxUnaccepted)
	for i := range 1000 { // and those that are taken only after they were refused
		for _, x := range []exchange.Exchange{a401, aMiss} {
			x.Connection = fmt.Sprintf("late%04d", i)
			w.Add(at(time.Minute+time.Duration(i)*time.Millisecond, x))
		}
	}
	assert.LessOrEqual(t, len(w.connections), maxConnections+maxUnaccepted)
	assert.LessOrEqual(t, len(w.refusals.rows), maxRefusals)
	assert.LessOrEqual(t, len(w.rejections.rows), maxRejections)
	assert.LessOrEqual(t, len(w.affected), maxAffected)
	most := uintptr(maxConnections+maxUnaccepted)*unsafe.Sizeof(connection{}) + seenPlaces*unsafe.Sizeof(sighting{})
	assert.Less(t, most, uintptr(6<<20), "bytes")
}

func TestWatch_whatIsLateCountsInTheSlotThatIsThere(t *testing.T) {
	w := newWatch(noon)
	w.Add(at(10*time.Minute, aMiss))
	w.Add(at(4*time.Minute+30*time.Second, aMiss)) // five and a half minutes later its slot is another's
	w.Add(at(-time.Hour, aMiss))
	five := evidenceOf(w, 10*time.Minute).Windows[1]
	assert.EqualValues(t, 2, five.Requests, "the newer one is not forgotten for an older one's sake")
}

func TestMarks_haveRoom(t *testing.T) {
	worst := exchange.Exchange{
		Outcome: exchange.Stale, Status: 503, Detail: "failed", Kind: "write", Family: "search", Code: "rate_limited", Calls: 3,
		UpstreamStatus: 502, UpstreamOutcome: "edge", RateLimitReason: "x", Queued: 1, Age: 1,
	}
	m := marksOf(&worst)
	assert.Less(t, m.used, len(m.list))
}
