package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/config"
	"notionproxy/triage"
	"notionproxy/triage/page"
)

func TestHosts_areLoopbackAndTheListed(t *testing.T) {
	is := hosts([]string{"proxy.internal"})
	for _, host := range []string{"localhost", "localhost:8080", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "[::1]", "Proxy.Internal:80"} {
		assert.True(t, is(host), host)
	}
	for _, host := range []string{"", "evil.example", "localhost.evil.example", "10.0.0.1:8080", "127.0.0.1.evil.example"} {
		assert.False(t, is(host), host)
	}
}

func TestDataPage_namesNobodyOffLoopback(t *testing.T) {
	watch, err := triage.New(triage.Options{})
	require.NoError(t, err)
	ask := func(cfg config.Config, host string) int {
		r := httptest.NewRequest(http.MethodPost, "http://"+host+"/triage/probes", http.NoBody)
		w := httptest.NewRecorder()
		dataPage(cfg, page.Options{Source: watch}).ServeHTTP(w, r)
		return w.Code
	}
	cfg := config.Default()
	assert.Equal(t, http.StatusOK, ask(cfg, "127.0.0.1:8080"))
	assert.Equal(t, http.StatusMisdirectedRequest, ask(cfg, "evil.example:8080"))
	cfg.Listen = "0.0.0.0:8080"
	assert.Equal(t, http.StatusNotFound, ask(cfg, "proxy.internal:8080"))
}

func TestCheck_readsTheTemplates(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "slack.txt"), []byte("{{.Sevrity}}"), 0o600))
	got := runProgram(t.Context(), nil, "check", "--set", "notify.templates="+folder)
	assert.Equal(t, exitMisused, got.code)
	assert.Contains(t, got.stderr, "notify.templates: filling in the template: template: slack.txt:1:2")
	got = runProgram(t.Context(), nil, "check", "--set", "notify.templates="+folder+"/nothing")
	assert.Equal(t, exitMisused, got.code)
	assert.Contains(t, got.stderr, "notify.templates: ")
}
