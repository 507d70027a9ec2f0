package ledger

import (
	"time"

	"notionproxy/exchange"
)

// noon is when most tests begin: a full hour.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// ended is a page read by a caller that made one call and ended at t.
func ended(t time.Time, change ...func(*exchange.Exchange)) *exchange.Exchange {
	x := &exchange.Exchange{
		Start: t.Add(-200 * time.Millisecond), Total: 200 * time.Millisecond,
		Operation: "pages.retrieve", Kind: "read",
		Connection: "0a1b2c3d", Client: "importer", Lane: "default",
		Outcome: exchange.Miss, Status: 200, Calls: 1, UpstreamStatus: 200,
	}
	for _, c := range change {
		c(x)
	}
	return x
}

func client(name string) func(*exchange.Exchange) {
	return func(x *exchange.Exchange) { x.Client = name }
}

func read(n uint64) func(*exchange.Exchange) {
	return func(x *exchange.Exchange) { x.Read = n }
}

// hit makes it one that cost nothing.
func hit(x *exchange.Exchange) { x.Outcome, x.Calls, x.UpstreamStatus = exchange.Hit, 0, 0 }

// names are the callers of lines, in their order.
func names(lines []Line) []string {
	var names []string
	for _, l := range lines {
		names = append(names, l.Caller)
	}
	return names
}
