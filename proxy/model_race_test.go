package proxy_test

import (
	"context"
	"testing/synctest"
	"time"

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
// has said so to another read.
func (m *model) refuseMeanwhile() {
	t := m.tokens[m.rng.IntN(len(m.tokens))]
	o := m.pick(t.space, "row", "page", "table", "subpage")
	if o == nil || t.revoked {
		return
	}
	r := m.readOf(o, t)
	m.underWay(r)
	m.hide(o, t, true)
	again := *r
	again.wants = "no-cache"
	m.ask(&again)
	m.hide(o, t, false)
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
