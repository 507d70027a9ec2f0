package proxy

import (
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
	p.stepAside(f, limiter.Bulk, shared)
}

func (p *Proxy) behindAsk(c *call, q cache.Question) *ask {
	a := p.newAsk(c, p.readHeader(c))
	a.question, a.storable = q, true
	return p.behind(a)
}

// behind is a as the proxy asks it by itself, when nobody waits for it.
func (p *Proxy) behind(a *ask) *ask {
	b := *a
	b.behind = true
	b.lane, b.caller, b.client, b.patience = limiter.Bulk, ourselves, ourselves, p.settings.Load().MaxWait
	return &b
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
	healed := try.Done(answer.Kind, now)
	switch {
	case healed:
		p.comeBack(a.circuit())
	case answer.Kind.Failure() && !a.noStore && !(a.behind && try.Probe()):
		p.noteFailed(a)
	}
	p.keepOutages()
}
