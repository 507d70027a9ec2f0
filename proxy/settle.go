package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/upstream"
)

// pendingFor is how long objects of an accepted but unfinished write are not
// stored, unless its task is seen to end before.
const pendingFor = 2 * time.Minute

// settle does what follows from an answer, before anybody gets it.
func (p *Proxy) settle(ctx context.Context, a *ask, r *result, ticket cache.Ticket, grant *limiter.Grant) {
	defer p.trace.End(p.trace.Stage(ctx, "settle"))
	defer p.store.Settle(p.flightLife()) // whatever the answer made untrue
	defer p.keepAccess(a.owner)
	answer := r.answer
	p.settleToken(a, r, grant)
	p.settleBudget(a, answer)
	if a.write {
		p.settleWrite(a, answer)
		return
	}
	switch {
	case answer.Kind == upstream.OK && a.storable && answer.Rest == nil:
		p.settleRead(a, r, ticket)
	case answer.Kind == upstream.Refused:
		p.settleRefusal(a, answer)
	case answer.Kind == upstream.OK && answer.Status == http.StatusOK && a.match.Op.Name == "async_tasks.retrieve":
		p.settleTask(a, answer)
	}
}

// settleRead stores an answer.
func (p *Proxy) settleRead(a *ask, r *result, ticket cache.Ticket) {
	s := &r.answer.Survey
	r.page = cache.NewPage(r.answer.Body, r.answer.Gzip, s)
	if a.match.Op.Name == "users.me" {
		p.learnMe(a.owner, r.answer.Plain)
	}
	p.tellSchema(a, r.answer, r.born)
	if a.noStore || p.settings.Load().Observe {
		return
	}
	named := a.ids()
	r.tags = notion.ReadTags(a.match, a.match.QueryIDs(a.query), s, p.parent)
	r.stored = p.store.Put(cache.Answer{
		Question: a.question, Op: a.match.Op, Ticket: ticket, Born: r.born, Page: r.page,
		Tags: r.tags, Edges: s.Parents, Named: named, Authorization: a.authorization(),
	})
}

func (a *ask) authorization() string { return a.header.Get("Authorization") }

func (a *ask) ids() []notion.ID {
	return append(a.match.PathIDs(), a.match.QueryIDs(a.query)...)
}

// settleToken learns from an answer whether Notion takes the token. Only what
// Notion itself says counts: the edge must not sign anybody out, or in.
func (p *Proxy) settleToken(a *ask, r *result, grant *limiter.Grant) {
	answer := r.answer
	if strings.HasPrefix(a.path, "/v1/oauth/") {
		return
	}
	switch {
	case answer.Kind == upstream.Refused && answer.Status == http.StatusUnauthorized:
		p.suspend(a)
	case answer.Kind == upstream.OK, answer.Kind == upstream.Refused,
		answer.Kind == upstream.Rejected && answer.Status == http.StatusConflict:
		grant.Accepted()
		p.accept(a, r.left)
	}
}

func (p *Proxy) accept(a *ask, left uint64) {
	p.limiter.Accept(a.state.budget)
	ask := p.tokens.accept(a.owner, left, time.Now())
	p.tellToken(a.owner)
	if tells := a.storable && a.match.Op.Name == "users.me"; ask && !tells {
		go p.introduce(a.owner, a.authorization(), a.state)
	}
}

// suspend stops the token's hits, and asks Notion whether it meant that.
func (p *Proxy) suspend(a *ask) {
	if !p.tokens.suspend(a.owner) {
		return
	}
	if a.match.Op.Name == "users.me" {
		p.refused(a.owner, a.state)
		return
	}
	go p.introduce(a.owner, a.authorization(), a.state)
}

func (p *Proxy) refused(o cache.Owner, s tokenState) {
	p.tokens.refuse(o, time.Now())
	p.o.Replicas.TellRefused(o)
	p.limiter.Reject(s.budget)
	p.store.DropOwner(o)
	p.forgetGone()
	p.store.Settle(p.flightLife())
	p.keepAccess(o)
}

// introduce asks Notion whose token it is: a call like any other, made behind
// the client's back.
func (p *Proxy) introduce(o cache.Owner, auth string, s tokenState) {
	set := p.settings.Load()
	a := &ask{
		match: notion.Classify(http.MethodGet, "/v1/users/me"), method: http.MethodGet, path: "/v1/users/me",
		header: http.Header{
			"Authorization": {auth}, "User-Agent": {"notionproxy/" + p.o.Version},
			"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}, "Notion-Version": {notion.Version20250903},
		},
		owner: o, state: s, lane: limiter.Default, caller: ourselves, client: ourselves, patience: set.MaxWait,
		storable: true, noStore: true, behind: true,
	}
	ctx, cancel := context.WithTimeout(p.trace.Apart(p.life, "introduce", nil), set.MaxWait+set.Timeout)
	defer cancel()
	defer p.trace.End(ctx)
	start := time.Now()
	r := p.forward(ctx, ctx, a, nil)
	p.recordOwn(a, r, start)
	switch {
	case r.answer == nil || r.answer.Kind != upstream.OK && r.answer.Kind != upstream.Refused:
		p.tokens.unknown(o)
	case r.answer.Status == http.StatusUnauthorized:
		p.refused(o, s)
	}
}

// learnMe reads from a users/me answer which connection a token is.
func (p *Proxy) learnMe(o cache.Owner, body []byte) {
	var me struct {
		ID  string `json:"id"`
		Bot struct {
			Workspace string `json:"workspace_id"`
		} `json:"bot"`
	}
	if json.Unmarshal(body, &me) != nil || me.ID == "" {
		return
	}
	s := p.tokens.identify(o, me.ID, me.Bot.Workspace)
	p.limiter.Identify(s.budget, s.bot, s.workspace)
	p.tellToken(o)
}

// settleBudget holds what a 429 or 529 names.
func (p *Proxy) settleBudget(a *ask, answer *upstream.Answer) {
	switch {
	case answer.Kind == upstream.Limited, answer.Kind == upstream.Overloaded:
	case answer.Status == http.StatusBadGateway:
		p.limiter.Pressure(a.state.budget, limiter.BadGateway)
		return
	default:
		return
	}
	retryAfter, _ := answer.Error.AdditionalData["retry_after"].(string)
	scope := limiter.ConnectionScope
	if answer.Kind == upstream.Limited {
		scope = limiter.ScopeOf(answer.Error.Reason())
	}
	p.limiter.Hold(limiter.Hold{
		Scope: scope, Connection: a.state.budget, Operation: a.match.Op.Name,
		RetryAfter: limiter.ParseRetryAfter(answer.Header.Get("Retry-After"), retryAfter, time.Now()),
	})
	if answer.Kind == upstream.Limited && scope == limiter.ConnectionScope {
		p.limiter.Pressure(a.state.budget, limiter.Overdrawn)
	}
}

// settleRefusal forgets what Notion says this token may not see.
func (p *Proxy) settleRefusal(a *ask, answer *upstream.Answer) {
	switch answer.Status {
	case http.StatusNotFound:
		p.dropNamed(a, "")
	case http.StatusForbidden:
		if capability := a.match.Op.Capability; capability != "" {
			p.dropNamed(a, capability)
		}
	}
}

// settleWrite drops what a write made stale, before the writer hears of it.
func (p *Proxy) settleWrite(a *ask, answer *upstream.Answer) {
	switch {
	case answer.Status/100 == 2 && answer.Kind != upstream.Edge: // even if its body broke: Notion has said that it is done
		p.wrote(a, answer)
	case answer.Kind.NotCarriedOut() || answer.Status >= 400 && answer.Status < 500:
		if answer.Kind == upstream.Refused && answer.Status == http.StatusNotFound {
			p.dropNamed(a, "")
		}
	default: // a page of the edge's too, whatever its status: applications repeat what looks failed to them
		p.store.Wrote(cache.Write{Owner: a.owner, Tags: p.touches(a, nil)}, time.Now())
	}
}

// parent is the object above id. Whoever asks is on the way to or from Notion,
// so that a moment more does not count.
func (p *Proxy) parent(id notion.ID) (notion.ID, bool) { return p.store.Parent(p.flightLife(), id) }

func (p *Proxy) touches(a *ask, answer []byte) []notion.Tag {
	return notion.Touches(a.match, a.match.QueryIDs(a.query), a.body, answer, p.parent)
}

func (p *Proxy) wrote(a *ask, answer *upstream.Answer) {
	now := time.Now()
	p.tellSchema(a, answer, now)
	w := cache.Write{Owner: a.owner, Tags: p.touches(a, answer.Plain), Certain: true}
	p.store.Wrote(w, now)
	if s, err := notion.Inspect(answer.Plain); err == nil {
		p.store.Learn(s.Parents)
	}
	if task, later := laterTask(a, answer); later {
		p.store.Accepted(w, task, now, now.Add(pendingFor))
	} else if told[a.match.Op.Name] {
		p.trust.wrote(p.tokens.bot(a.owner), p.written(a, answer), now)
	}
}

// laterTask says whether Notion goes on with a write after it has answered:
// a 202, or a page that is filled from a template. The task's name is empty
// where Notion gives none.
func laterTask(a *ask, answer *upstream.Answer) (task string, later bool) {
	if answer.Status == http.StatusAccepted {
		var t struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(answer.Plain, &t) // without a name it just takes its two minutes
		return t.ID, true
	}
	var body struct {
		Template json.RawMessage `json:"template"`
	}
	if !bytes.Contains(a.body, []byte(`"template"`)) || json.Unmarshal(a.body, &body) != nil || body.Template == nil {
		return "", false
	}
	return "", true
}

// settleTask notices that an accepted write has been carried out.
func (p *Proxy) settleTask(a *ask, answer *upstream.Answer) {
	var t struct {
		Status string `json:"status"`
	}
	if json.Unmarshal(answer.Plain, &t) == nil && (t.Status == "succeeded" || t.Status == "failed") {
		p.store.Finished(a.match.Param("task_id"), time.Now())
	}
}
