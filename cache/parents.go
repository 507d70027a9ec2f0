package cache

import (
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"notionproxy/notion"
)

// maxParents bounds what is remembered of the tree above blocks: some 15 MB.
const maxParents = 100_000

// parents remembers which object stands above which, from every answer that
// passed. A write names only what it changes; the pages whose text shows that
// are found through this. It is guarded by the store's lock.
type parents struct {
	above *simplelru.LRU[notion.ID, notion.ID]
}

func newParents() parents {
	above, _ := simplelru.NewLRU[notion.ID, notion.ID](maxParents, nil)
	return parents{above}
}

func (p parents) learn(edges []notion.Edge) {
	for _, e := range edges {
		p.above.Add(e.Child, e.Parent)
	}
}

// Parent returns the object that stands above id, as far as answers told.
func (s *Store) Parent(id notion.ID) (notion.ID, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.parents.above.Peek(id)
}

// Learn remembers edges that an answer showed which is not stored.
func (s *Store) Learn(edges []notion.Edge) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parents.learn(edges)
}
