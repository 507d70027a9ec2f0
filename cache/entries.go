package cache

import (
	"cmp"
	"slices"
	"time"

	"notionproxy/notion"
)

// An Entry is what there is to tell of a stored answer, but for what it says.
type Entry struct {
	Operation string
	Owner     Owner
	Objects   []notion.ID // that its path and query name

	Pages int
	Bytes int64 // overhead counted
	Reads int64 // answers from the store since it was stored

	Born       time.Time
	FreshUntil time.Time
	KeepUntil  time.Time
	Suspect    bool // a write may have overwritten it
	Retired    bool // an older reading, for those who are half-way through it
}

// Entries lists what is meant, what is read most first: at most limit of them,
// after the first skip; and how many there are in all.
func (s *Store) Entries(which Selection, skip, limit int, now time.Time) (list []Entry, total int) {
	counted := s.count(which)
	slices.SortFunc(counted, func(a, b readCount) int {
		return cmp.Or(cmp.Compare(b.reads, a.reads), b.born.Compare(a.born), slices.Compare(a.key[:], b.key[:]))
	})
	from := min(max(skip, 0), len(counted))
	return s.describe(counted[from:min(from+max(limit, 0), len(counted))], now), len(counted)
}

// A readCount is what an entry is sorted by.
type readCount struct {
	reads int64
	born  time.Time
	key   Key
	chain *chain
}

// atOnce is how many entries are looked at while nobody can read: somebody who
// watches a large store must not slow it down.
const atOnce = 1000

func (s *Store) count(which Selection) (counted []readCount) {
	for some := range slices.Chunk(s.stored(), atOnce) {
		counted = s.countSome(counted, some, which)
	}
	return counted
}

func (s *Store) stored() []*chain {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recent.Keys()
}

func (s *Store) countSome(counted []readCount, some []*chain, which Selection) []readCount {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range some {
		if s.recent.Contains(c) && s.selects(which, c) {
			counted = append(counted, readCount{c.reads, c.born, c.key, c})
		}
	}
	return counted
}

// describe leaves out what has gone meanwhile.
func (s *Store) describe(counted []readCount, now time.Time) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Entry, 0, len(counted))
	for _, each := range counted {
		if s.recent.Contains(each.chain) {
			list = append(list, each.chain.entry(now, s.freshUntil(each.chain)))
		}
	}
	return list
}

func (c *chain) entry(now, fresh time.Time) Entry {
	f := c.found(c.first, "", now, fresh)
	return Entry{
		Operation: c.op.Name, Owner: c.owner, Objects: slices.Clone(c.named),
		Pages: 1 + len(c.pages), Bytes: c.bytes, Reads: c.reads,
		Born: c.born, FreshUntil: f.FreshUntil, KeepUntil: f.KeepUntil,
		Suspect: c.suspect, Retired: c.retired,
	}
}
