package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// metrics are the lines that Prometheus scrapes.
func (r *running) metrics(t *testing.T) string {
	t.Helper()
	answer, err := r.client.Get("http://" + r.admin + "/metrics")
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode)
	b, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(b)
}

func TestMetrics_tellWhatTheProgramDoes(t *testing.T) {
	r := serving(t, nil)
	for range 3 {
		r.read(t)
	}
	for _, want := range []string{
		`notionproxy_requests_total{lane="default",operation="pages.retrieve",outcome="hit",status="2xx"} 2`,
		`notionproxy_requests_total{lane="default",operation="pages.retrieve",outcome="miss",status="2xx"} 1`,
		`notionproxy_upstream_calls_total{lane="default",operation="pages.retrieve"} 1`,
		`notionproxy_cache_limit_bytes 2.68435456e+08`,
		`notionproxy_breakers{family="content",state="well"} `,
		`notionproxy_config_reload_success 1`,
		`notionproxy_observing 0`,
		`notionproxy_verdict{verdict="ok"} 1`,
		`notionproxy_build_info{`,
		`go_goroutines `, `process_resident_memory_bytes `,
	} {
		eventually(t, func() bool { return strings.Contains(r.metrics(t), want) }, want)
	}
	assert.Regexp(t, `notionproxy_budget_used_calls{connection="[0-9a-f]{8}"} [12]\n`, r.metrics(t))
	assert.NotContains(t, r.metrics(t), "notionproxy_status_page", "none is read")
	assert.NotContains(t, r.metrics(t), r.demo.Page)
	assert.NotContains(t, r.metrics(t), r.demo.Token)

	require.Equal(t, exitOK, r.command(t, "mode", "--mode", "observe").code)
	assert.Contains(t, r.metrics(t), "\nnotionproxy_observing 1\n")
}
