package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
	"notionproxy/replica/redistest"
)

// A prometheus is a real one, which scrapes one proxy each second.
type prometheus struct{ url string }

const prometheusConfig = `
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: notionproxy
    static_configs: [{targets: [%q]}]
`

// startPrometheus runs one until the test ends.
func startPrometheus(t *testing.T, target string) *prometheus {
	t.Helper()
	dir := t.TempDir()
	rules, err := filepath.Abs(rulesFile)
	require.NoError(t, err)
	file := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, prometheusConfig, rules, target), 0o600))
	addr := freeAddress(t)
	cmd := exec.Command("prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+addr, "--log.level=error")
	cmd.Env = environment(nil)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be gone
		_ = cmd.Wait()         // killed, as it should be
	})
	return &prometheus{url: "http://" + addr}
}

// freeAddress is one of loopback that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// query has promtool ask for an expression, and returns the values.
func (p *prometheus) query(t *testing.T, expr string) []string {
	t.Helper()
	out := promtool(t, "query", "instant", "-o", "json", p.url, expr)
	var samples []struct {
		Value [2]any `json:"value"`
	}
	if !assert.NoError(t, json.Unmarshal([]byte(out), &samples), out) {
		return nil
	}
	var values []string
	for _, s := range samples {
		values = append(values, fmt.Sprint(s.Value[1]))
	}
	return values
}

// ask is what it answers to GET; "" while it does not listen yet.
func (p *prometheus) ask(path string) string {
	answer, err := http.Get(p.url + path)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return ""
	}
	return string(body)
}

// has says whether the expression is true of at least one series.
func (p *prometheus) has(expr string) bool {
	return strings.Contains(p.ask("/api/v1/query?query="+url.QueryEscape(expr)), `"value":[`)
}

// checkRules wants every rule to be evaluated without an error.
func (p *prometheus) checkRules(t *testing.T) {
	t.Helper()
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health string }
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(p.ask("/api/v1/rules")), &rules))
	require.Len(t, rules.Data.Groups, 1)
	assert.Len(t, rules.Data.Groups[0].Rules, len(readAlerts(t)))
	for _, r := range rules.Data.Groups[0].Rules {
		assert.Equal(t, "ok", r.Health, r.Name)
	}
}

// Every query of the dashboard finds something after a day's work in short:
// reads of all kinds, writes, refusals, 429s, and an outage.
func TestDashboard_everyQueryFindsSomething(t *testing.T) {
	need(t, "prometheus", "promtool", "redis-server")
	n := notiontest.New(notiontest.Options{Seed: 5, RateLimit: -1})
	w := makeWorld(n)
	dir := t.TempDir()
	p := startProxy(t, serve(t, n), map[string]string{
		"CACHE_FRESH_CONTENT": "1s", "LIMITER_PER_MINUTE": "60000", "LIMITER_BURST": "1000",
		"CACHE_DIR": filepath.Join(dir, "kept"), "CACHE_SECRET_FILE": filepath.Join(dir, "secret"), "REDIS_URL": redistest.Start(t).URL(),
		"WEBHOOKS_LISTEN": "127.0.0.1:0", "WEBHOOKS_SECRET_FILE": filepath.Join(dir, "webhooks"),
	})
	prom := startPrometheus(t, p.adminAddress(t))

	defer startWork(t, p, w, n)()
	// Rates need what has grown from one scrape to the next.
	for _, seen := range []string{
		`increase(notionproxy_requests_total{outcome="stale"}[30s]) > 0`,
		`increase(notionproxy_requests_total{outcome="hit"}[30s]) > 0`,
		`increase(notionproxy_rate_limited_total[30s]) > 0`,
		`increase(notionproxy_refused_total{reason="bad_url"}[30s]) > 0`,
		`notionproxy_breakers{state="down"} > 0`,
	} {
		require.Eventually(t, func() bool { return prom.has(seen) }, 2*patience, 200*time.Millisecond, seen)
	}

	variables := strings.NewReplacer("$__rate_interval", "30s", "$job", ".+", "$instance", ".+")
	for _, panel := range readDashboard(t).charts() {
		for _, target := range panel.Targets {
			values := prom.query(t, variables.Replace(target.Expr))
			assert.True(t, hasNumber(values), "%s: %s: %v", panel.Title, target.Expr, values)
		}
	}
	prom.checkRules(t)
}

func hasNumber(values []string) bool {
	for _, v := range values {
		if v != "NaN" {
			return true
		}
	}
	return false
}

// startWork has a client at work until stop is called. Early on Notion begins
// to fail for pages, and to answer 429 to searches.
func startWork(t *testing.T, p *proxy, w *world, n *notiontest.Notion) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &worker{ctx: ctx, base: p.url, world: w}
	require.Eventually(t, func() bool { // what is to be served stale is stored
		return c.read("/v1/pages/"+w.Rows[0].ID) == http.StatusOK
	}, patience, 100*time.Millisecond)
	n.Fault(notiontest.Fault{Op: "pages.retrieve", Kind: notiontest.FaultStatus, Status: 500, Code: "internal_server_error"})
	n.Fault(notiontest.Fault{Op: "search", Kind: notiontest.FaultLimit, Reason: "public_api_endpoint_rate_limit", RetryAfter: "1"})
	var done sync.WaitGroup
	done.Go(func() { c.every(100*time.Millisecond, c.ordinary) })
	done.Go(func() { c.every(100*time.Millisecond, func() { c.read("/v1/pages/" + w.Rows[0].ID) }) })
	done.Go(func() { c.every(100*time.Millisecond, func() { c.send(http.MethodPost, "/v1/search", `{}`) }) })
	return func() {
		cancel()
		done.Wait()
	}
}

type worker struct {
	ctx   context.Context
	base  string
	world *world
	n     int // of the rounds of ordinary
}

func (c *worker) every(pause time.Duration, do func()) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for c.ctx.Err() == nil {
		do()
		<-tick.C
	}
}

// ordinary is what goes well: a hit, a miss, a write, and some mistakes.
func (c *worker) ordinary() {
	c.n++
	c.read("/v1/users/" + c.world.Person)
	c.read("/v1/users?page_size=" + strconv.Itoa(1+c.n%100))
	c.read("/v1/users/11111111-1111-4111-8111-111111111111")
	c.read("/v1/pages//" + c.world.Page)
	c.send(http.MethodPatch, "/v1/pages/"+c.world.Page, `{"properties":{}}`)
}

func (c *worker) read(path string) int { return c.send(http.MethodGet, path, "") }

// send returns the status; 0 when there is no answer.
func (c *worker) send(method, path, body string) int {
	r, err := http.NewRequestWithContext(c.ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+c.world.Token)
	r.Header.Set("Notion-Version", "2025-09-03")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Prefer", "wait=2")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0 // the test is over
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}
