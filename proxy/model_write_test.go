package proxy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"notionproxy/exchange"
)

// A write is one that was sent through the proxy.
type write struct {
	method, target, body string

	by   *token
	of   []*object  // busy meanwhile
	open []*history // with a version that it makes
	// proof says whether it was carried out, by a look behind the proxy.
	proof func() bool
	// made is what it makes, and place where; its id is in the answer.
	made  *object
	place string
	later bool // allow_async
	sent  time.Time
}

func rich(text string) string { return `[{"text":{"content":"` + text + `"}}]` }

// writes are the changes that clients make, each of an object.
var writes = []func(m *model, t *token) *write{
	(*model).retitle, (*model).retitle, (*model).retitle, (*model).annotate, (*model).annotate,
	(*model).bin, (*model).bin, (*model).unbin, (*model).relocate, (*model).reshape,
	(*model).create, (*model).create, (*model).create, (*model).insertLater,
}

// idle is an object that nobody is writing.
func (m *model) idle(t *token, kinds ...string) *object {
	o := m.pick(t.space, kinds...)
	if o == nil || m.locked(o) {
		return nil
	}
	return o
}

// locked says whether a write of an object is under way, or of all that is on
// the page around it.
func (m *model) locked(o *object) bool {
	if o.busy || o.page != nil && o.page.full {
		return true
	}
	if o.where == nil {
		return false
	}
	for _, v := range o.where.versions[max(0, len(o.where.versions)-2):] {
		for _, p := range o.space.objects {
			if p.id == v.place && (p.full || p.page != nil && p.page.full) {
				return true
			}
		}
	}
	return false
}

func (m *model) shows(space *space, target string, h *history) func() bool {
	want := h.stamp()
	return func() bool { return strings.Contains(m.truth(space, "GET", target, ""), want) }
}

// truth is what Notion says behind the proxy's back; no fault strikes there.
func (m *model) truth(s *space, method, target, body string) string {
	return m.behind("root-"+s.name, method, target, body, nil).body
}

func (m *model) retitle(t *token) *write {
	o := m.idle(t, "row", "row", "page", "subpage", "block", "block", "toggle", "table")
	if o == nil {
		return nil
	}
	text := rich(o.title.open(""))
	w := &write{method: "PATCH", of: []*object{o}, open: []*history{o.title}}
	switch o.kind {
	case "block":
		w.target, w.body = "/v1/blocks/"+o.id, `{"paragraph":{"rich_text":`+text+`}}`
	case "toggle":
		w.target, w.body = "/v1/blocks/"+o.id, `{"toggle":{"rich_text":`+text+`}}`
	case "table":
		w.target, w.body = "/v1/data_sources/"+o.id, `{"title":`+text+`}`
	default:
		w.target, w.body = "/v1/pages/"+o.id, `{"properties":{"title":{"title":`+text+`}}}`
	}
	w.proof = m.shows(t.space, w.target, o.title)
	return w
}

func (m *model) annotate(t *token) *write {
	o := m.idle(t, "row")
	if o == nil {
		return nil
	}
	w := &write{method: "PATCH", target: "/v1/pages/" + o.id, of: []*object{o}, open: []*history{o.note}}
	w.body = `{"properties":{"Note":{"rich_text":` + rich(o.note.open("")) + `}}}`
	w.proof = m.shows(t.space, w.target, o.note)
	return w
}

// reshape renames a property of a table.
func (m *model) reshape(t *token) *write {
	o := m.idle(t, "table")
	if o == nil {
		return nil
	}
	before := o.tag.stamp()
	w := &write{method: "PATCH", target: "/v1/data_sources/" + o.id, of: []*object{o}, open: []*history{o.tag}}
	w.body = fmt.Sprintf(`{"properties":{%q:{"name":%q}}}`, before, o.tag.open(""))
	w.proof = m.shows(t.space, w.target, o.tag)
	return w
}

// at says by a look behind the proxy whether an object is in a place.
func (m *model) at(o *object, place string) func() bool {
	return func() bool { return m.placeOf(o) == place }
}

func (m *model) placeOf(o *object) string {
	var x struct {
		Parent struct {
			Page   string `json:"page_id"`
			Block  string `json:"block_id"`
			Source string `json:"data_source_id"`
		} `json:"parent"`
		Trash bool `json:"in_trash"`
	}
	target := "/v1/pages/" + o.id
	if o.kind == "block" {
		target = "/v1/blocks/" + o.id
	}
	_ = json.Unmarshal([]byte(m.truth(o.space, "GET", target, "")), &x)
	if x.Trash {
		return ""
	}
	return x.Parent.Page + x.Parent.Block + x.Parent.Source
}

func (m *model) bin(t *token) *write {
	o := m.idle(t, "row", "block", "subpage")
	if o == nil || o.where.newest().place == "" {
		return nil
	}
	o.where.open("")
	w := &write{method: "PATCH", target: "/v1/pages/" + o.id, body: `{"in_trash":true}`, of: []*object{o}, open: []*history{o.where}, proof: m.at(o, "")}
	if o.kind == "block" || m.rng.IntN(2) == 0 {
		w.method, w.target, w.body = "DELETE", "/v1/blocks/"+o.id, ""
	}
	return w
}

func (m *model) unbin(t *token) *write {
	o := m.idle(t, "row", "block", "subpage")
	if o == nil || o.where.newest().place != "" {
		return nil
	}
	place := o.where.versions[len(o.where.versions)-2].place
	o.where.open(place)
	w := &write{method: "PATCH", target: "/v1/pages/" + o.id, body: `{"in_trash":false}`, of: []*object{o}, open: []*history{o.where}, proof: m.at(o, place)}
	if o.kind == "block" {
		w.target = "/v1/blocks/" + o.id
	}
	return w
}

// relocate moves a row into the other table, or a page below the other page.
func (m *model) relocate(t *token) *write {
	o := m.idle(t, "row", "subpage")
	if o == nil || o.where.newest().place == "" {
		return nil
	}
	to, key := t.space.tables[m.rng.IntN(2)], "data_source_id"
	if o.kind == "subpage" {
		to, key = t.space.pages[m.rng.IntN(2)], "page_id"
	}
	if to.id == o.where.newest().place || to.full {
		return nil
	}
	o.where.open(to.id)
	return &write{method: "POST", target: "/v1/pages/" + o.id + "/move", body: fmt.Sprintf(`{"parent":{"type":%q,%q:%q}}`, key, key, to.id),
		of: []*object{o}, open: []*history{o.where}, proof: m.at(o, to.id)}
}

// create makes a row, a block, a page or a comment.
func (m *model) create(t *token) *write {
	kind := []string{"row", "block", "subpage", "comment"}[m.rng.IntN(4)]
	o := &object{kind: kind, space: t.space, busy: true}
	in := m.pick(t.space, "page")
	switch kind {
	case "row":
		in = m.pick(t.space, "table")
		o.note = m.history(t.space, "")
	case "block":
		in = m.pick(t.space, "page", "toggle")
	}
	if m.locked(in) {
		return nil
	}
	o.title, o.where = m.history(t.space, ""), m.history(t.space, "")
	text := rich(o.title.stamp())
	w := &write{method: "POST", of: []*object{o}, made: o, place: in.id}
	switch kind {
	case "row":
		w.target, w.body = "/v1/pages", fmt.Sprintf(`{"parent":{"type":"data_source_id","data_source_id":%q},"properties":{"title":{"title":%s},"Note":{"rich_text":%s}}}`, in.id, text, rich(o.note.stamp()))
	case "subpage":
		w.target, w.body = "/v1/pages", fmt.Sprintf(`{"parent":{"type":"page_id","page_id":%q},"properties":{"title":{"title":%s}}}`, in.id, text)
	case "block":
		w.method, w.target, w.body = "PATCH", "/v1/blocks/"+in.id+"/children", `{"children":[{"paragraph":{"rich_text":`+text+`}}]}`
	case "comment":
		w.target, w.body = "/v1/comments", fmt.Sprintf(`{"parent":{"page_id":%q},"rich_text":%s}`, in.id, text)
	}
	o.where.open(in.id)
	w.open = []*history{o.where}
	w.proof = func() bool { o.id = m.find(o, in.id); return o.id != "" }
	return w
}

// find is the id of an object with that text in a place, "" if there is none.
func (m *model) find(o *object, place string) string {
	var l struct {
		Results []json.RawMessage `json:"results"`
	}
	method, target, body := "GET", "/v1/blocks/"+place+"/children?page_size=100", ""
	switch o.kind {
	case "row":
		method, target, body = "POST", "/v1/data_sources/"+place+"/query", "{}"
	case "comment":
		target = "/v1/comments?block_id=" + place + "&page_size=100"
	}
	_ = json.Unmarshal([]byte(m.truth(o.space, method, target, body)), &l)
	for _, raw := range l.Results {
		if strings.Contains(string(raw), o.title.stamp()) {
			return idOf(string(raw))
		}
	}
	return ""
}

func idOf(body string) string {
	var o struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal([]byte(body), &o)
	return o.ID
}

// aWrite is a random one by somebody, already under way in the histories.
func (m *model) aWrite() *write { return m.aWriteBy(m.tokens[m.rng.IntN(len(m.tokens))]) }

func (m *model) aWriteBy(t *token) *write {
	w := writes[m.rng.IntN(len(writes))](m, t)
	if w == nil {
		return nil
	}
	w.by, w.sent = t, time.Now()
	for _, o := range w.of {
		o.busy = true
	}
	m.stirs(t)
	m.tally.writes++
	m.tell("%s writes %s %s %s", t.name, w.method, w.target, w.body)
	return w
}

// stirs records that a write may drop what is kept: of its workspace, and of
// all while the proxy does not know which that is.
func (m *model) stirs(t *token) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.spaces {
		if s == t.space || t.knownAt == 0 {
			s.writes++
		}
	}
}

func (m *model) sendWrite(ctx context.Context, w *write) *reply {
	m.mu.Lock()
	m.writing++
	m.mu.Unlock()
	return m.do(ctx, w.by.name, w.method, w.target, w.body, nil)
}

// unsent are the outcomes with which a write certainly was not carried out, as
// with any status of 4xx.
var unsent = map[string]bool{
	"": true, "refused": true, "rejected": true, "limited": true, "overloaded": true, "connect": true, "dns": true, "tls": true, "unread": true,
}

// wrote takes in how a write ended.
func (m *model) wrote(w *write, a *reply) {
	x := a.x
	m.tell("      -> %d %s, Notion: %d %s, of %s %s", a.status, x.Outcome, x.UpstreamStatus, x.UpstreamOutcome, w.method, w.target)
	for _, o := range w.of {
		o.busy = false
	}
	if w.later {
		w.of[0].full = false
	}
	m.stirs(w.by)
	m.mu.Lock()
	m.writing--
	m.mu.Unlock()
	told := saysDone(x)
	if w.later && !unsent[x.UpstreamOutcome] && x.UpstreamStatus/100 != 4 {
		m.promised(w, a)
		return
	}
	done := false
	if !unsent[x.UpstreamOutcome] && x.UpstreamStatus/100 != 4 {
		done = w.proof()
		if !told {
			m.doubt(w)
		}
	}
	for _, h := range w.open {
		if !done {
			h.undo()
			continue
		}
		v := h.newest()
		v.at, v.when = time.Now(), w.sent.Add(a.took)
		if told {
			v.ended = m.step
		}
	}
	if w.made != nil && done {
		w.by.space.objects = append(w.by.space.objects, w.made)
	}
	if told && !done && x.Outcome != exchange.Left && m.sick == 0 {
		m.breaks(0, "a write was answered %d, but was not carried out: %s %s", a.status, w.method, w.target)
	}
}

// doubt records that nobody knows whether w was carried out.
func (m *model) doubt(w *write) {
	m.tally.maybe++
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range w.open {
		h.maybes = append(h.maybes, maybe{m.step, m.newest, w.by})
	}
	for _, o := range w.of {
		o.title.maybes = append(o.title.maybes, maybe{m.step, m.newest, w.by})
	}
}
