package cache

import (
	"context"

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

// news are those edges that are not known yet.
func (p parents) news(edges []notion.Edge) (list []notion.Edge) {
	for _, e := range edges {
		if parent, ok := p.above.Peek(e.Child); !ok || parent != e.Parent {
			list = append(list, e)
		}
	}
	return list
}

// learn remembers edges. Call it with the store locked.
func (s *Store) learn(edges []notion.Edge) {
	if s.backing != nil {
		if news := s.parents.news(edges); len(news) > 0 {
			s.backing.Learn(news)
		}
	}
	s.parents.learn(edges)
}

// Learn remembers edges that an answer showed which is not stored.
func (s *Store) Learn(edges []notion.Edge) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learn(edges)
}

// Parent returns the object that stands above id, as far as answers told. It
// may wait for the backing.
func (s *Store) Parent(ctx context.Context, id notion.ID) (notion.ID, bool) {
	s.mu.Lock()
	parent, ok := s.parents.above.Peek(id)
	s.mu.Unlock()
	if ok || s.backing == nil {
		return parent, ok
	}
	if parent, ok = s.backing.Parent(ctx, id); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.parents.above.Add(id, parent)
	}
	return parent, ok
}
