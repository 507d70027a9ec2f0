package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/webhook"
)

const verification = "secret_0123456789abcdefghijklmnopqrstuvwxyz"

// deliver posts a webhook as Notion does, signed if there is a token.
func (r *running) deliver(t *testing.T, body, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.webhooks+webhook.Path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("X-Notion-Signature", webhook.Sign([]byte(body), token))
	}
	answer, err := r.client.Do(req)
	require.NoError(t, err)
	defer answer.Body.Close()
	return answer.StatusCode
}

func (r *running) edited(n int) string {
	return fmt.Sprintf(`{"id":"event %d","timestamp":%q,"workspace_id":"","integration_id":"someone","type":"page.properties_updated",`+
		`"entity":{"id":%q,"type":"page"},"data":{}}`, n, time.Now().UTC().Format(time.RFC3339Nano), r.demo.Page)
}

// From nothing to edits that show at once: the command arms, Notion shakes
// hands, and its events drop what they make untrue.
func TestWebhooks_fromTheHandshakeOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "webhooks")
	r := serving(t, nil, "--set", "webhooks.listen=127.0.0.1:0", "--set", "webhooks.secret_file="+file)
	hands := `{"verification_token":"` + verification + `"}`
	assert.Equal(t, 404, r.deliver(t, hands, ""), "nobody has armed it")
	got := r.command(t, "webhooks")
	assert.Equal(t, exitOK, got.code, got.stderr)
	assert.Contains(t, got.stdout, "none: notionproxy webhooks --arm")

	got = r.command(t, "webhooks", "--arm", "--for", "1m")
	assert.Equal(t, exitOK, got.code, got.stderr)
	assert.Contains(t, got.stdout, "copy the verification token to Notion from "+file)
	assert.Equal(t, 200, r.deliver(t, hands, ""))
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, verification+"\n", string(kept))
	assert.Equal(t, 401, r.deliver(t, hands, ""), "taken once")

	r.read(t)
	_, how := r.read(t)
	require.Contains(t, how, "hit")
	assert.Equal(t, 401, r.deliver(t, r.edited(0), ""))
	assert.Equal(t, 401, r.deliver(t, r.edited(0), verification+"x"))
	_, how = r.read(t)
	assert.Contains(t, how, "hit")
	assert.Equal(t, 200, r.deliver(t, r.edited(1), verification))
	eventually(t, func() bool { _, how := r.read(t); return strings.Contains(how, "fwd=uri-miss") })
	assert.Equal(t, 200, r.deliver(t, r.edited(1), verification))

	got = r.command(t, "webhooks")
	assert.Regexp(t, `token +in .*\nlast event +0?\d*s ago\nevents +2 taken, 1 of them again, 0 folded, 0 waiting, 0 overlooked\nrefused +3 without`, got.stdout)
	assert.Contains(t, got.stdout, "trust        off\n")
	scraped := r.metrics(t)
	for _, line := range []string{
		"notionproxy_webhook_events_total 2", "notionproxy_webhook_rejected_total 3", "notionproxy_webhook_dropped_entries_total 1",
	} {
		assert.Contains(t, scraped, "\n"+line+"\n")
	}
	assert.NotContains(t, r.logged.String()+got.stdout, verification)
	assert.NotContains(t, r.logged.String(), r.demo.Page)
}

// 3,000 events through the real listener, in a minute with NOTIONPROXY_LONG=1
// and else as fast as they are taken: every one is answered 200, and what was
// edited meanwhile shows, however many events came before its own.
func TestWebhooks_aFlood(t *testing.T) {
	file := filepath.Join(t.TempDir(), "webhooks")
	require.NoError(t, os.WriteFile(file, []byte(verification), 0o600))
	r := serving(t, nil, "--set", "webhooks.listen=127.0.0.1:0", "--set", "webhooks.secret_file="+file, "--set", "cache.fresh.content=10m")
	var pace time.Duration
	if os.Getenv("NOTIONPROXY_LONG") == "1" {
		pace = time.Minute / 3000
	}
	start, slowest := time.Now(), time.Duration(0)
	for n := range 3000 {
		title := fmt.Sprintf("edition %d", n)
		if n%100 == 99 {
			r.read(t) // so that there is something to be untrue
			r.notion.SetTitle(r.demo.Page, title)
		}
		sent := time.Now()
		require.Equal(t, 200, r.deliver(t, r.edited(n), verification))
		slowest = max(slowest, time.Since(sent))
		if n%100 == 99 {
			eventually(t, func() bool { return strings.Contains(r.body(t), `"`+title+`"`) }, title)
		}
		time.Sleep(time.Until(start.Add(time.Duration(n+1) * pace)))
	}
	t.Logf("3,000 events in %v, the slowest answered after %v", time.Since(start).Round(time.Millisecond), slowest)
	assert.Equal(t, 413, r.deliver(t, string(bytes.Repeat([]byte(" "), 1<<20+1)), verification))
	eventually(t, func() bool { return strings.Contains(r.command(t, "webhooks", "--json").stdout, `"waiting":0`) })
	assert.Contains(t, r.command(t, "webhooks", "--json").stdout, `"received":3000`)
}

// An event that is answered 200 is not sent again, however near the end is.
func TestWebhooks_areWorkedOffWhileTheProgramEnds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "webhooks")
	require.NoError(t, os.WriteFile(file, []byte(verification), 0o600))
	r := serving(t, nil, "--set", "webhooks.listen=127.0.0.1:0", "--set", "webhooks.secret_file="+file,
		"--set", "cache.fresh.content=10m", "--set", "shutdown.delay=3s")
	r.read(t)
	r.stop()
	eventually(t, func() bool { return strings.Contains(r.logged.String(), "shutting down") })
	_, how := r.read(t)
	require.Contains(t, how, "hit")
	require.Equal(t, 200, r.deliver(t, r.edited(0), verification))
	eventually(t, func() bool { _, how := r.read(t); return strings.Contains(how, "detail=draining") }, "nothing stored is shown any more")
}

func TestWebhooksCommand_whereNoneAreTaken(t *testing.T) {
	got := serving(t, nil).command(t, "webhooks")
	assert.Equal(t, exitFailed, got.code)
	assert.Contains(t, got.stderr, "the running proxy takes no events; set webhooks.listen and webhooks.secret_file")
}

func TestServe_refusesASecretFileThatHoldsSomethingElse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "webhooks")
	require.NoError(t, os.WriteFile(file, []byte("hello"), 0o600))
	got := runProgram(t.Context(), nil, "--listen", "127.0.0.1:0", "--admin-listen", "", "--set", "webhooks.listen=127.0.0.1:0", "--set", "webhooks.secret_file="+file)
	assert.Equal(t, exitMisused, got.code)
	assert.Contains(t, got.stderr, "webhooks.secret_file: reading the verification token: "+file+" holds something else")
}
