package cache

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notion"
)

// What comes from a disk or a server is dated by the wall's clock, and must not
// be fresh for longer when that is set back: ages are counted on the clock that
// time.Now brings along, which Round(0) takes away.
func TestRecall_countsAgesOnAClockThatNobodySets(t *testing.T) {
	now := time.Now()
	op, _ := notion.Named("pages.retrieve")
	q := Question{Owner: OwnerOf("Bearer a"), Key: KeyOf("a")}
	born := now.Add(-10 * time.Second).Round(0)
	kept := &shelf{records: map[Key]*Record{q.Key: {
		Owner: q.Owner, Key: q.Key, Op: op, Born: born, FreshUntil: born.Add(time.Minute), KeepUntil: born.Add(time.Hour),
		Pages: []RecordPage{{Page: &Page{Body: []byte(`{}`), ETag: `W/"e"`}}},
	}}}
	s := New(Options{MaxBytes: 1 << 20, Backing: kept})
	s.Recall(t.Context(), q, "Bearer a", now)
	found, ok := s.Lookup(q, now)
	require.True(t, ok)
	assert.True(t, found.Born.Equal(born))
	for _, at := range []time.Time{found.Born, found.FreshUntil, found.KeepUntil} {
		assert.NotEqual(t, at.Round(0), at)
	}
}
