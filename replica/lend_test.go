package replica

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/limiter"
	"notionproxy/replica/redistest"
)

// lenders are two replicas of three, and a demand that anything can be lent
// for.
func lenders(t *testing.T) (a, b *Group, d limiter.Demand, ask func(*Group, limiter.Demand) limiter.Loan) {
	t.Helper()
	return lendersAt(t, redistest.Start(t))
}

func lendersAt(t *testing.T, s *redistest.Server) (a, b *Group, d limiter.Demand, ask func(*Group, limiter.Demand) limiter.Loan) {
	t.Helper()
	o := shortOptions(s.URL())
	// What is lent is asked here, not how soon, nor whether a busy machine keeps
	// up with the beat.
	o.Timeout, o.Beat = 5*time.Second, 200*time.Millisecond
	a, _ = newHearingWith(t, o)
	b, _ = newHearingWith(t, o)
	eventually(t, "both are there", func() bool {
		return a.State().Connected && b.State().Connected && a.State().Live == 2 && b.State().Live == 2
	})
	d = limiter.Demand{Connection: "bot", Calls: 1, Rate: 0.001, Burst: 100, Most: 90}
	return a, b, d, func(g *Group, d limiter.Demand) limiter.Loan {
		l := g.lend(context.Background(), d)
		require.False(t, l.Alone)
		return l
	}
}

func TestLend_noMoreThanTheWindowHas(t *testing.T) {
	a, b, d, ask := lenders(t)
	d.Calls, d.Burst, d.Most = 40, 1000, 90
	assert.Equal(t, 40, ask(a, d).Calls)
	assert.Equal(t, 40, ask(b, d).Calls)
	assert.Equal(t, 10, ask(a, d).Calls)
	l := ask(b, d)
	assert.Zero(t, l.Calls)
	assert.Greater(t, l.Wait, time.Second, "until the first no longer count")
}

func TestLend_noMoreThanTheBucketHasAndToEachItsPart(t *testing.T) {
	a, b, d, ask := lenders(t)
	d.Calls, d.Burst = 40, 20
	assert.Equal(t, 10, ask(a, d).Calls, "half, since two live")
	assert.InDelta(t, 5, ask(b, d).Calls, 1, "half of the rest")
	for range 10 {
		ask(a, d)
	}
	l := ask(b, d)
	assert.Zero(t, l.Calls)
	assert.Zero(t, int(l.Tokens))
}

func TestLend_takesBackWhatWasNotUsed(t *testing.T) {
	a, b, d, ask := lenders(t)
	d.Calls, d.Most = 90, 90
	d.Burst = 1000
	l := ask(a, d)
	require.Equal(t, 90, l.Calls)
	require.Zero(t, ask(b, d).Calls)
	back := d
	back.Calls, back.Unused, back.Loan = 0, 30, l.Number
	ask(a, back)
	assert.Equal(t, 30, ask(b, d).Calls)
	back.Unused = 1000
	ask(a, back)
	assert.Equal(t, 90, ask(b, d).Calls, "and never more than was lent at that time")
}

func TestLend_countsWhatLeftWithoutALoan(t *testing.T) {
	a, b, d, ask := lenders(t)
	d.Calls, d.Burst, d.Most = 0, 1000, 90
	d.Spent = []limiter.Spent{{Ago: time.Second, Calls: 80}}
	ask(a, d)
	d.Spent, d.Calls = nil, 50
	assert.Equal(t, 10, ask(b, d).Calls)
}

func TestLend_bulkWaitsWhileAPersonWaitsElsewhere(t *testing.T) {
	a, b, d, ask := lenders(t)
	d.Rate, d.Burst = 3, 1
	person, bulk := d, d
	person.Calls, bulk.Lane = 5, limiter.Bulk
	got, outran := ask(a, person).Calls, 0 // takes the only one, and wants more
	for got < 20 {
		time.Sleep(20 * time.Millisecond)
		outran += ask(b, bulk).Calls
		got += ask(a, person).Calls
	}
	assert.LessOrEqual(t, outran, 8, "two are its own, half of all would be without lanes, and a busy machine may have the person ask too late")
	assert.GreaterOrEqual(t, outran, 1, "and it does not starve")
}

func TestLend_aHoldIsOneAndOnlyExtended(t *testing.T) {
	a, b, d, ask := lenders(t)
	d.Held = 10 * time.Second
	l := ask(a, d)
	assert.Zero(t, l.Calls)
	d.Held = time.Second
	assert.Greater(t, ask(b, d).Held, 8*time.Second)
	d.Held, d.Lift = 0, true
	ask(a, d)
	d.Lift = false
	assert.Equal(t, 1, ask(b, d).Calls, "what was saved up during the hold does not leave at once")
	assert.Zero(t, ask(b, d).Held)
}
