package proxy_test

import (
	"notionproxy/notion"
	"notionproxy/notiontest"
	"notionproxy/proxy"
)

// A purge is what an operator had the proxy forget.
type purge struct {
	step, call int     // Notion's newest call then
	on         *object // nil: everything
}

// operate does what operators do: it purges, or has settings read anew, which
// may change nothing for anybody.
func (m *model) operate() {
	if m.rng.IntN(2) == 0 {
		m.tell("settings are read anew")
		m.configure(func(*proxy.Settings) {})
		return
	}
	var which proxy.Selection
	var on *object
	if s := m.spaces[m.rng.IntN(len(m.spaces))]; m.rng.IntN(3) > 0 {
		on = m.pick(s, "row", "page", "table", "block")
		which.Object, _ = notion.ParseID(on.id)
	}
	m.mu.Lock()
	m.purges = append(m.purges, purge{m.step, m.newest, on})
	for _, t := range m.tokens {
		clear(t.kept)
	}
	m.mu.Unlock()
	m.tell("an operator purges object %v: %d entries", which.Object, m.proxy.Purge(which))
	m.walks = nil // those who were half-way through lose their snapshot, and begin anew
}

// purgedSince says whether anything was purged in that step or later.
func (m *model) purgedSince(step int) bool {
	n := len(m.purges)
	return n > 0 && m.purges[n-1].step >= step
}

// checkPurged: nothing that was fetched before it was purged goes out to those
// who ask after that.
func (m *model) checkPurged(r *read, a *reply, c *notiontest.Call) {
	for _, p := range m.purges {
		if p.step < r.step && c.Seq <= p.call && (p.on == nil || p.on == r.on) {
			m.breaks(6, "%s of call %d, which was purged in step %d (call %d)", a.x.Outcome, c.Seq, p.step, p.call)
		}
	}
}
