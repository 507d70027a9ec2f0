package proxy_test

import (
	"context"
	"strings"
	"time"

	"notionproxy/exchange"
	"notionproxy/notiontest"
)

// Writes that Notion accepts with 202 and carries out later.

// insertLater has Notion change a page's text after it has answered.
func (m *model) insertLater(t *token) *write {
	o := m.idle(t, "page")
	if o == nil || len(m.jobs) > 0 {
		return nil
	}
	o.full = true // what is put there meanwhile would be lost: Notion writes the whole page
	b := &object{kind: "block", space: t.space, busy: true, title: m.history(t.space, ""), where: m.history(t.space, "")}
	b.where.open(o.id)
	return &write{method: "PATCH", target: "/v1/pages/" + o.id + "/markdown", of: []*object{o, b}, later: true, open: []*history{b.where},
		body: `{"type":"insert_content","insert_content":{"content":"` + b.title.stamp() + `"},"allow_async":true}`, made: b, place: o.id,
		proof: func() bool { b.id = m.find(b, o.id); return b.id != "" }}
}

// promised takes in a 202: carried out some seconds later, whether or not
// anybody asks for the task. The model asks for it at some time, if the answer
// came through to tell its name.
func (m *model) promised(w *write, a *reply) {
	page, block := w.of[0], w.of[1]
	page.busy, page.full, block.busy = true, true, true
	told := w.sent.Add(a.took)
	var p *pending
	send := func(context.Context) *reply { return &reply{x: &exchange.Exchange{}} }
	if task, by := idOf(a.body), w.by; a.status == 202 && a.x.UpstreamOutcome == "ok" && task != "" {
		page.pending = append(page.pending, pending{from: told, until: told.Add(2 * time.Minute)})
		p = &page.pending[len(page.pending)-1]
		send = func(ctx context.Context) *reply {
			b := m.do(ctx, by.name, "GET", "/v1/async_tasks/"+task, "", nil)
			if isOver(b) {
				m.mu.Lock() // from now on it may be stored, although the model takes it in later
				defer m.mu.Unlock()
				p.seen = time.Now()
			}
			return b
		}
	} else if !saysDone(a.x) {
		m.doubt(w)
	}
	m.jobs = append(m.jobs, m.afterwards(5*time.Second, send, func(b *reply) {
		page.busy, page.full, block.busy = false, false, false
		m.stirs(w.by)
		m.tell("      the task: %d %.120s", b.status, b.body)
		if !w.proof() {
			block.where.undo()
			return
		}
		v := block.where.newest()
		v.at = time.Now()
		w.by.space.objects = append(w.by.space.objects, block)
		if p != nil && isOver(b) {
			v.ended = m.step
		}
	}))
}

// isOver says whether an answer tells that a task has succeeded.
func isOver(b *reply) bool {
	return b.status == 200 && strings.Contains(b.body, "succeeded") && b.x.UpstreamOutcome == "ok"
}

// checkPending: what a 202 is still going to change is not stored.
func (m *model) checkPending(r *read, a *reply, c *notiontest.Call) {
	if r.on == nil || r.walk != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range r.on.pending {
		over := p.until
		if !p.seen.IsZero() && p.seen.Before(over) {
			over = p.seen
		}
		if a.x.Outcome == exchange.Hit && c.At.After(p.from) && c.At.Before(over) {
			m.breaks(6, "a hit of what was fetched %v after a 202 that still had to change it", c.At.Sub(p.from))
		}
	}
}
