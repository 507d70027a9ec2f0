package limiter

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// perSecond is a quota that is easy to reckon with: so many calls a second and
// no headroom.
func perSecond(calls, burst int) Quota {
	return Quota{PerMinute: 60 * calls, Headroom: -1, Burst: burst}
}

// still are options without chance.
func still(q Quota) Options { return Options{Quota: q, HoldJitter: -1} }

// of is a call of the connection that waits as long as it may.
func of(connection string) Call {
	return Call{Connection: connection, Operation: "pages.retrieve", Caller: "app", Lane: Default, Patience: 20 * time.Second, Accepted: true}
}

func (c Call) in(lane Lane) Call           { c.Lane = lane; return c }
func (c Call) by(caller string) Call       { c.Caller = caller; return c }
func (c Call) to(operation string) Call    { c.Operation = operation; return c }
func (c Call) within(d time.Duration) Call { c.Patience = d; return c }
func (c Call) unproven(remote string) Call { c.Accepted, c.Remote = false, remote; return c }

// A diary notes which calls left, and when, in their order.
type diary struct {
	t     *testing.T
	l     *Limiter
	start time.Time
	wg    sync.WaitGroup

	mu       sync.Mutex
	left     []string
	at       []time.Duration
	refused  map[string]*Refusal
	refusals []time.Duration // when
	grants   []*Grant
}

func newDiary(t *testing.T, l *Limiter) *diary {
	return &diary{t: t, l: l, start: time.Now(), refused: map[string]*Refusal{}}
}

// ask makes a call of that name, and returns when it has left, was refused or
// waits.
func (d *diary) ask(name string, c Call) { d.askUntil(context.Background(), name, c) }

func (d *diary) askUntil(ctx context.Context, name string, c Call) {
	d.wasRead()
	d.wg.Go(func() {
		g, err := d.l.Acquire(ctx, c)
		d.mu.Lock()
		defer d.mu.Unlock()
		var r *Refusal
		switch {
		case errors.As(err, &r):
			d.refused[name] = r
			d.refusals = append(d.refusals, time.Since(d.start))
		case err == nil:
			d.left = append(d.left, name)
			d.at = append(d.at, time.Since(d.start))
			d.grants = append(d.grants, g)
		}
	})
	synctest.Wait()
}

// asks makes so many calls of that name.
func (d *diary) asks(n int, name string, c Call) {
	for range n {
		d.ask(name, c)
	}
}

// done waits for all calls.
func (d *diary) done() {
	d.wasRead()
	d.wg.Wait()
}

// wasRead orders what was read before what will be written: synctest orders
// time, not memory.
func (d *diary) wasRead() {
	d.mu.Lock()
	defer d.mu.Unlock()
}

// seconds is every so many seconds, from the first on.
func seconds(all ...float64) []time.Duration {
	d := make([]time.Duration, len(all))
	for i, s := range all {
		d[i] = time.Duration(s * float64(time.Second))
	}
	return d
}

// spend makes so many calls, which must leave at once.
func spend(t *testing.T, l *Limiter, n int, c Call) {
	t.Helper()
	for range n {
		g, err := l.Acquire(context.Background(), c)
		require.NoError(t, err)
		require.Zero(t, g.Queued)
		g.Done()
	}
}

// refusedNow is the refusal of a call that must be refused at once.
func refusedNow(t *testing.T, l *Limiter, c Call) *Refusal {
	t.Helper()
	start := time.Now()
	_, err := l.Acquire(context.Background(), c)
	var r *Refusal
	require.ErrorAs(t, err, &r)
	require.Zero(t, time.Since(start), "refused, but not at once")
	return r
}

// let is the grant of a call that must leave at once.
func let(t *testing.T, l *Limiter, c Call) *Grant {
	t.Helper()
	g, err := l.Acquire(context.Background(), c.within(0))
	require.NoError(t, err)
	return g
}

// tickets is how many tokens wait for their next call.
func tickets(l *Limiter) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pool.queue.waiting
}
