package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
	"notionproxy/triage"
)

// nobody is an address at which nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	return ln.Addr().String()
}

// aNotion serves the demonstration workspace, and returns where.
func aNotion(t *testing.T) (n *notiontest.Notion, d notiontest.Demo, addr string) {
	t.Helper()
	n = notiontest.New(notiontest.Options{})
	d = n.Demo(notiontest.DemoOptions{})
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() { _ = n.Serve(ln); close(done) }()
	t.Cleanup(func() { _ = n.Close(); <-done })
	return n, d, ln.Addr().String()
}

// aStatusPage says that all is well.
func aStatusPage(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":{"indicator":"none","description":"All Systems Operational"},"components":[],"incidents":[]}`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// triageAlone runs the command where no proxy runs.
func triageAlone(t *testing.T, notion string, env []string, args ...string) result {
	t.Helper()
	args = append([]string{"triage", "--listen", nobody(t), "--set", "notion.url=http://" + notion, "--set", "status_page.url=" + aStatusPage(t)}, args...)
	return runProgram(t.Context(), env, args...)
}

func TestTriage_looksByItselfWhereNoProxyRuns(t *testing.T) {
	n, d, addr := aNotion(t)
	env := []string{"NOTION_TOKEN=" + d.Token, "NOTION_TEST_DATA_SOURCE_ID=" + d.DataSource}
	got := triageAlone(t, addr, env)
	assert.Equal(t, exitOK, got.code, got.stdout)
	for _, want := range []string{"CLASSIFICATION: ok", "Notion status:    All Systems Operational", "Token:            authenticated", "Demo connection", "query", "200"} {
		assert.Contains(t, got.stdout, want)
	}
	assert.Contains(t, got.stderr, "No proxy runs at ")
	assert.Equal(t, 1, n.Calls("data_sources.query"))

	got = triageAlone(t, addr, []string{"NOTION_TOKEN=" + d.Token, "NOTION_TEST_DATABASE_ID=" + d.Database}, "--json")
	assert.Equal(t, exitOK, got.code)
	assert.Equal(t, 1, n.Calls("databases.query"))
	var report map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &report))
	assert.Equal(t, "ok", report["classification"])
	assert.Equal(t, "All Systems Operational", report["notionStatus"])
	assert.Equal(t, "authenticated", report["authStatus"])
	assert.Contains(t, report, "latencyMs")

	got = triageAlone(t, addr, env, "--oneline")
	assert.Equal(t, "OK: connected as Demo connection\n", got.stdout)
}

func TestTriage_exitsByTheVerdict(t *testing.T) {
	n, d, addr := aNotion(t)
	env := []string{"NOTION_TOKEN=" + d.Token}
	for name, test := range map[string]struct {
		fault notiontest.Fault
		code  int
		line  string
	}{
		"token": {notiontest.Fault{Kind: notiontest.FaultStatus, Status: 401}, 13, "ERROR: token-expired: "},
		"limit": {notiontest.Fault{Kind: notiontest.FaultLimit, RetryAfter: "5"}, 14, "ERROR: rate-limited: "},
		"edge":  {notiontest.Fault{Kind: notiontest.FaultEdge, Status: 502}, 10, "ERROR: notion-down: "},
	} {
		mend := n.Fault(test.fault)
		got := triageAlone(t, addr, env, "--oneline")
		mend()
		assert.Equal(t, test.code, got.code, name)
		assert.True(t, strings.HasPrefix(got.stdout, test.line), "%s: %s", name, got.stdout)
		assert.Equal(t, 1, strings.Count(got.stdout, "\n"), name)
		assert.NotContains(t, got.stdout+got.stderr, d.Token)
	}
	got := triageAlone(t, nobody(t), env, "--oneline")
	assert.Equal(t, 11, got.code)
	assert.True(t, strings.HasPrefix(got.stdout, "NETWORK ERROR: "), got.stdout)
}

func TestTriage_asksARunningProxy(t *testing.T) {
	report := triage.Report{
		Classification: triage.RateLimited, At: time.Now(),
		Verdict: triage.Verdict{Class: triage.RateLimited, Findings: []triage.Finding{{Class: triage.RateLimited, Headline: "nightly-sync spends it all"}}},
	}
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("Accept"))
		_ = json.NewEncoder(w).Encode(report)
	}))
	defer s.Close()
	for _, url := range []string{s.URL, s.URL + "/", s.URL + "/triage"} {
		got := runProgram(t.Context(), nil, "triage", "--url", url, "--oneline")
		assert.Equal(t, result{14, "ERROR: rate-limited: nightly-sync spends it all\n", ""}, got)
	}
	got := runProgram(t.Context(), nil, "triage", "--listen", s.Listener.Addr().String())
	assert.Equal(t, 14, got.code)
	assert.Contains(t, got.stdout, "CLASSIFICATION: rate-limited")
	assert.NotContains(t, got.stdout, "\x1b")
	assert.NotContains(t, asked, "POST /triage/probes application/json")

	runProgram(t.Context(), nil, "triage", "--url", s.URL, "--probe")
	assert.Contains(t, asked, "POST /triage/probes application/json")
}

func TestTriage_saysWhenThereIsNoReport(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for args, want := range map[string]string{
		"--url=" + other.URL:        "does not answer like a notionproxy (404)",
		"--url=http://" + nobody(t): "no proxy runs there",
		"--listen=" + other.URL[7:]: "does not answer like a notionproxy (404)",
	} {
		got := runProgram(t.Context(), nil, "triage", args)
		assert.Equal(t, exitFailed, got.code, args)
		assert.Contains(t, got.stderr, want)
		assert.Empty(t, got.stdout)
	}
	got := runProgram(t.Context(), nil, "triage", "--url", "proxy:8080")
	assert.Equal(t, exitMisused, got.code)
}

func TestTriage_helpListsTheExitCodes(t *testing.T) {
	got := runProgram(t.Context(), nil, "triage", "--help")
	text := strings.Join(strings.Fields(got.stdout), " ")
	for _, c := range triage.Classes() {
		assert.Contains(t, verdictCodes, c)
		assert.Contains(t, text, fmt.Sprintf("%d %s", verdictCode(c), c))
	}
}

// Off loopback the listener for clients names nobody, so the other one is
// asked, with its token.
func TestTriage_asksTheAdminListenerOffLoopback(t *testing.T) {
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		_ = json.NewEncoder(w).Encode(triage.Report{At: time.Now(), Classification: triage.OK})
	}))
	defer s.Close()
	env := []string{"NOTIONPROXY_ADMIN_TOKEN=0123456789abcdef"}
	r := runProgram(t.Context(), env, "triage", "--listen", "0.0.0.0:8080", "--set", "admin.listen="+s.Listener.Addr().String())
	assert.Equal(t, exitOK, r.code, r.stderr)
	assert.Equal(t, "Bearer 0123456789abcdef", got)
}
