package limiter

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A till lends what it is told to, and notes what it is asked. It answers after
// a millisecond.
type till struct {
	mu      sync.Mutex
	demands []Demand
	held    []Hold
	reply   func(Demand) Loan
}

func (b *till) Borrow(d Demand, reply func(Loan)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.demands = append(b.demands, d)
	loan := b.reply(d)
	time.AfterFunc(time.Millisecond, func() { reply(loan) })
}

func (b *till) Held(h Hold) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held = append(b.held, h)
}

// lends is a till that lends whatever is wanted.
func lends(d Demand) Loan {
	return Loan{Calls: d.Calls, Life: 250 * time.Millisecond, Number: 1, Tokens: 10}
}

// nobody lends; others were last seen as much ago, of ten replicas.
func nobody(cut time.Duration) func(Demand) Loan {
	return func(Demand) Loan {
		return Loan{Alone: true, Replicas: 10, Cut: cut, Blind: 3 * time.Second}
	}
}

func (b *till) last() Demand {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.demands[len(b.demands)-1]
}

func (b *till) set(reply func(Demand) Loan) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reply = reply
}

func borrowing(t *testing.T, reply func(Demand) Loan, what func(*till, *Limiter)) {
	synctest.Test(t, func(t *testing.T) {
		b := &till{reply: reply}
		l := New(Options{HoldJitter: -1, Lender: b})
		what(b, l)
	})
}

func acquire(l *Limiter, c Call) (*Grant, error) { return l.Acquire(context.Background(), c) }

// buy makes so many calls, for which a loan may be needed first.
func buy(t *testing.T, l *Limiter, n int, c Call) {
	t.Helper()
	for range n {
		g, err := acquire(l, c)
		require.NoError(t, err)
		require.LessOrEqual(t, g.Queued, 2*time.Millisecond)
		g.Done()
	}
}

func TestLender_isAskedForWhatWaits(t *testing.T) {
	borrowing(t, lends, func(b *till, l *Limiter) {
		start := time.Now()
		buy(t, l, 1, of("c"))
		assert.Equal(t, time.Millisecond, time.Since(start))
		d := b.last()
		assert.Equal(t, Demand{Connection: "c", Calls: 1, Lane: Default, Loan: 0, Rate: 2.85, Burst: 30, Most: 171}, d)

		c := of("c")
		c.Lane = Bulk
		buy(t, l, 1, c)
		assert.Equal(t, 15, b.last().Reserve, "bulk leaves some to others")
		assert.Zero(t, b.last().Unused, "what was lent was used")
	})
}

func TestLender_doesNotLetACallGoForWhichNothingIsLent(t *testing.T) {
	wait := func(Demand) Loan { return Loan{Wait: time.Second} }
	borrowing(t, wait, func(b *till, l *Limiter) {
		_, err := acquire(l, of("c").within(2500*time.Millisecond))
		var r *Refusal
		require.ErrorAs(t, err, &r)
		assert.Len(t, b.demands, 3, "it is asked again whenever it said to")
	})
}

func TestLender_getsBackWhatIsNotUsed(t *testing.T) {
	borrowing(t, lends, func(b *till, l *Limiter) {
		g, err := acquire(l, of("c"))
		require.NoError(t, err)
		g.Unsent()
		buy(t, l, 1, of("c"))
		assert.Len(t, b.demands, 1, "the loan covers the call that follows")

		g, err = acquire(l, of("c"))
		require.NoError(t, err)
		g.Unsent()
		time.Sleep(time.Second)
		buy(t, l, 1, of("c"))
		assert.Equal(t, 1, b.last().Unused, "after its end it is given back")
	})
}

// A call that leaves late on a loan would count in no window.
func TestLender_noCallLeavesAfterTheLoansEnd(t *testing.T) {
	borrowing(t, lends, func(b *till, l *Limiter) {
		g, err := acquire(l, of("c"))
		require.NoError(t, err)
		g.Unsent() // one is left
		time.Sleep(249 * time.Millisecond)
		buy(t, l, 1, of("c"))
		assert.Len(t, b.demands, 2)
	})
}

func TestLender_isToldOfWhatLeftWithoutALoan(t *testing.T) {
	borrowing(t, lends, func(b *till, l *Limiter) {
		l.Observe(true)
		buy(t, l, 1, of("c"))
		assert.Equal(t, []Spent{{0, 1}}, b.last().Spent)
		time.Sleep(time.Second)
		assert.Len(t, b.demands, 1)
		l.Observe(false)
		buy(t, l, 1, of("c"))
		assert.Empty(t, b.last().Spent, "and once only")
	})
}

func TestLender_hearsOfHoldsAndIsHeeded(t *testing.T) {
	borrowing(t, lends, func(b *till, l *Limiter) {
		h := Hold{Scope: WorkspaceScope, Connection: "c", RetryAfter: 10 * time.Second}
		l.Hold(h)
		assert.Equal(t, []Hold{h}, b.held)
		h.RetryAfter = 5 * time.Second
		l.Hold(h)
		l.Heed(Hold{Scope: ConnectionScope, Connection: "c", RetryAfter: 20 * time.Second})
		assert.Len(t, b.held, 1, "what extends nothing, or comes from others, is not told")
		assert.Equal(t, 20*time.Second, time.Until(l.Held("c", "")))

		b.set(func(d Demand) Loan { return Loan{Held: 40 * time.Second, Wait: time.Second} })
		l.Accept("other")
		_, err := acquire(l, of("other"))
		require.Error(t, err)
		assert.Greater(t, time.Until(l.Held("other", "")), 15*time.Second, "a hold comes with the reply too")
	})
}

// A hold that a probe has shown to be over is over for all.
func TestLender_hearsThatAHoldIsOver(t *testing.T) {
	borrowing(t, lends, func(b *till, l *Limiter) {
		l.Accept("c")
		l.Hold(Hold{Scope: ConnectionScope, Connection: "c", RetryAfter: time.Hour})
		time.Sleep(16 * time.Minute)
		g, err := acquire(l, of("c"))
		require.NoError(t, err)
		require.True(t, g.Probe)
		time.Sleep(10 * time.Millisecond)
		g.Accepted()
		time.Sleep(10 * time.Millisecond)
		assert.True(t, b.last().Lift)
		buy(t, l, 1, of("c"))
		assert.False(t, b.last().Lift, "and it is told once")
	})
}

func TestLender_tellsWhatAllHaveSpent(t *testing.T) {
	all := func(d Demand) Loan {
		return Loan{Calls: d.Calls, Life: time.Second, Tokens: 5, Window: []Spent{{30 * time.Second, 100}, {time.Second, 20}}}
	}
	borrowing(t, all, func(_ *till, l *Limiter) {
		buy(t, l, 1, of("c"))
		assert.Equal(t, 171-121, l.Budget("c").Left)
	})
}

func TestLender_staysWhenBudgetsChange(t *testing.T) {
	borrowing(t, lends, func(b *till, l *Limiter) {
		l.Configure(Options{Quota: Quota{PerMinute: 600}, HoldJitter: -1})
		buy(t, l, 1, of("c"))
		assert.Equal(t, 570, b.last().Most)
	})
}

// Of ten replicas each makes a tenth of what is left beside the calls that the
// others made or may have made.
func TestAlone_aPartOfTheBudget(t *testing.T) {
	seen := func(d Demand) Loan {
		return Loan{Calls: d.Calls, Life: time.Second, Tokens: 0, Window: []Spent{{10 * time.Second, 60}}}
	}
	borrowing(t, seen, func(b *till, l *Limiter) {
		buy(t, l, 1, of("c"))
		b.set(nobody(0))
		made := made(l, 3*time.Minute)
		// Of the 61 that were seen and of the 9 that others may have made in
		// the three seconds until they know, nothing is left to anybody.
		assert.Equal(t, (171-61-9)/10, made(0, 40*time.Second))
		assert.LessOrEqual(t, made(0, 61*time.Second), 17)
		assert.Equal(t, 17, made(100*time.Second, 161*time.Second), "and a tenth of all later on")
	})
}

func TestAlone_nothingIsKnown(t *testing.T) {
	borrowing(t, nobody(0), func(_ *till, l *Limiter) {
		made := made(l, 3*time.Minute)
		assert.Zero(t, made(0, 64*time.Second), "the others may have spent all")
		assert.Equal(t, 17, made(64*time.Second, 125*time.Second))
	})
	borrowing(t, nobody(2*time.Minute), func(_ *till, l *Limiter) {
		made := made(l, time.Minute)
		assert.Equal(t, 17, made(0, time.Minute), "what they spent before then does not count any more")
	})
}

func TestAlone_whatWasKnownIsNotAll(t *testing.T) {
	borrowing(t, lends, func(b *till, l *Limiter) {
		buy(t, l, 1, of("c"))
		b.set(func(d Demand) Loan {
			loan := nobody(0)(d)
			loan.Lost = true
			return loan
		})
		made := made(l, 3*time.Minute)
		assert.Zero(t, made(time.Second, 64*time.Second), "the others may have spent all")
		assert.Equal(t, 17, made(65*time.Second, 126*time.Second))
	})
}

func TestAlone_moreReplicasThanCalls(t *testing.T) {
	many := func(Demand) Loan { return Loan{Alone: true, Replicas: 1000, Cut: time.Hour} }
	borrowing(t, many, func(_ *till, l *Limiter) {
		_, err := acquire(l, of("c"))
		var r *Refusal
		require.ErrorAs(t, err, &r)
		assert.LessOrEqual(t, r.RetryAfter, 7*time.Minute)
	})
}

func TestRejoin_tellsWhatWasSpentAlone(t *testing.T) {
	borrowing(t, nobody(time.Hour), func(b *till, l *Limiter) {
		buy(t, l, 1, of("c"))
		time.Sleep(4 * time.Second)
		buy(t, l, 1, of("c"))
		assert.Equal(t, 1, l.Rejoin(), "one connection is alone")
		time.Sleep(2 * time.Millisecond)
		assert.Equal(t, 1, l.Rejoin(), "still: nobody lends")
		time.Sleep(2 * time.Millisecond)

		b.set(lends)
		assert.Equal(t, 1, l.Rejoin())
		spent := 0
		for _, s := range b.last().Spent {
			spent += s.Calls
		}
		assert.Equal(t, 2, spent)
		time.Sleep(2 * time.Millisecond)
		assert.Zero(t, l.Rejoin())
		buy(t, l, 1, of("c"))
		assert.Empty(t, b.last().Spent)
	})
}

// made has a call want to leave at any time for that long, and returns how many
// left in a stretch.
func made(l *Limiter, length time.Duration) func(from, to time.Duration) int {
	start := time.Now()
	var at []time.Duration
	for time.Since(start) < length {
		c := of("c").within(time.Second)
		c.Once = true
		if g, err := acquire(l, c); err == nil {
			at = append(at, time.Since(start))
			g.Done()
			continue
		}
		time.Sleep(100 * time.Millisecond)
	}
	return func(from, to time.Duration) (n int) {
		for _, a := range at {
			if from <= a && a < to {
				n++
			}
		}
		return n
	}
}

// While calls wait for a loan under the token's name, it becomes known whose the
// token is: what they wait for changes hands. The race detector looks on.
func TestLender_whoATokenIsBecomesKnownWhileItWaits(t *testing.T) {
	borrowing(t, lends, func(_ *till, l *Limiter) {
		var waiting sync.WaitGroup
		for n := range 25 {
			token, bot := fmt.Sprint("token-", n), fmt.Sprint("bot-", n)
			waiting.Go(func() {
				g, err := acquire(l, of(token))
				if assert.NoError(t, err) {
					g.Done()
				}
			})
			waiting.Go(func() { l.Identify(token, bot, "") })
		}
		waiting.Wait()
	})
}
