package limiter

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestMemory_aConnectionIsForgottenWhenItIsAsNew(t *testing.T) {
	tests := []struct {
		name  string
		do    func(l *Limiter)
		after time.Duration // nothing is forgotten a little before
	}{
		{"calls", func(l *Limiter) { _, _ = l.Acquire(t.Context(), of("c")) }, span},
		{"a hold", func(l *Limiter) { l.Hold(hold(ConnectionScope, "c", 10*time.Minute)) }, 11 * time.Minute},
		{"an operation's hold", func(l *Limiter) { l.Hold(hold(OperationScope, "c", 10*time.Minute)) }, 11 * time.Minute},
		{"a workspace's hold", func(l *Limiter) { l.Hold(hold(WorkspaceScope, "c", 10*time.Minute)) }, 11 * time.Minute},
		{"promises", func(l *Limiter) {
			for range 400 {
				_, _ = l.Acquire(t.Context(), of("c").within(0))
			}
		}, 132 * time.Second},
		{"pressure", func(l *Limiter) { l.Pressure("c", Overdrawn) }, 4*time.Minute + 27*time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(Options{HoldJitter: -1})
				test.do(l)
				// Whoever calls does the cleaning; a while after the
				// connection was last looked at.
				look := func(until time.Duration) {
					for time.Since(l.epoch) < until {
						time.Sleep(time.Second)
						let(t, l, of(fmt.Sprint(time.Since(l.epoch)))).Done()
					}
				}
				look(test.after - 2*time.Second)
				assert.Contains(t, l.connections, "c")
				look(test.after + 3*span)
				assert.NotContains(t, l.connections, "c")
			})
		})
	}
}

// Who was held a moment ago may be refused again without being told how long.
func TestMemory_aHoldIsRememberedForAMinute(t *testing.T) {
	for _, scope := range []Scope{ConnectionScope, WorkspaceScope, OperationScope} {
		synctest.Test(t, func(t *testing.T) {
			l := New(still(perSecond(1, 1)))
			l.Hold(hold(scope, "c", 10*time.Second))
			c := l.connections["c"]
			time.Sleep(70 * time.Second)
			assert.False(t, c.isAsNew(l.now()), scope)
			time.Sleep(time.Nanosecond)
			assert.True(t, c.isAsNew(l.now()), scope)
		})
	}
}

func TestMemory_isBoundedByWhatIsInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{})
		most := 0
		for i := range 5000 {
			let(t, l, of(fmt.Sprint(i))).Done()
			time.Sleep(100 * time.Millisecond)
			most = max(most, len(l.connections))
		}
		assert.LessOrEqual(t, most, 612, "those of a minute")
	})
}

func TestMemory_whoIsWithoutRoomIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{MaxConnections: 3})
		for _, c := range []string{"a", "b", "c"} {
			let(t, l, of(c)).Done()
		}
		assert.Equal(t, &Refusal{TooMany, span}, refusedNow(t, l, of("d")))
		let(t, l, of("a")).Done()
		l.Hold(hold(ConnectionScope, "e", time.Minute))
		l.Pressure("e", Overdrawn)
		assert.Equal(t, 171, l.Budget("e").Left)
		assert.Len(t, l.connections, 3)

		time.Sleep(span)
		let(t, l, of("d")).Done()
	})
}

func TestMemory_whoATokenIsOutlivesItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 60)))
		l.Identify("token", "bot", "w")
		l.Identify("token2", "bot", "w")
		l.Identify("token2", "bot", "") // unknown does not replace known
		l.Identify("token3", "bot3", "w")
		spend(t, l, 1, of("token"))
		time.Sleep(span)
		for i := range 10 {
			let(t, l, of(fmt.Sprint(i))).Done()
		}
		assert.NotContains(t, l.connections, "bot")
		assert.Empty(t, l.workspaces)

		spend(t, l, 30, of("token2"))
		spend(t, l, 30, of("token"))
		refusedNow(t, l, of("bot").within(0))
		l.Hold(hold(WorkspaceScope, "bot3", 30*time.Second))
		assert.Equal(t, 30*time.Second, time.Until(l.Held("token", "")))
	})
}
