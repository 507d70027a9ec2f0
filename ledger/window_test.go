package ledger

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"notionproxy/exchange"
)

// An Exchange is surely in the window for its length less a bucket, and surely
// not after its length.
func TestWindows_reachBackTheirLengthLessUpToABucket(t *testing.T) {
	tests := []struct {
		name                 string
		of                   func(Report) Window
		surely, atMost, step time.Duration
	}{
		{"minute", func(r Report) Window { return r.Minute }, 55 * time.Second, time.Minute, time.Second},
		{"hour", func(r Report) Window { return r.Hour }, 59 * time.Minute, time.Hour, 12 * time.Second},
		{"day", func(r Report) Window { return r.Day }, 23 * time.Hour, 24 * time.Hour, 6 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for phase := time.Duration(0); phase < tt.atMost-tt.surely; phase += tt.step {
				at := noon.Add(phase)
				l := New(Options{})
				l.Add(ended(at))
				in := func(later time.Duration) bool { return tt.of(l.Report(at.Add(later))).Total.Requests == 1 }
				assert.True(t, in(0), phase)
				assert.True(t, in(tt.surely), phase)
				assert.False(t, in(tt.atMost), phase)

				// The same when others came in between.
				for later := tt.step; later < tt.atMost; later += tt.step {
					l.Add(ended(at.Add(later)))
				}
				w := tt.of(l.Report(at.Add(tt.atMost)))
				assert.Less(t, w.Total.Requests, int64(tt.atMost/tt.step), phase)
				assert.GreaterOrEqual(t, w.Total.Requests, int64(tt.surely/tt.step)-1, phase)
			}
		})
	}
}

func TestWindows_sayWhatTheyCover(t *testing.T) {
	l := New(Options{})
	l.Add(ended(noon.Add(2 * time.Second)))
	now := noon.Add(26*time.Hour + 17*time.Minute + 43*time.Second)
	r := l.Report(now)
	assert.Equal(t, noon.Add(2*time.Second), r.Began)
	assert.Equal(t, "14:16:45", r.Minute.Since.Format(time.TimeOnly))
	assert.Equal(t, 58.0, r.Minute.Seconds)
	assert.Equal(t, "13:18:00", r.Hour.Since.Format(time.TimeOnly))
	assert.Equal(t, "15:00:00", r.Day.Since.Format(time.TimeOnly))
}

func TestAdd_countsLateOnesWithTheLatest(t *testing.T) {
	l := New(Options{})
	l.Add(ended(noon))
	l.Add(ended(noon.Add(-48*time.Hour), client("late")))
	assert.Equal(t, int64(2), l.Report(noon).Minute.Total.Requests)
	assert.Equal(t, l.Report(noon).Minute.Since, l.Report(noon.Add(-time.Hour)).Minute.Since, "as of the latest")
}

// Against a naive recount of everything that ended since the window's Since,
// by every list, with idle hours, bursts, and Exchanges that arrive late.
// Buckets are no tolerance here, as the window says where it begins; that this
// is close to its length is checked beside it.
func TestReport_agreesWithANaiveRecount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := New(Options{Top: 1000})
		var all []*exchange.Exchange
		now := noon.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "phase")))
		for range rapid.IntRange(1, 150).Draw(t, "exchanges") {
			now = now.Add(drawPause(t))
			x := drawExchange(t, now)
			l.Add(x)
			if n := len(all); n > 0 && x.Start.Add(x.Total).Before(endOf(all[n-1])) {
				x.Start = endOf(all[n-1]).Add(-x.Total) // it counts with the latest
			}
			all = append(all, x)
			now = endOf(x)
		}
		now = now.Add(drawPause(t))
		r := l.Report(now)
		for _, w := range []struct {
			Window
			length, bucket time.Duration
		}{{r.Minute, time.Minute, 5 * time.Second}, {r.Hour, time.Hour, time.Minute}, {r.Day, 24 * time.Hour, time.Hour}} {
			reach := now.Sub(w.Since)
			if reach > w.length || reach < w.length-w.bucket {
				t.Fatalf("the window of %v reaches back %v", w.length, reach)
			}
			checkLists(t, w.Window, all)
		}
	})
}

func endOf(x *exchange.Exchange) time.Time { return x.Start.Add(x.Total) }

func drawPause(t *rapid.T) time.Duration {
	scale := rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second, time.Minute, time.Hour}).Draw(t, "scale")
	return scale * time.Duration(rapid.Int64Range(0, 90).Draw(t, "pause")) / 3
}

func drawExchange(t *rapid.T, now time.Time) *exchange.Exchange {
	name := func(label string, n int) string {
		return fmt.Sprint(label, rapid.IntRange(0, n).Draw(t, label))
	}
	total := time.Duration(rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "total"))
	late := time.Duration(rapid.SampledFrom([]int64{0, 0, 0, 0, 1, 7000, 90000}).Draw(t, "late")) * time.Millisecond
	return &exchange.Exchange{
		Start: now.Add(-total - late), Total: total,
		Connection: name("connection", 2), Lane: name("lane", 2), Client: name("caller", 3), Operation: name("operation", 3),
		Outcome: rapid.SampledFrom([]exchange.Outcome{
			exchange.Hit, exchange.Stale, exchange.Miss, exchange.Shared, exchange.Pass, exchange.Refused, exchange.Left,
		}).Draw(t, "outcome"),
		Calls:           rapid.IntRange(0, 3).Draw(t, "calls"),
		UpstreamStatus:  rapid.SampledFrom([]int{0, 200, 429, 502}).Draw(t, "status"),
		RateLimitReason: rapid.SampledFrom([]string{"", "public_api_request_rate_limit", "new"}).Draw(t, "reason"),
		Queued:          time.Duration(rapid.Int64Range(0, 2).Draw(t, "queued")) * 500 * time.Millisecond,
	}
}

// checkLists recounts the window's lists from the Exchanges themselves.
func checkLists(t *rapid.T, w Window, all []*exchange.Exchange) {
	in := slices.DeleteFunc(slices.Clone(all), func(x *exchange.Exchange) bool { return endOf(x).Before(w.Since) })
	checkLines(t, in, []Line{{Figures: w.Total}}, func(*exchange.Exchange) Line { return Line{} })
	checkLines(t, in, w.Connections, func(x *exchange.Exchange) Line { return Line{Connection: x.Connection} })
	checkLines(t, in, w.Lanes, func(x *exchange.Exchange) Line { return Line{Lane: x.Lane} })
	checkLines(t, in, w.Callers, func(x *exchange.Exchange) Line { return Line{Connection: x.Connection, Caller: x.Client} })
	checkLines(t, in, w.Operations, func(x *exchange.Exchange) Line { return Line{Operation: x.Operation} })
	checkLines(t, in, w.Series, func(x *exchange.Exchange) Line {
		return Line{Connection: x.Connection, Lane: x.Lane, Caller: x.Client, Operation: x.Operation}
	})
}

func checkLines(t *rapid.T, in []*exchange.Exchange, got []Line, of func(*exchange.Exchange) Line) {
	seen := 0
	for i, line := range got {
		var mine []*exchange.Exchange
		for _, x := range in {
			if labels(of(x)) == labels(line) {
				mine = append(mine, x)
			}
		}
		seen += len(mine)
		if !assert.ObjectsAreEqual(recount(mine), line.Figures) {
			t.Fatalf("%+v is not %+v", line, recount(mine))
		}
		if i > 0 && line.Calls > got[i-1].Calls {
			t.Fatalf("%+v comes after %+v", line, got[i-1])
		}
	}
	if seen != len(in) {
		t.Fatalf("%d Exchanges are listed of %d", seen, len(in))
	}
}

// spelled is how a report has the reasons that drawExchange draws.
var spelled = map[string]string{
	"": "unsaid", "new": "other", "public_api_request_rate_limit": "public_api_request_rate_limit",
}

func labels(l Line) [4]string { return [4]string{l.Connection, l.Lane, l.Caller, l.Operation} }

func recount(in []*exchange.Exchange) Figures {
	var f Figures
	for _, x := range in {
		f.Requests++
		f.Calls += int64(x.Calls)
		count := map[exchange.Outcome]*int64{
			exchange.Hit: &f.Hits, exchange.Shared: &f.Shared, exchange.Stale: &f.Stale, exchange.Refused: &f.Refused,
		}[x.Outcome]
		if count != nil {
			*count++
		}
		if x.Calls == 0 && count != nil && x.Outcome != exchange.Refused {
			f.Saved++
		}
		if x.Queued > 0 {
			f.Waits++
			f.Waited += x.Queued.Seconds()
			f.LongestWait = max(f.LongestWait, x.Queued.Seconds())
		}
		if x.Calls > 0 && (x.UpstreamStatus == 429 || x.RateLimitReason != "") {
			if f.Limited == nil {
				f.Limited = map[string]int64{}
			}
			f.Limited[spelled[x.RateLimitReason]]++
		}
	}
	return f
}
