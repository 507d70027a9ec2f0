package proxy

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"notionproxy/cache"
	"notionproxy/upstream"
)

// comeBack asks anew for what was served from the store while c was in trouble.
// A breaker that falls and closes again meanwhile makes the list longer, and
// not two who go through one each.
func (p *Proxy) comeBack(c upstream.Circuit) {
	p.served.mu.Lock()
	defer p.served.mu.Unlock()
	list := p.served.take(c)
	before, under := p.served.back[c]
	if len(list) == 0 {
		return
	}
	if p.served.back == nil {
		p.served.back = map[upstream.Circuit][]*servedRead{}
	}
	p.served.back[c] = append(before, list...)
	if !under {
		go p.catchUp(c)
	}
}

// maxServed bounds what is remembered of an outage, and the others the bytes of
// each read and of all: a question can be a megabyte long.
const (
	maxServed      = 1000
	maxServedAsk   = 8 << 10
	maxServedBytes = 3 << 20
)

// served are the reads that were answered from the store in trouble, to be
// asked again first when it is over.
type served struct {
	mu      sync.Mutex
	m       map[cache.Key]*servedRead
	bytes   int                                // of the questions
	watched map[upstream.Circuit]time.Time     // when somebody was last served, of those that watch looks after
	back    map[upstream.Circuit][]*servedRead // what is still to be asked again, of those that have come back
}

type servedRead struct {
	ask   *ask
	bytes int // of the question
	times int // 0: nothing stood in for it, and it is only there to find out with
	last  time.Time
}

// servedLife is how long a read is remembered after it was last served. Many fail
// once without an outage that would end.
const servedLife = time.Hour

// sweep forgets what nobody has asked for in a while.
func (s *served) sweep(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, r := range s.m {
		if now.Sub(r.last) > servedLife {
			s.remove(key)
		}
	}
}

// noteServed remembers that a stored answer stood in for Notion's.
func (p *Proxy) noteServed(c *call, q cache.Question) {
	p.served.mu.Lock()
	defer p.served.mu.Unlock()
	p.keepWatch(c.circuit())
	if r := p.served.m[q.Flight()]; r != nil {
		r.times++
		r.last = c.x.Start
		return
	}
	p.served.add(&servedRead{ask: p.behindAsk(c, q), times: 1, last: c.x.Start})
}

// noteFailed remembers a read that failed with its breaker open, if nothing
// stood in for it. Somebody has to find out when Notion is back although nobody
// was served: else whoever asks first, however much later, gets an old answer.
func (p *Proxy) noteFailed(a *ask) {
	if health, _, _ := p.breakers.Health(a.circuit(), time.Now()); health != upstream.Down {
		return
	}
	p.served.mu.Lock()
	defer p.served.mu.Unlock()
	if p.served.m[a.question.Flight()] == nil {
		p.served.add(&servedRead{ask: p.behind(a), last: time.Now()})
	}
	p.keepWatch(a.circuit())
}

// add remembers r, if there is room. Call it locked.
func (s *served) add(r *servedRead) {
	if s.m == nil {
		s.m = map[cache.Key]*servedRead{}
	}
	s.remove(r.ask.question.Flight())
	r.bytes = r.ask.bytes()
	if len(s.m) < maxServed && r.bytes <= maxServedAsk && s.bytes+r.bytes <= maxServedBytes {
		s.m[r.ask.question.Flight()] = r
		s.bytes += r.bytes
	}
}

// remove forgets a read. Call it locked.
func (s *served) remove(key cache.Key) {
	if r := s.m[key]; r != nil {
		delete(s.m, key)
		s.bytes -= r.bytes
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
	if p.served.watched == nil {
		p.served.watched = map[upstream.Circuit]time.Time{}
	}
	p.served.watched[c] = now
}

// take returns what was served in c's trouble, what is read most first. Call it
// locked.
func (s *served) take(c upstream.Circuit) (reads []*servedRead) {
	for key, r := range s.m {
		if r.ask.circuit() != c {
			continue
		}
		s.remove(key)
		if r.times > 0 {
			reads = append(reads, r)
		}
	}
	slices.SortFunc(reads, moreRead)
	return reads
}

// moreRead orders reads, those that were served most first, and of these the
// one that was served last.
func moreRead(a, b *servedRead) int {
	return cmp.Or(cmp.Compare(b.times, a.times), b.last.Compare(a.last))
}

// catchUp asks again, one read after the other: Notion has only just come
// back.
func (p *Proxy) catchUp(c upstream.Circuit) {
	for r := p.nextBack(c, nil); r != nil; r = p.nextBack(c, r) {
		now := time.Now()
		if found, ok := p.store.Lookup(r.ask.question, now); ok && found.Fresh(now, cache.NoWants()) {
			continue
		}
		f, shared := p.join(r.ask, false)
		p.stepAside(f, r.ask.lane, shared)
		select {
		case <-f.done:
		case <-p.life.Done():
			return
		}
	}
}

// nextBack is the read of c to be asked again after the last one; nil when there
// is none. If Notion has gone away again, the rest is for the next time.
func (p *Proxy) nextBack(c upstream.Circuit, last *servedRead) *servedRead {
	p.served.mu.Lock()
	defer p.served.mu.Unlock()
	reads := p.served.back[c]
	if health, _, _ := p.breakers.Health(c, time.Now()); health == upstream.Down && last != nil {
		p.putBack(c, append(reads, last))
		reads = nil
	}
	if len(reads) == 0 {
		delete(p.served.back, c)
		return nil
	}
	p.served.back[c] = reads[1:]
	return reads[0]
}

// putBack remembers again what c's relapse has left unasked. Call it locked.
func (p *Proxy) putBack(c upstream.Circuit, reads []*servedRead) {
	for _, r := range reads {
		if have := p.served.m[r.ask.question.Flight()]; have != nil {
			have.times += r.times
			continue
		}
		p.served.add(r)
	}
	p.keepWatch(c)
}
