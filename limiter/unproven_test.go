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

func TestUnproven_oneCallUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, New(Options{}))
		d.asks(3, "call", of("token").unproven("a"))
		for i := range 3 {
			synctest.Wait()
			require.Len(t, d.left, i+1)
			time.Sleep(2 * time.Second)
			g := d.grants[i]
			g.Done()
			g.Done()
		}
		d.done()
		assert.Equal(t, seconds(0, 2, 4), d.at)
	})
}

func TestUnproven_anUnsentCallLetsTheNextGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, New(Options{}))
		d.asks(2, "call", of("token").unproven("a"))
		d.grants[0].Unsent()
		d.done()
		assert.Len(t, d.left, 2)
		assert.Equal(t, 170, d.l.Budget("token").Left)
	})
}

func TestUnproven_anUnsentCallIsGivenBackToAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(t, New(Options{}))
		for i := range 6 {
			d.ask("call", of(fmt.Sprint(i)).unproven("a"))
			if i < 3 {
				d.grants[i].Unsent()
			}
		}
		d.done()
		assert.Equal(t, seconds(0, 0, 0, 0, 0, 0), d.at)
	})
}

func TestUnproven_whoWaitsLeavesWhenTheTokenIsAccepted(t *testing.T) {
	tests := []struct {
		name   string
		accept func(l *Limiter, g *Grant)
	}{
		{"by its call", func(_ *Limiter, g *Grant) { g.Accepted() }},
		{"by somebody else", func(l *Limiter, _ *Grant) { l.Accept("token") }},
		{"by a call that knows", func(l *Limiter, _ *Grant) { let(t, l, of("token").in(Interactive)) }},
		{"by being identified", func(l *Limiter, _ *Grant) { l.Identify("token", "bot", "w") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(Options{})
				d := newDiary(t, l)
				for i := range 5 {
					d.ask(fmt.Sprint(i), of("token").unproven("a"))
				}
				d.ask("i", of("token").in(Interactive).unproven("a"))
				d.ask("other token", of("other").unproven("a"))
				time.Sleep(time.Second)
				test.accept(l, d.grants[0])
				d.done()
				assert.ElementsMatch(t, []string{"0", "i", "1", "2", "3", "4", "other token"}, d.left)
				assert.Equal(t, seconds(0, 0, 1, 1, 1, 1, 1), d.at)
				d.asks(3, "call", of("token").unproven("a"))
				d.done()
			})
		})
	}
}

func TestUnproven_aTokenThatIsRejectedTakesItsQueueAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{})
		d := newDiary(t, l)
		d.asks(3, "call", of("token").unproven("a"))
		d.grants[0].Done()
		l.Reject("token")
		synctest.Wait()
		assert.Equal(t, &Refusal{Rejected, time.Second}, d.refused["call"])
		assert.Zero(t, l.waiting)
		d.done()
	})
}

func TestUnproven_aTokenThatIsRejectedHasToBeAcceptedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{})
		let(t, l, of("token")).Done()
		l.Reject("token")
		let(t, l, of("token").unproven("a"))
		assert.Equal(t, Unproven, refusedLater(t, l, of("token").unproven("a").within(time.Second)).Reason)
	})
}

func TestUnproven_rejectingOneTokenDoesNotHarmTheConnectionsOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 2)))
		l.Identify("good", "bot", "w")
		l.Identify("bad", "bot", "w")
		spend(t, l, 1, of("bad"))
		spend(t, l, 1, of("good"))
		d := newDiary(t, l)
		d.ask("good", of("good"))
		l.Reject("bad")
		d.done()
		assert.Equal(t, []string{"good"}, d.left)
		assert.Equal(t, 60, l.Budget("bad").Left, "it is a stranger now")
	})
}

func TestUnproven_rejectingAConnectionByItsOnlyToken(t *testing.T) {
	for _, tokens := range [][]string{{"one"}, {"one", "two"}} {
		synctest.Test(t, func(t *testing.T) {
			l := New(still(perSecond(1, 1)))
			for _, token := range tokens {
				l.Identify(token, "bot", "w")
				_, _ = l.Acquire(t.Context(), of(token))
			}
			d := newDiary(t, l)
			d.ask("call", of("bot"))
			l.Reject("bot")
			d.done()
			if len(tokens) == 1 {
				assert.Equal(t, Rejected, d.refused["call"].Reason)
			} else {
				assert.Equal(t, []string{"call"}, d.left)
			}
			for range 5 { // long enough for it to be forgotten
				time.Sleep(span)
				let(t, l, of("somebody")).Done()
			}
			assert.NotContains(t, l.connections, "bot")
			l.Hold(hold(WorkspaceScope, "bot", 5*time.Second))
			l.Identify("other", "another", "w")
			assert.NotZero(t, l.Held("another", ""), "its workspace is still known")
		})
	}
}

// refusedLater is the refusal of a call whose patience ends.
func refusedLater(t *testing.T, l *Limiter, c Call) *Refusal {
	t.Helper()
	start := time.Now()
	_, err := l.Acquire(context.Background(), c)
	var r *Refusal
	require.ErrorAs(t, err, &r)
	require.Equal(t, c.Patience, time.Since(start))
	return r
}

func TestUnproven_threeASecondOverAllTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{})
		d := newDiary(t, l)
		for i := range 12 {
			d.ask("call", of(fmt.Sprint("token", i)).unproven("a"))
		}
		d.done()
		for i, at := range d.at {
			assert.InDelta(t, max(0, float64(i-2)/3), at.Seconds(), 1e-6)
		}
	})
}

func TestUnproven_addressesShareEvenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{})
		d := newDiary(t, l)
		for i := range 40 {
			d.ask("flood", of(fmt.Sprint("token", i)).unproven("a"))
		}
		for i := range 3 {
			d.ask("one", of(fmt.Sprint("mine", i)).unproven("b"))
		}
		d.done()
		assert.Equal(t, []string{"flood", "flood", "flood", "flood", "one", "flood", "one", "flood", "one", "flood"}, d.left[:10])
	})
}

func TestUnproven_aFloodIsRefusedAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{MaxConnections: 200})
		d := newDiary(t, l)
		for i := range 1000 {
			d.ask(fmt.Sprint(i), of(fmt.Sprint("token", i)).unproven("a"))
		}
		assert.Len(t, l.connections, 62, "three that left and those that leave within 20 s")
		assert.Equal(t, &Refusal{Unproven, 21 * time.Second}, d.refused["63"])
		assert.Equal(t, &Refusal{Unproven, 25 * time.Second}, d.refused["75"], "staggered")
		for _, r := range d.refused {
			assert.Equal(t, Unproven, r.Reason)
		}
		assert.LessOrEqual(t, l.pool.promises[len(l.pool.promises)-1].due, time.Minute)
		d.ask("elsewhere", of("mine").unproven("b"))
		let(t, l, of("proven")).Done()
		d.done()
		assert.Contains(t, d.left, "elsewhere")
	})
}

func TestUnproven_aRefusedTokenThatMadeCallsIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{})
		d := newDiary(t, l)
		d.ask("first", of("token").unproven("a"))
		d.grants[0].Done()
		time.Sleep(30 * time.Second)
		for i := range 100 {
			d.ask("flood", of(fmt.Sprint("other", i)).unproven("a"))
		}
		d.ask("again", of("token").unproven("a"))
		assert.Contains(t, d.refused, "again")
		assert.Equal(t, 170, l.Budget("token").Left)
		d.done()
	})
}

func TestUnproven_whoLeavesGivesTheTicketBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{})
		d := newDiary(t, l)
		for i := range 3 {
			d.ask("first", of(fmt.Sprint("token", i)).unproven("a"))
		}
		ctx, leave := context.WithCancel(context.Background())
		d.askUntil(ctx, "leaves", of("leaver").unproven("a"))
		d.ask("stays", of("stayer").unproven("a"))
		assert.Equal(t, 2, tickets(l))
		leave()
		synctest.Wait()
		assert.Equal(t, 1, tickets(l))
		d.done()
		assert.Equal(t, "stays", d.left[3])
		assert.InDelta(t, 1./3, d.at[3].Seconds(), 1e-6)
		assert.Zero(t, tickets(l))
	})
}

func TestUnproven_itsCallsCountForTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 3)))
		g := let(t, l, of("token").unproven("a"))
		g.Accepted()
		g.Done()
		spend(t, l, 2, of("token"))
		refusedNow(t, l, of("token").within(0))
	})
}

func TestUnproven_holdsAndBudgetsOfItsOwnHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		d := newDiary(t, l)
		l.Hold(hold(ConnectionScope, "token", 5*time.Second))
		d.ask("held", of("token").unproven("a"))
		d.ask("other", of("other").unproven("a"))
		d.done()
		assert.Equal(t, []string{"other", "held"}, d.left)
		assert.Equal(t, seconds(0, 5), d.at)
	})
}

// What is kept to three a second are Notion's 401s. Good tokens that come
// together, as after a restart, are held up by nothing but each other.
func TestUnproven_anAcceptedCallIsGivenBackToAll(t *testing.T) {
	for _, accept := range []func(l *Limiter, g *Grant, token string){
		func(_ *Limiter, g *Grant, _ string) { g.Accepted() },
		func(l *Limiter, g *Grant, token string) { l.Accept(token); g.Accepted(); g.Unsent() },
		func(l *Limiter, g *Grant, token string) { l.Identify(token, "bot", "w"); g.Accepted() },
	} {
		synctest.Test(t, func(t *testing.T) {
			l := New(Options{})
			start := time.Now()
			var all sync.WaitGroup
			for i := range 60 {
				all.Go(func() {
					token := fmt.Sprint("good", i)
					g, err := l.Acquire(t.Context(), of(token).unproven("a"))
					if !assert.NoError(t, err) {
						return
					}
					time.Sleep(100 * time.Millisecond)
					accept(l, g, token)
					g.Done()
				})
			}
			all.Wait()
			assert.LessOrEqual(t, time.Since(start), 2*time.Second, "three at a time, and three more each second")

			d := newDiary(t, l)
			for i := range 12 {
				d.ask("call", of(fmt.Sprint("bad", i)).unproven("a"))
			}
			d.done()
			assert.InDelta(t, 3, (d.at[11] - d.at[2]).Seconds(), 1e-6)
		})
	}
}
