package limiter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func callsNow(t *testing.T, l *Limiter, name string) (n int) {
	t.Helper()
	for {
		g, err := l.Acquire(t.Context(), Call{Connection: name, Accepted: true, Patience: time.Nanosecond})
		if err != nil {
			return n
		}
		g.Done()
		n++
	}
}

func TestSnapshot_nextProcessGoesOnWhereThisOneEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := New(Options{})
		before.Identify("token", "bot", "space")
		require.Equal(t, 30, callsNow(t, before, "token"))
		before.Hold(Hold{Scope: OperationScope, Connection: "bot", Operation: "search", RetryAfter: time.Minute})
		s := before.Snapshot("token")
		time.Sleep(2 * time.Second)

		after := New(Options{})
		after.Identify("token", "bot", "space")
		after.Restore("token", s)
		after.Restore("bot", s) // another token of the connection has the same
		assert.Equal(t, 30, 171-after.Budget("bot").Left)
		assert.Equal(t, 5, callsNow(t, after, "token"), "2.85 a second for two seconds")
		assert.False(t, after.Held("token", "search").IsZero())
		assert.True(t, after.Held("token", "pages.retrieve").IsZero())
		time.Sleep(59*time.Second + time.Millisecond)
		assert.Equal(t, 5, 171-after.Budget("bot").Left, "what the other process spent has run out")
	})
}

func TestSnapshot_holdsStand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := New(Options{HoldJitter: -1})
		before.Identify("token", "bot", "space")
		callsNow(t, before, "token")
		before.Hold(Hold{Scope: WorkspaceScope, Connection: "token", RetryAfter: time.Minute})
		s := before.Snapshot("token")
		after := New(Options{})
		after.Identify("token", "bot", "space")
		after.Identify("other", "bot2", "space")
		after.Restore("token", s)
		assert.Equal(t, time.Minute, time.Until(after.Held("token", "")))
		assert.Zero(t, callsNow(t, after, "other"), "the hold is its workspace's")
	})
}

func TestSnapshot_nonsenseChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{})
		for _, s := range []string{"", "x", `{"held":{"until":1,"scope":200}}`, `{"calls":[9223372036854775807],"at":9223372036854775807,"left":30}`, `{"stops":{"a":{"scope":9}}}`} {
			l.Restore("token", []byte(s))
		}
		assert.Nil(t, l.Snapshot("nobody"))
		assert.GreaterOrEqual(t, callsNow(t, l, "token"), 29)
	})
}

func TestUnclean_aCrashLoopCannotOverspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{Unclean: true})
		assert.Zero(t, callsNow(t, l, "token"))
		assert.Equal(t, 171-30, l.Budget("token").Left)
		time.Sleep(time.Second)
		assert.Equal(t, 2, callsNow(t, l, "token"))
		time.Sleep(2 * time.Minute)
		assert.Equal(t, 30, callsNow(t, l, "another"), "met later, when nothing can be left of it")
	})
}
