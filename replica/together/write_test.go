package together

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A write is one that was sent through a replica.
type write struct {
	method, target, body string

	by    *token
	of    *object
	open  *history    // with the version that it makes
	proof func() bool // whether it was carried out, by a look behind the replicas
}

func rich(text string) string { return `[{"text":{"content":"` + text + `"}}]` }

// aWrite is a random one by a client, already under way in the histories; its
// object is locked. It is nil where somebody else is writing that.
func (w *world) aWrite(r *rand.Rand, t *token) *write {
	o := t.space.pick(r, "row", "row", "row", "block", "block", "page", "table")
	if !o.writing.TryLock() {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	x := &write{by: t, of: o}
	switch n := r.IntN(8); {
	case o.kind == "row" && n < 2:
		x.rename(w, o.note, "/v1/pages/", `{"properties":{"Note":{"rich_text":%s}}}`)
	case o.where != nil && n < 4:
		x.bin(w, r)
	case o.kind == "row" && n == 4:
		x.move(w, r)
	case o.kind == "block":
		x.rename(w, o.title, "/v1/blocks/", `{"paragraph":{"rich_text":%s}}`)
	case o.kind == "table":
		x.rename(w, o.title, "/v1/data_sources/", `{"title":%s}`)
	default:
		x.rename(w, o.title, "/v1/pages/", `{"properties":{"title":{"title":%s}}}`)
	}
	if x.open == nil {
		o.writing.Unlock()
		return nil
	}
	w.tally.writes++
	return x
}

func (x *write) rename(w *world, h *history, place, body string) {
	stamp := h.open("")
	x.method, x.target, x.body, x.open = "PATCH", place+x.of.id, fmt.Sprintf(body, rich(stamp)), h
	x.proof = func() bool { return strings.Contains(w.truth(x.of.space, "GET", place+x.of.id, ""), stamp) }
}

// bin puts the object into the trash, or takes it out.
func (x *write) bin(w *world, r *rand.Rand) {
	h, to := x.of.where, ""
	trash := h.newest().place != ""
	for i := len(h.versions) - 1; !trash && to == ""; i-- {
		to = h.versions[i].place
	}
	h.open(to)
	x.method, x.target, x.body, x.open = "PATCH", "/v1/pages/"+x.of.id, fmt.Sprintf(`{"in_trash":%v}`, trash), h
	if x.of.kind == "block" {
		x.target = "/v1/blocks/" + x.of.id
	}
	if trash && r.IntN(2) == 0 {
		x.method, x.target, x.body = "DELETE", "/v1/blocks/"+x.of.id, ""
	}
	x.proof = func() bool { return w.placeOf(x.of) == to }
}

// move moves a row into the other table.
func (x *write) move(w *world, r *rand.Rand) {
	h, to := x.of.where, x.of.space.pick(r, "table")
	if h.newest().place == "" || h.newest().place == to.id {
		return
	}
	h.open(to.id)
	x.method, x.target, x.open = "POST", "/v1/pages/"+x.of.id+"/move", h
	x.body = fmt.Sprintf(`{"parent":{"type":"data_source_id","data_source_id":%q}}`, to.id)
	x.proof = func() bool { return w.placeOf(x.of) == to.id }
}

// A placed object says where it is.
type placed struct {
	Parent struct {
		Page   string `json:"page_id"`
		Source string `json:"data_source_id"`
	} `json:"parent"`
	Trash bool `json:"in_trash"`
}

func placeIn(body string) string {
	var x placed
	if json.Unmarshal([]byte(body), &x) != nil || x.Trash {
		return ""
	}
	return x.Parent.Page + x.Parent.Source
}

func (w *world) placeOf(o *object) string {
	target := "/v1/pages/" + o.id
	if o.kind == "block" {
		target = "/v1/blocks/" + o.id
	}
	return placeIn(w.truth(o.space, "GET", target, ""))
}

// unsent are the outcomes with which a write certainly was not carried out, as
// with any status of 4xx.
var unsent = map[string]bool{
	"": true, "refused": true, "rejected": true, "limited": true, "overloaded": true, "connect": true, "dns": true, "tls": true, "unread": true,
}

func (w *world) writes(r *rand.Rand) {
	if x := w.aWrite(r, w.tokens[r.IntN(len(w.tokens))]); x != nil {
		w.carryOut(r, x)
		x.of.writing.Unlock()
	}
}

// carryOut sends a write through any replica and takes in how it ended.
func (w *world) carryOut(r *rand.Rand, x *write) {
	at := r.IntN(replicas)
	a := w.do(context.Background(), at, x.by.name, x.method, x.target, x.body, nil)
	told := w.nodes[at].hasTold(a.start)
	done, certain := false, a.x.UpstreamStatus/100 == 2
	if !unsent[a.x.UpstreamOutcome] && a.x.UpstreamStatus/100 != 4 {
		if a.x.UpstreamOutcome == "timeout" {
			time.Sleep(200 * time.Millisecond) // it may be on its way
		}
		done = x.proof()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	e := event{at: a.at, via: at, told: told}
	w.tellLocked("%d: %s %s %s %s -> %d %s, told %v, done %v", at, x.by.name, x.method, x.target, x.body, a.status, a.x.UpstreamOutcome, told, done)
	w.refusedTo(x.by, x.of, a, e)
	if c := w.calls[a.x.UpstreamID]; certain && !done && c != nil && c.Fault == "" {
		w.breaks(0, x.of.id, "a write was answered %d, but was not carried out: %s %s: %s", a.status, x.method, x.target, x.body)
	}
	switch {
	case !done:
		x.open.undo()
	case certain:
		x.open.newest().event, x.open.newest().answer = e, true
		w.tally.count(&w.tally.told, told)
	default:
		x.open.newest().event = event{at: time.Now()}
	}
	if !certain && !unsent[a.x.UpstreamOutcome] && a.x.UpstreamStatus/100 != 4 {
		w.tally.maybe++
		for _, h := range []*history{x.of.title, x.open} {
			h.maybes = append(h.maybes, maybe{e, a.start})
		}
	}
}

// edits changes something as people do in the app.
func (w *world) edits(r *rand.Rand) {
	s := w.spaces[r.IntN(len(w.spaces))]
	o := s.pick(r, "row", "block", "page", "table")
	if !o.writing.TryLock() {
		return
	}
	defer o.writing.Unlock()
	w.mu.Lock()
	stamp := o.title.open("")
	w.mu.Unlock()
	if o.kind == "block" {
		w.notion.SetText(o.id, stamp)
	} else {
		w.notion.SetTitle(o.id, stamp)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	o.title.newest().event = event{at: time.Now()}
	w.tellLocked("somebody edits %s: %s", o.id, stamp)
}

// shares hides an object from a bot for a moment.
func (w *world) shares(r *rand.Rand) {
	t := w.tokens[r.IntN(len(w.tokens))]
	o := t.space.pick(r, "row", "row", "page", "table")
	w.mu.Lock()
	for _, other := range w.tokens {
		if other.bot == t.bot {
			other.hidden[o.id] = true
		}
	}
	w.tellLocked("%s is hidden from %s", o.id, t.name)
	w.mu.Unlock()
	w.notion.Unshare(t.bot, o.id)
	for range 1 + r.IntN(3) {
		x := w.aRead(r)
		x.by = t
		if o.kind != "table" {
			x.op, x.method, x.target, x.body, x.on, x.list = "pages.retrieve", "GET", "/v1/pages/"+o.id, "", o, false
		}
		w.ask(context.Background(), x)
	}
	w.notion.Share(t.bot, o.id)
	w.tell("%s is shown to %s", o.id, t.name)
}

// purgesSome has an operator remove what has to do with an object, or all there is,
// of everybody or of one bot.
func (w *world) purgesSome(r *rand.Rand) {
	at := r.IntN(replicas)
	o := w.spaces[r.IntN(len(w.spaces))].pick(r, "row", "page", "table")
	which := selectionOf(o)
	if r.IntN(4) == 0 {
		o, which = nil, selectionOf(nil)
	}
	if r.IntN(2) == 0 {
		which.Connection = w.tokens[r.IntN(len(w.tokens))].bot
	}
	w.mu.Lock()
	p := purge{refusal: refusal{seq: w.newest}, bot: which.Connection}
	w.mu.Unlock()
	if o != nil {
		p.object = o.id
	}
	start := time.Now()
	w.nodes[at].proxy.Purge(which)
	p.event = event{at: time.Now(), via: at, told: w.nodes[at].hasTold(start)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.purges = append(w.purges, p)
	w.tellLocked("%d: an operator purges %q of %q, told %v", at, p.object, p.bot, p.told)
}
