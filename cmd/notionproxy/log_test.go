package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"notionproxy/config"
	"notionproxy/exchange"
)

// full is an exchange in which every field says something.
func full() *exchange.Exchange {
	return &exchange.Exchange{
		Start:           time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		RequestID:       "req-1",
		Operation:       "pages.retrieve",
		Kind:            "read",
		Family:          "content",
		Method:          "GET",
		Route:           "/v1/pages/{page_id}",
		Connection:      "1f2e3d4c",
		Client:          "nightly-sync",
		Lane:            "bulk",
		Objects:         []string{"7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f11"},
		Outcome:         exchange.Stale,
		Detail:          "trouble",
		Status:          200,
		Age:             90 * time.Second,
		Stored:          true,
		Calls:           2,
		UpstreamStatus:  502,
		UpstreamOutcome: "edge",
		Code:            "rate_limited",
		RateLimitReason: "connection",
		UpstreamID:      "up-1",
		Ray:             "8f-FRA",
		BytesIn:         12,
		BytesOut:        3456,
		Queued:          250 * time.Millisecond,
		Upstream:        1500 * time.Millisecond,
		Total:           1750 * time.Millisecond,
	}
}

func jsonLogs(w io.Writer, level string) *logs {
	return newLogs(config.Log{Format: "json", Level: level}, w)
}

// lastLine is the last line of what was logged, decoded.
func lastLine(t *testing.T, text string) map[string]any {
	t.Helper()
	all := strings.Split(strings.TrimSpace(text), "\n")
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(all[len(all)-1]), &fields))
	return fields
}

func TestRecord_writesAnExchangeAsOneLine(t *testing.T) {
	var out bytes.Buffer
	l := jsonLogs(&out, "info")
	l.record(full())
	l.close()

	fields := lastLine(t, out.String())
	assert.NotEmpty(t, fields["ts"])
	delete(fields, "ts")
	assert.Equal(t, map[string]any{
		"level": "info", "msg": "request",
		"request_id": "req-1", "method": "GET", "route": "/v1/pages/{page_id}", "operation": "pages.retrieve", "kind": "read",
		"status": 200.0, "outcome": "stale", "detail": "trouble", "age": 90.0, "stored": true,
		"connection": "1f2e3d4c", "client": "nightly-sync", "lane": "bulk",
		"code": "rate_limited", "calls": 2.0, "upstream_status": 502.0, "upstream_outcome": "edge",
		"rate_limit_reason": "connection", "upstream_id": "up-1", "ray": "8f-FRA", "upstream": 1.5,
		"bytes_in": 12.0, "bytes_out": 3456.0, "queued": 0.25, "total": 1.75,
	}, fields)
}

func TestRecord_leavesOutWhatSaysNothing(t *testing.T) {
	var out bytes.Buffer
	l := jsonLogs(&out, "info")
	l.record(&exchange.Exchange{RequestID: "req-2", Method: "GET", Status: 403, Outcome: exchange.Refused, Total: time.Millisecond})
	l.close()

	fields := lastLine(t, out.String())
	delete(fields, "ts")
	assert.Equal(t, map[string]any{
		"level": "info", "msg": "request", "request_id": "req-2", "method": "GET",
		"status": 403.0, "outcome": "refused", "bytes_out": 0.0, "total": 0.001,
	}, fields)
}

func TestRecord_readsWellOnATerminal(t *testing.T) {
	var out bytes.Buffer
	l := newLogs(config.Log{Format: "console", Level: "info"}, &out)
	l.record(full())
	l.record(&exchange.Exchange{Start: full().Start, Method: "GET", Status: 400, Outcome: exchange.Refused, Detail: "bad_url", Client: "curl"})
	l.close()
	assert.Contains(t, out.String(), "  info  GET /v1/pages/{page_id} 200 stale trouble  {")
	assert.Contains(t, out.String(), `"total": "1.75s"`)
	assert.NotContains(t, out.String(), `"outcome"`, "said already")
	assert.Contains(t, out.String(), `  info  GET 400 refused bad_url  {"client": "curl"`)
}

func TestLogs_autoIsJSONWhereNobodyWatches(t *testing.T) {
	l := newLogs(config.Log{Format: "auto", Level: "info"}, io.Discard)
	defer l.close()
	assert.False(t, l.console)
}

// A value that a caller chose must not become a line of its own.
func TestRecord_keepsHostileNamesOnOneLine(t *testing.T) {
	var out bytes.Buffer
	l := jsonLogs(&out, "info")
	e := full()
	e.Client = "x\n{\"level\":\"error\"}"
	l.record(e)
	l.close()
	assert.Equal(t, 1, strings.Count(out.String(), "\n"))
	assert.Equal(t, e.Client, lastLine(t, out.String())["client"])
}

func TestLogs_levelChangesWhileRunning(t *testing.T) {
	var out bytes.Buffer
	l := jsonLogs(&out, "warn")
	l.record(full())
	l.events.Info("quiet")
	l.setLevel("debug")
	l.events.Debug("loud")
	l.setLevel("no such level")
	l.events.Debug("still loud")
	l.close()
	assert.Equal(t, 2, strings.Count(out.String(), "\n"))
	assert.Contains(t, out.String(), `"msg":"still loud"`)
}

// Each line keeps what is its own, whatever lines it is written together with.
func TestRecord_writesManyInTheirOrder(t *testing.T) {
	var out bytes.Buffer
	l := jsonLogs(&out, "info")
	e := *full()
	for n := range 3*logTogether + 1 {
		e.RequestID, e.Status, e.Client = strconv.Itoa(n), 200+n%2, "client-"+strconv.Itoa(n%5)
		l.record(&e)
	}
	e = exchange.Exchange{}
	l.close()

	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3*logTogether+1)
	for n, text := range lines {
		fields := lastLine(t, text)
		assert.Equal(t, strconv.Itoa(n), fields["request_id"])
		assert.Equal(t, float64(200+n%2), fields["status"], n)
		assert.Equal(t, "client-"+strconv.Itoa(n%5), fields["client"], n)
	}
}

// Nobody waits longer than a second for a line, however few there are.
func TestRecord_writesWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out syncBuffer
		l := jsonLogs(&out, "info")
		defer l.close()
		l.record(full())
		time.Sleep(logDelay)
		synctest.Wait()
		assert.Equal(t, 1, strings.Count(out.String(), "\n"))
	})
}

// Events show at once, requests within a second, both in their order.
func TestLogs_eventsTakeWaitingRequestsAlong(t *testing.T) {
	var out bytes.Buffer
	l := jsonLogs(&out, "info")
	defer l.close()
	l.record(full())
	assert.Empty(t, out.String())
	l.events.Info("now", zap.Int("n", 1))

	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 2)
	assert.Contains(t, lines[0], `"msg":"request"`)
	assert.Contains(t, lines[1], `"msg":"now"`)
}

func BenchmarkRecord(b *testing.B) {
	l := jsonLogs(io.Discard, "info")
	defer l.close()
	hit := full()
	hit.Outcome, hit.Calls = exchange.Hit, 0
	b.ReportAllocs()
	for b.Loop() {
		l.record(hit)
	}
}
