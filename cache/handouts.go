package cache

import (
	"slices"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"notionproxy/notion"
)

const (
	maxHandouts = 20_000    // some 7 MB
	handoutLife = time.Hour // a client that comes back later begins anew

	// rowsBefore is how many rows before the last one are remembered, since that
	// one may go, and its neighbours with it.
	rowsBefore = 4
)

// A Handout is what is remembered of a cursor that a client was given: enough
// to go on after it although Notion has forgotten it. It may outlive the chain.
type Handout struct {
	LastRow  notion.ID   // the last row delivered before it; zero where rows have no ids
	Before   []notion.ID // what was delivered before that row, in order: all, or where the chain has gone a few
	Position int         // how many rows were delivered before it

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
	out, rows := Handout{Position: len(p.Rows), key: q.Key, at: now}, p.Rows
	if q.Cursor != "" {
		before, ok := h.get(q, now)
		if !ok {
			return // how many rows came before it is not known
		}
		out.Position += before.Position
		rows = slices.Concat(before.rows(), p.Rows)
	}
	rows = rows[max(0, len(rows)-1-rowsBefore):]
	h.byCursor.Add(cursorKey(q.Owner, p.Next), out.with(slices.Clone(rows)))
}

// rows are those that h knows to have been delivered, in order.
func (h Handout) rows() []notion.ID {
	if h.LastRow.IsZero() {
		return nil
	}
	return append(slices.Clone(h.Before), h.LastRow)
}

// with is h with these rows as those that were delivered.
func (h Handout) with(rows []notion.ID) Handout {
	if last := len(rows) - 1; last >= 0 && !rows[last].IsZero() {
		h.LastRow, h.Before = rows[last], rows[:last]
	}
	return h
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
	out, ok := s.handouts.get(q, now)
	if c := s.find(q); ok && c != nil {
		out = out.with(c.rowsBefore(q.Cursor))
	}
	return out, ok
}

// rowsBefore are all rows on the pages before cursor, in order; none if not all
// of these pages are there.
func (c *chain) rowsBefore(cursor string) []notion.ID {
	var rows []notion.ID
	p := c.first
	for range 1 + len(c.pages) {
		if p == nil {
			return nil
		}
		rows = append(rows, p.Rows...)
		if p.Next == cursor {
			return rows
		}
		p = c.pages[p.Next]
	}
	return nil
}
