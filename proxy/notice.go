package proxy

import (
	"sync"
	"time"

	"notionproxy/cache"
	"notionproxy/notion"
)

// Notice takes an event of Notion's: what it made untrue is dropped, or, where
// it is among what is read most, asked for anew behind everybody's back. Events
// may come late, twice and in any order. arrived is when this one did.
func (p *Proxy) Notice(e *notion.Event, arrived time.Time) {
	tags := e.Tags(p.parent)
	p.trust.event(e.Integration, append([]notion.ID{e.Entity}, e.Blocks...), arrived)
	if len(tags) > 0 {
		p.notice(cache.Notice{Workspace: e.Workspace, Tags: tags, At: e.At, Arrived: arrived})
	}
}

// Overlook is Notice for events that came, and nobody knows any more what they
// said: all that is kept of the workspace may be untrue. at is when the last of
// them happened.
func (p *Proxy) Overlook(workspace string, at, arrived time.Time) {
	p.notice(cache.Notice{Workspace: workspace, All: true, At: at, Arrived: arrived})
}

func (p *Proxy) notice(n cache.Notice) {
	var again []*ask
	p.store.Notice(n, func(q cache.Question) bool {
		a := p.favoured.find(q)
		if a != nil {
			again = append(again, a)
		}
		return a != nil
	})
	p.renewSoon(again)
}

// renewals are the reads that are to be asked anew, each once, in the order in
// which that was found out. They are no more than the favourites.
type renewals struct {
	mu      sync.Mutex
	queue   []*ask
	queued  map[cache.Key]bool
	running bool
}

// renewSoon has reads asked anew, one after the other.
func (p *Proxy) renewSoon(asks []*ask) {
	r := &p.renewals
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.queued == nil {
		r.queued = map[cache.Key]bool{}
	}
	for _, a := range asks {
		if key := a.question.Key; !r.queued[key] {
			r.queued[key] = true
			r.queue = append(r.queue, a)
		}
	}
	if len(r.queue) > 0 && !r.running {
		r.running = true
		go p.renewAll()
	}
}

func (p *Proxy) renewAll() {
	for a := p.renewals.next(); a != nil && p.life.Err() == nil; a = p.renewals.next() {
		p.renew(a)
	}
}

// next takes out the read that comes next; nil, and the run has ended, when
// there is none.
func (r *renewals) next() *ask {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 {
		r.running = false
		return nil
	}
	a := r.queue[0]
	r.queue = r.queue[1:]
	delete(r.queued, a.question.Key)
	return a
}
