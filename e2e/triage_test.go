package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// A scene is something that goes wrong, and what the page must say then.
type scene struct {
	name    string
	ruin    func(*stage)
	classes []string // one of these
	says    []string // somewhere on the page
}

var scenes = []scene{
	{"calm", func(*stage) {}, []string{"ok"}, []string{"All is well", "Decision tree"}},
	{"outage", func(s *stage) {
		s.n.Fault(notiontest.Fault{Kind: notiontest.FaultEdge, Status: 502})
	}, []string{"notion-down", "notion-side"}, []string{"Do not restart", "Do not rotate tokens", "stored answers"}},
	{"token", func(s *stage) {
		s.n.RevokeToken(testToken)
	}, []string{"token-expired"}, []string{"aws secretsmanager", "gcloud secrets versions add", "kubectl rollout restart"}},
	{"rename", func(s *stage) {
		s.n.RenameProperty(s.w.Source, "Status", "State")
	}, []string{"schema-changed"}, []string{"Status", "State"}},
	{"unshared", func(s *stage) {
		s.n.Unshare(s.w.Bot, s.w.Rows[0].ID)
	}, []string{"pages-unshared"}, []string{"Connections"}},
}

// A stage is a proxy before a Notion, with an application that reads all the
// time.
type stage struct {
	*testing.T
	n *notiontest.Notion
	w *world
	p *proxy
}

func newStage(t *testing.T) *stage {
	t.Helper()
	n := notiontest.New(notiontest.Options{Seed: 11, RateLimit: -1})
	w := makeWorld(n)
	s := &stage{t, n, w, startProxy(t, serve(t, n), map[string]string{"STATUS_PAGE_URL": calmStatusPage(t), "CACHE_FRESH_CONTENT": "0s"})}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.read(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return s
}

// calmStatusPage serves a status page on which all is well.
func calmStatusPage(t *testing.T) string {
	t.Helper()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status": {"indicator": "none", "description": "All Systems Operational"}, "components": [], "incidents": []}`)
	}))
	t.Cleanup(page.Close)
	return page.URL
}

// read is the application: a query, two rows and a page, over and over.
func (s *stage) read(ctx context.Context) {
	asks := []struct{ method, path, body string }{
		{http.MethodPost, "/v1/data_sources/" + s.w.Source + "/query", `{"page_size":3,"filter":{"property":"Status","select":{"equals":"Done"}}}`},
		{http.MethodGet, "/v1/pages/" + s.w.Rows[0].ID, ""},
		{http.MethodGet, "/v1/pages/" + s.w.Rows[1].ID, ""},
		{http.MethodGet, "/v1/data_sources/" + s.w.Source, ""},
	}
	for n := 0; ctx.Err() == nil; n++ {
		ask := asks[n%len(asks)]
		req, err := http.NewRequestWithContext(ctx, ask.method, s.p.url+ask.path, strings.NewReader(ask.body))
		if err != nil {
			return
		}
		req.Header.Set("Authorization", "Bearer "+testToken)
		req.Header.Set("Notion-Version", "2025-09-03")
		req.Header.Set("User-Agent", "harbour-board/2")
		if ask.body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		if answer, err := http.DefaultClient.Do(req); err == nil {
			answer.Body.Close()
		}
		select {
		case <-ctx.Done():
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// report is what the page says as JSON.
func (s *stage) report() (r struct {
	Classification string
	Incidents      []struct{ ID string }
	Evidence       struct{ Windows []struct{ Good int } }
}) {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.p.url+"/triage", http.NoBody)
	require.NoError(s, err)
	req.Header.Set("Accept", "application/json")
	answer, err := http.DefaultClient.Do(req)
	require.NoError(s, err)
	defer answer.Body.Close()
	require.NoError(s, json.NewDecoder(answer.Body).Decode(&r))
	return r
}

// play ruins something after a while of quiet, and waits for the verdict.
func (s *stage) play(scene scene) {
	s.Helper()
	require.Eventually(s, func() bool { return s.report().Evidence.Windows[0].Good >= 6 }, patience, 100*time.Millisecond, "no traffic")
	start := time.Now()
	scene.ruin(s)
	require.Eventually(s, func() bool {
		r := s.report()
		return contains(scene.classes, r.Classification) && (scene.name == "calm" || len(r.Incidents) > 0)
	}, time.Minute, 200*time.Millisecond, "verdict on %s", scene.name)
	s.Logf("%s after %v", s.report().Classification, time.Since(start).Round(time.Second))
}

func contains(all []string, s string) bool {
	for _, each := range all {
		if each == s {
			return true
		}
	}
	return false
}

func TestTriagePage_inFiveScenes(t *testing.T) {
	need(t, browser, axeScript)
	for _, scene := range scenes {
		t.Run(scene.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.play(scene)
			b := openBrowser(t)
			for _, l := range looks {
				b.show(l)
				b.open(s.p.url + "/triage")
				b.becomes(patience, `document.querySelectorAll("#charts canvas").length === 4`, "charts")
				assert.Contains(t, scene.classes, b.text("#class"))
				body := b.text("body")
				for _, words := range scene.says {
					assert.Contains(t, body, words)
				}
				b.wantFits(l.name)
				b.wantAccessible(l.name)
				b.shoot(scene.name + "-" + l.name)
			}
			b.wantQuietConsole()
		})
	}
}

// Somebody opens the incident from the page, copies the message to the team and
// reads the rest.
func TestTriagePage_incidentAndCopy(t *testing.T) {
	need(t, browser, axeScript)
	t.Parallel()
	s := newStage(t)
	s.play(scenes[1])
	b := openBrowser(t)
	b.mayUseClipboard(s.p.url)
	b.show(looks[0])
	b.open(s.p.url + "/triage")
	b.waitVisible(".command .copy")
	b.click(".command .copy")
	b.becomes(patience, `document.querySelector(".command .copy").textContent === "Copied"`, "copied")
	assert.Equal(t, "notionproxy mode --serve-stale always", b.clipboard())

	b.click(".running a")
	b.waitVisible("#postmortem-text")
	id := s.report().Incidents[0].ID
	assert.Contains(t, b.text("main"), "Incident "+id)
	for _, l := range looks {
		b.show(l)
		b.wantFits(l.name)
		b.wantAccessible("incident " + l.name)
		b.shoot("incident-" + l.name)
	}
	b.show(looks[0])
	for _, name := range []string{"slack", "status", "postmortem"} {
		button := `button[data-copy="` + name + `-text"]`
		// As the keyboard does it.
		b.waitVisible(button)
		b.do(chromedp.Focus(chromedp.CSS(button)), chromedp.KeyEvent(kb.Enter))
		b.becomes(patience, `document.querySelector('`+button+`').textContent === "Copied"`, "copied "+name)
		copied := b.clipboard()
		assert.Contains(t, copied, map[string]string{"slack": "INCIDENT: Notion Integration", "status": "Service Disruption", "postmortem": "### Action Items"}[name])
		assert.NotContains(t, copied, testToken)
	}
	b.wantQuietConsole()
}

func (b *tab) clipboard() string {
	b.Helper()
	return eval[string](b, `navigator.clipboard.readText()`)
}

// The page changes by itself, keeps open what was opened, stops when it is
// paused, and says when the proxy is gone.
func TestTriagePage_isLive(t *testing.T) {
	need(t, browser)
	t.Parallel()
	s := newStage(t)
	s.play(scenes[0])
	b := openBrowser(t)
	b.show(looks[0])
	b.open(s.p.url + "/triage")
	b.click("#figures summary")
	mend := s.n.Fault(notiontest.Fault{Kind: notiontest.FaultEdge, Status: 502})
	b.becomes(time.Minute, `["notion-side", "notion-down"].includes(document.querySelector("#class").textContent)`, "another verdict")
	b.becomes(patience, `document.querySelector("#said").textContent.startsWith("Now notion-")`, "told to screen readers")
	b.becomes(patience, `document.querySelector("#figures").open`, "still open")
	b.becomes(patience, `document.querySelectorAll("#charts canvas").length === 4`, "the same charts")

	b.click("#pause")
	mend()
	before := eval[string](b, `document.querySelector("#live").textContent`)
	time.Sleep(7 * time.Second)
	assert.Equal(t, before, eval[string](b, `document.querySelector("#live").textContent`), "paused")
	b.wantQuietConsole()

	b.click("#pause")
	s.p.terminate(t)
	b.becomes(time.Minute, `!document.querySelector("#lost").hidden`, "told that the proxy is gone")
}

// Without scripts all is there but the charts, and probes can be asked for.
func TestTriagePage_worksWithoutScripts(t *testing.T) {
	need(t, browser)
	t.Parallel()
	s := newStage(t)
	s.play(scenes[1])
	b := openBrowser(t)
	b.show(looks[0])
	command(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.open(s.p.url + "/triage")
	assert.Contains(t, scenes[1].classes, b.text("#class"))
	b.shoot("without-scripts")
	b.click("#probe")
	b.waitVisible("#probes table")
	require.Eventually(t, func() bool { return result(b, chromedp.Location()) == s.p.url+"/triage#probes" }, patience, 100*time.Millisecond, "back on the page")
	b.click(".running a")
	b.waitVisible("#slack-text")
	assert.Contains(t, b.text("#slack-text"), "INCIDENT")
}

// The first thing that the keyboard reaches leads past the head of the page.
func TestTriagePage_byKeyboard(t *testing.T) {
	need(t, browser)
	t.Parallel()
	s := newStage(t)
	b := openBrowser(t)
	b.show(looks[0])
	b.open(s.p.url + "/triage")
	var reached []string
	for range 4 {
		b.do(chromedp.KeyEvent(kb.Tab))
		reached = append(reached, eval[string](b, `document.activeElement.textContent.trim()`))
	}
	assert.Equal(t, "Skip to the content", reached[0])
	assert.Contains(t, reached, "Pause updates")
}
