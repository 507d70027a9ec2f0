package limiter

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestIdentify_windowsAdd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 60)))
		spend(t, l, 20, of("token"))
		time.Sleep(10 * time.Second)
		spend(t, l, 30, of("bot"))
		l.Identify("token", "bot", "w")

		for _, c := range []string{"token", "bot"} {
			b := l.Budget(c)
			assert.Equal(t, 10, b.Left, c)
			assert.Equal(t, 51*time.Second, b.Reset, c)
		}
		spend(t, l, 5, of("token"))
		spend(t, l, 5, of("bot"))
		refusedNow(t, l, of("token"))
	})
}

func TestIdentify_theEmptierBucketStands(t *testing.T) {
	for _, emptier := range []string{"token", "bot"} {
		synctest.Test(t, func(t *testing.T) {
			l := New(still(perSecond(1, 10)))
			spend(t, l, 1, of("token"))
			spend(t, l, 1, of("bot"))
			spend(t, l, 6, of(emptier))
			l.Identify("token", "bot", "w")
			spend(t, l, 3, of("bot"))
			refusedNow(t, l, of("token").within(0))
		})
	}
}

func TestIdentify_theLaterHoldStands(t *testing.T) {
	for _, later := range []string{"token", "bot"} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			l := New(still(perSecond(1, 10)))
			spend(t, l, 3, of("token"))
			for _, scope := range []Scope{ConnectionScope, OperationScope} {
				l.Hold(hold(scope, "token", 5*time.Second))
				l.Hold(hold(scope, "bot", 5*time.Second))
			}
			l.Hold(hold(ConnectionScope, later, 10*time.Second))
			l.Hold(hold(OperationScope, later, 15*time.Second))
			l.Identify("token", "bot", "w")
			assert.Equal(t, start.Add(10*time.Second), l.Held("bot", ""))
			assert.Equal(t, start.Add(15*time.Second), l.Held("token", "search"))

			d := newDiary(t, l)
			d.asks(3, "call", of("bot"))
			d.done()
			assert.Equal(t, seconds(10, 11, 12), d.at)
		})
	}
}

func TestIdentify_aBucketDoesNotFillDuringTheOthersHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 10)))
		spend(t, l, 10, of("token"))
		l.Hold(hold(ConnectionScope, "bot", 10*time.Second))
		l.Identify("token", "bot", "w")
		d := newDiary(t, l)
		d.asks(3, "call", of("bot"))
		d.done()
		assert.Equal(t, seconds(10, 11, 12), d.at)
	})
}

func TestIdentify_aWorkspacesHoldMovesToAllOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		l.Identify("one", "bot", "w")
		l.Identify("two", "neighbour", "w")
		spend(t, l, 1, of("bot"))
		spend(t, l, 1, of("neighbour"))
		d := newDiary(t, l)
		d.ask("neighbour", of("neighbour"))
		l.Hold(hold(WorkspaceScope, "token", 30*time.Second)) // whose, nobody knows
		l.Identify("token", "bot", "w")
		synctest.Wait()
		assert.Equal(t, Held, d.refused["neighbour"].Reason)
		assert.Len(t, l.workspaces, 1)
		assert.Len(t, l.workspaces["w"].members, 2)
	})
}

func TestIdentify_aTokenThatWaitsToBeAcceptedWaitsNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{})
		let(t, l, of("bot")).Done()
		d := newDiary(t, l)
		for _, token := range []string{"a", "b", "c", "token"} {
			d.ask(token, of(token).unproven("x"))
		}
		assert.Equal(t, 1, tickets(l))
		l.Identify("token", "bot", "w")
		d.done()
		assert.Zero(t, tickets(l))
		assert.Equal(t, seconds(0, 0, 0, 0), d.at)
	})
}

func TestIdentify_whoIsMergedIsNoMemberAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("bot"))
		l.Hold(hold(WorkspaceScope, "token", 30*time.Second))
		l.Identify("token", "bot", "")
		assert.Len(t, l.connections["bot"].workspace.members, 1)
		assert.Equal(t, 30*time.Second, time.Until(l.Held("bot", "")))
	})
}

func TestIdentify_provesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{})
		d := newDiary(t, l)
		d.asks(3, "call", of("bot").unproven("x"))
		let(t, l, of("token")).Done()
		l.Identify("token", "bot", "w")
		d.done()
		assert.Equal(t, seconds(0, 0, 0), d.at)
		assert.Zero(t, tickets(l))
	})
}

func TestIdentify_theLowerPaceStands(t *testing.T) {
	for _, lower := range []string{"token", "bot"} {
		synctest.Test(t, func(t *testing.T) {
			l := New(still(perSecond(3, 10)))
			let(t, l, of("token")).Done()
			let(t, l, of("bot")).Done()
			l.Pressure(lower, Overdrawn)
			l.Identify("token", "bot", "w")
			assert.InDelta(t, 2, l.Budget("bot").Rate, .001)
		})
	}
}

func TestIdentify_whoWaitsKeepsWaitingInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("token"))
		spend(t, l, 1, of("bot"))
		d := newDiary(t, l)
		for i := range 4 {
			d.ask(fmt.Sprint("t", i), of("token"))
			time.Sleep(time.Millisecond)
			d.ask(fmt.Sprint("b", i), of("bot"))
			time.Sleep(time.Millisecond)
		}
		d.ask("i", of("token").in(Interactive))
		l.Identify("token", "bot", "w")
		d.done()
		assert.Equal(t, []string{"i", "t0", "b0", "t1", "b1", "t2", "b2", "t3", "b3"}, d.left)
		assert.Zero(t, l.waiting)
	})
}

func TestIdentify_whoWaitsForAnUnknownConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		d := newDiary(t, l)
		d.asks(3, "call", of("token"))
		l.Identify("token", "bot", "w")
		d.asks(1, "call", of("bot"))
		d.done()
		assert.Equal(t, seconds(0, 1, 2, 3), d.at)
	})
}

func TestIdentify_promisesMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		let(t, l, of("bot")).Done()
		d := newDiary(t, l)
		d.asks(21, "call", of("token"))
		d.ask("told", of("token"))
		assert.Equal(t, 21*time.Second, d.refused["told"].RetryAfter)
		l.Identify("token", "bot", "w")
		d.ask("next", of("bot").by("other").within(0))
		assert.Equal(t, 2*time.Second, d.refused["next"].RetryAfter, "a turn")
		d.ask("same", of("bot").within(0))
		assert.Equal(t, 23*time.Second, d.refused["same"].RetryAfter, "after the one who was told")
		d.done()
	})
}

func TestIdentify_severalTokensOneBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 60)))
		for i := range 40 {
			token := fmt.Sprint("token", i)
			if i%2 == 0 {
				spend(t, l, 1, of(token))
			}
			l.Identify(token, "bot", "w")
			if i%2 == 1 {
				spend(t, l, 1, of(token))
			}
		}
		spend(t, l, 10, of("token0")) // long past the aliases that are kept
		spend(t, l, 10, of("bot"))
		refusedNow(t, l, of("token1").within(0))
		assert.LessOrEqual(t, len(l.connections), 1+maxAliases)
	})
}

func TestIdentify_anOverrideOfTheConnectionHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := still(perSecond(1, 1))
		o.Overrides = map[string]Quota{"bot": perSecond(10, 20), "bot2": perSecond(10, 20)}
		l := New(o)
		spend(t, l, 1, of("token"))
		l.Identify("token", "bot", "w")
		assert.Equal(t, 599, l.Budget("token").Left)
		l.Hold(hold(ConnectionScope, "token2", 5*time.Second))
		l.Identify("token2", "bot2", "w")
		d := newDiary(t, l)
		d.asks(3, "call", of("bot2"))
		d.done()
		assert.Equal(t, seconds(5, 5.1, 5.2), d.at)
		assert.InDelta(t, 10, l.Budget("token").Rate, .001)
		time.Sleep(2 * time.Second)
		spend(t, l, 20, of("token"))
	})
}

func TestIdentify_aTokenThatChangesItsConnectionTakesNothingAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 60)))
		l.Identify("token", "one", "w")
		spend(t, l, 30, of("token"))
		l.Identify("token", "two", "w")
		spend(t, l, 1, of("two"))
		assert.Equal(t, 30, l.Budget("one").Left)
		assert.Equal(t, 59, l.Budget("token").Left)
	})
}

func TestIdentify_againChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 60)))
		for range 3 {
			l.Identify("token", "bot", "w")
			spend(t, l, 10, of("token"))
		}
		l.Identify("token", "bot", "")
		assert.Equal(t, 30, l.Budget("bot").Left)
		l.Hold(hold(WorkspaceScope, "token", 5*time.Second))
		l.Identify("other", "another", "w")
		assert.NotZero(t, l.Held("another", ""), "an unknown workspace does not replace a known one")
	})
}

func TestIdentify_aGrantOfTheTokenIsGivenBackToTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 60)))
		g := let(t, l, of("token"))
		spend(t, l, 1, of("bot"))
		l.Identify("token", "bot", "w")
		g.Unsent()
		assert.Equal(t, 59, l.Budget("bot").Left)
	})
}

// Settings name a connection as logs do: by the first digits of its token's
// digest, before and after Notion said whose token it is.
func TestOverrides_areByTheBeginningOfANameToo(t *testing.T) {
	const token, bot = "1f2e3d4c00000000ff", "7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f11"
	for name, overrides := range map[string]map[string]Quota{
		"by the token":                     {token: {PerMinute: 600}},
		"by eight of its characters":       {"1f2e3d4c": {PerMinute: 600}},
		"by the bot":                       {bot: {PerMinute: 600}},
		"by the bot's beginning":           {"7d1f0a52": {PerMinute: 600}},
		"the bot's goes first":             {bot: {PerMinute: 600}, token: {PerMinute: 60}},
		"the longest beginning goes first": {"1f2e3d4c0": {PerMinute: 600}, "1f2e3d4c": {PerMinute: 60}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(Options{Overrides: overrides})
				if _, known := overrides[bot]; !known && overrides["7d1f0a52"] == (Quota{}) {
					assert.Equal(t, 570, l.Budget(token).Quota, "never heard of")
				}
				let(t, l, of(token)).Done()
				l.Identify(token, bot, "")
				assert.Equal(t, 570, l.Budget(token).Quota)
				assert.Equal(t, 570, l.Budget(bot).Quota)
				l.Identify("another", bot, "")
				assert.Equal(t, 570, l.Budget("another").Quota, "they share the budget")

				time.Sleep(time.Hour)
				let(t, l, of("somebody else")).Done()
				let(t, l, of("somebody else")).Done()
				assert.Equal(t, 570, l.Budget(token).Quota, "forgotten and met again")
				let(t, l, of(token)).Done()
				assert.Equal(t, 570, l.Budget(token).Quota)
			})
		})
	}
	l := New(Options{Overrides: map[string]Quota{"1f2e3d4": {PerMinute: 600}, "": {PerMinute: 600}}})
	assert.Equal(t, 171, l.Budget(token).Quota, "less than eight characters mean nothing")
}

func TestIdentify_aCallThatKnowsWhoItsTokenIsSpendsTheConnectionsBudget(t *testing.T) {
	forgets := map[string]func(l *Limiter){
		"all":                       func(l *Limiter) { l.identities.Purge() },
		"the token's":               func(l *Limiter) { l.identities.Remove("token") },
		"and met it under its name": func(l *Limiter) { l.identities.Purge(); l.Pressure("token", BadGateway) },
	}
	for name, forget := range forgets {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(still(perSecond(1, 60)))
				l.Identify("token", "bot", "w")
				l.Identify("another", "bot", "w")
				forget(l)
				known := func(token string) Call {
					c := of(token)
					c.Bot, c.Workspace = "bot", "w"
					return c
				}
				spend(t, l, 30, known("another"))
				spend(t, l, 30, known("token"))
				refusedNow(t, l, known("token").within(0))
				l.Hold(hold(WorkspaceScope, "bot", 30*time.Second))
				assert.Equal(t, 30*time.Second, time.Until(l.Held("token", "")))
			})
		})
	}
}

// A token that Notion has refused is a stranger, whoever it was before.
func TestIdentify_aTokenThatIsNotAcceptedIsWhoTheLimiterKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 60)))
		l.Identify("good", "bot", "w")
		let(t, l, of("good")).Done()
		c := of("refused").unproven("a")
		c.Bot = "bot"
		let(t, l, c)
		assert.Equal(t, Unproven, refusedLater(t, l, c.within(time.Second)).Reason)
	})
}
