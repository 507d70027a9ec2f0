package proxy

import (
	"context"
	"time"

	"notionproxy/cache"
	"notionproxy/notion"
	"notionproxy/upstream"
)

// Replicas are the other proxies with which this one acts as one. What goes
// wrong between them is never a client's matter. No method but those with a
// context waits, and these not for long.
type Replicas interface {
	// Current says whether writes that went through other replicas would be
	// known here by now. While they would not, nothing stored is fresh.
	Current() bool

	// Claim makes this replica the one that asks Notion a question, until
	// release. If another is at it already, it waits until that has stored the
	// answer, or given up, and says so.
	Claim(ctx context.Context, question cache.Key) (release func(), first bool)

	// Token is what another replica knows of a token: how long ago Notion took
	// it, and whose it is, as far as is known.
	Token(ctx context.Context, o cache.Owner, within time.Duration) (t KnownToken, ok bool)

	// TellToken tells that Notion has just taken a token. It counts for that
	// long.
	TellToken(o cache.Owner, bot, workspace string, within time.Duration)

	// TellRefused tells that Notion has refused a token for certain.
	TellRefused(o cache.Owner)

	// TellBreaker tells that Notion is down for a family of a connection's
	// calls, still down, or back.
	TellBreaker(connection, family string, down bool)
}

// KnownToken is what one replica knows of a token and another does not.
type KnownToken = struct {
	Bot, Workspace string
	Accepted       time.Duration // ago
}

// Hear applies what another replica found untrue, or open to doubt.
func (p *Proxy) Hear(d cache.Drop) {
	p.store.Hear(d)
	if d.Changed.IsZero() {
		return
	}
	ids := make([]notion.ID, len(d.Tags))
	for i, tag := range d.Tags {
		ids[i] = tag.ID
	}
	p.trust.heard(ids)
}

// HearRefused applies that Notion refuses a token, as another replica found
// out, and has it outlive this process.
func (p *Proxy) HearRefused(o cache.Owner) {
	p.tokens.refuse(o, time.Now())
	p.limiter.Reject(p.tokens.now(o).budget)
	p.keepAccess(o)
}

// HearBreaker applies that Notion is down, or back, as another replica found
// out.
func (p *Proxy) HearBreaker(connection, family string, down bool) {
	c := upstream.Circuit{Connection: connection, Family: family}
	if healed := p.breakers.Heed(c, down, time.Now()); healed {
		p.comeBack(c)
	}
	p.outages.turned.Store(true)
	p.keepOutages()
}

// alone is a proxy without others.
type alone struct{}

func (alone) Current() bool                                             { return true }
func (alone) Claim(context.Context, cache.Key) (release func(), f bool) { return func() {}, true }
func (alone) TellToken(cache.Owner, string, string, time.Duration)      {}
func (alone) TellRefused(cache.Owner)                                   {}
func (alone) TellBreaker(connection, family string, down bool)          {}
func (alone) Token(context.Context, cache.Owner, time.Duration) (t KnownToken, ok bool) {
	return t, false
}

// fresh says whether found may go out without asking Notion: it is young
// enough, and writes that went through other replicas would be known here.
func (p *Proxy) fresh(c *call, found cache.Found, now time.Time) bool {
	return found.Fresh(now, c.wants) && p.o.Replicas.Current()
}

// knowToken asks the others about a token that Notion has not taken here of
// late.
func (p *Proxy) knowToken(c *call) {
	if c.state.suspended || c.state.accepted(c.x.Start, c.set.AuthTTL) {
		return
	}
	t, ok := p.o.Replicas.Token(c.r.Context(), c.owner, c.set.AuthTTL)
	if !ok || !p.tokens.learn(c.owner, t, c.state.refusal, time.Now()) {
		return
	}
	c.state = p.tokens.now(c.owner)
	if t.Bot != "" {
		p.limiter.Identify(c.state.budget, t.Bot, t.Workspace)
	}
	p.limiter.Accept(c.state.budget)
}

// tellToken tells the others that Notion takes a token, now and then.
func (p *Proxy) tellToken(o cache.Owner) {
	ttl, now := p.settings.Load().AuthTTL, time.Now()
	s, tell := p.tokens.tells(o, ttl/4, now)
	if tell && s.accepted(now, ttl) {
		p.o.Replicas.TellToken(o, s.bot, s.workspace, ttl)
	}
}

// askOrWait asks Notion, unless another replica is asking the same: then it waits
// for what that one stores.
func (p *Proxy) askOrWait(ctx context.Context, f *flight, a *ask) *result {
	if f.alone {
		return p.forward(ctx, ctx, a, f)
	}
	release, first := p.o.Replicas.Claim(ctx, a.question.Flight())
	defer release()
	if !first {
		now := time.Now()
		p.store.Recall(ctx, a.question, a.authorization(), now)
		if found, ok := p.store.Lookup(a.question, now); ok && found.Fresh(now, cache.NoWants()) && p.o.Replicas.Current() {
			return &result{elsewhere: &found}
		}
	}
	return p.forward(ctx, ctx, a, f)
}
