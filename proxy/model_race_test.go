package proxy_test

import (
	"context"
	"strings"
	"testing/synctest"
	"time"

	"notionproxy/exchange"
	"notionproxy/notion"
	"notionproxy/notiontest"
	"notionproxy/proxy"
)

// These steps bring about what would seldom happen at random: that a read is
// under way while what it shows changes.

// readOf is a read that shows an object; nil for a comment.
func (m *model) readOf(o *object, t *token) *read {
	r := &read{method: "GET", on: o, by: t}
	switch o.kind {
	case "row", "page", "subpage":
		r.op, r.target = "pages.retrieve", "/v1/pages/"+o.id
	case "block", "toggle":
		r.op, r.target = "blocks.retrieve", "/v1/blocks/"+o.id
	case "table":
		r.op, r.target = "data_sources.retrieve", "/v1/data_sources/"+o.id
	default:
		return nil
	}
	return r
}

// underWay begins a read that Notion carries out now and answers late; it
// returns by how much, as far as no other fault comes before.
func (m *model) underWay(r *read) time.Duration {
	d := m.slow(r.op, r.by)
	m.begin(r)
	m.start(func(ctx context.Context) *reply { return m.send(ctx, r) }, func(a *reply) { m.check(r, a) })
	synctest.Wait()
	m.asked = append(m.asked, r) // somebody will want to know it again
	return d
}

// overtake has a write end while a read of its object is under way, by the same
// client or another. Whoever asks after that must not get what that read brings.
func (m *model) overtake() {
	w := m.aWrite()
	if w == nil {
		return
	}
	t := m.tokens[m.rng.IntN(len(m.tokens))]
	if t.space != w.by.space {
		t = w.by
	}
	if o := w.of[0]; o.id != "" {
		if r := m.readOf(o, t); r != nil {
			d := m.underWay(r)
			defer m.againAndAgain(*r, d)
		}
	}
	m.wrote(w, m.sendWrite(context.Background(), w))
}

// againAndAgain asks the same now, or not, and again when what is under way has
// been answered, after d.
func (m *model) againAndAgain(r read, d time.Duration) {
	if now := r; m.rng.IntN(3) == 0 {
		m.ask(&now)
	}
	time.Sleep(d + 10*time.Millisecond)
	m.collect()
	m.ask(&r)
}

// refuseMeanwhile hides an object while a read of it is under way, until Notion
// has said so to another read. Whoever asks when the first has been answered must
// not get what that brought.
func (m *model) refuseMeanwhile() {
	t := m.tokens[m.rng.IntN(len(m.tokens))]
	o := m.pick(t.space, "row", "page", "table", "subpage")
	if o == nil || t.revoked {
		return
	}
	r := m.readOf(o, t)
	r.wants = "no-cache"
	again := *r
	d := m.underWay(r)
	m.hide(o, t, true)
	m.ask(&again)
	m.heard(o, t)
	m.hide(o, t, false)
	again.wants = ""
	m.againAndAgain(again, d)
}

// heard records that what Notion said of an object in this step was answered:
// what is asked from now on comes after that.
func (m *model) heard(o *object, t *token) {
	m.mu.Lock()
	defer m.mu.Unlock()
	bare := strings.ReplaceAll(o.id, "-", "")
	if d, ok := t.denied[bare]; ok && d.step == m.step {
		t.denied[bare] = denial{d.call, m.step - 1}
	}
}

// halfWay has a client read two pages of a list, and the second one again after a
// write: that is part of its snapshot, and stays what it was.
func (m *model) halfWay() {
	t := m.tokens[m.rng.IntN(len(m.tokens))]
	if m.small || m.sick > 0 || len(m.jobs) > 0 || t.revoked {
		return
	}
	w := m.newWalk(t)
	if !m.stores(w) || w.cursor == "" || !m.stores(w) {
		return
	}
	w.cursor = w.before
	page, upset := m.ask(m.pageOf(w)), m.upset(t)
	m.overwrite(t)
	if page.x.Outcome != exchange.Hit || m.upset(t) != upset || m.isIdle(t) || !linksLive(page.body) {
		return
	}
	r := m.pageOf(w)
	if again := m.ask(r); again.x.Outcome != exchange.Hit || again.body != page.body {
		m.breaks(7, "%s was half-way through %s, and gets another page than before: %s", t.name, r.target, again.x.Outcome)
	}
}

// stores takes a walk a page further, and says whether that page is stored.
func (m *model) stores(w *walk) bool {
	a := m.ask(m.pageOf(w))
	if a.status != 200 || a.x.Outcome != exchange.Hit && !a.x.Stored {
		return false
	}
	m.gets(w, a)
	return true
}

// overwrite is a write by t, whose answer may be lost.
func (m *model) overwrite(t *token) {
	w := m.aWriteBy(t)
	if w == nil {
		return
	}
	if m.rng.IntN(3) == 0 {
		m.loses(w)
	}
	m.wrote(w, m.sendWrite(context.Background(), w))
	m.collect()
}

// upset is how often Notion has refused the token anything.
func (m *model) upset(t *token) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return t.upset
}

// isIdle says whether the token was accepted so long ago that it gets no hits.
func (m *model) isIdle(t *token) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Since(t.acceptedAt) >= 10*time.Minute
}

// linksLive says whether a body's first link is good for some time.
func linksLive(body string) bool {
	expiry, ok := firstExpiry(body)
	return !ok || time.Until(expiry) > 6*time.Minute
}

// doubtToken has Notion refuse a token once, and take its time to say whether it
// meant that, while a read that it had accepted before is under way. Nothing that
// is stored may go out meanwhile.
func (m *model) doubtToken() {
	t := m.tokens[m.rng.IntN(len(m.tokens))]
	o := m.pick(t.space, "row", "page", "block")
	if o == nil || t.revoked {
		return
	}
	m.underWay(m.readOf(o, t))
	token := "ntn_" + t.name
	m.notion.Fault(notiontest.Fault{Op: "users.me", Token: token, Times: 1, Delay: 20 * time.Second})
	m.notion.Fault(notiontest.Fault{Op: "users.list", Token: token, Times: 1, Kind: notiontest.FaultStatus, Status: 401, Code: "unauthorized"})
	m.ask(&read{op: "users.list", method: "GET", target: "/v1/users", by: t, wants: "no-cache"})
	m.askSome(t)
	time.Sleep(9 * time.Second)
	m.collect()
	m.askSome(t)
}

// askSome asks again what somebody asked a moment ago.
func (m *model) askSome(t *token) {
	for i, n := len(m.asked)-1, 0; i >= 0 && n < 3; i-- {
		if m.asked[i].by == t {
			again := *m.asked[i]
			again.wants, again.tag = "", ""
			m.ask(&again)
			n++
		}
	}
}

// purge has an operator remove what has to do with an object, or all there is.
func (m *model) purge() {
	var which proxy.Selection
	s := m.spaces[m.rng.IntN(len(m.spaces))]
	o := m.pick(s, "row", "page", "table", "block")
	if o != nil && m.rng.IntN(4) > 0 {
		which.Object, _ = notion.ParseID(o.id)
	} else {
		o = nil
	}
	m.mu.Lock()
	for _, s := range m.spaces {
		s.writes++ // what was kept may have gone
	}
	m.purged[o] = purge{m.step, m.newest}
	m.mu.Unlock()
	m.tell("an operator purges %v: %d entries", which.Object, m.proxy.Purge(which))
}

// checkPurge: what an operator purged does not go out any more.
func (m *model) checkPurge(r *read, a *reply, c *notiontest.Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range []*object{nil, r.on} {
		if p, ok := m.purged[o]; ok && p.step < r.step && c.Seq <= p.call {
			m.breaks(6, "%s of call %d, purged in step %d", a.x.Outcome, c.Seq, p.step)
		}
	}
}
