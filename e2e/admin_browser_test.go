package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

const browser = "chromium"

// evilPage is a page of another site that tries what a browser lets it: to read
// the admin listener, and to make it do something. It writes down what it could
// see.
const evilPage = `<!doctype html><body><pre id="seen"></pre>
<form id="form" method="post" enctype="text/plain" action="ADMIN/purge" target="frame"><input name='{"all":true,"x":"' value='"}'></form>
<iframe name="frame"></iframe><iframe id="framed" src="ADMIN/entries"></iframe>
<img id="img" src="ADMIN/entries">
<script>
const seen = [];
const say = (what, how) => { seen.push(what + ": " + how); document.getElementById("seen").textContent = seen.join("\n"); };
const go = (what, path, options) => fetch("ADMIN" + path, options)
	.then(r => r.text().then(text => say(what, r.type + " " + r.status + " " + text.length)), e => say(what, "failed"));
const all = '{"all":true}';
document.getElementById("form").submit();
go("read", "/entries");
go("read without CORS", "/entries", {mode: "no-cors"});
go("post text", "/purge", {method: "POST", mode: "no-cors", body: all});
go("post a form", "/purge", {method: "POST", mode: "no-cors", body: new URLSearchParams({all: "true"})});
go("post JSON", "/purge", {method: "POST", headers: {"Content-Type": "application/json"}, body: all});
go("set a mode", "/mode", {method: "POST", mode: "no-cors", body: '{"serve_stale":"never"}'});
navigator.sendBeacon("ADMIN/purge", all);
setTimeout(() => {
	try { say("frame", document.getElementById("framed").contentDocument ? "open" : "closed"); } catch (e) { say("frame", "closed"); }
	say("done", "all");
}, 2000);
</script>`

// look has a real browser open a page and returns what stands in it after a
// few seconds. evil.test is a name that was made to point to this machine.
func look(t *testing.T, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
		"--host-resolver-rules=MAP evil.test 127.0.0.1", "--virtual-time-budget=10000", "--dump-dom", address)
	out, err := c.Output()
	require.NoError(t, err)
	return string(out)
}

// A proxy with one stored page, and the address of its admin listener.
func startWithAdmin(t *testing.T) (admin string) {
	n := notiontest.New(notiontest.Options{Seed: 5})
	demo := n.Demo(notiontest.DemoOptions{})
	p := startProxy(t, serve(t, n), map[string]string{"CACHE_FRESH_CONTENT": "1h"})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/v1/pages/"+demo.Page, http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+demo.Token)
	request.Header.Set("Notion-Version", "2025-09-03")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	answer.Body.Close()
	listening := p.log.that(func(l line) bool { return l.Message == "listening for admin" })
	require.Len(t, listening, 1)
	return listening[0].Address
}

// stored is how many pages are stored, and how many were ever purged.
func stored(t *testing.T, admin string) (entries, purged int64, serveStale string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+admin+"/overview", http.NoBody)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	var o struct {
		Stored     struct{ Entries, Purged int64 }
		ServeStale string `json:"serve_stale"`
	}
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&o))
	return o.Stored.Entries, o.Stored.Purged, o.ServeStale
}

func TestAdmin_aPageOfAnotherSiteGetsNothingAndChangesNothing(t *testing.T) {
	need(t, browser)
	admin := startWithAdmin(t)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, strings.ReplaceAll(evilPage, "ADMIN", "http://"+admin))
	}))
	defer evil.Close()
	at, err := url.Parse(evil.URL)
	require.NoError(t, err)

	// From another port of this machine, and from a name of the attacker's own.
	for _, page := range []string{evil.URL, "http://evil.test:" + at.Port()} {
		seen := look(t, page)
		assert.Contains(t, seen, "done: all", "the page ran to its end")
		assert.Contains(t, seen, "read: failed")
		assert.Contains(t, seen, "post JSON: failed")
		assert.Contains(t, seen, "frame: closed")
		assert.NotContains(t, seen, "operation", "nothing that is stored")
		entries, purged, mode := stored(t, admin)
		assert.Equal(t, int64(1), entries, page)
		assert.Zero(t, purged, page)
		assert.Equal(t, "auto", mode, page)
	}
}

// A name that was made to point here is as good as the site itself for a
// browser; only the Host tells.
func TestAdmin_aReboundNameGetsNothing(t *testing.T) {
	need(t, browser)
	admin := startWithAdmin(t)
	_, port, _ := strings.Cut(admin, ":")
	assert.Contains(t, look(t, "http://"+admin+"/entries"), "pages.retrieve", "typed by hand")
	rebound := look(t, fmt.Sprintf("http://evil.test:%s/entries", port))
	assert.Contains(t, rebound, "not on the list")
	assert.NotContains(t, rebound, "pages.retrieve")
}
