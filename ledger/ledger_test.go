package ledger

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/exchange"
)

func TestAdd_countsEachKindOfAnswer(t *testing.T) {
	tests := []struct {
		name string
		x    exchange.Exchange
		want Figures
	}{
		{"a hit saves a call", exchange.Exchange{Outcome: exchange.Hit},
			Figures{Requests: 1, Saved: 1, Hits: 1}},
		{"a shared answer saves a call, and its wait was waited", exchange.Exchange{Outcome: exchange.Shared, Queued: time.Second, UpstreamStatus: 200},
			Figures{Requests: 1, Saved: 1, Shared: 1, Waits: 1, Waited: 1, LongestWait: 1}},
		{"a shared 429 is the one of the request that made the call", exchange.Exchange{Outcome: exchange.Shared, UpstreamStatus: 429, RateLimitReason: "public_api_request_rate_limit"},
			Figures{Requests: 1, Saved: 1, Shared: 1}},
		{"a stale answer without a call saves one", exchange.Exchange{Outcome: exchange.Stale},
			Figures{Requests: 1, Saved: 1, Stale: 1}},
		{"a stale answer after a failed call saves none", exchange.Exchange{Outcome: exchange.Stale, Calls: 2, UpstreamStatus: 502},
			Figures{Requests: 1, Calls: 2, Stale: 1}},
		{"a miss costs what it made", exchange.Exchange{Outcome: exchange.Miss, Calls: 3, UpstreamStatus: 200},
			Figures{Requests: 1, Calls: 3}},
		{"a write costs a call", exchange.Exchange{Outcome: exchange.Pass, Calls: 1, UpstreamStatus: 200},
			Figures{Requests: 1, Calls: 1}},
		{"a refusal that waited", exchange.Exchange{Outcome: exchange.Refused, Queued: 2500 * time.Millisecond},
			Figures{Requests: 1, Refused: 1, Waits: 1, Waited: 2.5, LongestWait: 2.5}},
		{"one who left", exchange.Exchange{Outcome: exchange.Left},
			Figures{Requests: 1}},
		{"a 429 of this connection's budget", exchange.Exchange{Outcome: exchange.Pass, Calls: 1, UpstreamStatus: 429, RateLimitReason: "public_api_request_rate_limit"},
			Figures{Requests: 1, Calls: 1, Limited: map[string]int64{"public_api_request_rate_limit": 1}}},
		{"a 429 of the workspace's, answered from store", exchange.Exchange{Outcome: exchange.Stale, Calls: 1, UpstreamStatus: 429, RateLimitReason: "public_api_space_request_rate_limit"},
			Figures{Requests: 1, Calls: 1, Stale: 1, Limited: map[string]int64{"public_api_space_request_rate_limit": 1}}},
		{"a 429 that a second call made good", exchange.Exchange{Outcome: exchange.Miss, Calls: 2, UpstreamStatus: 200, RateLimitReason: "public_api_endpoint_rate_limit"},
			Figures{Requests: 1, Calls: 2, Limited: map[string]int64{"public_api_endpoint_rate_limit": 1}}},
		{"a connection that is blocked", exchange.Exchange{Outcome: exchange.Pass, Calls: 1, UpstreamStatus: 429, RateLimitReason: "public_api_request_blocked"},
			Figures{Requests: 1, Calls: 1, Limited: map[string]int64{"public_api_request_blocked": 1}}},
		{"a reason that nobody knows", exchange.Exchange{Outcome: exchange.Pass, Calls: 1, UpstreamStatus: 429, RateLimitReason: "mcp_tool_rate_limit"},
			Figures{Requests: 1, Calls: 1, Limited: map[string]int64{"other": 1}}},
		{"a 429 without a reason, as until 2024", exchange.Exchange{Outcome: exchange.Pass, Calls: 1, UpstreamStatus: 429},
			Figures{Requests: 1, Calls: 1, Limited: map[string]int64{"unsaid": 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New(Options{})
			tt.x.Start = noon
			l.Add(&tt.x)
			r := l.Report(noon)
			assert.Equal(t, tt.want, r.Minute.Total)
			assert.Equal(t, tt.want, r.Hour.Total)
			assert.Equal(t, tt.want, r.Day.Total)
		})
	}
}

func TestReport_addsUpWaits(t *testing.T) {
	l := New(Options{})
	for _, queued := range []time.Duration{0, 2 * time.Second, 250 * time.Millisecond} {
		l.Add(ended(noon, func(x *exchange.Exchange) { x.Queued = queued }))
	}
	total := l.Report(noon).Day.Total
	assert.Equal(t, int64(3), total.Requests)
	assert.Equal(t, int64(2), total.Waits)
	assert.Equal(t, 2.25, total.Waited)
	assert.Equal(t, 2.0, total.LongestWait)
}

func TestReport_listsEveryDimensionBySpending(t *testing.T) {
	l := New(Options{})
	add := func(n int, connection, lane, caller, operation string) {
		for range n {
			l.Add(ended(noon, func(x *exchange.Exchange) {
				x.Connection, x.Lane, x.Client, x.Operation = connection, lane, caller, operation
			}))
		}
	}
	add(3, "aaaaaaaa", "bulk", "export", "blocks.children.list")
	add(2, "aaaaaaaa", "interactive", "wiki", "pages.retrieve")
	add(4, "bbbbbbbb", "bulk", "export", "pages.retrieve")
	add(1, "bbbbbbbb", "bulk", "", "search")
	l.Add(ended(noon, client("idle"), hit))

	calls := func(n int64) Figures { return Figures{Requests: n, Calls: n} }
	free := Figures{Requests: 1, Saved: 1, Hits: 1}
	w := l.Report(noon).Minute
	assert.Equal(t, []Line{
		{Connection: "aaaaaaaa", Figures: calls(5)}, {Connection: "bbbbbbbb", Figures: calls(5)}, {Connection: "0a1b2c3d", Figures: free},
	}, w.Connections)
	assert.Equal(t, []Line{
		{Lane: "bulk", Figures: calls(8)}, {Lane: "interactive", Figures: calls(2)}, {Lane: "default", Figures: free},
	}, w.Lanes)
	assert.Equal(t, []Line{
		{Connection: "bbbbbbbb", Caller: "export", Figures: calls(4)}, {Connection: "aaaaaaaa", Caller: "export", Figures: calls(3)},
		{Connection: "aaaaaaaa", Caller: "wiki", Figures: calls(2)}, {Connection: "bbbbbbbb", Caller: "unnamed", Figures: calls(1)},
		{Connection: "0a1b2c3d", Caller: "idle", Figures: free},
	}, w.Callers)
	assert.Equal(t, []Line{
		{Operation: "pages.retrieve", Figures: Figures{Requests: 7, Calls: 6, Saved: 1, Hits: 1}},
		{Operation: "blocks.children.list", Figures: calls(3)}, {Operation: "search", Figures: calls(1)},
	}, w.Operations)
	require.Len(t, w.Series, 5)
	assert.Equal(t, Line{Connection: "bbbbbbbb", Lane: "bulk", Caller: "export", Operation: "pages.retrieve", Figures: calls(4)}, w.Series[0])
	assert.Equal(t, Figures{Requests: 11, Calls: 10, Saved: 1, Hits: 1}, w.Total)
}

func TestReport_addsUpWhatIsBeyondTheTop(t *testing.T) {
	l := New(Options{Top: 2})
	for i := range 5 {
		for range i + 1 {
			l.Add(ended(noon, client(fmt.Sprint("c", i))))
		}
	}
	callers := l.Report(noon).Hour.Callers
	assert.Equal(t, []string{"c4", "c3", Other}, names(callers))
	assert.Equal(t, Line{Connection: Other, Caller: Other, Figures: Figures{Requests: 6, Calls: 6}}, callers[2])
}

func TestReport_ofNothingIsWhole(t *testing.T) {
	b, err := json.Marshal(New(Options{}).Report(noon))
	require.NoError(t, err)
	const figures = `"total":{"requests":0,"calls":0,"calls_saved":0,"hits":0,"shared":0,"stale":0,"refused":0,` +
		`"waits":0,"waited_seconds":0,"longest_wait_seconds":0},"connections":[],"lanes":[],"callers":[],"operations":[],"series":[]`
	assert.JSONEq(t, `{
		"minute": {"since":"2026-11-22T11:59:05Z","seconds":55,`+figures+`},
		"hour": {"since":"2026-11-22T11:01:00Z","seconds":3540,`+figures+`},
		"day": {"since":"2026-11-21T13:00:00Z","seconds":82800,`+figures+`},
		"loops": []}`, string(b))
}

func TestReport_isReadBackAsWritten(t *testing.T) {
	l := New(Options{LoopOver: 1})
	for range 3 {
		l.Add(ended(noon, read(7), func(x *exchange.Exchange) { x.UpstreamStatus, x.Queued = 429, time.Second }))
	}
	want := l.Report(noon.Add(time.Second))
	require.Len(t, want.Loops, 1)
	b, err := json.Marshal(want)
	require.NoError(t, err)
	var got Report
	require.NoError(t, json.Unmarshal(b, &got))
	assert.Equal(t, want, got)
}

func TestLedger_losesNothingUnderConcurrency(t *testing.T) {
	l := New(Options{Series: 40})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 3000 {
				at := noon.Add(time.Duration(i) * time.Second)
				l.Add(ended(at, client(fmt.Sprint(g, i%50)), read(uint64(i%20+1))))
				if i%500 == 0 {
					l.Report(at)
				}
			}
		})
	}
	wg.Wait()
	r := l.Report(noon.Add(50 * time.Minute))
	assert.Equal(t, int64(4*3000), r.Day.Total.Requests)
	assert.Equal(t, int64(4*3000), r.Hour.Total.Calls)
}
