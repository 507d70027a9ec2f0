package proxy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A read is one that was sent through the proxy.
type read struct {
	op, method, target, body string

	by    *token
	on    *object // what it names; nil for search and people
	wants string  // Cache-Control
	tag   string  // If-None-Match

	version string // Notion-Version; "" is the usual one
	size    int    // page_size of lists
	walk    *walk  // that it is a further page of

	step    int       // in which it began
	call    int       // Notion's newest call then
	refused bool      // Notion had refused the token then
	writes  int       // of its workspace, then: what is kept from before may be dropped
	upset   int       // the same of refusals
	had     tagged    // what the client had then
	newest  int       // call of what it was last given from the store, or saw stored
	at      time.Time // then
}

// reads are the questions that clients ask, each about an object.
var reads = []func(m *model, s *space) *read{
	func(m *model, s *space) *read {
		return m.get("pages.retrieve", m.pick(s, "row", "row", "page", "subpage"), "/v1/pages/%s", 0)
	},
	func(m *model, s *space) *read {
		return m.get("blocks.retrieve", m.pick(s, "block", "block", "toggle"), "/v1/blocks/%s", 0)
	},
	func(m *model, s *space) *read {
		return m.get("blocks.children.list", m.pick(s, "page", "page", "toggle"), "/v1/blocks/%s/children", 100)
	},
	func(m *model, s *space) *read {
		return m.get("pages.markdown.retrieve", m.pick(s, "page"), "/v1/pages/%s/markdown", 0)
	},
	func(m *model, s *space) *read {
		return m.get("data_sources.retrieve", m.pick(s, "table"), "/v1/data_sources/%s", 0)
	},
	func(m *model, s *space) *read {
		return m.get("comments.list", m.pick(s, "page"), "/v1/comments?block_id=%s", 100)
	},
	func(m *model, s *space) *read { return m.query(m.pick(s, "table"), 100, "") },
	func(m *model, s *space) *read { return m.query(m.pick(s, "table"), 100, "") },
	func(m *model, s *space) *read {
		o := m.pick(s, "table")
		return &read{op: "databases.retrieve", method: "GET", target: "/v1/databases/" + o.table, on: &object{id: o.table, space: s}}
	},
	func(m *model, s *space) *read {
		return &read{op: "search", method: "POST", target: "/v1/search", body: `{"query":"k","page_size":50}`}
	},
	func(m *model, s *space) *read {
		return &read{op: "users.list", method: "GET", target: "/v1/users"}
	},
}

func (m *model) pick(s *space, kinds ...string) *object {
	kind := kinds[m.rng.IntN(len(kinds))]
	n := 0
	var picked *object
	for _, o := range s.objects {
		if o.kind != kind || o.id == "" {
			continue
		}
		if n++; m.rng.IntN(n) == 0 {
			picked = o
		}
	}
	return picked
}

func (m *model) get(op string, o *object, target string, size int) *read {
	id := o.id
	switch m.rng.IntN(8) {
	case 0:
		id = strings.ReplaceAll(id, "-", "")
	case 1:
		id = strings.ToUpper(id)
	}
	r := &read{op: op, method: "GET", target: fmt.Sprintf(target, id), on: o, size: size}
	if size > 0 {
		sep := "?"
		if strings.Contains(target, "?") {
			sep = "&"
		}
		r.target += fmt.Sprintf("%spage_size=%d", sep, size)
	}
	return r
}

func (m *model) query(o *object, size int, cursor string) *read {
	body := fmt.Sprintf(`{"page_size":%d}`, size)
	if cursor != "" {
		body = fmt.Sprintf(`{"page_size":%d,"start_cursor":%q}`, size, cursor)
	}
	return &read{op: "data_sources.query", method: "POST", target: "/v1/data_sources/" + o.id + "/query", body: body, on: o, size: size}
}

// wishes are what clients ask of the cache; most ask for nothing.
var wishes = []string{"", "", "", "", "", "", "", "", "no-cache", "no-store", "max-age=20", "max-stale=120", "only-if-cached", "min-fresh=30"}

// aRead is a random one by somebody, or one that was there a moment ago. Now
// and then it is about what belongs to others.
func (m *model) aRead() *read {
	if n := len(m.asked); n > 0 && m.rng.IntN(2) == 0 {
		again := *m.asked[max(0, n-1-m.rng.IntN(10))]
		again.wants, again.tag = wishes[m.rng.IntN(len(wishes))], ""
		if again.wants == "" && again.method == "GET" && m.rng.IntN(4) == 0 {
			again.tag = "what it has"
		}
		return &again
	}
	t := m.tokens[m.rng.IntN(len(m.tokens))]
	s := t.space
	if m.rng.IntN(40) == 0 {
		s = m.spaces[m.rng.IntN(len(m.spaces))]
	}
	r := reads[m.rng.IntN(len(reads))](m, s)
	r.by, r.wants = t, wishes[m.rng.IntN(len(wishes))]
	r.version = versionOf(r.op, m.rng.IntN(12))
	m.asked = append(m.asked, r)
	return r
}

const (
	oldVersion = "2022-06-28"
	newVersion = "2026-03-11"
)

// versionOf is a version of the API that knows the operation.
func versionOf(op string, dice int) string {
	switch {
	case dice == 0:
		return newVersion
	case dice == 1 && !strings.HasPrefix(op, "data"):
		return oldVersion
	}
	return ""
}

// begin dates the read.
func (m *model) begin(r *read) {
	if r.tag != "" {
		r.tag = r.by.tagged[r.key()].etag
	}
	m.tell("%s reads %s %s %s %s %s %s", r.by.name, r.method, r.target, r.body, r.wants, r.version, r.tag)
	m.mu.Lock()
	defer m.mu.Unlock()
	r.step, r.call, r.at = m.step, m.newest, time.Now()
	r.refused = r.by.refused > r.by.accepted
	r.writes, r.upset = r.by.space.writes, r.by.upset
	r.had, r.newest = r.by.tagged[r.key()], r.by.newest[r.key()]
	m.tally.reads++
}

func (m *model) send(ctx context.Context, r *read) *reply {
	h := http.Header{}
	if r.wants != "" {
		h.Set("Cache-Control", r.wants)
	}
	if r.tag != "" {
		h.Set("If-None-Match", r.tag)
	}
	if r.version != "" {
		h.Set("Notion-Version", r.version)
	}
	return m.do(ctx, r.by.name, r.method, r.target, r.body, h)
}

// ask reads and checks the answer.
func (m *model) ask(r *read) *reply {
	m.begin(r)
	a := m.send(context.Background(), r)
	m.check(r, a)
	return a
}

// A listed is an answer that is a list, as far as the model reads it.
type listed struct {
	Results []struct {
		ID string `json:"id"`
	} `json:"results"`
	HasMore    bool   `json:"has_more"`
	NextCursor string `json:"next_cursor"`
}

func (m *model) list(a *reply) *listed {
	var l listed
	if err := json.Unmarshal([]byte(a.body), &l); err != nil {
		m.breaks(4, "a list is not JSON: %v: %.200s", err, a.body)
	}
	return &l
}

// lists says what kinds of objects a read lists.
func (r *read) lists(kind string) bool {
	switch r.op {
	case "blocks.children.list":
		return kind == "block" || kind == "subpage"
	case "data_sources.query":
		return kind == "row"
	case "comments.list":
		return kind == "comment"
	}
	return false
}

// A walk is a client that goes through a list page by page, in its own time.
type walk struct {
	by     *token
	on     *object
	query  bool
	size   int
	cursor string
	before string    // the cursor of the page that it has
	step   int       // in which it began
	born   time.Time // when the first page was fetched
	seen   map[string]int
	twice  string
	killed bool // a cursor may have died meanwhile
	pages  int
}

// advance begins a walk, or takes one a page further.
func (m *model) advance() {
	if len(m.walks) == 0 || len(m.walks) < 6 && m.rng.IntN(4) == 0 {
		t := m.tokens[m.rng.IntN(len(m.tokens))]
		m.walks = append(m.walks, m.newWalk(t))
		m.turn(len(m.walks) - 1)
		return
	}
	m.turn(m.rng.IntN(len(m.walks)))
}

func (m *model) newWalk(t *token) *walk {
	w := &walk{by: t, query: m.rng.IntN(3) > 0, size: 2 + m.rng.IntN(2)*2, step: m.step, seen: map[string]int{}}
	w.on = m.pick(t.space, "page")
	if w.query {
		w.on = t.space.tables[0]
	}
	return w
}

// turn asks for the next page of a walk.
func (m *model) turn(i int) {
	w := m.walks[i]
	a := m.ask(m.pageOf(w))
	if a.status != 200 {
		if m.rng.IntN(2) == 0 || a.status < 500 {
			m.walks = append(m.walks[:i], m.walks[i+1:]...) // the client gives up, or else tries again
		}
		return
	}
	l := m.gets(w, a)
	if l.HasMore == (l.NextCursor == "") {
		m.breaks(7, "has_more and next_cursor do not agree: %.200s", a.body)
	}
	if !l.HasMore {
		m.arrived(w)
		m.walks = append(m.walks[:i], m.walks[i+1:]...)
	}
}

// gets takes in the page that a walk got.
func (m *model) gets(w *walk, a *reply) *listed {
	l := m.list(a)
	w.pages++
	if w.cursor == "" {
		c := m.fetchedQuietly(a)
		w.born, w.killed = c.At, c.Seq <= m.dead // a stored page may end with a dead cursor
	}
	for _, row := range l.Results {
		if w.seen[row.ID]++; w.seen[row.ID] > 1 {
			w.twice = row.ID
		}
	}
	w.before, w.cursor = w.cursor, l.NextCursor
	return l
}

func (m *model) pageOf(w *walk) *read {
	var r *read
	if w.query {
		r = m.query(w.on, w.size, w.cursor)
	} else {
		r = &read{op: "blocks.children.list", method: "GET", on: w.on, size: w.size,
			target: fmt.Sprintf("/v1/blocks/%s/children?page_size=%d", w.on.id, w.size)}
		if w.cursor != "" {
			r.target += "&start_cursor=" + w.cursor
		}
	}
	r.by = w.by
	if w.cursor != "" {
		r.walk = w
	}
	return r
}

// arrived checks a walk that came to its end: no row twice, none lost.
func (m *model) arrived(w *walk) {
	m.tally.walks++
	if w.killed {
		m.tally.resumed++
	}
	changed := m.members(m.pageOf(w), w.step, w.born, w.killed, func(id string) bool { return w.seen[id] > 0 })
	if w.twice != "" && !(w.killed && changed) {
		m.breaks(7, "%s got %s twice in one walk of %d pages that began in step %d", w.by.name, w.twice, w.pages, w.step)
	}
}

// members checks that a whole list has what it must have, and nothing that it
// must not. It says whether the list changed meanwhile: rows came, went or moved,
// or so many were hidden that none may be left of those that are remembered.
// Where cursors have died, a list that changed may be resumed by the number of
// rows, and so lose some.
func (m *model) members(r *read, step int, born time.Time, killed bool, has func(id string) bool) (changed bool) {
	lost, hidden := "", 0
	for _, o := range r.on.space.objects {
		if o.where == nil || !r.lists(o.kind) || o.id == "" {
			continue
		}
		must, may := o.where.in(r.on.id, step, born)
		if m.hiddenSince(r.by, o, born) {
			hidden++
		}
		changed = changed || must != may || hidden > 4
		switch there := has(o.id); {
		case there && !may:
			m.breaks(6, "%s still lists %s %s, which a write took away before step %d", r.target, o.kind, o.id, step)
		case !there && must && m.seenBy(r.by, o):
			lost = o.kind + " " + o.id
		}
	}
	if lost != "" && !(killed && changed) {
		rule := 6
		if r.walk != nil || r.size < 100 {
			rule = 7
		}
		m.breaks(rule, "%s lacks %s, which was there before step %d and all the time", r.target, lost, step)
	}
	return changed
}

// seenBy says whether a token has seen an object all the time.
func (m *model) seenBy(t *token, o *object) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, touched := t.hidden[o.id]
	return !touched
}

// hiddenSince says whether a token may not have seen an object since then.
func (m *model) hiddenSince(t *token, o *object, since time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !t.hidden[o.id].Before(since)
}

// A rowList is one page of a query, as far as the readers of long lists look.
type rowList struct {
	Results []struct {
		ID         string `json:"id"`
		Properties struct {
			Name struct {
				Title []struct {
					Text string `json:"plain_text"`
				} `json:"title"`
			}
		} `json:"properties"`
	} `json:"results"`
	NextCursor string `json:"next_cursor"`
}

func rowsOf(body string) (l rowList, err error) {
	err = json.Unmarshal([]byte(body), &l)
	return l, err
}

func pageQuery(cursor string) string {
	if cursor == "" {
		return `{"page_size":100}`
	}
	return fmt.Sprintf(`{"page_size":100,"start_cursor":%q}`, cursor)
}
