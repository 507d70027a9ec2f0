package limiter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func hold(s Scope, connection string, d time.Duration) Hold {
	return Hold{Scope: s, Connection: connection, Operation: "search", RetryAfter: d}
}

// The reasons are those of developers.notion.com/reference/request-limits and of
// answers seen in 2026.
func TestScopeOf_everyReason(t *testing.T) {
	tests := []struct {
		reason string
		want   Scope
	}{
		{"public_api_request_rate_limit", ConnectionScope},
		{"public_api_space_request_rate_limit", WorkspaceScope},
		{"public_api_endpoint_rate_limit", OperationScope},
		{"public_api_request_blocked", BlockedScope},
		{"mcp_tool_rate_limit", ConnectionScope},
		{"collection_router_upstream_429", ConnectionScope},
		{"", ConnectionScope},
		{"something new", ConnectionScope},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, ScopeOf(test.reason), test.reason)
	}
	for s, name := range []string{"none", "connection", "workspace", "operation", "blocked"} {
		assert.Equal(t, name, Scope(s).String())
	}
}

func TestHold_whatItNamesWaitsAndTheRestGoesOn(t *testing.T) {
	tests := []struct {
		scope Scope
		waits []string
	}{
		{NoScope, nil},
		{ConnectionScope, []string{"same", "same, other operation"}},
		{WorkspaceScope, []string{"same", "same, other operation", "same workspace"}},
		{OperationScope, []string{"same"}},
	}
	calls := map[string]Call{
		"same":                  of("c").to("search"),
		"same, other operation": of("c").to("pages.retrieve"),
		"same workspace":        of("d").to("search"),
		"other workspace":       of("e").to("search"),
		"no workspace":          of("f").to("search"),
	}
	for _, test := range tests {
		t.Run(test.scope.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(still(perSecond(1, 5)))
				l.Identify("tc", "c", "w")
				l.Identify("td", "d", "w")
				l.Identify("te", "e", "v")
				l.Hold(hold(test.scope, "c", 7*time.Second))
				d := newDiary(t, l)
				for name, c := range calls {
					d.ask(name, c)
				}
				d.done()
				require.Len(t, d.left, len(calls))
				var waited []string
				for i, name := range d.left {
					if d.at[i] > 0 {
						waited = append(waited, name)
						assert.GreaterOrEqual(t, d.at[i], 7*time.Second)
						assert.LessOrEqual(t, d.at[i], 8*time.Second)
					}
				}
				assert.ElementsMatch(t, test.waits, waited)
			})
		})
	}
}

func TestHold_theQueueLeavesAtThePaceWhenItEnds(t *testing.T) {
	for _, scope := range []Scope{ConnectionScope, WorkspaceScope, OperationScope} {
		t.Run(scope.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(still(perSecond(1, 30)))
				d := newDiary(t, l)
				l.Hold(hold(scope, "c", 10*time.Second))
				d.asks(4, "call", of("c").to("search"))
				d.done()
				assert.Equal(t, seconds(10, 11, 12, 13), d.at)
			})
		})
	}
}

func TestHold_stopsThoseWhoWaitAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		d := newDiary(t, l)
		d.asks(4, "call", of("c"))
		time.Sleep(1500 * time.Millisecond)
		l.Hold(hold(ConnectionScope, "c", 10*time.Second))
		d.done()
		assert.Equal(t, seconds(0, 1, 11.5, 12.5), d.at)
	})
}

func TestHold_whoCannotLeaveInTimeAnyMoreIsRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		d := newDiary(t, l)
		for _, name := range []string{"leaves", "second", "third", "fourth"} {
			d.ask(name, of("c"))
		}
		time.Sleep(500 * time.Millisecond)
		d.ask("late", of("c").by("late"))
		l.Hold(hold(ConnectionScope, "c", 19700*time.Millisecond)) // until 20.2 s
		synctest.Wait()
		assert.Equal(t, seconds(.5, .5, .5), d.refusals)
		// After the one that stayed, at 21.2, 22.2 and 23.2 s.
		assert.Equal(t, &Refusal{Held, 21 * time.Second}, d.refused["second"])
		assert.Equal(t, &Refusal{Held, 22 * time.Second}, d.refused["third"])
		assert.Equal(t, &Refusal{Held, 23 * time.Second}, d.refused["fourth"])
		d.done()
		assert.Equal(t, []string{"leaves", "late"}, d.left)
		assert.Equal(t, seconds(0, 20.2), d.at)
	})
}

func TestHold_aNewcomerIsRefusedWithItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		l.Hold(hold(ConnectionScope, "c", 49*time.Second))
		assert.Equal(t, &Refusal{Held, 49 * time.Second}, refusedNow(t, l, of("c")))
		assert.Equal(t, &Refusal{Held, 50 * time.Second}, refusedNow(t, l, of("c")), "staggered")

		time.Sleep(49 * time.Second)
		let(t, l, of("c")).Done()
	})
}

func TestHold_isOnlyExtended(t *testing.T) {
	for _, scope := range []Scope{ConnectionScope, WorkspaceScope, OperationScope, BlockedScope} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			l := New(still(perSecond(1, 1)))
			l.Hold(hold(scope, "c", 10*time.Second))
			l.Hold(hold(scope, "c", 5*time.Second))
			assert.Equal(t, start.Add(10*time.Second), l.Held("c", "search"), scope)
			time.Sleep(time.Second)
			l.Hold(hold(scope, "c", 10*time.Second))
			assert.Equal(t, start.Add(11*time.Second), l.Held("c", "search"), scope)
			time.Sleep(10 * time.Second)
			assert.Zero(t, l.Held("c", "search"), scope)
		})
	}
}

func TestHeld_theLaterOfWhatConcernsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		l := New(still(perSecond(1, 1)))
		l.Hold(hold(ConnectionScope, "c", 10*time.Second))
		l.Hold(hold(OperationScope, "c", 20*time.Second))
		assert.Equal(t, start.Add(20*time.Second), l.Held("c", "search"))
		assert.Equal(t, start.Add(10*time.Second), l.Held("c", "pages.retrieve"))
		l.Hold(hold(WorkspaceScope, "c", 30*time.Second))
		assert.Equal(t, start.Add(30*time.Second), l.Held("c", "pages.retrieve"))
		assert.Zero(t, l.Held("d", "search"))
	})
}

func TestHold_ofAWorkspaceReachesThoseWhoAreIdentifiedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		l := New(still(perSecond(1, 1)))
		l.Identify("td", "d", "w")
		let(t, l, of("d")).Done()
		l.Hold(hold(WorkspaceScope, "token", 30*time.Second)) // nobody knows yet which one
		assert.Zero(t, l.Held("d", ""))
		waits := newDiary(t, l)
		waits.ask("d", of("d"))

		l.Identify("token", "c", "w")
		synctest.Wait()
		for _, c := range []string{"token", "c", "td", "d"} {
			assert.Equal(t, start.Add(30*time.Second), l.Held(c, ""), c)
		}
		assert.Equal(t, Held, waits.refused["d"].Reason)

		l.Identify("te", "e", "w")
		assert.Equal(t, start.Add(30*time.Second), l.Held("e", ""))
		refusedNow(t, l, of("e").within(0))
	})
}

func TestHold_ofAnOperationDoesNotDelayTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		l.Hold(hold(OperationScope, "c", 5*time.Second))
		d := newDiary(t, l)
		d.asks(3, "search", of("c").to("search"))
		d.ask("now", of("c"))
		d.asks(3, "other", of("c").within(3*time.Second))
		d.done()
		assert.Equal(t, []string{"now", "other", "other", "other", "search", "search", "search"}, d.left)
		assert.Equal(t, seconds(0, 1, 2, 3, 5, 6, 7), d.at)
	})
}

func TestHold_ofAnOperationItsCallsAreRefusedWithTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		l.Hold(hold(OperationScope, "c", 18*time.Second))
		d := newDiary(t, l)
		d.asks(3, "search", of("c").to("search"))
		d.ask("too many", of("c").to("search"))
		assert.Equal(t, &Refusal{QueueTooLong, 21 * time.Second}, d.refused["too many"])
		d.done()
		assert.Equal(t, seconds(18, 19, 20), d.at)
	})
}

func TestHold_blockedHasNobodyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		d := newDiary(t, l)
		d.asks(3, "call", of("c"))
		l.Hold(hold(BlockedScope, "c", 4*time.Second))
		synctest.Wait()
		assert.Equal(t, seconds(0, 0), d.refusals)
		assert.Equal(t, &Refusal{Blocked, 4 * time.Second}, d.refused["call"])
		assert.Equal(t, &Refusal{Blocked, 4 * time.Second}, refusedNow(t, l, of("c")))
		time.Sleep(4 * time.Second)
		let(t, l, of("c")).Done()
	})
}

func TestHold_whoWasBlockedOnceMayWaitForOtherHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		l.Hold(hold(BlockedScope, "c", 4*time.Second))
		time.Sleep(5 * time.Second)
		l.Hold(hold(OperationScope, "c", 4*time.Second))
		d := newDiary(t, l)
		d.ask("call", of("c").to("search"))
		d.done()
		assert.Equal(t, seconds(4), d.at)
	})
}

func TestHold_aGoodProbeOfOneCostsTheOthersNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 30)))
		l.Identify("token", "c", "w")
		l.Identify("other", "neighbour", "w")
		l.Hold(hold(ConnectionScope, "c", 24*time.Hour))
		time.Sleep(15 * time.Minute)
		let(t, l, of("neighbour")).Done()
		let(t, l, of("c")).Accepted()
		spend(t, l, 29, of("neighbour"))
	})
}

func TestHold_whenNotionDoesNotSayHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		// What was on its way when the first was refused must not add up.
		for _, want := range seconds(1, 2, 4, 8, 16, 32, 60, 60) {
			for range 5 {
				l.Hold(Hold{Scope: ConnectionScope, Connection: "c"})
			}
			assert.Equal(t, want, time.Until(l.Held("c", "")))
			time.Sleep(want + 500*time.Millisecond)
		}
		time.Sleep(time.Minute)
		l.Hold(Hold{Scope: ConnectionScope, Connection: "c"})
		assert.Equal(t, time.Second, time.Until(l.Held("c", "")), "all was well for a minute")
	})
}

func TestHold_jitterIsSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{})
		seen := map[time.Duration]bool{}
		for _, c := range []string{"a", "b", "c", "d", "e"} {
			l.Hold(Hold{Scope: ConnectionScope, Connection: c, RetryAfter: 5 * time.Second})
			held := time.Until(l.Held(c, ""))
			assert.GreaterOrEqual(t, held, 5*time.Second)
			assert.Less(t, held, 5500*time.Millisecond, "a tenth at most")
			seen[held] = true
			l.Hold(Hold{Scope: ConnectionScope, Connection: c, RetryAfter: 50 * time.Second})
			assert.Less(t, time.Until(l.Held(c, "")), 51*time.Second, "a second at most")
		}
		assert.Greater(t, len(seen), 1)
	})
}
