package cache

import (
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"notionproxy/notion"
)

const (
	maxHandouts = 20_000    // some 5 MB
	handoutLife = time.Hour // a client that comes back later begins anew
)

// A Handout is what is remembered of a cursor that a client was given: enough
// to go on after it although Notion has forgotten it. It may outlive the chain.
type Handout struct {
	LastRow  notion.ID // the last row delivered before it; zero where rows have no ids
	Position int       // how many rows were delivered before it

	key Key
	at  time.Time
}

// handouts are guarded by the store's lock.
type handouts struct{ byCursor *simplelru.LRU[Key, Handout] }

func newHandouts() handouts {
	l, _ := simplelru.NewLRU[Key, Handout](maxHandouts, nil)
	return handouts{l}
}

// note records the cursor that a page ends with.
func (h handouts) note(q Question, p *Page, now time.Time) {
	if p.Next == "" {
		return
	}
	out := Handout{Position: len(p.Rows), key: q.Key, at: now}
	if q.Cursor != "" {
		before, ok := h.get(q, now)
		if !ok {
			return // how many rows came before it is not known
		}
		out.Position += before.Position
		out.LastRow = before.LastRow
	}
	if n := len(p.Rows); n > 0 {
		out.LastRow = p.Rows[n-1]
	}
	h.byCursor.Add(cursorKey(q.Owner, p.Next), out)
}

func (h handouts) get(q Question, now time.Time) (Handout, bool) {
	out, ok := h.byCursor.Get(cursorKey(q.Owner, q.Cursor))
	return out, ok && out.key == q.Key && now.Sub(out.at) < handoutLife
}

// Handout returns what is remembered of q's cursor, if it was given out as an
// answer to the same question within the last hour.
func (s *Store) Handout(q Question, now time.Time) (Handout, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.handouts.get(q, now)
}
