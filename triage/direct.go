package triage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"net/http"
	"net/url"
	"time"

	"notionproxy/notion"
	"notionproxy/statuspage"
	"notionproxy/upstream"
)

// A Direct looks at Notion without a proxy in between, for a command that finds
// none running.
type Direct struct {
	URL        *url.URL // Notion's base; required
	Token      string   // empty: users/me is not asked
	Database   string   // an id; of it, or of DataSource, one row is queried
	DataSource string
	StatusURL  string // summary.json of Notion's status page; empty: it is not read

	Roots                *x509.CertPool // what to trust as Notion; nil means the system's
	ProxyFromEnvironment bool           // HTTPS_PROXY and its like are obeyed
}

// Report probes Notion and judges what that brought. It takes less than ten
// seconds.
func (d Direct) Report(ctx context.Context) Report {
	client := upstream.New(upstream.Options{URL: d.URL, Roots: d.Roots, ProxyFromEnvironment: d.ProxyFromEnvironment})
	defer client.Close()
	page := statuspage.New(statuspage.Options{URL: d.StatusURL})
	run := d.prober(client, page).Run(ctx)
	now := time.Now()
	t := Triage{watch: newWatch(now), schemas: newSchemas(nil)}
	if d.StatusURL != "" {
		t.o.Page = page.Reading
	}
	t.probes = &run
	r := t.makeReport(now)
	for _, p := range run.Probes {
		if p.Name == ProbeToken && !p.Skipped {
			r.AuthStatus, r.AuthStatusAt, r.LatencyMS, r.LatencyAt = p.authStatus(), run.At, p.TookMS, run.At
		}
	}
	return r
}

// authStatus is what the runbook's function calls so.
func (p Probe) authStatus() string {
	switch {
	case p.OK:
		return "authenticated"
	case p.Status == 0:
		return "network-error"
	}
	return codeAndStatus(p.Code, p.Status)
}

func (d Direct) prober(client *upstream.Client, page *statuspage.Watcher) Prober {
	p := Prober{Notion: d.URL, Roots: d.Roots}
	if d.ProxyFromEnvironment {
		p.Proxy, _ = http.ProxyFromEnvironment(&http.Request{URL: d.URL}) // what is no URL leads nowhere for calls either
	}
	if d.StatusURL != "" {
		p.Status = func(ctx context.Context) (string, error) {
			r := page.Read(ctx)
			if r.Err != nil {
				return "", r.Err
			}
			return r.Page.Description, nil
		}
	}
	if d.Token == "" {
		return p
	}
	p.Me = func(ctx context.Context) []Probe {
		return []Probe{TokenProbe(d.ask(ctx, client, http.MethodGet, "/v1/users/me", "", notion.Version20250903))}
	}
	const row = `{"page_size":1}`
	switch {
	case d.DataSource != "":
		p.Query = func(ctx context.Context) Probe {
			return QueryProbe(d.ask(ctx, client, http.MethodPost, "/v1/data_sources/"+url.PathEscape(d.DataSource)+"/query", row, notion.Version20250903))
		}
	case d.Database != "":
		p.Query = func(ctx context.Context) Probe {
			return QueryProbe(d.ask(ctx, client, http.MethodPost, "/v1/databases/"+url.PathEscape(d.Database)+"/query", row, notion.Version20220628))
		}
	}
	return p
}

func (d Direct) ask(ctx context.Context, client *upstream.Client, method, path, body, version string) Asked {
	auth := "Bearer " + d.Token
	digest := sha256.Sum256([]byte(auth))
	h := http.Header{"Authorization": {auth}, "Notion-Version": {version}, "Accept": {"application/json"}, "User-Agent": {"notionproxy"}}
	if body != "" {
		h.Set("Content-Type", "application/json")
	}
	a := client.Fetch(ctx, &upstream.Request{
		Method: method, Path: path, Header: h, Body: bytes.NewReader([]byte(body)), Length: int64(len(body)), Token: digest,
	}, upstream.Unpacked)
	if a.Rest != nil {
		a.Rest.Close()
	}
	asked := Asked{Status: a.Status, Code: a.Error.Code, Kind: string(a.Kind), Took: a.Took, Connection: hex.EncodeToString(digest[:4])}
	if a.Kind == upstream.OK {
		asked.Body = a.Plain
	}
	return asked
}
