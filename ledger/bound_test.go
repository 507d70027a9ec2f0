package ledger

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/exchange"
)

func connection(name string) func(*exchange.Exchange) {
	return func(x *exchange.Exchange) { x.Connection = name }
}

func operation(name string) func(*exchange.Exchange) {
	return func(x *exchange.Exchange) { x.Operation = name }
}

func TestAdd_foldsCallersThatAreTooMany(t *testing.T) {
	l := New(Options{Series: 16, Top: 100})
	for i := range 100 {
		l.Add(ended(noon, client(fmt.Sprint("caller-", i))))
		l.Add(ended(noon, client(fmt.Sprint("caller-", i)), operation("search")))
	}
	w := l.Report(noon).Minute
	assert.LessOrEqual(t, len(w.Series), 16)
	assert.Equal(t, int64(200), w.Total.Calls)
	require.Len(t, w.Operations, 2, "operations are told apart after callers are not")
	assert.Equal(t, int64(100), w.Operations[0].Calls)
	require.Len(t, w.Connections, 1)
	assert.Equal(t, Other, w.Callers[0].Caller)
	assert.Equal(t, "0a1b2c3d", w.Callers[0].Connection, "the connection that they used is still told")
}

func TestAdd_foldsConnectionsThatAreTooMany(t *testing.T) {
	l := New(Options{Series: 16, Top: 100})
	for i := range 1000 {
		l.Add(ended(noon, connection(fmt.Sprintf("%08x", i)), client(fmt.Sprint("caller-", i))))
	}
	w := l.Report(noon).Minute
	assert.LessOrEqual(t, len(w.Connections), 16)
	assert.Equal(t, Other, w.Connections[len(w.Connections)-1].Connection)
	assert.Equal(t, int64(1000), w.Total.Calls)
}

// A flood of made-up names that cost nothing must not hide who spends, however
// late that one comes.
func TestAdd_keepsTheNamesOfThoseWhoSpend(t *testing.T) {
	l := New(Options{Series: 40})
	for i := range 2 * 3600 {
		at := noon.Add(time.Duration(i) * time.Second)
		for j := range 35 {
			l.Add(ended(at, client(fmt.Sprint("flood-", i, "-", j)), connection(fmt.Sprintf("%08x", i)), hit))
		}
		if i > 1800 && i%2 == 0 {
			l.Add(ended(at, client("runaway")))
		}
	}
	r := l.Report(noon.Add(2 * time.Hour))
	for name, w := range map[string]Window{"minute": r.Minute, "hour": r.Hour, "day": r.Day} {
		assert.Equal(t, "runaway", w.Callers[0].Caller, name)
		assert.Equal(t, w.Total.Calls, w.Callers[0].Calls, name)
	}
}

func TestAdd_cutsLongNames(t *testing.T) {
	tests := []struct{ name, given, want string }{
		{"as long as may be", strings.Repeat("a", 64), strings.Repeat("a", 64)},
		{"longer", strings.Repeat("a", 65), strings.Repeat("a", 64)},
		{"not in the middle of a letter", strings.Repeat("a", 63) + "é", strings.Repeat("a", 63)},
		{"not UTF-8 at all", strings.Repeat("\x80", 100), strings.Repeat("\x80", 60)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New(Options{})
			l.Add(ended(noon, client(tt.given)))
			assert.Equal(t, tt.want, l.Report(noon).Minute.Callers[0].Caller)
		})
	}
}

func heapBytes() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A million callers, each of its own name in a long header, spread over a day
// so that every bucket is full of them.
func TestLedger_isBoundedWhateverTheNames(t *testing.T) {
	before := heapBytes()
	l := New(Options{})
	const callers = 1_000_000
	padding := strings.Repeat("x", 56+400)
	for i := range callers {
		header := strconv.Itoa(10_000_000+i) + padding
		l.Add(ended(noon.Add(time.Duration(i)*24*time.Hour/callers), client(header[:64]), connection(header[:8]), read(uint64(i+1))))
	}
	l.Report(noon.Add(24 * time.Hour))
	used := heapBytes() - before
	t.Logf("%d KiB after a million names", used>>10)
	assert.Less(t, used, int64(16<<20))
	assert.Equal(t, int64(callers), l.Report(noon.Add(24*time.Hour-time.Second)).Day.Total.Requests)
}

func TestAdd_allocatesNothingForThoseItKnows(t *testing.T) {
	l := New(Options{})
	var xs []*exchange.Exchange
	for i := range 20 {
		xs = append(xs, ended(noon, client(fmt.Sprint("caller-", i)), read(uint64(i+1))))
	}
	i := 0
	assert.Zero(t, testing.AllocsPerRun(2000, func() {
		l.Add(xs[i%len(xs)])
		i++
	}))
}

func TestTable_forgetsWhatItFolded(t *testing.T) {
	table := newTable(16)
	name := func(i int) key { return key{"0a1b2c3d", "default", fmt.Sprint("caller-", i), "search"} }
	free, spent := tally{requests: 1}, tally{requests: 1, calls: 1}
	for i := range 12 {
		table.add(name(i), &free)
	}
	for i := range 12 {
		table.add(name(100+i), &spent) // each takes a place
	}
	for i := range 12 {
		table.add(name(i), &free) // and is not taken for the one it took it from
	}
	assert.Len(t, table.index, len(table.rows))
	for _, r := range table.take() {
		if r.folded() {
			assert.Equal(t, tally{requests: 24}, r.tally)
			continue
		}
		assert.Equal(t, spent, r.tally, r.caller)
	}
	assert.Len(t, table.index, 1)
}
