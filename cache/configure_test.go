package cache

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notion"
)

func TestConfigure_aSmallerSizeHoldsAtOnce(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	s.Put(answer(t, bob, 1, 1000, start)) // the oldest
	for n := range 100 {
		s.Put(answer(t, alice, n, 1000, start))
	}
	require.Nil(t, s.heavy)
	s.Configure(Options{MaxBytes: 1 << 17}, start)
	assert.LessOrEqual(t, s.Stats().Bytes, int64(1<<17))
	_, ok := s.Lookup(answer(t, bob, 1, 0, start).Question, start)
	assert.True(t, ok, "the one who holds most makes room")
	check(t, s)

	s.Configure(Options{MaxBytes: 1 << 20}, start)
	for n := range 200 {
		s.Put(answer(t, alice, n, 1000, start))
	}
	assert.Greater(t, s.Stats().Bytes, int64(1<<18), "and a larger one too")
}

func TestConfigure_shorterTimesHoldForWhatIsStoredAlready(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	q := answer(t, alice, 1, 100, start)
	require.True(t, s.Put(q))
	now := start.Add(30 * time.Second)
	s.Configure(Options{MaxBytes: 1 << 20, Policies: Policies{notion.Content: {Fresh: 10 * time.Second, Keep: time.Hour}}}, now)
	f, ok := s.Lookup(q.Question, now)
	require.True(t, ok)
	assert.False(t, f.Fresh(now, NoWants()))
	assert.Equal(t, start.Add(time.Hour), f.KeepUntil)

	s.Configure(Options{MaxBytes: 1 << 20}, now)
	f, ok = s.Lookup(q.Question, now)
	require.True(t, ok)
	assert.False(t, f.Fresh(now, NoWants()), "what was stale is not fresh again")
	assert.Equal(t, start.Add(24*time.Hour), f.KeepUntil)
}

func TestConfigure_whatIsNoLongerKeptGoesAtOnce(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	a := answer(t, alice, 1, 100, start)
	require.True(t, s.Put(a))
	s.Configure(Options{MaxBytes: 1 << 20, Policies: Policies{}}, start)
	assert.Zero(t, s.Stats().Entries)
	assert.False(t, s.Put(a), "and is not stored any more")
	check(t, s)
}
