package proxy

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"notionproxy/cache"
	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/upstream"
)

// incidentAge is how old an answer may be that goes out at once on the word of
// Notion's status page alone.
const incidentAge = 15 * time.Minute

func (a *ask) circuit() upstream.Circuit { return a.state.circuit(a.match.Op) }

func (c *call) circuit() upstream.Circuit { return c.state.circuit(c.match.Op) }

// circuit is one for all tokens of a connection, as soon as it is known, so
// that Notion in trouble is not asked once for each token.
func (s tokenState) circuit(op *notion.Operation) upstream.Circuit {
	if s.bot == "" {
		return upstream.Circuit{Connection: s.budget, Family: string(op.Family)}
	}
	return upstream.Circuit{Connection: s.bot + s.workspace, Family: string(op.Family)}
}

// servesAtOnce answers from the store without waiting for Notion, where
// waiting is known to be useless, or is not wanted.
func (p *Proxy) servesAtOnce(c *call, q cache.Question, found cache.Found) bool {
	mode := c.set.ServeStale
	if mode == StaleNever || !found.Usable(c.x.Start, c.wants) {
		return false
	}
	why, ask := p.trouble(c, q, found)
	if why == "" && mode == StaleAlways && p.mayAnticipate(c, found) {
		why, ask = "always", true
	}
	if why == "" || c.wants.NoCache && ask {
		return false
	}
	if ask && !c.wants.OnlyIfCached {
		p.refresh(c, q)
	}
	if why != "hold" && why != "always" && why != "incident" {
		p.noteServed(c, q)
	}
	p.answerStored(c, found, exchange.Stale, why)
	return true
}

// trouble says why a kept answer should go out without waiting, in a word, and
// whether Notion should be asked behind the client's back. It is empty where
// there is no trouble.
func (p *Proxy) trouble(c *call, q cache.Question, found cache.Found) (why string, ask bool) {
	now, circuit := c.x.Start, c.circuit()
	health, goes, next := p.breakers.Health(circuit, now)
	switch {
	case p.limiter.Held(c.state.budget, c.match.Op.Name).Sub(now) > c.patience && p.sound(c, found):
		return "hold", false
	case !goes:
		return "breaker", false
	case now.Before(found.RetryAt) && found.Failed.After(p.breakers.Healed(circuit)):
		return "backoff", false
	case health == upstream.Down && now.Sub(next) < upstream.ProbeLimit: // it is time for a probe
		return "breaker", true
	case health == upstream.Slow && !c.wants.NoCache, p.late(q, now) && (p.freshEnough(c, found) || p.hangs(circuit, now)):
		return "slow", true
	case p.o.Incident() && p.mayAnticipate(c, found) && now.Sub(found.Born) < incidentAge:
		return "incident", true
	}
	return "", false
}

// hangs says whether a call that has not been answered for a while shows
// trouble, rather than a question that is hard to answer.
func (p *Proxy) hangs(c upstream.Circuit, now time.Time) bool {
	health, _, _ := p.breakers.Health(c, now)
	return health != upstream.Well || p.breakers.MostlyLate(c, now)
}

// sound says whether found may go out although Notion has not failed, only not
// been asked: no write may have overwritten it, and its links are good.
func (p *Proxy) sound(c *call, found cache.Found) bool {
	return !found.Suspect && found.LinksGood(c.x.Start)
}

// mayAnticipate says whether found may go out although Notion could be asked:
// the token must have been accepted of late, as for a fresh answer.
func (p *Proxy) mayAnticipate(c *call, found cache.Found) bool {
	return p.sound(c, found) && !c.wants.NoCache && !c.wants.OnlyIfCached && c.state.accepted(c.x.Start, c.set.AuthTTL)
}

// held says whether Notion asked for calls like c to wait, now or a moment
// ago: those that had to wait still queue.
func (p *Proxy) held(c *call) bool {
	return p.limiter.Held(c.state.budget, c.match.Op.Name).After(c.x.Start) ||
		p.breakers.Limited(c.circuit().Connection, time.Now())
}

// refresh asks Notion behind the client's back, after the jobs of others.
func (p *Proxy) refresh(c *call, q cache.Question) {
	f, shared := p.join(p.behindAsk(c, q), false)
	p.stepAside(f, shared)
}

func (p *Proxy) behindAsk(c *call, q cache.Question) *ask {
	a := p.newAsk(c, p.readHeader(c))
	a.question, a.storable, a.behind = q, true, true
	a.lane, a.caller, a.client, a.patience = limiter.Bulk, ourselves, ourselves, c.set.MaxWait
	return a
}

// timeLimit is how long a call may take. What somebody waits for is given up
// when, as learnt, it is hopeless; a probe so soon that the next can go.
func (p *Proxy) timeLimit(a *ask, try *upstream.Try) time.Duration {
	longest := p.settings.Load().Timeout
	switch {
	case try == nil || a.behind && !try.Probe():
		return longest
	case try.Probe():
		return min(longest, upstream.ProbeLimit)
	}
	return min(longest, p.timeouts.Limit(a.match.Op.Name, time.Now()))
}

// settleTry tells what a call showed of Notion's health.
func (p *Proxy) settleTry(a *ask, answer *upstream.Answer, try *upstream.Try, limit time.Duration) {
	now := time.Now()
	switch answer.Kind {
	case upstream.TimedOut:
		p.timeouts.Took(a.match.Op.Name, 2*limit, now)
	case upstream.OK:
		p.timeouts.Took(a.match.Op.Name, answer.Took, now)
	}
	if healed := try.Done(answer.Kind, now); healed {
		p.comeBack(a.circuit())
	}
	p.keepOutages()
}

// comeBack asks anew for what was served from the store while c was in trouble.
func (p *Proxy) comeBack(c upstream.Circuit) {
	if list := p.served.take(c); len(list) > 0 {
		go p.catchUp(list)
	}
}

// maxServed bounds what is remembered of an outage, and maxServedAsk the bytes of
// each read: a question can be a megabyte long.
const (
	maxServed    = 1000
	maxServedAsk = 8 << 10
)

// served are the reads that were answered from the store in trouble, to be
// asked again first when it is over.
type served struct {
	mu      sync.Mutex
	m       map[cache.Key]*servedRead
	watched map[upstream.Circuit]time.Time // when somebody was last served, of those that watch looks after
}

type servedRead struct {
	ask   *ask
	times int
	last  time.Time
}

// servedLife is how long a read is remembered after it was last served. Many fail
// once without an outage that would end.
const servedLife = time.Hour

// sweep forgets what nobody has asked for in a while.
func (s *served) sweep(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.m, func(_ cache.Key, r *servedRead) bool { return now.Sub(r.last) > servedLife })
}

// noteServed remembers that a stored answer stood in for Notion's.
func (p *Proxy) noteServed(c *call, q cache.Question) {
	p.served.mu.Lock()
	defer p.served.mu.Unlock()
	if p.served.m == nil {
		p.served.m = map[cache.Key]*servedRead{}
		p.served.watched = map[upstream.Circuit]time.Time{}
	}
	p.keepWatch(c.circuit())
	key := q.Flight()
	if r := p.served.m[key]; r != nil {
		r.times++
		r.last = c.x.Start
		return
	}
	if a := p.behindAsk(c, q); len(p.served.m) < maxServed && a.bytes() <= maxServedAsk {
		p.served.m[key] = &servedRead{ask: a, times: 1, last: c.x.Start}
	}
}

// bytes is how long the question is.
func (a *ask) bytes() int {
	n := len(a.body) + len(a.path) + len(a.query)
	for name, values := range a.header {
		n += len(name)
		for _, value := range values {
			n += len(value)
		}
	}
	return n
}

// keepWatch has somebody look after a breaker that is open. Call it locked.
func (p *Proxy) keepWatch(c upstream.Circuit) {
	now := time.Now()
	_, watched := p.served.watched[c]
	if !watched {
		if health, _, _ := p.breakers.Health(c, now); health != upstream.Down {
			return
		}
		go p.watch(c)
	}
	p.served.watched[c] = now
}

// take returns what was served in c's trouble, what is read most first.
func (s *served) take(c upstream.Circuit) []*ask {
	s.mu.Lock()
	defer s.mu.Unlock()
	var reads []*servedRead
	for key, r := range s.m {
		if r.ask.circuit() == c {
			reads = append(reads, r)
			delete(s.m, key)
		}
	}
	slices.SortFunc(reads, func(a, b *servedRead) int { return cmp.Compare(b.times, a.times) })
	asks := make([]*ask, len(reads))
	for i, r := range reads {
		asks[i] = r.ask
	}
	return asks
}

// catchUp asks again, one read after the other: Notion has only just come
// back.
func (p *Proxy) catchUp(asks []*ask) {
	for _, a := range asks {
		now := time.Now()
		if found, ok := p.store.Lookup(a.question, now); ok && found.Fresh(now, cache.NoWants()) {
			continue
		}
		f, shared := p.join(a, false)
		p.stepAside(f, shared)
		select {
		case <-f.done:
		case <-p.life.Done():
			return
		}
	}
}
