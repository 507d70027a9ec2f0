package disk

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/cache"
)

// What is remembered of drops is bounded, in number and in memory, and when it
// is full what is forgotten takes along what it was about.
func TestMarks_areBounded(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	d := newDrops()
	for i := range uint64(maxMarks) {
		d.add(event{kind: dropped, seq: i + 1, certain: true, owner: hash(i % 1000), hashes: []hash{hash(i + 1)}})
	}
	took := int64(heap()) - int64(before)
	t.Logf("%d marks take %d MB", d.count, took>>20)
	assert.Less(t, took, int64(32<<20))
	assert.Zero(t, d.floor)

	d.add(event{kind: dropped, seq: maxMarks + 1, hashes: []hash{hash(maxMarks + 1)}})
	assert.LessOrEqual(t, d.count, maxMarks/2+1)
	gone, _ := d.judge(&head{seq: maxMarks / 2}, reader{})
	assert.True(t, gone, "nobody knows any more what was dropped of that")
	gone, _ = d.judge(&head{seq: maxMarks}, reader{})
	assert.False(t, gone)
}

func TestMarks_sayAgainWhatTheySaid(t *testing.T) {
	events := []event{
		{kind: dropped, seq: 1, certain: true, owner: 1, workspace: 2, hashes: []hash{7}},
		{kind: dropped, seq: 2, owner: 1, hashes: []hash{7}},
		{kind: dropped, seq: 3, reach: cache.Own, certain: true, owner: 4, capability: "c", hashes: []hash{8}},
		{kind: dropped, seq: 4, reach: cache.Own, certain: true, owner: 5},
		{kind: dropped, seq: 5, reach: cache.Everyone, certain: true, operation: 6, whose: []string{"ab", "cd"}, hashes: []hash{9}},
		{kind: dropped, seq: 6, reach: cache.Everyone, certain: true, whose: []string{"ab", botWord(9)}},
		{kind: dropped, seq: 6, born: 99, certain: true, workspace: 2, hashes: []hash{7}},
		{kind: dropped, seq: 7, reach: cache.Everyone, workspace: 2, born: 99},
		{kind: dropped, seq: 7, reach: cache.Everyone, workspace: 3, born: 99},
		{kind: dropped, seq: 7, reach: cache.Everyone},
		{kind: dropped, seq: 8, reach: cache.Everyone, certain: true},
	}
	d := newDrops()
	for _, e := range events {
		read, ok := readEvent(e.append(nil))
		assert.True(t, ok)
		assert.Equal(t, e, read)
		d.add(read)
	}
	again := newDrops()
	for _, e := range d.events() {
		again.add(e)
	}
	assert.Equal(t, d, again)
}

// Somebody who asks for a deleted page again and again is refused again and
// again, and that is one thing to remember.
func TestMarks_sayOnceWhatIsSaidOften(t *testing.T) {
	d := newDrops()
	refusal := func(i uint64) event {
		return event{kind: dropped, seq: i, at: int64(i), reach: cache.Own, certain: true, owner: 1, hashes: []hash{7, 8}}
	}
	for i := range uint64(maxMarks) {
		d.add(refusal(i + 1))
		d.add(event{kind: dropped, seq: i + 1, reach: cache.Own, certain: true, owner: 1, capability: "c", hashes: []hash{7}})
		d.add(event{kind: dropped, seq: i + 1, reach: cache.Own, certain: true, owner: 2})
	}
	assert.Equal(t, 4, d.count)
	assert.Zero(t, d.floor)
	gone := func(h head) bool { gone, _ := d.judge(&h, reader{}); return gone }
	assert.True(t, gone(head{seq: maxMarks - 1, owner: 1, named: []hash{6, 8}}), "the last time counts")
	assert.False(t, gone(head{seq: maxMarks, owner: 1, named: []hash{8}}))
	assert.False(t, gone(head{seq: 1, owner: 1, named: []hash{9}}))
	assert.False(t, gone(head{seq: 1, owner: 3, named: []hash{8}}))
	assert.True(t, gone(head{seq: 1, owner: 2, named: []hash{9}}))
	d.forgetOld(time.Unix(maxMarks, 0))
	assert.Equal(t, 2, d.count, "and is remembered for as long as it is said")
}
