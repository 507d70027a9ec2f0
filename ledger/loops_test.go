package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/exchange"
)

// repeat adds n Exchanges evenly over the time before until.
func repeat(l *Ledger, n int, over time.Duration, until time.Time, change ...func(*exchange.Exchange)) {
	for i := range n {
		l.Add(ended(until.Add(-over+time.Duration(i+1)*over/time.Duration(n)), change...))
	}
}

func TestLoops_areMoreThanThirtyOfOneReadAMinuteByOneCaller(t *testing.T) {
	const span = 50 * time.Second // surely within the window
	tests := []struct {
		name string
		add  func(l *Ledger)
		want int
	}{
		{"31 times", func(l *Ledger) { repeat(l, 31, span, noon, read(1)) }, 1},
		{"30 times", func(l *Ledger) { repeat(l, 30, span, noon, read(1)) }, 0},
		{"31 times over two minutes", func(l *Ledger) { repeat(l, 31, 2*time.Minute, noon, read(1)) }, 0},
		{"31 times in an instant", func(l *Ledger) { repeat(l, 31, 0, noon, read(1)) }, 1},
		{"31 that are no reads", func(l *Ledger) { repeat(l, 31, span, noon) }, 0},
		{"16 times each by two callers", func(l *Ledger) {
			repeat(l, 16, span, noon, read(1), client("a"))
			repeat(l, 16, span, noon, read(1), client("b"))
		}, 0},
		{"16 times each with two tokens", func(l *Ledger) {
			repeat(l, 16, span, noon, read(1), connection("aaaaaaaa"))
			repeat(l, 16, span, noon, read(1), connection("bbbbbbbb"))
		}, 0},
		{"60 different reads", func(l *Ledger) {
			for i := range 60 {
				repeat(l, 1, 0, noon, read(uint64(i+1)))
			}
		}, 0},
		{"two loops of one caller", func(l *Ledger) {
			repeat(l, 40, 0, noon, read(1))
			repeat(l, 40, 0, noon, read(2))
		}, 2},
		{"31 times, all from store", func(l *Ledger) { repeat(l, 31, span, noon, read(1), hit) }, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New(Options{})
			tt.add(l)
			assert.Len(t, l.Report(noon).Loops, tt.want)
		})
	}
}

func TestLoops_sayWhoAndWhatItCosts(t *testing.T) {
	l := New(Options{})
	repeat(l, 10, 0, noon, read(5), client("cron"), operation("data_sources.query"))
	repeat(l, 40, 40*time.Second, noon.Add(40*time.Second), read(5), client("cron"), operation("data_sources.query"), hit)
	repeat(l, 45, 0, noon.Add(40*time.Second), read(9), client("page"), hit)

	loops := l.Report(noon.Add(40 * time.Second)).Loops
	require.Len(t, loops, 2)
	assert.Equal(t, Loop{
		Connection: "0a1b2c3d", Caller: "cron", Operation: "data_sources.query",
		Times: 50, Reached: 10, Since: noon.Add(21*time.Second - 200*time.Millisecond),
	}, loops[0])
	assert.Equal(t, "page", loops[1].Caller)
	assert.Zero(t, loops[1].Reached)
}

func TestLoops_areOverAMinuteAfterTheyEnded(t *testing.T) {
	l := New(Options{})
	repeat(l, 31, 0, noon, read(1))
	assert.Len(t, l.Report(noon.Add(55*time.Second)).Loops, 1)
	assert.Empty(t, l.Report(noon.Add(time.Minute)).Loops)

	l = New(Options{})
	repeat(l, 31, 0, noon, read(1))
	l.Add(ended(noon.Add(50*time.Second), read(1)))
	assert.Empty(t, l.Report(noon.Add(time.Minute)).Loops, "one is left of it")

	// It does not count from where it stopped.
	l.Add(ended(noon.Add(time.Minute), read(1)))
	assert.Empty(t, l.Report(noon.Add(time.Minute)).Loops)
	repeat(l, 30, 0, noon.Add(5*time.Minute), read(1))
	assert.Empty(t, l.Report(noon.Add(5*time.Minute)).Loops)
	l.Add(ended(noon.Add(5*time.Minute), read(1)))
	loops := l.Report(noon.Add(5 * time.Minute)).Loops
	require.Len(t, loops, 1)
	assert.Equal(t, noon.Add(5*time.Minute-200*time.Millisecond), loops[0].Since)
}

func TestLoops_goOnWhileTheyLast(t *testing.T) {
	l := New(Options{})
	for at := noon; at.Before(noon.Add(10 * time.Minute)); at = at.Add(time.Second) {
		l.Add(ended(at, read(1)))
		if since := at.Sub(noon); since > 31*time.Second {
			loops := l.Report(at).Loops
			require.Len(t, loops, 1, since)
			assert.LessOrEqual(t, loops[0].Times, int64(60), since)
			assert.Equal(t, loops[0].Times, loops[0].Reached, since)
			if since > time.Minute {
				assert.GreaterOrEqual(t, loops[0].Times, int64(55), since)
			}
		}
	}
}

// A crawler that reads 500 different things a second, and was there first, does
// not hide somebody who asks for one every second and a half.
func TestLoops_areFoundAmongManyReads(t *testing.T) {
	l := New(Options{})
	at := noon
	for i := range 42_500 {
		at = noon.Add(time.Duration(i) * 2 * time.Millisecond)
		l.Add(ended(at, read(uint64(1000+i)), client("crawler"), hit))
		if i > 15_000 && i%750 == 0 {
			l.Add(ended(at, read(1), client("looper"), hit))
		}
	}
	loops := l.Report(at).Loops
	require.Len(t, loops, 1)
	assert.Equal(t, "looper", loops[0].Caller)
}

func TestLoops_areNotMadeOfDifferentReads(t *testing.T) {
	l := New(Options{})
	for i := range 100_000 {
		l.Add(ended(noon.Add(time.Duration(i)*500*time.Microsecond), read(uint64(i+1)), hit))
	}
	assert.Empty(t, l.Report(noon.Add(50*time.Second)).Loops)
}

// Loops that are over make room for new ones, many at a time.
func TestLoops_thatAreOverHideNoNewOnes(t *testing.T) {
	l := New(Options{Top: 10_000})
	for i := range 4000 {
		repeat(l, 31, 0, noon, read(uint64(i+1)), client("before"))
	}
	later := noon.Add(2 * time.Minute)
	for range 31 {
		for i := range 800 {
			l.Add(ended(later, read(uint64(1_000_000+i)), client("after")))
		}
	}
	assert.Greater(t, len(l.Report(later).Loops), 700)
}

func TestLoops_listTheWorst(t *testing.T) {
	l := New(Options{Top: 3, LoopOver: 5})
	for i := range 10 {
		repeat(l, 6+i, 0, noon, read(uint64(i+1)), client(fmt.Sprint("c", i)))
	}
	loops := l.Report(noon).Loops
	require.Len(t, loops, 3)
	assert.Equal(t, []int64{15, 14, 13}, []int64{loops[0].Times, loops[1].Times, loops[2].Times})

	repeat(l, 15, 0, noon.Add(time.Second), read(77), client("a"))
	loops = l.Report(noon.Add(time.Second)).Loops
	assert.Equal(t, "c9", loops[0].Caller, "the older one first")
	assert.Equal(t, "a", loops[1].Caller)
}
