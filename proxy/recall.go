package proxy

import (
	"sync"
	"time"

	"notionproxy/cache"
)

// recalls are the questions for which the backing is being asked, so that many
// who ask the same cost one look.
type recalls struct {
	mu sync.Mutex
	m  map[cache.Key]chan struct{}
}

// recall asks the backing for what memory does not have, or not fresh, and
// looks again. Hits from memory never come here.
func (p *Proxy) recall(c *call, q cache.Question, found cache.Found, kept bool) (cache.Found, bool) {
	if p.o.Cache.Backing == nil {
		return found, kept
	}
	if !p.remembers(c) {
		return cache.Found{}, false
	}
	select {
	case <-p.askBacking(q, c.auth, c.x.Start):
	case <-c.r.Context().Done():
	}
	return p.lookup(c, q)
}

// askBacking has the backing asked for q, unless it is being asked. What it
// returns is closed when it has answered.
func (p *Proxy) askBacking(q cache.Question, authorization string, now time.Time) <-chan struct{} {
	p.recalls.mu.Lock()
	defer p.recalls.mu.Unlock()
	key := q.Flight()
	if done := p.recalls.m[key]; done != nil {
		return done
	}
	done := make(chan struct{})
	p.recalls.m[key] = done
	go func() {
		defer close(done)
		p.store.Recall(p.flightLife(), q, authorization, now)
		p.recalls.mu.Lock()
		defer p.recalls.mu.Unlock()
		delete(p.recalls.m, key)
	}()
	return done
}

// remembers says whether Notion is known to take the token: else nothing
// stored goes out to it, and nothing need be looked for.
func (p *Proxy) remembers(c *call) bool { return !c.state.suspended && !c.state.acceptedAt.IsZero() }
