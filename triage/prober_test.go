package triage

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

func probeNamed(run ProbeRun, name string) Probe {
	for _, p := range run.Probes {
		if p.Name == name {
			return p
		}
	}
	return Probe{}
}

func TestProber_allAtOnceInLessThanTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context) { <-ctx.Done() }
		p := Prober{
			Notion:  &url.URL{Scheme: "https", Host: "api.notion.com"},
			Resolve: func(ctx context.Context, _ string) ([]string, error) { hang(ctx); return nil, ctx.Err() },
			Dial:    func(ctx context.Context, _, _ string) (net.Conn, error) { hang(ctx); return nil, ctx.Err() },
			Me:      func(ctx context.Context) []Probe { hang(ctx); return []Probe{{Name: ProbeToken}} },
			Query:   func(ctx context.Context) Probe { hang(ctx); return Probe{Name: ProbeQuery} },
			Status:  func(ctx context.Context) (string, error) { hang(ctx); return "", ctx.Err() },
		}
		start := time.Now()
		run := p.Run(t.Context())
		assert.Less(t, time.Since(start), 10*time.Second)
		require.Len(t, run.Probes, 6)
		for _, probe := range run.Probes {
			assert.False(t, probe.OK, probe.Name)
		}
		assert.Equal(t, "api.notion.com is not found (no answer in time).", probeNamed(run, ProbeDNS).Detail)
	})
}

func TestProber_saysWhatItSaw(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	base, err := url.Parse(server.URL)
	require.NoError(t, err)
	p := Prober{Notion: base}
	run := p.Run(t.Context())
	assert.True(t, probeNamed(run, ProbeTCP).OK)
	assert.False(t, probeNamed(run, ProbeTLS).OK, "nobody signed that")
	assert.Contains(t, probeNamed(run, ProbeTLS).Detail, "certificate signed by unknown authority")
	p.Roots = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	run = p.Run(t.Context())
	assert.True(t, probeNamed(run, ProbeTLS).OK, probeNamed(run, ProbeTLS).Detail)
	assert.True(t, probeNamed(run, ProbeStatus).Skipped)
	assert.True(t, probeNamed(run, ProbeQuery).Skipped)

	p.Resolve = func(context.Context, string) ([]string, error) { return nil, &net.DNSError{Err: "no such host"} }
	p.Status = func(context.Context) (string, error) {
		return "", errors.New("asking the status page: it answered 502")
	}
	server.Close()
	run = p.Run(t.Context())
	assert.Equal(t, "127.0.0.1 is not found (no such host).", probeNamed(run, ProbeDNS).Detail)
	assert.Contains(t, probeNamed(run, ProbeTCP).Detail, "connection refused")
	assert.Contains(t, probeNamed(run, ProbeStatus).Detail, "it answered 502")
}

func TestProber_looksAtTheProxyOnTheWay(t *testing.T) {
	var resolved, dialled string
	p := Prober{
		Notion: &url.URL{Scheme: "https", Host: "api.notion.com"}, Proxy: &url.URL{Scheme: "http", Host: "proxy.corp:3128"},
		Resolve: func(_ context.Context, host string) ([]string, error) {
			resolved = host
			return []string{"10.0.0.1"}, nil
		},
		Dial: func(_ context.Context, _, addr string) (net.Conn, error) {
			dialled = addr
			a, _ := net.Pipe()
			return a, nil
		},
	}
	run := p.Run(t.Context())
	assert.Equal(t, "proxy.corp", resolved)
	assert.Equal(t, "proxy.corp:3128", dialled)
	assert.True(t, probeNamed(run, ProbeTLS).Skipped)
}

func TestProbe_onceInTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		tr, err := New(Options{Prober: Prober{
			Notion:  &url.URL{Scheme: "http", Host: "api.notion.com"},
			Resolve: func(context.Context, string) ([]string, error) { runs++; return nil, nil },
			Dial:    func(context.Context, string, string) (net.Conn, error) { a, _ := net.Pipe(); return a, nil },
		}})
		require.NoError(t, err)
		first, err := tr.Probe(t.Context())
		require.NoError(t, err)
		again, err := tr.Probe(t.Context())
		assert.ErrorIs(t, err, ErrProbedJustNow)
		assert.Equal(t, first, again)
		assert.Equal(t, 1, runs)
		time.Sleep(10 * time.Second)
		_, err = tr.Probe(t.Context())
		assert.NoError(t, err)
		assert.NotNil(t, tr.Report(time.Now()).Evidence.Probes)
	})
}

// TestDirect_whatTheRunbookAsks has a command without a proxy look at a Notion
// that is well, whose token is refused, that fails, and that is not there.
func TestDirect_whatTheRunbookAsks(t *testing.T) {
	n := notiontest.New(notiontest.Options{})
	defer n.Close()
	demo := n.Demo(notiontest.DemoOptions{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = n.Serve(ln) }()
	d := Direct{URL: &url.URL{Scheme: "http", Host: ln.Addr().String()}, Token: demo.Token, DataSource: demo.DataSource}

	r := d.Report(t.Context())
	assert.Equal(t, OK, r.Classification, "%+v", r.Verdict)
	assert.Equal(t, "authenticated", r.AuthStatus)
	assert.Equal(t, "not read", r.NotionStatus)
	token := probeNamed(*r.Evidence.Probes, ProbeToken)
	assert.NotEmpty(t, token.Bot)
	assert.True(t, probeNamed(*r.Evidence.Probes, ProbeQuery).OK)

	d.Token = "ntn_wrong"
	r = d.Report(t.Context())
	assert.Equal(t, TokenExpired, r.Classification)
	assert.Equal(t, "unauthorized (HTTP 401)", r.AuthStatus)

	d.Token = demo.Token
	mend := n.Fault(notiontest.Fault{Kind: notiontest.FaultStatus, Status: 503})
	r = d.Report(t.Context())
	assert.Equal(t, NotionDown, r.Classification)
	assert.Equal(t, "service_unavailable (HTTP 503)", r.AuthStatus)
	mend()
	n.Fault(notiontest.Fault{Kind: notiontest.FaultLimit, RetryAfter: "5"})
	assert.Equal(t, RateLimited, d.Report(t.Context()).Classification)

	d.URL = &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	r = d.Report(t.Context())
	assert.Equal(t, NetworkIssue, r.Classification)
	assert.Equal(t, "network-error", r.AuthStatus)
}
