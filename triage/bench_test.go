package triage

import (
	"fmt"
	"testing"
	"time"

	"notionproxy/exchange"
)

// BenchmarkAdd is what the reader costs each request: a hit, and a call.
func BenchmarkAdd(b *testing.B) {
	start := time.Now()
	for name, x := range map[string]exchange.Exchange{
		"hit": {Outcome: exchange.Hit, Status: 200, Connection: "0a1b2c3d", Client: "shop", Object: [16]byte{1}, Total: time.Millisecond},
		"miss": {
			Outcome: exchange.Miss, Status: 200, Connection: "0a1b2c3d", Client: "shop", Object: [16]byte{1}, Family: "content", Calls: 1,
			UpstreamStatus: 200, UpstreamOutcome: "ok", Upstream: 200 * time.Millisecond, Total: 201 * time.Millisecond,
		},
	} {
		b.Run(name, func(b *testing.B) {
			t, err := New(Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				x.Start = start.Add(time.Duration(i) * time.Millisecond)
				x.Object[1] = byte(i)
				t.Add(&x)
				i++
			}
		})
	}
}

// BenchmarkAdd_flood is one in which no token comes twice.
func BenchmarkAdd_flood(b *testing.B) {
	t, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		t.Add(&exchange.Exchange{
			Start: start.Add(time.Duration(i) * time.Millisecond), Outcome: exchange.Pass, Status: 401, Connection: fmt.Sprintf("%08x", i),
			Client: fmt.Sprint("c", i), UpstreamStatus: 401, UpstreamOutcome: "refused", Calls: 1, Code: "unauthorized",
		})
		i++
	}
}

// BenchmarkReport is a report with twenty connections in it.
func BenchmarkReport(b *testing.B) {
	t, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 10_000 {
		t.Add(&exchange.Exchange{
			Start: time.Now(), Outcome: exchange.Pass, Status: 200, Connection: fmt.Sprintf("%08x", i%20), Client: "shop",
			UpstreamStatus: 200, UpstreamOutcome: "ok", Calls: 1, Family: "content",
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		t.makeReport(time.Now())
	}
}
