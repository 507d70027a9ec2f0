package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A collector keeps what is sent to it.
type collector struct {
	*httptest.Server
	mu   sync.Mutex
	path string
	got  bytes.Buffer
}

func newCollector(t *testing.T) *collector {
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.path = r.URL.Path
		_, _ = io.Copy(&c.got, r.Body)
	}))
	t.Cleanup(c.Close)
	return c
}

func TestServe_sendsSpansWhereTheEnvironmentSays(t *testing.T) {
	c := newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL) // the exporter reads the process' own
	t.Run("one read", func(t *testing.T) {
		serving(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL}).read(t)
	}) // the end sends what is left
	c.mu.Lock()
	defer c.mu.Unlock()
	assert.Equal(t, "/v1/traces", c.path)
	for _, want := range []string{"GET /v1/pages/{page_id}", "forward", "service.name", "notionproxy"} {
		assert.Contains(t, c.got.String(), want)
	}
}

func TestServe_tracesNothingUnasked(t *testing.T) {
	c := newCollector(t)
	t.Run("one read", func(t *testing.T) { serving(t, nil).read(t) })
	assert.Zero(t, c.got.Len())
}

func TestServe_saysWhatTracesThereAreNot(t *testing.T) {
	got := runProgram(t.Context(), []string{"OTEL_TRACES_EXPORTER=zipkin"}, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
	assert.Equal(t, exitFailed, got.code)
	assert.Contains(t, got.stderr, `OTEL_TRACES_EXPORTER is "zipkin"; want otlp or none`)
}
