package together

import (
	"encoding/json"
	"strings"
	"time"

	"notionproxy/exchange"
	"notionproxy/notiontest"
)

// check holds an answer to a read against the rules.
func (w *world) check(r *read, a *reply) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tellLocked("%d: %s %s %s %s -> %d %s %s age=%v", r.at, r.by.name, r.target, r.body, r.wants, a.status, a.x.Outcome, a.x.Detail, a.x.Age)
	w.tally.outcome(a.x.Outcome)
	switch {
	case a.x.Outcome == exchange.Left:
	case a.status == 200:
		w.checkAnswer(r, a)
	default:
		w.checkError(r, a)
	}
}

// checkError checks what is no 200: it has Notion's shape.
func (w *world) checkError(r *read, a *reply) {
	var e struct{ Object, Code string }
	if json.Unmarshal([]byte(a.body), &e) != nil || e.Object != "error" || e.Code == "" {
		w.breaks(9, r.on.id, "a %d that is no error of Notion's shape: %.200s", a.status, a.body)
	}
	w.refusedTo(r.by, r.on, a, event{at: a.at, via: r.at, told: w.nodes[r.at].hasTold(a.start)})
}

// refusedTo takes in that Notion refused something to a client.
func (w *world) refusedTo(t *token, o *object, a *reply, e event) {
	c := w.calls[a.x.UpstreamID]
	if c == nil || c.Status != a.status || c.Fault != "" && c.Fault != string(notiontest.FaultStatus) {
		return
	}
	switch {
	case c.Status == 401 && c.Seq > t.refused.seq:
		t.refused = refusal{e, c.Seq}
	case c.Status == 404 && c.Code == "object_not_found" && c.Seq > t.denied[o.id].seq && strings.Contains(bare(c.Path), bare(o.id)):
		t.denied[o.id] = refusal{e, c.Seq}
		w.tally.denied++
	}
}

// A sight is an answer, and what may be in it.
type sight struct {
	*read
	*reply
	call  *notiontest.Call // that brought it
	since time.Time        // when whoever reads began
	at    int              // and where
	born  time.Time        // what was the case then for certain is in it
	kept  bool             // it is not taken for true
}

// knows says whether the replica must have known of e.
func (w *world) knows(s *sight, e event) bool {
	if s.kept {
		return s.since.After(w.weather.keptUntil(e, s.at))
	}
	return s.since.After(w.weather.freshUntil(e, s.at))
}

// must says whether a version must be in sight.
func (w *world) must(s *sight) func(*version) bool {
	return func(v *version) bool {
		if v.at.Before(s.born) {
			return true
		}
		return v.answer && w.knows(s, v.event)
	}
}

// checkAnswer checks a 200.
func (w *world) checkAnswer(r *read, a *reply) {
	c := w.fetched(r, a)
	if c == nil {
		return
	}
	s := &sight{read: r, reply: a, call: c, since: a.start, at: r.at, born: c.At, kept: a.x.Outcome == exchange.Stale}
	if k := r.walk; k != nil { // who is half-way through finishes the snapshot
		s.since, s.at, s.born, s.kept = k.start, k.at, k.born, s.kept || k.stale
	}
	marked := s.kept && a.x.Detail == "maybe-overwritten"
	if marked {
		w.tally.marked++
	}
	if a.x.Outcome == exchange.Hit || s.kept {
		w.checkToken(s)
		w.checkPurges(s)
	}
	w.checkWishes(r, a, c)
	w.checkVersions(s, marked)
	w.checkPlace(s, marked)
	if r.list && r.walk == nil && holdsAll(r) {
		var l listed
		_ = json.Unmarshal([]byte(a.body), &l) // it is valid
		there := map[string]int{}
		for _, row := range l.Results {
			there[row.ID]++
		}
		w.checkMembers(s, there, marked)
	}
	if a.x.Outcome == exchange.Hit && r.walk == nil && a.start.Sub(c.At) >= w.fresh {
		w.breaks(10, r.on.id, "a hit %v after it was fetched", a.start.Sub(c.At))
	}
}

// fetched finds the call of Notion's that brought an answer, and checks that it
// is whole and was made with the reader's token, for this question.
func (w *world) fetched(r *read, a *reply) *notiontest.Call {
	c := w.callOf(a)
	switch {
	case c == nil || !json.Valid([]byte(a.body)) || strings.Contains(a.body[:min(40, len(a.body))], `"object":"error"`):
		w.breaks(4, r.on.id, "this is no whole answer of Notion's: %.300s", a.body)
	case c.Token != "ntn_"+r.by.name:
		w.breaks(1, r.on.id, "%s got what was fetched with %s", r.by.name, c.Token)
	case c.Status != 200 || c.Op != r.op || !strings.Contains(bare(c.Path), bare(r.on.id)):
		w.breaks(1, r.on.id, "%s got the answer to %s %s (%d)", r.target, c.Method, c.Path, c.Status)
	default:
		return c
	}
	return nil
}

// callOf is the call that brought an answer; nil if there is none.
func (w *world) callOf(a *reply) *notiontest.Call {
	const key = `"request_id":"`
	i := strings.LastIndex(a.body, key)
	if i < 0 {
		return nil
	}
	id, _, _ := strings.Cut(a.body[i+len(key):], `"`)
	return w.calls[id]
}

func (w *world) fetchedAt(a *reply) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.callOf(a); c != nil {
		return c.At
	}
	return a.start
}

// checkToken: nothing stored for a token or an object that Notion refused.
func (w *world) checkToken(s *sight) {
	t := s.by
	own := *s
	own.since, own.at = s.start, s.read.at // a snapshot is no excuse
	if f := t.refused; f.via == s.read.at && s.call.Seq < f.seq && t.accepted < f.seq && s.start.After(f.at) {
		w.breaks(2, s.on.id, "%s got a stored answer although Notion's last word there was 401 (call %d)", t.name, f.seq)
	}
	if s.call.Seq < t.confirmed && w.knows(&own, event{at: t.confirmedAt, via: anybody}) {
		w.breaks(2, s.on.id, "%s got what was fetched (call %d) before its refusal was confirmed (call %d)", t.name, s.call.Seq, t.confirmed)
	}
	if d, ok := t.denied[s.on.id]; ok && s.call.Seq < d.seq && w.knows(&own, d.event) && !w.doubted(&own, d.event) {
		w.breaks(2, s.on.id, "%d: %s got what was fetched (call %d) before Notion refused it (call %d, at %d, told %v, %v ago): %s", s.read.at, t.name, s.call.Seq, d.seq, d.via, d.told, s.start.Sub(d.at), s.x.Outcome)
	}
}

// doubted says whether what e made untrue is marked, because word of it may
// have been lost.
func (w *world) doubted(s *sight, e event) bool {
	return s.kept && s.x.Detail == "maybe-overwritten" && e.via != s.at && w.weather.lostSince(e.at)
}

// holdsAll says whether one page of the list has room for all of it. An id may
// have a hundred in it too.
func holdsAll(r *read) bool {
	return strings.HasSuffix(r.target, "page_size=100") || strings.Contains(r.body, `"page_size":100`)
}

// checkPurges: what an operator purged does not go out any more.
func (w *world) checkPurges(s *sight) {
	if s.walk != nil {
		return
	}
	for i := len(w.purges) - 1; i >= 0; i-- {
		p := &w.purges[i]
		if p.means(s.on, s.by) && s.call.Seq <= p.seq && w.knows(s, p.event) && !w.doubted(s, p.event) {
			w.breaks(6, "purges", "%d: %s of call %d, purged at %d %v ago, told %v", s.at, s.x.Outcome, s.call.Seq, p.via, s.since.Sub(p.at), p.told)
		}
	}
}

// checkWishes: who asks for no stored answer gets none.
func (w *world) checkWishes(r *read, a *reply, c *notiontest.Call) {
	if r.wants == "no-cache" && (a.x.Outcome == exchange.Hit || a.x.Outcome == exchange.Shared && c.Seq <= r.seq) {
		w.breaks(9, r.on.id, "no-cache got a %s of call %d", a.x.Outcome, c.Seq)
	}
}

// checkVersions: nothing in an answer is older than a write that the replica
// must have known of; what a write may have overwritten says so.
func (w *world) checkVersions(s *sight, marked bool) {
	for _, k := range marks(s.reply.body) {
		if k.history >= len(w.things) || k.version > w.things[k.history].last {
			w.breaks(4, s.on.id, "nobody ever wrote %s", stampOf(k.history, k.version))
			return
		}
		h := w.things[k.history]
		if h.space != s.by.space {
			w.breaks(1, s.on.id, "%s sees %s of another workspace", s.by.name, stampOf(k.history, k.version))
		}
		if v := &h.versions[h.base(w.must(s))]; k.version < v.number && !w.excused(s, marked, v) {
			w.breaksAbout(6, []string{s.on.id, h.of}, "%d: %s shows %s, but version %d was written at %d %v before, told %v (%s, %s, call %d)",
				s.at, s.target, stampOf(k.history, k.version), v.number, v.via, s.since.Sub(v.at), v.told, s.x.Outcome, s.x.Detail, s.call.Seq)
		}
		if !marked && s.x.Outcome != exchange.Miss && s.walk == nil {
			w.checkMaybes(s, h)
		}
	}
}

// excused says whether an answer that lacks a version is marked, because word
// of it may have been lost on the way.
func (w *world) excused(s *sight, marked bool, v *version) bool {
	return marked && !v.at.Before(s.born) && v.via != s.at && w.weather.lostSince(v.at)
}

// checkMaybes: what a write may have overwritten is never fresh, never joined,
// and marked.
func (w *world) checkMaybes(s *sight, h *history) {
	for _, m := range h.maybes {
		if s.call.At.Before(m.sent) && w.knows(s, m.event) {
			w.breaksAbout(6, []string{s.on.id, h.of}, "%d: %s of call %d, unmarked: a write at %d %v before may have changed %s, told %v", s.at, s.x.Outcome, s.call.Seq, m.via, s.since.Sub(m.at), stampOf(h.number, 0), m.told)
		}
	}
}

// checkPlace: a page says where it is, and whether it is in the trash.
func (w *world) checkPlace(s *sight, marked bool) {
	if s.op != "pages.retrieve" && s.op != "blocks.retrieve" || s.on.where == nil {
		return
	}
	h, place := s.on.where, placeIn(s.reply.body)
	base := h.base(w.must(s))
	for _, v := range h.versions[base:] {
		if v.place == place {
			return
		}
	}
	if v := &h.versions[base]; !w.excused(s, marked, v) {
		w.breaks(6, s.on.id, "%d: %s is told to be in %q, which was over %v before, at %d, told %v (%s)", s.at, s.on.id, place, s.since.Sub(v.at), v.via, v.told, s.x.Outcome)
	}
}

// checkMembers: a list has what it must have, nothing twice, and nothing that
// it must not. It says whether what is in it changed meanwhile.
func (w *world) checkMembers(s *sight, there map[string]int, marked bool) {
	for _, o := range s.on.space.objects {
		if o.where == nil || o.kind != s.lists() {
			continue
		}
		base := o.where.base(w.must(s))
		must, may := true, false
		for _, v := range o.where.versions[base:] {
			must, may = must && v.place == s.on.id, may || v.place == s.on.id
		}
		v := &o.where.versions[base]
		switch n := there[o.id]; {
		case w.excused(s, marked, v):
		case n > 0 && !may:
			w.breaksAbout(6, []string{s.on.id, o.id}, "%d: %s still lists %s, which a write at %d took away %v before, told %v (%s)", s.at, s.target, o.id, v.via, s.since.Sub(v.at), v.told, s.x.Outcome)
		case n == 0 && must && !s.by.hidden[o.id]:
			w.breaksAbout(7, []string{s.on.id, o.id}, "%d: %s lacks %s, which is there since %v before, told %v (%s)", s.at, s.target, o.id, s.since.Sub(v.at), v.told, s.x.Outcome)
		case n > 1 && must:
			w.breaks(7, o.id, "%d: %s has %s %d times", s.at, s.target, o.id, n)
		}
	}
}

// arrived checks a walk that came to its end.
func (w *world) arrived(k *walk) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tally.walks++
	s := &sight{read: k.page(k.at, 0), reply: &reply{x: &exchange.Exchange{Outcome: "walk"}}, since: k.start, at: k.at, born: k.born, kept: k.stale}
	w.checkMembers(s, k.seen, k.stale)
}
