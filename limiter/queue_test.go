package limiter

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// leaves is the order in which the calls leave that were asked for while
// nothing could.
func leaves(t *testing.T, asks func(d *diary)) []string {
	t.Helper()
	var left []string
	synctest.Test(t, func(t *testing.T) {
		o := still(perSecond(10, 1))
		o.MaxWait = time.Minute
		l := New(o)
		spend(t, l, 1, of("c"))
		d := newDiary(t, l)
		asks(d)
		d.done()
		left = d.left
	})
	return left
}

func TestLanes_higherOnesFirst(t *testing.T) {
	got := leaves(t, func(d *diary) {
		d.ask("b1", of("c").in(Bulk))
		d.ask("d1", of("c"))
		d.ask("i1", of("c").in(Interactive))
		d.ask("b2", of("c").in(Bulk))
		d.ask("d2", of("c"))
		d.ask("i2", of("c").in(Interactive))
	})
	assert.Equal(t, []string{"i1", "i2", "d1", "d2", "b1", "b2"}, got)
}

func TestLanes_lowerOnesGetATenthEach(t *testing.T) {
	long := func(c Call) Call { return c.within(time.Minute) }
	got := leaves(t, func(d *diary) {
		d.asks(10, "b", long(of("c")).in(Bulk))
		d.asks(10, "d", long(of("c")))
		d.asks(100, "i", long(of("c")).in(Interactive))
	})
	for i := 0; i < 100; i += 10 {
		n := map[string]int{}
		for _, name := range got[i : i+10] {
			n[name]++
		}
		if i == 0 {
			assert.Equal(t, 10, n["i"], "nobody is owed anything at first")
			continue
		}
		assert.Equal(t, map[string]int{"i": 8, "d": 1, "b": 1}, n, "calls %d to %d", i, i+9)
	}
}

func TestLanes_whoDoesNotWaitSavesNothingUp(t *testing.T) {
	got := leaves(t, func(d *diary) {
		d.asks(20, "i", of("c").in(Interactive))
		time.Sleep(1550 * time.Millisecond) // 15 have left
		d.ask("b", of("c").in(Bulk))
		d.asks(5, "i", of("c").in(Interactive))
	})
	assert.Equal(t, 25, len(got)-1)
	assert.Equal(t, "b", got[25], "there were not ten to owe it a call")
}

func TestLanes_whoLeavesTheQueueSavesNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(10, 1)))
		spend(t, l, 1, of("c"))
		d := newDiary(t, l)
		ctx, quit := context.WithTimeout(t.Context(), 950*time.Millisecond)
		defer quit()
		d.askUntil(ctx, "quits", of("c").in(Bulk))
		d.asks(25, "i", of("c").in(Interactive))
		time.Sleep(time.Second) // nine or ten have left
		d.ask("b", of("c").in(Bulk))
		d.done()
		assert.GreaterOrEqual(t, slices.Index(d.left, "b"), 19)
	})
}

func TestLanes_theirShareCountsInTheEstimates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		d := newDiary(t, l)
		d.asks(5, "b", of("c").in(Bulk))
		d.asks(18, "i", of("c").in(Interactive))
		// Ten interactive ones, one of bulk, and nine interactive ones.
		d.ask("the nineteenth", of("c").in(Interactive))
		assert.Empty(t, d.refused)
		assert.Equal(t, 22*time.Second, refusedNow(t, l, of("c").in(Interactive)).RetryAfter)
		d.done()
		assert.Contains(t, d.left, "the nineteenth")
	})
}

func TestLanes_aLowerOneIsLetInForItsShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(10, 1)))
		spend(t, l, 1, of("c"))
		d := newDiary(t, l)
		d.asks(60, "i", of("c").in(Interactive))
		hasty := of("c").in(Bulk).within(1099 * time.Millisecond)
		hasty.Once = true
		d.ask("too hasty", hasty)
		d.ask("b", of("c").in(Bulk).within(1100*time.Millisecond))
		assert.Contains(t, d.refused, "too hasty")
		d.done()
		assert.Contains(t, d.left, "b")
	})
}

func TestLanes_aLaneThatWasHeldDoesNotTakeOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(10, 1)))
		l.Hold(Hold{Scope: OperationScope, Connection: "c", Operation: "search", RetryAfter: 10 * time.Second})
		d := newDiary(t, l)
		d.asks(20, "b", of("c").in(Bulk).to("search"))
		d.asks(150, "i", of("c").in(Interactive))
		d.done()

		bulk := 0
		for _, name := range d.left[100:120] {
			if name == "b" {
				bulk++
			}
		}
		assert.LessOrEqual(t, bulk, 4, "two that it is owed, and a tenth")
	})
}

func TestCallers_takeTurns(t *testing.T) {
	got := leaves(t, func(d *diary) {
		for i := range 5 {
			d.ask(fmt.Sprint("a", i), of("c").by("a"))
		}
		d.ask("b0", of("c").by("b"))
		d.ask("c0", of("c").by("c"))
		d.ask("b1", of("c").by("b"))
	})
	assert.Equal(t, []string{"a0", "b0", "c0", "a1", "b1", "a2", "a3", "a4"}, got)
}

func TestCallers_whoComesAfterInTheRoundIsATurnBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		spend(t, l, 1, of("c"))
		d := newDiary(t, l)
		d.ask("a1", of("c").by("a"))
		d.ask("b1", of("c").by("b"))
		d.ask("b2", of("c").by("b"))
		d.ask("a2", of("c").by("a").within(3*time.Second))
		d.done()
		assert.Equal(t, []string{"a1", "b1", "a2", "b2"}, d.left)
	})
}

func TestCallers_oneWithACrowdDelaysAnotherByOneTurn(t *testing.T) {
	got := leaves(t, func(d *diary) {
		d.asks(100, "crowd", of("c").by("crowd"))
		d.ask("one", of("c").by("one"))
	})
	assert.Equal(t, "one", got[1])
}

func TestCallers_aCrowdsPromisesDoNotShutAnotherOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		d := newDiary(t, l)
		d.asks(1000, "crowd", of("c").by("crowd")) // the next quarter of an hour is promised
		assert.NotEmpty(t, d.refused)

		time.Sleep(10500 * time.Millisecond)
		d.asks(5, "other", of("c").by("other"))
		d.done()
		var others []time.Duration
		for i, name := range d.left {
			if name == "other" {
				others = append(others, d.at[i])
			}
		}
		assert.Equal(t, seconds(12, 14, 16, 18, 20), others)
	})
}

func TestBulk_leavesTheLastCallsOfAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(2, 120)))
		spend(t, l, 105, of("c").in(Bulk))
		refusedNow(t, l, of("c").in(Bulk).within(0))
		spend(t, l, 10, of("c"))
		spend(t, l, 5, of("c").in(Interactive))
		refusedNow(t, l, of("c").in(Interactive).within(0))
	})
}

func TestBulk_isNotLetInForAShareThatNobodyEarnsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(2, 105)))
		spend(t, l, 105, of("c").in(Bulk))
		d := newDiary(t, l)
		d.ask("i", of("c").in(Interactive))
		assert.Equal(t, 61*time.Second, refusedNow(t, l, of("c").in(Bulk)).RetryAfter)
		d.done()
	})
}

func TestBulk_getsItsShareOfTheLastCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(2, 120)))
		time.Sleep(time.Minute)
		d := newDiary(t, l)
		spend(t, l, 105, of("c").in(Bulk))
		time.Sleep(45 * time.Second)
		d.asks(3, "b", of("c").in(Bulk)) // until the first are a minute old
		for range 10 {
			d.ask("i", of("c").in(Interactive))
		}
		time.Sleep(time.Millisecond)
		assert.Equal(t, "iiiiiiiiiib", fmt.Sprint(join(d.left)), "one for ten of others, though 15 are not left")
		d.done()
	})
}

func join(words []string) (s string) {
	for _, w := range words {
		s += w
	}
	return s
}

func TestParseLane_readsWhatStringWrites(t *testing.T) {
	for _, lane := range []Lane{Interactive, Default, Bulk} {
		got, ok := ParseLane(lane.String())
		assert.True(t, ok)
		assert.Equal(t, lane, got)
	}
	_, ok := ParseLane("Bulk")
	assert.False(t, ok)
	assert.Equal(t, "lane 9", Lane(9).String())
}

func TestMoves_aCallWaitsWhereItIsTold(t *testing.T) {
	moved := func(c Call, to ...Turn) Call {
		moves := make(chan Turn, len(to))
		for _, turn := range to {
			moves <- turn
		}
		c.Moves = moves
		return c
	}
	got := leaves(t, func(d *diary) {
		d.ask("raised", moved(of("c").in(Bulk), Turn{Interactive, "person"}))
		d.ask("i1", of("c").in(Interactive))
		d.ask("i2", of("c").in(Interactive))
		d.ask("lowered", moved(of("c").in(Interactive), Turn{Bulk, "nobody"}))
		d.ask("b1", of("c").in(Bulk))
		d.ask("twice", moved(of("c"), Turn{Bulk, "nobody"}, Turn{Default, "app"}))
		d.ask("d1", of("c"))
		d.ask("own line", moved(of("c"), Turn{Default, "other"}))
	})
	assert.Equal(t, []string{"raised", "i1", "i2", "twice", "own line", "d1", "lowered", "b1"}, got)
}

func TestMoves_whatHasLeftStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(still(perSecond(1, 1)))
		moves := make(chan Turn, 1)
		c := of("c").in(Bulk)
		c.Moves = moves
		spend(t, l, 1, c)
		d := newDiary(t, l)
		d.ask("call", c)
		time.Sleep(time.Second)
		moves <- Turn{Interactive, "person"}
		d.done()
		assert.Equal(t, seconds(1), d.at)
		assert.Zero(t, l.waiting)
	})
}
