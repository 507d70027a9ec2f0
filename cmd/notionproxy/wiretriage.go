package main

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"notionproxy/cache"
	"notionproxy/config"
	"notionproxy/ledger"
	"notionproxy/proxy"
	"notionproxy/statuspage"
	"notionproxy/triage"
)

// probedTokens is how many of the tokens used last a probe asks with.
const probedTokens = 5

// watched is what triage reads beside finished requests. The proxy is made
// after it and put in then, before anything runs.
type watched struct {
	cfg    config.Config
	books  *ledger.Ledger
	status *statuspage.Watcher
	proxy  *proxy.Proxy
}

// newTriage makes the triage that watches w, and tells of incidents.
func newTriage(w *watched, d deps, base *url.URL, tell func(triage.Notice)) (*triage.Triage, error) {
	o := triage.Options{
		Spent:       w.books.Report,
		Budget:      w.budget,
		Stored:      w.stored,
		Mode:        func() string { return w.proxy.StaleMode().String() },
		TokenLent:   w.cfg.LendsToken(),
		TokenFile:   w.cfg.Notion.TokenFile != "",
		Prober:      w.prober(d, base),
		FetchSchema: w.fetchSchema,
		Expect:      w.cfg.Schema.Expect,
		Dir:         w.cfg.DataDir,
		Notify:      tell,
		Warn:        func(sentence string) { d.log.Warn(sentence) },
	}
	if w.cfg.StatusPage.URL != "" {
		o.Page = w.status.Reading
	}
	return triage.New(o)
}

func (w *watched) budget(connection string) triage.Budget {
	b, ok := w.proxy.BudgetOf(connection)
	if !ok {
		return triage.Budget{}
	}
	return triage.Budget{Limit: b.Quota, Held: b.HeldUntil}
}

func (w *watched) stored() triage.Stored {
	stats := w.proxy.Stored()
	s := triage.Stored{Entries: stats.Entries, Bytes: stats.Bytes}
	bands := cache.AgeBands()
	for i, n := range w.proxy.Ages() {
		band := triage.AgeBand{Entries: n}
		if i < len(bands) {
			band.UpToS = bands[i].Seconds()
		}
		s.Ages = append(s.Ages, band)
	}
	return s
}

func (w *watched) fetchSchema(ctx context.Context, ref triage.SchemaRef) int {
	return w.proxy.FetchSchema(ctx, ref.Connection, ref.ID, ref.Database, ref.Version)
}

// schema hands an answer with a schema to t.
func schemaTo(t *triage.Triage) func(connection, version string, body []byte, at time.Time) {
	return func(connection, version string, body []byte, at time.Time) {
		t.Schema(triage.SchemaAnswer{Connection: connection, Version: version, Body: body, At: at})
	}
}

// prober looks at Notion the way that calls go.
func (w *watched) prober(d deps, base *url.URL) triage.Prober {
	p := triage.Prober{Notion: base, Roots: d.roots, Me: w.me}
	if w.cfg.Notion.UseProxyEnvironment {
		p.Proxy, _ = http.ProxyFromEnvironment(&http.Request{URL: base}) // what is no URL leads nowhere for calls either
	}
	if w.cfg.StatusPage.URL != "" {
		p.Status = w.readPage
	}
	if w.cfg.Triage != (config.Triage{}) {
		p.Query = w.query
	}
	return p
}

func (w *watched) me(ctx context.Context) []triage.Probe {
	var probes []triage.Probe
	for _, a := range w.proxy.AskMe(ctx, probedTokens) {
		probes = append(probes, triage.TokenProbe(triage.Asked(a)))
	}
	return probes
}

func (w *watched) query(ctx context.Context) triage.Probe {
	if id := w.cfg.Triage.TestDataSource; id != "" {
		return triage.QueryProbe(triage.Asked(w.proxy.QueryRow(ctx, id, false)))
	}
	return triage.QueryProbe(triage.Asked(w.proxy.QueryRow(ctx, w.cfg.Triage.TestDatabase, true)))
}

func (w *watched) readPage(ctx context.Context) (string, error) {
	r := w.status.Read(ctx)
	if r.Err != nil {
		return "", r.Err
	}
	return r.Page.Description, nil
}
