package proxy

import (
	"context"
	"net/http"
	"sync"
	"time"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/upstream"
)

// An Asked is what a call brought that the proxy made for somebody who looks
// after it.
type Asked struct {
	Status int    // 0 when there was no answer
	Code   string // Notion's error code
	Kind   string // the outcome as upstream names it; "" where no call left
	Why    string // why no call left
	Took   time.Duration
	Body   []byte // of a good answer

	Connection string // digest of the token, as logs show it
	LastUsed   time.Time
}

// askPatience is how long such a call waits for the budget.
const askPatience = 5 * time.Second

// AskMe asks users/me with each of the n tokens used last, all at once. These
// are calls like any other: they cost budget and are recorded.
func (p *Proxy) AskMe(ctx context.Context, n int) []Asked {
	tokens := p.recent.latest(n)
	list := make([]Asked, len(tokens))
	var all sync.WaitGroup
	for i, t := range tokens {
		all.Go(func() { list[i] = p.askFor(ctx, t, http.MethodGet, "/v1/users/me", nil, notion.Version20250903) })
	}
	all.Wait()
	return list
}

// QueryRow queries one row, of a data source or of a database as versions
// before 2025-09-03 have it, with the token used last. Like AskMe it is a call
// like any other.
func (p *Proxy) QueryRow(ctx context.Context, id string, database bool) Asked {
	t, ok := p.recent.of("")
	if !ok {
		return Asked{Why: "no token has been used yet that Notion takes"}
	}
	path, version := "/v1/data_sources/"+id+"/query", notion.Version20250903
	if database {
		path, version = "/v1/databases/"+id+"/query", notion.Version20220628
	}
	return p.askFor(ctx, t, http.MethodPost, path, []byte(`{"page_size":1}`), version)
}

// askFor makes one call, which is not repeated, and looks into no store.
func (p *Proxy) askFor(ctx context.Context, t recentToken, method, path string, body []byte, version string) Asked {
	a := p.ownAsk(t, method, path, version)
	a.body, a.single = body, true
	if body != nil {
		a.header.Set("Content-Type", "application/json")
	}
	start := time.Now()
	r := p.forward(ctx, ctx, a, nil)
	p.recordOwn(a, r, start)
	asked := Asked{Connection: t.label, LastUsed: t.used, Took: time.Since(start)}
	if r.answer == nil {
		asked.Why = r.refusal.Error()
		return asked
	}
	asked.Status, asked.Code, asked.Kind, asked.Took = r.answer.Status, r.answer.Error.Code, string(r.answer.Kind), r.took
	if r.answer.Rest != nil {
		r.answer.Rest.Close()
	} else if r.answer.Kind == upstream.OK {
		asked.Body = r.answer.Plain
	}
	return asked
}

func (p *Proxy) ownAsk(t recentToken, method, path, version string) *ask {
	return &ask{
		match: notion.Classify(method, path), method: method, path: path,
		header: http.Header{
			"Authorization": {t.auth}, "User-Agent": {"notionproxy/" + p.o.Version},
			"Accept": {"application/json"}, "Notion-Version": {version},
		},
		owner: t.owner, state: p.tokens.now(t.owner), lane: limiter.Interactive,
		caller: ourselves, client: ourselves, patience: askPatience,
	}
}

// FetchSchema has the schema of a data source, or of a database under a
// version before 2025-09-03, read anew: with the connection's token, or with
// the one used last where connection is empty, and under that version, or one
// that fits where it is empty. The answer is stored as for a client, and goes
// to Options.Schema. It returns Notion's status, 0 where there was no answer.
func (p *Proxy) FetchSchema(ctx context.Context, connection, id string, database bool, version string) int {
	t, ok := p.recent.of(connection)
	if !ok {
		return 0
	}
	path, fits := "/v1/data_sources/"+id, notion.Version20250903
	if database {
		path, fits = "/v1/databases/"+id, notion.Version20220628
	}
	if version == "" {
		version = fits
	}
	a := p.ownAsk(t, http.MethodGet, path, version)
	a.header.Set("Accept-Encoding", "gzip")
	a.question, ok = cache.Ask(t.owner, a.match, "", a.header, nil)
	if !ok {
		return 0
	}
	a.storable, a.behind = true, true
	f, shared := p.join(a, true)
	p.stepAside(f, a.lane, shared)
	select {
	case <-f.done:
	case <-ctx.Done():
		return 0
	}
	if f.result.answer == nil {
		return 0
	}
	return f.result.answer.Status
}

// tellSchema hands on an answer that holds a schema.
func (p *Proxy) tellSchema(a *ask, answer *upstream.Answer, at time.Time) {
	switch a.match.Op.Name {
	case "databases.retrieve", "databases.create", "databases.update",
		"data_sources.retrieve", "data_sources.create", "data_sources.update":
		p.o.Schema(a.state.label(), a.header.Get("Notion-Version"), answer.Plain, at)
	}
}

// BudgetOf is what the connection with that digest may spend; ok is false where
// it is not among those used last.
func (p *Proxy) BudgetOf(connection string) (b limiter.Budget, ok bool) {
	t, ok := p.recent.of(connection)
	if !ok || connection == "" {
		return limiter.Budget{}, false
	}
	return p.limiter.Budget(p.tokens.now(t.owner).budget), true
}

var staleModes = [...]string{"auto", "always", "never"}

// String is the mode's word in settings and on pages.
func (m StaleMode) String() string { return staleModes[m] }

// StaleMode is when answers past their time are served, as it stands.
func (p *Proxy) StaleMode() StaleMode { return p.settings.Load().ServeStale }

// Ages counts what is stored by age; see cache.AgeBands.
func (p *Proxy) Ages() []int64 { return p.store.Ages() }
