package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"notionproxy/config"
	"notionproxy/notion"
	"notionproxy/statuspage"
	"notionproxy/triage"
	"notionproxy/upstream"
)

// The variables that name what to query, as the well-known scripts have them.
const (
	testDatabase   = "NOTION_TEST_DATABASE_ID"
	testDataSource = "NOTION_TEST_DATA_SOURCE_ID"
)

// lookAlone looks at Notion without a proxy, once, and says what it saw.
func lookAlone(ctx context.Context, p *program, cfg config.Config) (triage.Report, error) {
	open, err := openFiles(cfg)
	if err != nil {
		return triage.Report{}, err
	}
	base, err := url.Parse(cfg.Notion.URL)
	if err != nil {
		return triage.Report{}, err // settings are checked before, so that this never happens
	}
	l := &look{base: base, token: secretFrom(open.token, cfg.Notion.Token)(), client: upstream.New(upstream.Options{
		URL: base, Roots: open.roots, ProxyFromEnvironment: cfg.Notion.UseProxyEnvironment,
	})}
	defer l.client.Close()
	o := triage.Options{Prober: triage.Prober{Notion: base, Roots: open.roots, Proxy: outgoingProxy(cfg, base)}}
	if l.token != "" {
		o.Prober.Me = l.me
		if id, path, version := l.question(p); id != "" {
			o.Prober.Query = func(ctx context.Context) triage.Probe { return l.query(ctx, path, version) }
		}
	}
	if cfg.StatusPage.URL != "" {
		status := statuspage.New(statuspage.Options{URL: cfg.StatusPage.URL, Components: cfg.StatusPage.Components})
		o.Page = status.Reading
		o.Prober.Status = func(ctx context.Context) (string, error) { return readStatus(ctx, status) }
	}
	return l.look(ctx, o)
}

// outgoingProxy is the proxy through which Notion is reached; nil where there
// is none.
func outgoingProxy(cfg config.Config, notion *url.URL) *url.URL {
	if !cfg.Notion.UseProxyEnvironment {
		return nil
	}
	proxy, _ := http.ProxyFromEnvironment(&http.Request{URL: notion}) // a bad one shows in every call
	return proxy
}

// readStatus is what Notion says about itself now.
func readStatus(ctx context.Context, status *statuspage.Watcher) (string, error) {
	r := status.Read(ctx)
	if r.Err != nil || r.Page == nil {
		return "", r.Err
	}
	return r.Page.Description, nil
}

// look is one look at Notion with one token.
type look struct {
	base   *url.URL
	token  string
	client *upstream.Client
}

func (l *look) look(ctx context.Context, o triage.Options) (triage.Report, error) {
	t, err := triage.New(o)
	if err != nil {
		return triage.Report{}, err
	}
	if _, err := t.Probe(ctx); err != nil {
		return triage.Report{}, fmt.Errorf("looking at Notion: %w", err)
	}
	r := t.Report(time.Now())
	learn(&r)
	return r, nil
}

// learn fills in what a running proxy knows from its traffic: here it is what
// the probe of the token saw.
func learn(r *triage.Report) {
	for _, p := range r.Evidence.Probes.Probes {
		if p.Name != triage.ProbeToken || p.Skipped {
			continue
		}
		r.AuthStatus, r.AuthStatusAt = authStatus(p), r.Evidence.Probes.At
		r.LatencyMS, r.LatencyAt = float64(int64(p.TookMS)), r.Evidence.Probes.At
	}
}

// authStatus is what the well-known function returns by that name.
func authStatus(p triage.Probe) string {
	switch {
	case p.OK:
		return "authenticated"
	case p.Status == 0:
		return "network-error"
	case p.Code != "":
		return fmt.Sprintf("%s (HTTP %d)", p.Code, p.Status)
	}
	return fmt.Sprintf("HTTP %d", p.Status)
}

// question is what to query for a row; id is empty where nothing is set.
func (l *look) question(p *program) (id, path, version string) {
	if id = p.variable(testDataSource); id != "" {
		return id, "/v1/data_sources/" + url.PathEscape(id) + "/query", notion.Version20250903
	}
	id = p.variable(testDatabase)
	return id, "/v1/databases/" + url.PathEscape(id) + "/query", notion.Version20220628
}

func (l *look) me(ctx context.Context) []triage.Probe {
	return []triage.Probe{triage.TokenProbe(l.ask(ctx, http.MethodGet, "/v1/users/me", notion.Version20250903, nil))}
}

func (l *look) query(ctx context.Context, path, version string) triage.Probe {
	return triage.QueryProbe(l.ask(ctx, http.MethodPost, path, version, []byte(`{"page_size":1}`)))
}

// ask makes one call.
func (l *look) ask(ctx context.Context, method, path, version string, body []byte) triage.Asked {
	auth := "Bearer " + l.token
	digest := sha256.Sum256([]byte(auth))
	r := &upstream.Request{
		Method: method, Path: path, Token: digest, Length: int64(len(body)),
		Header: http.Header{
			"Authorization": {auth}, "Notion-Version": {version}, "Accept": {"application/json"},
			"User-Agent": {"notionproxy/" + buildVersion()},
		},
	}
	if body != nil {
		r.Body = bytes.NewReader(body)
		r.Header.Set("Content-Type", "application/json")
	}
	a := l.client.Fetch(ctx, r, upstream.Unpacked)
	if a.Rest != nil {
		a.Rest.Close()
	}
	return triage.Asked{
		Status: a.Status, Code: a.Error.Code, Kind: string(a.Kind), Took: a.Took, Body: a.Plain,
		Connection: hex.EncodeToString(digest[:4]), LastUsed: time.Now(),
	}
}
