package proxy

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"notionproxy/cache"
)

const (
	maxFavourites     = 1000
	maxFavouriteAsk   = 8 << 10 // bytes of a question that is remembered
	maxFavouriteBytes = 3 << 20 // of all of them
)

// favourites are the reads that are read most, and what it takes to ask them
// anew. They are kept in memory alone, and no more of them than some. It is
// safe for concurrent use.
type favourites struct {
	mu    sync.Mutex
	list  *simplelru.LRU[cache.Key, *favourite]
	bytes int
}

// A favourite is a read, from its first page on.
type favourite struct {
	ask   *ask
	bytes int // of the question
	reads int
}

func newFavourites() favourites {
	list, _ := simplelru.NewLRU[cache.Key, *favourite](2*maxFavourites, nil)
	return favourites{list: list}
}

// note remembers how to ask for a read that was stored before: what is read
// only once would push out what is read often.
func (f *favourites) note(a *ask) {
	bytes := a.bytes()
	if a.question.Cursor != "" || bytes > maxFavouriteAsk {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.list.Get(a.question.Key); ok {
		f.bytes += bytes - known.bytes
		known.ask, known.bytes = a, bytes
		known.reads++
		return
	}
	for f.list.Len() >= maxFavourites || f.bytes+bytes > maxFavouriteBytes {
		f.makeRoom()
	}
	f.list.Add(a.question.Key, &favourite{ask: a, bytes: bytes, reads: 1})
	f.bytes += bytes
}

// makeRoom takes out one of those used longest ago. Who was read more than
// once gets another round, with half of its reads.
func (f *favourites) makeRoom() {
	for range 8 {
		key, oldest, ok := f.list.GetOldest()
		if !ok || oldest.reads <= 1 {
			break
		}
		oldest.reads /= 2
		f.list.Get(key)
	}
	if _, gone, ok := f.list.RemoveOldest(); ok {
		f.bytes -= gone.bytes
	}
}

// count counts a read that was answered from the store.
func (f *favourites) count(q cache.Question) {
	if q.Cursor != "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.list.Get(q.Key); ok {
		known.reads++
	}
}

// find returns how to ask q anew, nil if it is none of those read most.
func (f *favourites) find(q cache.Question) *ask {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.list.Peek(q.Key); ok {
		return known.ask
	}
	return nil
}

func (f *favourites) forget(q cache.Question) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.list.Peek(q.Key); ok {
		f.list.Remove(q.Key)
		f.bytes -= known.bytes
	}
}

// ranked are all of them, what is read most first.
func (f *favourites) ranked() []*ask {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.list.Values()
	slices.SortStableFunc(all, func(a, b *favourite) int { return cmp.Compare(b.reads, a.reads) })
	asks := make([]*ask, len(all))
	for i, r := range all {
		asks[i] = r.ask
	}
	return asks
}

// forgetGone forgets how to ask for what is not stored any more: with that, a
// token that somebody wants gone is.
func (p *Proxy) forgetGone() {
	now := time.Now()
	for _, a := range p.favoured.ranked() { // the store calls favourites, so that it must not be called with these locked
		if _, stored := p.store.Peek(a.question, now); !stored {
			p.favoured.forget(a.question)
		}
	}
}
