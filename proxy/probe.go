package proxy

import (
	"time"

	"notionproxy/upstream"
)

const (
	// probesFor is how long the proxy finds out by itself whether Notion is
	// back, after the last client was served from the store.
	probesFor = time.Hour

	probePause = time.Second // between two looks at a breaker, at least
)

// watch asks for the read of c that is read most whenever a probe may leave,
// until c is no longer down. If only clients' reads were probes, whoever comes
// first after a quiet hour would get an old answer, although Notion is well.
func (p *Proxy) watch(c upstream.Circuit) {
	for {
		_, _, next := p.breakers.Health(c, time.Now())
		t := time.NewTimer(max(time.Until(next), probePause))
		select {
		case <-t.C:
		case <-p.life.Done():
			t.Stop()
			return
		}
		health, goes, _ := p.breakers.Health(c, time.Now())
		a := p.served.mostRead(c, health == upstream.Down, time.Now())
		switch {
		case a == nil:
			return
		case !goes:
			continue
		case p.tokens.now(a.owner).suspended:
			p.served.forget(a)
			continue
		}
		f, shared := p.join(a, false)
		p.stepAside(f, a.lane, shared)
		<-f.done
	}
}

// mostRead is the read of c that was served most. It is nil, and the watch
// over c ended, when c is no longer down, or nobody was served for long.
func (s *served) mostRead(c upstream.Circuit, down bool, now time.Time) *ask {
	s.mu.Lock()
	defer s.mu.Unlock()
	var most *servedRead
	if down && now.Sub(s.watched[c]) < probesFor {
		for _, r := range s.m {
			if r.ask.circuit() == c && (most == nil || moreRead(r, most) < 0) {
				most = r
			}
		}
	}
	if most == nil {
		delete(s.watched, c)
		return nil
	}
	return most.ask
}

func (s *served) forget(a *ask) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(a.question.Flight())
}
