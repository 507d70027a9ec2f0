package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"notionproxy/config"
	"notionproxy/triage"
	"notionproxy/triage/page"
)

const (
	reportTimeout   = 5 * time.Second
	probeTimeout    = 15 * time.Second // probes take up to ten seconds
	maxReportBytes  = 16 << 20
	reportUserAgent = "notionproxy-triage"
)

// errNoProxy is that nobody listens where a proxy should.
var errNoProxy = errors.New("no proxy runs there")

// A reportClient asks a running proxy for its report.
type reportClient struct {
	base      string // scheme and host
	token     string // of the admin listener; may be empty
	transport *http.Transport
}

// newReportClient asks at address, or the proxy with the settings cfg: where
// others reach its listener for clients, the other one has all of the report.
func newReportClient(cfg config.Config, address string) (*reportClient, error) {
	switch {
	case address == "" && !cfg.IsLoopback() && cfg.Admin.Listen != "":
		token, err := adminToken(cfg.Admin)
		return &reportClient{"http://" + healthAddress(cfg.Admin.Listen), token, &http.Transport{}}, err
	case address == "":
		transport, scheme, err := healthTransport(cfg.TLS)
		return &reportClient{scheme + "://" + healthAddress(cfg.Listen), "", transport}, err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usageError{fmt.Errorf("--url is %.200q; want http://host:port or https://host", address)}
	}
	base := u.Scheme + "://" + u.Host + strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/triage")
	return &reportClient{base, "", &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}}, nil
}

func (c *reportClient) close() { c.transport.CloseIdleConnections() }

// report asks for the report. Where probing is wanted, or the name of a
// connection is and none is known, the proxy looks at Notion first.
func (c *reportClient) report(ctx context.Context, probe, named bool) (triage.Report, error) {
	r, err := c.current(ctx)
	isNameless := named && r.Classification == triage.OK && page.BotOf(r) == ""
	if err != nil || !probe && !isNameless {
		return r, err
	}
	if err := c.probe(ctx); err != nil && probe {
		return r, err
	}
	return c.current(ctx)
}

func (c *reportClient) current(ctx context.Context) (triage.Report, error) {
	var r triage.Report
	status, err := c.ask(ctx, http.MethodGet, "/triage", reportTimeout, &r)
	switch {
	case err != nil:
		return r, err
	case status != http.StatusOK || r.At.IsZero():
		return r, fmt.Errorf("asking for a report: %s does not answer like a notionproxy (%d)", c.base, status)
	}
	return r, nil
}

// probe has the proxy look at Notion. That it did so a moment ago is as good.
func (c *reportClient) probe(ctx context.Context) error {
	status, err := c.ask(ctx, http.MethodPost, "/triage/probes", probeTimeout, &triage.ProbeRun{})
	if err == nil && status != http.StatusOK && status != http.StatusTooManyRequests {
		err = fmt.Errorf("asking for probes: %s answered %d", c.base, status)
	}
	return err
}

// ask makes a request and reads an answer of status 200 into v.
func (c *reportClient) ask(ctx context.Context, method, path string, limit time.Duration, v any) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("asking for a report: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", reportUserAgent)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.transport.RoundTrip(req)
	var failed *net.OpError
	switch {
	case errors.As(err, &failed) && failed.Op == "dial":
		return 0, fmt.Errorf("asking for a report: %w: %w", errNoProxy, err)
	case err != nil:
		return 0, fmt.Errorf("asking for a report: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return answer.StatusCode, nil
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxReportBytes)).Decode(v); err != nil {
		return answer.StatusCode, fmt.Errorf("reading the report of %s: %w", c.base, err)
	}
	return answer.StatusCode, nil
}
