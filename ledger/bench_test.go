package ledger

import (
	"fmt"
	"testing"
	"time"

	"notionproxy/exchange"
)

// office is a mixed load: callers that each read a few things.
func office(callers int) []*exchange.Exchange {
	var xs []*exchange.Exchange
	for i := range callers {
		for j := range 10 {
			xs = append(xs, ended(noon, client(fmt.Sprint("caller-", i)), read(uint64(i*10+j+1)),
				operation([]string{"pages.retrieve", "blocks.children.list", "data_sources.query"}[j%3])))
		}
	}
	return xs
}

// BenchmarkAdd has a thousand requests a second, so that buckets close too.
func BenchmarkAdd(b *testing.B) {
	for _, callers := range []int{1, 20, 100} {
		b.Run(fmt.Sprint(callers, "callers"), func(b *testing.B) {
			l, xs := New(Options{}), office(callers)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				x := xs[i%len(xs)]
				x.Start = noon.Add(time.Duration(i) * time.Millisecond)
				l.Add(x)
				i++
			}
		})
	}
}

// BenchmarkAdd_flood is one in which nobody comes twice.
func BenchmarkAdd_flood(b *testing.B) {
	l := New(Options{})
	names := make([]string, 1<<16)
	for i := range names {
		names[i] = fmt.Sprint("caller-", i)
	}
	x := ended(noon, hit)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		x.Client, x.Read = names[i%len(names)], uint64(i+1)
		x.Start = noon.Add(time.Duration(i) * time.Millisecond)
		l.Add(x)
		i++
	}
}

func BenchmarkAdd_parallel(b *testing.B) {
	l := New(Options{})
	xs := office(20)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			l.Add(xs[i%len(xs)])
		}
	})
}

// BenchmarkReport is of a day whose every bucket is full, the worst there is.
func BenchmarkReport(b *testing.B) {
	l := New(Options{})
	for i := range 400_000 {
		l.Add(ended(noon.Add(time.Duration(i)*86400/400*time.Millisecond), client(fmt.Sprint("caller-", i)), read(uint64(i+1))))
	}
	now := noon.Add(24 * time.Hour)
	for b.Loop() {
		l.Report(now)
	}
}
