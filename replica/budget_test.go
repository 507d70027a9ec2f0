package replica

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache/seal"
	"notionproxy/limiter"
	"notionproxy/replica/redistest"
)

// These tests run in real time, since Redis has no other. A minute of theirs
// takes three seconds.
const shortMinute = 3 * time.Second

var keys = func() seal.Ring {
	k, err := seal.NewKeys([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		panic(err)
	}
	return seal.Ring{k}
}()

func shortOptions(url string) Options {
	return Options{
		URL: url, Keys: keys, Replicas: 3, Window: shortMinute,
		Beat: 50 * time.Millisecond, Lease: 50 * time.Millisecond,
	}
}

// A member is one replica: a limiter, and the group that it is in.
type member struct {
	limiter *limiter.Limiter
	group   *Group
	stop    func()
}

func newMember(t *testing.T, o Options) *member {
	t.Helper()
	return newMemberWith(t, o, limiter.Quota{PerMinute: 180})
}

// eager lets a whole minute's calls leave at once, so that whatever was
// forgotten of them leaves again, and shows.
var eager = limiter.Quota{PerMinute: 180, Burst: shortBudget}

func newMemberWith(t *testing.T, o Options, q limiter.Quota) *member {
	t.Helper()
	g, err := New(o)
	require.NoError(t, err)
	m := &member{group: g, limiter: limiter.New(limiter.Options{
		Quota: q, Window: o.Window, Lender: g, HoldJitter: -1,
	})}
	g.Join(m.limiter)
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { g.Run(ctx) })
	m.stop = sync.OnceFunc(func() { cancel(); run.Wait() })
	t.Cleanup(m.stop)
	return m
}

func newMembers(t *testing.T, n int, o Options) []*member {
	t.Helper()
	return newMembersWith(t, n, o, limiter.Quota{PerMinute: 180})
}

func newMembersWith(t *testing.T, n int, o Options, q limiter.Quota) []*member {
	t.Helper()
	var all []*member
	for range n {
		all = append(all, newMemberWith(t, o, q))
	}
	eventually(t, "all replicas are there", func() bool {
		return !slices.ContainsFunc(all, func(m *member) bool {
			s := m.group.State()
			return !s.Connected || s.Live != n
		})
	})
	return all
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("not in 15 s: %s", what)
}

// Calls is when calls left, over all replicas.
type calls struct {
	mu   sync.Mutex
	left []time.Time
}

func (c *calls) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = append(c.left, time.Now())
}

func (c *calls) since(t time.Time) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, at := range c.left {
		if at.After(t) {
			n++
		}
	}
	return n
}

// most is how many calls left within any stretch of that length.
func (c *calls) most(length time.Duration) (most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortFunc(c.left, time.Time.Compare)
	for i, j := 0, 0; j < len(c.left); j++ {
		for c.left[j].Sub(c.left[i]) >= length {
			i++
		}
		most = max(most, j-i+1)
	}
	return most
}

// crowd has so many callers at each replica ask for call after call until ctx
// ends.
func crowd(ctx context.Context, all []*member, callers int, made *calls) *sync.WaitGroup {
	return strollers(ctx, all, "bot", callers, 0, made)
}

// strollers are a crowd at a connection that pauses for that long after each
// call, more or less.
func strollers(ctx context.Context, all []*member, connection string, callers int, pause time.Duration, made *calls) *sync.WaitGroup {
	var wg sync.WaitGroup
	for i, m := range all {
		for k := range callers {
			wg.Go(func() {
				for ctx.Err() == nil {
					g, err := m.limiter.Acquire(ctx, limiter.Call{
						Connection: connection, Lane: limiter.Lane(k % 3), Caller: fmt.Sprint(i, k),
						Accepted: true, Patience: time.Second, Once: true,
					})
					if err != nil {
						time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
						continue
					}
					made.add()
					g.Accepted()
					g.Done()
					sleep(ctx, rand.N(2*pause+1))
				}
			})
		}
	}
	return &wg
}

const shortBudget = 171 // of 180, 5 % are left alone

func TestBudget_isOneForAllReplicas(t *testing.T) {
	redis := redistest.Start(t)
	all := newMembers(t, 3, shortOptions(redis.URL()))
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Second)
	defer cancel()
	var made calls

	crowd(ctx, all, 6, &made).Wait()

	assert.LessOrEqual(t, made.most(shortMinute), shortBudget)
	assert.Greater(t, len(made.left), 2*shortBudget, "most of three minutes' budget is used")
	for _, m := range all {
		t.Logf("%+v", m.group.State())
	}
	t.Log("calls in three minutes:", len(made.left), "in the fullest:", made.most(shortMinute))
}
