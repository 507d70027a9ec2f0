package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// inbox takes messages and remembers them.
type inbox struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	status int
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	i := &inbox{status: http.StatusAccepted}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		i.mu.Lock()
		defer i.mu.Unlock()
		i.bodies = append(i.bodies, r.URL.Path+" "+string(body))
		w.WriteHeader(i.status)
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *inbox) all() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return strings.Join(i.bodies, "\n")
}

func TestNotify_saysThatNobodyIsTold(t *testing.T) {
	got := runProgram(t.Context(), nil, "notify")
	assert.Equal(t, result{exitMisused, "", "notionproxy: nobody is told of incidents; set notify.slack, notify.pagerduty or notify.webhook\n"}, got)
}

func TestNotify_sendsATestToEach(t *testing.T) {
	i := newInbox(t)
	key := writeFile(t, "key", "0123456789abcdef0123456789abcdef\n")
	env := []string{"NOTIONPROXY_NOTIFY_SLACK_URL=" + i.URL + "/slack/canary", "NOTIONPROXY_NOTIFY_PAGERDUTY_KEY_FILE=" + key}
	args := []string{"notify", "--set", "notify.pagerduty.url=" + i.URL + "/pd", "--set", "notify.webhook.url=" + i.URL + "/hook"}
	got := runProgram(t.Context(), env, args...)
	assert.Equal(t, result{exitOK, "slack\npagerduty\nwebhook\n", ""}, got)
	assert.Empty(t, i.all())

	got = runProgram(t.Context(), env, append(args, "--test")...)
	assert.Equal(t, result{exitOK, "slack      test    taken\npagerduty  test    taken\nwebhook    test    taken\npagerduty  closed  taken\n", ""}, got)
	assert.Contains(t, i.all(), "/slack/canary {\"text\":\"A test of notionproxy's notifications.")
	assert.Contains(t, i.all(), `"event_action":"trigger"`)
	assert.Contains(t, i.all(), `"event_action":"resolve"`)
	assert.Contains(t, i.all(), `/hook {"type":"incident.test"`)

	i.status = http.StatusForbidden
	got = runProgram(t.Context(), env, append(args, "--test")...)
	assert.Equal(t, exitFailed, got.code)
	assert.Contains(t, got.stdout, "telling slack: it answered 403")
	assert.NotContains(t, got.stdout+got.stderr, "canary")
}

func TestCheck_opensTheFilesOfNotifications(t *testing.T) {
	empty := writeFile(t, "url", "\n")
	got := runProgram(t.Context(), nil, "check", "--set", "notify.slack.url_file="+empty)
	assert.Equal(t, result{exitMisused, "", "notionproxy: config:\nnotify.slack.url_file: " + empty + " is empty\n"}, got)

	open := writeFile(t, "open", "https://hooks.example/canary")
	assert.NoError(t, os.Chmod(open, 0o644))
	got = runProgram(t.Context(), nil, "check", "--set", "notify.slack.url_file="+open)
	assert.Contains(t, got.stdout, "everybody on this machine can read "+open)
	assert.NotContains(t, got.stdout, "canary")
}
