package replica

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/replica/redistest"
)

// BenchmarkLoad compares an entry from Redis, opened and decoded and held
// against what was dropped since, with a bare GET of the same size by the same
// client. One alone finds the processors asleep when it has looked at an entry
// for a few microseconds, which a loop of bare GETs does not; eight a processor
// show what the work itself costs.
func BenchmarkLoad(b *testing.B) {
	s := redistest.Start(b)
	g, err := New(Options{URL: s.URL(), Keys: keys, Timeout: time.Second})
	require.NoError(b, err)
	e := g.Entries()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); g.Run(ctx) }()
	defer func() { cancel(); <-done }()
	for !g.Current() || !g.link.up.Load() {
		time.Sleep(10 * time.Millisecond)
	}
	r := sample(30 << 10)
	e.writeOne(ctx, save{record: r, authorization: bearer, place: place{history: g.news.history}})
	key, _ := e.key(r.Owner, r.Key)
	client := *g.link.client.Load()
	w := cache.Wanted{Question: cache.Question{Owner: r.Owner, Key: r.Key}, Authorization: bearer}

	b.Run("bare GET", func(b *testing.B) {
		for b.Loop() {
			got, err := get(ctx, g, client, key)
			if err != nil || len(got) < 30<<10 {
				b.Fatal(err, len(got))
			}
		}
	})
	b.Run("entry", func(b *testing.B) {
		for b.Loop() {
			if _, ok := e.Load(ctx, w); !ok {
				b.Fatal("it is not there")
			}
		}
	})
	b.Run("bare GET, eight a processor", func(b *testing.B) {
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := get(ctx, g, client, key); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("entry, eight a processor", func(b *testing.B) {
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, ok := e.Load(ctx, w); !ok {
					b.Error("it is not there")
				}
			}
		})
	})
}

func get(ctx context.Context, g *Group, client rueidis.Client, key string) (got []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, g.o.Timeout)
	defer cancel()
	return client.Do(ctx, client.B().Get().Key(key).Build()).AsBytes()
}

// sample is an entry whose page has that many bytes, and a hundred tags.
func sample(bytes int) *cache.Record {
	m := notion.Classify(http.MethodGet, "/v1/pages/11111111111111111111111111111111")
	now := time.Now()
	r := &cache.Record{
		Owner: owner, Key: question(1).Key, Op: m.Op, Born: now, FreshUntil: now.Add(time.Minute), KeepUntil: now.Add(time.Hour),
		Pages: []cache.RecordPage{{Page: cache.NewPage(make([]byte, bytes), false, &notion.Survey{})}},
	}
	for i := range 100 {
		r.Tags = append(r.Tags, tagsOf(i)...)
	}
	return r
}

// BenchmarkLend is what borrowing a call costs, of as many budgets as there are
// calls.
func BenchmarkLend(b *testing.B) {
	s := redistest.Start(b)
	g, err := New(Options{URL: s.URL(), Keys: keys, Timeout: time.Second})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); g.Run(ctx) }()
	defer func() { cancel(); <-done }()
	for !g.settled() {
		time.Sleep(10 * time.Millisecond)
	}
	var n atomic.Int64
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			d := limiter.Demand{Connection: fmt.Sprint(n.Add(1)), Calls: 1, Rate: 2.85, Burst: 30, Most: 171}
			if l := g.lend(ctx, d); l.Calls != 1 {
				b.Error("nothing is lent")
				return
			}
		}
	})
}
