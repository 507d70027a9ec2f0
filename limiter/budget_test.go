package limiter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestBudget_asItStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		l := New(still(perSecond(1, 60)))
		assert.Equal(t, Budget{Quota: 60, Window: time.Minute, Left: 60, Rate: 1}, l.Budget("c"))
		assert.Empty(t, l.connections, "asking remembers nobody")

		spend(t, l, 60, of("c"))
		time.Sleep(45 * time.Second)
		d := newDiary(t, l)
		d.ask("d", of("c"))
		d.asks(2, "i", of("c").in(Interactive))
		d.ask("b", of("c").in(Bulk))
		l.Hold(hold(WorkspaceScope, "c", 5*time.Second))
		l.Hold(hold(ConnectionScope, "c", 3*time.Second))
		assert.Equal(t, Budget{
			Quota: 60, Window: time.Minute, Left: 0, Reset: 16 * time.Second, Rate: 1,
			Waiting: [3]int{2, 1, 1}, HeldUntil: start.Add(50 * time.Second), HoldScope: WorkspaceScope,
		}, l.Budget("c"))
		d.done()
	})
}

func TestRefusal_saysWhatToDo(t *testing.T) {
	r := refusal(QueueTooLong, 6100*time.Millisecond)
	assert.Equal(t, 7, r.Seconds())
	assert.EqualError(t, r, "no call may leave for Notion in time (queue_too_long); retry in 7 s")
	assert.Equal(t, time.Second, refusal(Held, -time.Hour).RetryAfter)
	assert.Equal(t, 24*time.Hour, refusal(Held, never).RetryAfter)
}
