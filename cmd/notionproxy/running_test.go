package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// A running is the program, in this process and on real sockets, before a
// small Notion of its own.
type running struct {
	addresses
	notion *notiontest.Notion
	demo   notiontest.Demo
	logged *syncBuffer
	client *http.Client
	stop   func() // asks the program to end, and does not wait for it
}

// syncBuffer is a buffer that a test may read while the program writes.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// serving runs the program until the test ends. args are arguments of serve.
func serving(t *testing.T, env []string, args ...string) *running {
	t.Helper()
	r := &running{notion: notiontest.New(notiontest.Options{Seed: 1, RateLimit: -1}), logged: &syncBuffer{}, client: &http.Client{Transport: &http.Transport{}}}
	r.demo = r.notion.Demo(notiontest.DemoOptions{})
	ln, err := loopback(t.Context())
	require.NoError(t, err)
	go func() { _ = r.notion.Serve(ln) }()

	cli, p := &commandLine{}, &program{env: env, stdout: io.Discard, stderr: r.logged}
	_, err = parse(cli, append([]string{
		"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json", "--set", "shutdown.delay=0s",
		"--set", "status_page.url=", "--set", "notion.url=http://" + ln.Addr().String(),
	}, args...), io.Discard, io.Discard)
	require.NoError(t, err)
	p.flags = cli.settingFlags
	from, err := p.sources()
	require.NoError(t, err)

	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan addresses, 1), make(chan error, 1)
	go func() { done <- p.serve(ctx, from, func(at addresses) { ready <- at }) }()
	select {
	case r.addresses = <-ready:
	case err := <-done:
		require.NoError(t, err)
	}
	r.stop = stop
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-done)
		r.client.CloseIdleConnections()
		_ = r.notion.Close()
	})
	return r
}

// read asks for a page of the demonstration, as a client does.
func (r *running) read(t *testing.T) (status int, cacheStatus string) {
	status, cacheStatus, _ = r.answer(t)
	return status, cacheStatus
}

// body is what a read of the page brings.
func (r *running) body(t *testing.T) string {
	_, _, body := r.answer(t)
	return body
}

func (r *running) answer(t *testing.T) (status int, cacheStatus, body string) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.clients+"/v1/pages/"+r.demo.Page, http.NoBody)
	if !assert.NoError(t, err) {
		return 0, "", ""
	}
	req.Header.Set("Authorization", "Bearer "+r.demo.Token)
	req.Header.Set("Notion-Version", "2025-09-03")
	req.Header.Set("Notionproxy-Client", "tester")
	answer, err := r.client.Do(req)
	if !assert.NoError(t, err) {
		return 0, "", ""
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	assert.NoError(t, err)
	return answer.StatusCode, answer.Header.Get("Cache-Status"), string(b)
}

// command runs a command that asks the running program.
func (r *running) command(t *testing.T, args ...string) result {
	t.Helper()
	return runProgram(t.Context(), nil, append(args, "--admin-listen", r.admin)...)
}

// told is what the admin listener answers to GET path.
func (r *running) told(t *testing.T, path string, v any) {
	t.Helper()
	answer, err := r.client.Get("http://" + r.admin + path)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, 200, answer.StatusCode)
	require.NoError(t, json.NewDecoder(answer.Body).Decode(v))
}

// eventually waits until what holds.
func eventually(t *testing.T, what func() bool, msg ...any) {
	t.Helper()
	require.Eventually(t, what, 10*time.Second, time.Millisecond, msg...)
}

func TestPurgeCommand_hasTheProxyForget(t *testing.T) {
	r := serving(t, nil)
	for _, args := range [][]string{
		{"--id", r.demo.Page}, {"--operation", "pages.retrieve"}, {"--connection", "TOKEN"}, {"--all"},
	} {
		r.read(t)
		_, how := r.read(t)
		require.Contains(t, how, "hit")
		digest := ""
		eventually(t, func() bool {
			_, rest, _ := strings.Cut(r.logged.String(), `"connection":"`)
			digest, _, _ = strings.Cut(rest, `"`)
			return digest != ""
		})
		for i := range args {
			args[i] = strings.Replace(args[i], "TOKEN", digest, 1)
		}
		got := r.command(t, append([]string{"purge"}, args...)...)
		assert.Equal(t, exitOK, got.code, got.stderr)
		assert.Regexp(t, `^entries purged: [12]\n$`, got.stdout, args)
		_, how = r.read(t)
		assert.Contains(t, how, "fwd=uri-miss", args)
	}
	got := r.command(t, "purge", "--id", "11111111-1111-4111-8111-111111111111")
	assert.Equal(t, result{exitOK, "entries purged: 0\n", ""}, got)
	assert.NotContains(t, r.logged.String(), r.demo.Page)
}

func TestPurgeCommand_refusesWhatIsNotClear(t *testing.T) {
	r := serving(t, nil)
	for _, args := range [][]string{{"purge"}, {"purge", "--all", "--operation", "search"}} {
		assert.Equal(t, exitMisused, r.command(t, args...).code)
	}
	got := r.command(t, "purge", "--operation", "pages.retreive")
	assert.Equal(t, exitFailed, got.code)
	assert.Contains(t, got.stderr, "operation is none of Notion's that the proxy knows")
}

// "Enable fallback mode" of a runbook is one command.
func TestModeCommand_changesARunningProxy(t *testing.T) {
	r := serving(t, nil, "--set", "cache.fresh.content=0s")
	r.read(t)
	_, how := r.read(t)
	assert.NotContains(t, how, "hit")
	assert.NotContains(t, how, "detail=always")

	got := r.command(t, "mode", "--serve-stale", "always")
	assert.Equal(t, result{exitOK, "mode         full\nserve_stale  always\nlog.level    info\n", ""}, got)
	_, how = r.read(t)
	assert.Contains(t, how, "detail=always")

	got = r.command(t, "mode", "--mode", "observe", "--log-level", "warn")
	assert.Equal(t, result{exitOK, "mode         observe\nserve_stale  always\nlog.level    warn\n", ""}, got)
	_, how = r.read(t)
	assert.Contains(t, how, "fwd-status=200")
	assert.NotContains(t, how, "stored", "the cache is off")

	assert.Equal(t, got.stdout, r.command(t, "mode").stdout)
	got = r.command(t, "mode", "--serve-stale", "often")
	assert.Equal(t, exitFailed, got.code)
	assert.Contains(t, got.stderr, "cache.serve_stale is often; want auto, always or never (POST /mode)")
}

func TestTopCommand_showsWhatGoesOn(t *testing.T) {
	r := serving(t, nil)
	r.read(t)
	r.read(t)
	got := r.command(t, "top", "--once")
	assert.Equal(t, exitOK, got.code, got.stderr)
	for _, want := range []string{
		`serve_stale auto`, `stored \d entries`, `hit +1 +\d+\.\d %`, `miss +[12] `, `tester +[0-9a-f]{8} +2 +1 +1 +0 +0.0s`,
		`pages.retrieve +[0-9a-f]{8} +[0-9a-f]{8} +1 +0s +fresh`, `[0-9a-f]{8} +\d+ of 171 +2.85 +0 +-`,
	} {
		assert.Regexp(t, want, got.stdout)
	}
	assert.NotContains(t, got.stdout, r.demo.Page)
	assert.NotContains(t, got.stdout, "\x1b", "no terminal, no escapes")

	got = r.command(t, "top", "--once", "--json")
	var s seen
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &s))
	assert.Equal(t, int64(1), s.Requests["hit"])
	assert.Equal(t, "tester", s.Callers[0].Caller)
	assert.Equal(t, 1, strings.Count(got.stdout, "\n"))
}

func TestTopCommand_goesOnUntilItIsInterrupted(t *testing.T) {
	r := serving(t, nil)
	r.read(t)
	ctx, stop := context.WithCancel(t.Context())
	out := &syncBuffer{}
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"top", "--interval", "100ms", "--admin-listen", r.admin}, nil, out, io.Discard)
	}()
	eventually(t, func() bool { return strings.Count(out.String(), "REQUESTS") >= 3 })
	stop()
	assert.Equal(t, exitOK, <-done)
	assert.Regexp(t, `hit +0 +0.0 % +0.0\n`, out.String(), "what comes in a second, from the second time on")
}

func TestAdminCommands_sayWhenNobodyAnswers(t *testing.T) {
	ln, err := loopback(t.Context())
	require.NoError(t, err)
	nobody := ln.Addr().String()
	require.NoError(t, ln.Close())
	for _, args := range [][]string{{"mode"}, {"top", "--once"}, {"purge", "--all"}} {
		got := runProgram(t.Context(), nil, append(args, "--admin-listen", nobody)...)
		assert.Equal(t, exitFailed, got.code)
		assert.Contains(t, got.stderr, "connection refused; is notionproxy running there, with the same admin.listen?")

		got = runProgram(t.Context(), nil, append(args, "--set", "admin.listen=")...)
		assert.Equal(t, exitMisused, got.code)
		assert.Contains(t, got.stderr, "admin.listen is empty")
	}
	other := healthServer(t, http.StatusOK)
	got := runProgram(t.Context(), nil, "mode", "--admin-listen", other)
	assert.Equal(t, exitFailed, got.code)
	assert.Contains(t, got.stderr, "no admin listener of notionproxy (404 Not Found)")
}

func TestAdmin_withATokenLetsNobodyInWithout(t *testing.T) {
	token := writeFile(t, "token", "canary-of-sixteen-and-more\n")
	r := serving(t, nil, "--set", "admin.token_file="+token)
	got := r.command(t, "mode")
	assert.Equal(t, exitFailed, got.code)
	assert.Contains(t, got.stderr, "send the admin token as bearer token (401 Unauthorized)")
	assert.Equal(t, exitOK, r.command(t, "mode", "--set", "admin.token_file="+token).code)
	env := []string{"NOTIONPROXY_ADMIN_TOKEN=canary-of-sixteen-and-more"}
	assert.Equal(t, exitOK, runProgram(t.Context(), env, "mode", "--admin-listen", r.admin).code)
	env = []string{"NOTIONPROXY_ADMIN_TOKEN=canary-of-sixteen-and-less"}
	assert.Equal(t, exitFailed, runProgram(t.Context(), env, "mode", "--admin-listen", r.admin).code)
	for range 40 {
		r.command(t, "mode")
	}
	assert.Equal(t, 1, strings.Count(r.logged.String(), `"somebody tries tokens on the admin listener","from":"127.0.0.1/32"`))
	assert.NotContains(t, r.logged.String(), "canary")
}

func TestAdmin_offLoopbackNeedsAToken(t *testing.T) {
	got := runProgram(t.Context(), nil, "--listen", "127.0.0.1:0", "--admin-listen", "0.0.0.0:0")
	assert.Equal(t, exitMisused, got.code)
	assert.Contains(t, got.stderr, "admin.listen is 0.0.0.0:0, which others can reach, and there is no admin.token")

	short := writeFile(t, "token", "letmein\n")
	got = runProgram(t.Context(), nil, "--listen", "127.0.0.1:0", "--admin-listen", "0.0.0.0:0", "--set", "admin.token_file="+short)
	assert.Equal(t, exitMisused, got.code)
	assert.Contains(t, got.stderr, "holds a token of less than 16 characters")
	assert.NotContains(t, got.stderr, "letmein")
}

func TestAdmin_onAPortThatIsTakenSaysWhichSetting(t *testing.T) {
	ln, err := loopback(t.Context())
	require.NoError(t, err)
	defer ln.Close()
	got := runProgram(t.Context(), nil, "--listen", "127.0.0.1:0", "--admin-listen", ln.Addr().String(), "--log-format", "json")
	assert.Equal(t, exitFailed, got.code)
	assert.Contains(t, got.stderr, "set admin.listen to another address, or to nothing")
}

// What nobody may read elsewhere nobody reads here: tokens, titles, what was
// asked, ids.
func TestAdmin_tellsNoSecrets(t *testing.T) {
	env := []string{"NOTION_TOKEN=ntn_canary0123456789", "NOTIONPROXY_CLIENTS_SECRET=canary-of-clients"}
	r := serving(t, env)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		"http://"+r.clients+"/v1/blocks/"+r.demo.Page+"/children?start_cursor=canary-of-a-query", http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer canary-of-clients")
	answer, err := r.client.Do(req)
	require.NoError(t, err)
	answer.Body.Close()
	r.read(t)
	for _, path := range []string{
		"/", "/overview", "/entries", "/config", "/mode", "/log", "/debug/pprof/", "/debug/pprof/goroutine?debug=2",
		"/debug/pprof/heap?debug=1", "/debug/pprof/heap", "/debug/pprof/allocs", "/entries?id=" + r.demo.Page,
	} {
		answer, err := r.client.Get("http://" + r.admin + path)
		require.NoError(t, err)
		b, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answer.Body.Close()
		assert.Equal(t, 200, answer.StatusCode, path)
		for _, secret := range []string{"canary", "ntn_demo", r.demo.Page, strings.ReplaceAll(r.demo.Page, "-", "")} {
			assert.NotContains(t, string(b), secret, path)
		}
	}
}
