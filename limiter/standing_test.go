package limiter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestStanding_countsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 60)))
		assert.Zero(t, l.Standing())
		spend(t, l, 60, of("c"))
		time.Sleep(45 * time.Second)
		spend(t, l, 1, of("d"))
		d := newDiary(t, l)
		d.asks(2, "i", of("c").in(Interactive))
		d.ask("b", of("c").in(Bulk))
		s := l.Standing()
		assert.Equal(t, 2, s.Connections)
		assert.Equal(t, [3]int{2, 0, 1}, s.Waiting)
		d.done()
		assert.Zero(t, l.Standing().Waiting)
	})
}
