package ledger

import (
	"cmp"
	"slices"
	"time"
)

// A Report says who spent the budget. Its names are those of connections and
// callers: it is not for everybody's eyes, but for Total and Lanes.
type Report struct {
	Began  time.Time `json:"began,omitzero"` // when the first Exchange ended: nothing is known from before
	Minute Window    `json:"minute"`
	Hour   Window    `json:"hour"`
	Day    Window    `json:"day"`

	// Loops are the reads that one caller repeated more than 30 times in the
	// last minute (Options.LoopOver), most frequent first.
	Loops []Loop `json:"loops"`
}

// A Window adds up the Exchanges that ended in the last minute, hour or day.
// It begins with a bucket (of 5 s, a minute, an hour), and not before its name
// says: so it may be short by up to a bucket, and Since says what it covers.
//
// Each list is sorted by calls made, then requests. Lines after the first 20
// (Options.Top) are added up in a last one, named Other: every list adds up to
// Total. Callers are folded into Other too when there are too many to tell
// apart (Options.Series); those that spent most keep their names.
type Window struct {
	Since   time.Time `json:"since"`
	Seconds float64   `json:"seconds"` // from Since to now

	Total       Figures `json:"total"`
	Connections []Line  `json:"connections"`
	Lanes       []Line  `json:"lanes"`
	Callers     []Line  `json:"callers"` // by connection and caller
	Operations  []Line  `json:"operations"`
	Series      []Line  `json:"series"` // by all four
}

// A Line is what has the given names in common. Those that a list does not
// tell apart are empty.
type Line struct {
	Connection string `json:"connection,omitempty"`
	Lane       string `json:"lane,omitempty"`
	Caller     string `json:"caller,omitempty"`
	Operation  string `json:"operation,omitempty"`
	Figures
}

// Figures are sums over some Exchanges.
type Figures struct {
	Requests int64 `json:"requests"`
	Calls    int64 `json:"calls"` // made to Notion

	// Saved counts the requests that were answered without a call of their
	// own: hits, shared ones, and stale ones but for those after a call that
	// failed.
	Saved  int64 `json:"calls_saved"`
	Hits   int64 `json:"hits"`
	Shared int64 `json:"shared"`
	Stale  int64 `json:"stale"`

	Refused int64 `json:"refused"` // by the proxy

	Waits       int64   `json:"waits"` // requests that waited for the budget; those who share a call share its wait
	Waited      float64 `json:"waited_seconds"`
	LongestWait float64 `json:"longest_wait_seconds"`

	// Limited counts, by rate_limit_reason, the requests that Notion answered
	// 429: a reason of Notion's, "other" or "unsaid". Reasons that did not
	// occur are not in it.
	Limited map[string]int64 `json:"rate_limited,omitempty"`
}

// A Loop is a read that one caller repeats.
type Loop struct {
	Connection string    `json:"connection"`
	Caller     string    `json:"caller"`
	Operation  string    `json:"operation"`
	Times      int64     `json:"times"`          // in the last minute
	Reached    int64     `json:"reached_notion"` // of these, those that cost a call
	Since      time.Time `json:"since"`          // when it last became a loop
}

// Report says who spent the budget in the minute, hour and day before now. It
// changes nothing. A now before the latest Exchange stands for that one's time.
func (l *Ledger) Report(now time.Time) Report {
	s := l.snapshot(now)
	r := Report{Began: s.began.UTC().Round(0), Loops: s.loops}
	for i, w := range [...]*Window{&r.Minute, &r.Hour, &r.Day} {
		*w = s.window(i, now, l.top)
	}
	slices.SortFunc(r.Loops, func(a, b Loop) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), a.Since.Compare(b.Since), cmp.Compare(a.Caller, b.Caller))
	})
	r.Loops = append([]Loop{}, r.Loops[:min(len(r.Loops), l.top)]...)
	return r
}

// lists are what the lines of a window's lists have in common.
var lists = [...]struct {
	of    func(*Window) *[]Line
	names func(key) key
}{
	{func(w *Window) *[]Line { return &w.Connections }, func(k key) key { return key{connection: k.connection} }},
	{func(w *Window) *[]Line { return &w.Lanes }, func(k key) key { return key{lane: k.lane} }},
	{func(w *Window) *[]Line { return &w.Callers }, func(k key) key { return key{connection: k.connection, caller: k.caller} }},
	{func(w *Window) *[]Line { return &w.Operations }, func(k key) key { return key{operation: k.operation} }},
	{func(w *Window) *[]Line { return &w.Series }, func(k key) key { return k }},
}

// fill puts the sums by key into w.
func (w *Window) fill(sums map[key]*tally, top int) {
	total := tally{}
	for _, t := range sums {
		total.add(t)
	}
	w.Total = total.figures()
	for _, list := range lists {
		by := map[key]*tally{}
		for k, t := range sums {
			entry(by, list.names(k)).add(t)
		}
		*list.of(w) = lines(by, list.names(all), top)
	}
}

// lines sorts what is in by, and adds what is beyond top to other's line, which
// comes last.
func lines(by map[key]*tally, other key, top int) []Line {
	rest, ok := by[other]
	delete(by, other)
	type item struct {
		key
		*tally
	}
	items := make([]item, 0, len(by))
	for k, t := range by {
		items = append(items, item{k, t})
	}
	slices.SortFunc(items, func(a, b item) int {
		switch {
		case b.less(a.tally):
			return -1
		case a.less(b.tally):
			return 1
		}
		return a.compare(b.key)
	})
	n := min(len(items), top)
	lines := make([]Line, 0, n+1)
	for _, it := range items[:n] {
		lines = append(lines, lineOf(it.key, it.tally))
	}
	if len(items) > n && !ok {
		rest, ok = &tally{}, true
	}
	for _, it := range items[n:] {
		rest.add(it.tally)
	}
	if ok {
		lines = append(lines, lineOf(other, rest))
	}
	return lines
}

func lineOf(k key, t *tally) Line {
	return Line{Connection: k.connection, Lane: k.lane, Caller: k.caller, Operation: k.operation, Figures: t.figures()}
}
