package limiter

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
)

// plenty is a quota that no benchmark uses up.
var plenty = Quota{PerMinute: 6_000_000_000, Burst: 1_000_000_000}

func benchCall(connection string) Call {
	return Call{
		Connection: connection, Operation: "pages.retrieve", Caller: "app",
		Lane: Default, Patience: 20 * time.Second, Accepted: true,
	}
}

// clearWindow forgets the calls of a connection now and then: a window of
// millions is none of ours.
func clearWindow(l *Limiter, connection string, i int) {
	if i%170 == 169 {
		l.connections[connection].window.n = 0
	}
}

func BenchmarkAllow(b *testing.B) {
	l := rate.NewLimiter(1e8, 1e9)
	b.ReportAllocs()
	for b.Loop() {
		l.Allow()
	}
}

// A call that need not wait: one allocation at most, and five times
// BenchmarkAllow at most.
func BenchmarkAcquire(b *testing.B) {
	const connection = "3f2a6c1e-5b7d-4e8f-9a0b-1c2d3e4f5a6b"
	ctx, c := context.Background(), benchCall(connection)
	l := New(Options{Quota: plenty})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := l.Acquire(ctx, c); err != nil {
			b.Fatal(err)
		}
		clearWindow(l, connection, i)
	}
}

// Two goroutines with connections of their own, behind the one mutex; and the
// same with a limiter each, which is what a mutex for each connection would
// come to at best.
func BenchmarkAcquire_together(b *testing.B) {
	l := New(Options{Quota: plenty})
	benchParallel(b, func() *Limiter { return l })
}

func BenchmarkAcquire_apart(b *testing.B) {
	benchParallel(b, func() *Limiter { return New(Options{Quota: plenty}) })
}

func benchParallel(b *testing.B, limiter func() *Limiter) {
	var names atomic.Int64
	ctx := context.Background()
	b.RunParallel(func(pb *testing.PB) {
		l, c := limiter(), benchCall(strconv.FormatInt(names.Add(1), 10))
		for i := 0; pb.Next(); i++ {
			g, err := l.Acquire(ctx, c)
			if err != nil {
				b.Error(err)
				return
			}
			if i%170 == 169 {
				l.mu.Lock()
				g.from.window.n = 0
				l.mu.Unlock()
			}
		}
	})
}

// What a refusal costs while as many places are promised as may be: a caller
// that does not do as it is told must not take the mutex from the others.
func BenchmarkAcquire_refused(b *testing.B) {
	l := New(Options{})
	ctx, c := context.Background(), benchCall("c")
	c.Patience = 0
	for range 2 * mostPromises {
		_, _ = l.Acquire(ctx, c)
	}
	callers := make([]string, 5000)
	for i := range callers {
		callers[i] = strconv.Itoa(i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Caller = callers[i%len(callers)]
		_, _ = l.Acquire(ctx, c)
	}
}

func TestWaiters_costLittle(t *testing.T) {
	synctest.Test(t, measureWaiters)
}

func measureWaiters(t *testing.T) {
	const waiters = 10_000
	l := New(Options{MaxWait: time.Hour, MaxWaiting: 4 * waiters, Quota: Quota{PerMinute: 60_000, Burst: 1}})
	l.Hold(Hold{Scope: ConnectionScope, Connection: "c", RetryAfter: 10 * time.Minute})

	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	var there, gone sync.WaitGroup
	there.Add(waiters)
	wait := make(chan struct{})
	for i := range waiters {
		gone.Go(func() {
			there.Done()
			<-wait
			c := benchCall("c")
			c.Caller, c.Patience = strconv.Itoa(i%100), time.Hour
			_, err := l.Acquire(ctx, c)
			assert.ErrorIs(t, err, context.Canceled)
		})
	}
	there.Wait()
	before := memory()
	close(wait)
	synctest.Wait()
	require.Equal(t, waiters, l.Budget("c").Waiting[Default])
	each := (memory() - before) / waiters
	t.Logf("%d bytes each", each)
	if !raced {
		assert.Less(t, each, int64(4<<10))
	}

	leave()
	gone.Wait()
	require.Zero(t, l.waiting)
}

// memory is what the heap and the stacks take, garbage apart.
func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
