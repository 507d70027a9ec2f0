package notiontest

import (
	"strings"
	"time"
)

// idsKept bounds the memory of open cursor sessions, in ids: the oldest
// sessions die first, as they may at Notion.
const idsKept = 2_000_000

// cursors are the open cursor sessions. Since April 2026 a cursor is
// "s:<session>:<next object>" and works only while its session lives.
type cursors struct {
	ttl  time.Duration
	open map[string]*cursorSession
	ages []string
	ids  int
}

// A cursorSession is the result of one read, as its first page found it.
type cursorSession struct {
	owner string // bot id and what is read: a cursor works for nothing else
	ids   []string
	born  time.Time
	cut   bool // the query had more rows than Notion gives out
}

func (cs *cursors) begin(n *Notion, s *cursorSession) string {
	id := n.noise.uuid()
	cs.open[id] = s
	cs.ages = append(cs.ages, id)
	cs.ids += len(s.ids)
	for cs.ids > idsKept && len(cs.ages) > 1 {
		cs.ids -= len(cs.open[cs.ages[0]].ids)
		delete(cs.open, cs.ages[0])
		cs.ages = cs.ages[1:]
	}
	return id
}

// resume finds the session of a cursor and where it goes on.
func (cs *cursors) resume(cursor, owner string, now time.Time) (session string, from int, err error) {
	parts := strings.Split(cursor, ":")
	if len(parts) != 3 || parts[0] != "s" {
		return "", 0, badCursor(cursor)
	}
	s := cs.open[parts[1]]
	if s == nil || s.owner != owner || cs.ttl > 0 && now.Sub(s.born) >= cs.ttl {
		return "", 0, badCursor(cursor)
	}
	for i, id := range s.ids {
		if id == parts[2] {
			return parts[1], i, nil
		}
	}
	return "", 0, badCursor(cursor)
}

// KillCursors makes every cursor handed out so far invalid: using one is
// answered 400, "The start_cursor provided is invalid".
func (n *Notion) KillCursors() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cursors = cursors{ttl: n.cursors.ttl, open: map[string]*cursorSession{}}
}

// A listing is a paginated read: all ids that match, and how to show one.
type listing struct {
	typ   string                   // the envelope's type
	what  string                   // tells two reads apart; with the path it owns the cursor
	ids   func() ([]string, error) // all that match; called for a first page only
	show  func(id string) object   // nil: gone meanwhile, leave it out
	most  int                      // 0: no cap
	owner string                   // what the cursors are for; empty means the operation and its path
}

// list answers one page of a listing, in Notion's envelope.
func (c *call) list(l listing) (object, error) {
	p, err := c.page(l)
	if err != nil {
		return nil, err
	}
	o := object{{"object", "list"}, {"results", p.results}, {"next_cursor", p.next}, {"has_more", p.next != nil},
		{"type", l.typ}, {l.typ, object{}}}
	return append(o, p.status()...), nil
}

// A page is one page of a listing.
type page struct {
	results []object
	next    any // cursor or nil
	cut     bool
	total   int
}

// status says on the last page that there was more than Notion gives out
// (since 2026-04-20).
func (p page) status() object {
	if !p.cut {
		return nil
	}
	return object{{"request_status", object{{"type", "incomplete"}, {"incomplete_reason", "query_result_limit_reached"}}}}
}

func (c *call) page(l listing) (page, error) {
	size, err := c.pageSize()
	if err != nil {
		return page{}, err
	}
	session, s, from, err := c.session(l)
	if err != nil {
		return page{}, err
	}
	upTo := min(from+size, len(s.ids))
	p := page{results: []object{}, total: len(s.ids)}
	for _, id := range s.ids[from:upTo] {
		if o := l.show(id); o != nil {
			p.results = append(p.results, o)
		}
	}
	switch {
	case upTo < len(s.ids):
		if session == "" {
			session = c.n.cursors.begin(c.n, s)
		}
		p.next = "s:" + session + ":" + s.ids[upTo]
	case s.cut:
		p.cut = true
	}
	return p, nil
}

// session is the one that start_cursor names, or a new one that is not open yet.
func (c *call) session(l listing) (id string, s *cursorSession, from int, err error) {
	owner := c.conn.id + " " + l.owner
	if l.owner == "" {
		owner += c.op.name + " " + strings.Join(c.ids, " ") + " " + l.what
	}
	if cursor, err := c.startCursor(); err != nil {
		return "", nil, 0, err
	} else if cursor != "" {
		id, from, err := c.n.cursors.resume(cursor, owner, c.now)
		return id, c.n.cursors.open[id], from, err
	}
	all, err := l.ids()
	if err != nil {
		return "", nil, 0, err
	}
	s = &cursorSession{owner: owner, ids: all, born: c.now}
	if l.most > 0 && len(all) > l.most {
		s.ids, s.cut = all[:l.most], true
	}
	return "", s, 0, nil
}
