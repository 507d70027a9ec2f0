package triage

import (
	"cmp"
	"slices"
	"time"
)

// A table keeps the rows that were touched last.
type table[K comparable, V any] struct {
	most int
	rows map[K]*row[V]
}

type row[V any] struct {
	value V
	last  time.Time
}

func newTable[K comparable, V any](most int) table[K, V] {
	return table[K, V]{most, map[K]*row[V]{}}
}

// at returns the row of k, a new one if need be, touched now.
func (t *table[K, V]) at(k K, now time.Time) *V {
	r := t.rows[k]
	if r == nil {
		if len(t.rows) >= t.most {
			t.forgetOldest()
		}
		r = &row[V]{}
		t.rows[k] = r
	}
	r.last = now
	return &r.value
}

// forgetOldest makes room for many at once, so that a flood does not search
// for each.
func (t *table[K, V]) forgetOldest() {
	keys := make([]K, 0, len(t.rows))
	for k := range t.rows {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return t.rows[a].last.Compare(t.rows[b].last) })
	for _, k := range keys[:max(1, cmp.Or(len(keys)/8, 1))] {
		delete(t.rows, k)
	}
}

// newest are the values touched since then, newest first, n at most.
func (t *table[K, V]) newest(n int, since time.Time) []V {
	rows := make([]*row[V], 0, len(t.rows))
	for _, r := range t.rows {
		if !r.last.Before(since) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b *row[V]) int { return b.last.Compare(a.last) })
	values := make([]V, 0, min(n, len(rows)))
	for _, r := range rows[:min(n, len(rows))] {
		values = append(values, r.value)
	}
	return values
}
