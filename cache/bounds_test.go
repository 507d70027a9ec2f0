package cache

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/notion"
)

func TestStore_whatIsRememberedBesideTheEntriesTakesTheirRoom(t *testing.T) {
	const most = 4 << 20
	s := New(Options{MaxBytes: most})
	full := func() int64 {
		for n := range 1000 {
			s.Put(answer(t, alice, n, 10_000, start))
		}
		return s.Stats().Bytes
	}
	assert.Greater(t, full(), int64(most*9/10))

	learn := func(from, to int) {
		for n := from; n < to; n++ {
			s.Learn([]notion.Edge{{Child: id(n), Parent: id(1)}})
		}
	}
	learn(0, 10_000)
	assert.InDelta(t, most-10_000*parentOverhead, full(), 100_000)

	learn(10_000, maxParents)
	assert.InDelta(t, most/2, full(), 100_000, "half of the room is for answers whatever else there is")

	for n := range 20 {
		s.Put(answer(t, bob, n, 10_000, start))
	}
	full()
	assert.Greater(t, s.owners[bob].bytes, int64(20*10_000), "and of that one token has half")
	check(t, s)
}
