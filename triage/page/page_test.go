package page

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/triage"
)

// ask makes a request of a page; headers are name and value in turn.
func ask(p http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func pageOf(r triage.Report) *Page { return New(Options{Source: &fixed{report: r}, Version: "1.2.3"}) }

const (
	chromeAccept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
	anIncident   = "/triage/incidents/20270301-1153-a1b2"
)

func TestFormat_isWhatTheReaderAsksFor(t *testing.T) {
	for accept, want := range map[string]format{
		"":                                  asText,
		"*/*":                               asText, // curl
		chromeAccept:                        asHTML,
		"application/json":                  asJSON,
		"application/json, text/plain;q=.5": asJSON,
		"text/*":                            asText,
		"text/html;q=0, */*":                asText,
		"text/plain;q=0.2, text/html;q=0.3": asHTML,
		"TEXT/HTML":                         asHTML,
		"image/png":                         asText,
		"nonsense;;;,":                      asText,
	} {
		assert.Equal(t, want, accepted(accept), accept)
	}
	p := pageOf(outage())
	for accept, kind := range map[string]string{"*/*": "text/plain", chromeAccept: "text/html", "application/json": "application/json"} {
		for _, path := range []string{"/triage", anIncident} {
			got := ask(p, http.MethodGet, path, "Accept", accept)
			assert.Equal(t, http.StatusOK, got.Code)
			assert.True(t, strings.HasPrefix(got.Header().Get("Content-Type"), kind+";"), "%s %s", path, accept)
			assert.Equal(t, "Accept", got.Header().Get("Vary"))
		}
	}
	assert.Contains(t, ask(p, http.MethodGet, "/triage?format=json").Header().Get("Content-Type"), "json")
}

// What the well-known function returns, by its names.
func TestJSON_hasWhatScriptsReadToday(t *testing.T) {
	got := ask(pageOf(outage()), http.MethodGet, "/triage", "Accept", "application/json")
	var report map[string]any
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &report))
	assert.Equal(t, "notion-down", report["classification"])
	assert.Equal(t, "Partial System Outage", report["notionStatus"])
	assert.Equal(t, "authenticated", report["authStatus"])
	assert.Equal(t, 60012.0, report["latencyMs"])
	assert.Contains(t, report, "evidence")

	var back triage.Report // as the command line reads it
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &back))
	assert.Equal(t, outage().Verdict, back.Verdict)
}

var (
	inlineScript = regexp.MustCompile(`<script(?:[^>]*)>[^<]+</script>|\son[a-z]+\s*=\s*["']|javascript:`)
	inlineStyle  = regexp.MustCompile(`<style|\sstyle\s*=`)
	elsewhere    = regexp.MustCompile(`(?:src|action|hx-get)="(?:https?:)?//|<link[^>]*href="https?:`)
)

func TestHTML_holdsToItsPolicy(t *testing.T) {
	p := pageOf(outage())
	for _, path := range []string{"/triage", anIncident, "/triage/nothing"} {
		got := ask(p, http.MethodGet, path, "Accept", chromeAccept)
		body := got.Body.String()
		assert.Regexp(t, `(?s)^<!doctype html>.*</html>\s*$`, body)
		assert.NotRegexp(t, inlineScript, body)
		assert.NotRegexp(t, inlineStyle, body)
		assert.NotRegexp(t, elsewhere, body)
		csp := got.Header().Get("Content-Security-Policy")
		assert.Contains(t, csp, "default-src 'none'")
		assert.NotContains(t, csp, "unsafe")
		assert.Equal(t, "nosniff", got.Header().Get("X-Content-Type-Options"))
		assert.Equal(t, "no-store", got.Header().Get("Cache-Control"))
	}
}

// A caller's name for itself, a workspace's name, an address: all come from
// outside.
func TestNames_doNoHarm(t *testing.T) {
	p := pageOf(outage())
	for _, path := range []string{"/triage", anIncident} {
		page := ask(p, http.MethodGet, path, "Accept", chromeAccept).Body.String()
		assert.NotContains(t, page, "<img", path)
		assert.Contains(t, page, "&lt;img", path)
		text := ask(p, http.MethodGet, path).Body.String()
		assert.NotContains(t, text, "\x1b", path)
		assert.NotContains(t, text, "\u202e", path)
	}
	for _, name := range []string{"slack", "status", "postmortem"} {
		got := ask(p, http.MethodGet, anIncident+"/"+name, "Accept", chromeAccept)
		assert.Equal(t, "text/plain; charset=utf-8", got.Header().Get("Content-Type"))
		assert.NotContains(t, got.Body.String(), "\x1b")
	}
	for _, path := range []string{"/triage/%3Cimg%20src=x%3E", "/triage/incidents/%3Cimg%20src=x%3E", "/triage?x=%3Cimg%20src=x%3E"} {
		for _, accept := range []string{chromeAccept, "*/*", "application/json"} {
			assert.NotContains(t, ask(p, http.MethodGet, path, "Accept", accept).Body.String(), "<img src=x>")
		}
	}
}

func TestHTML_hasVerdictAndFirstActionOnTop(t *testing.T) {
	body := ask(pageOf(outage()), http.MethodGet, "/triage", "Accept", chromeAccept).Body.String()
	at := 0
	for _, what := range []string{
		`id="class">notion-down`, "Notion answers nothing: 212 of 214", anIncident, "Turn fallback mode on",
		"notionproxy mode --serve-stale always", "Do not rotate the token", "nightly-sync spends", ">Now<", ">Evidence<", ">Decision tree<", "taken",
		">Probes<", "Budget and callers", "Schema changes", "What is stored", "Recent events", ">Incidents<",
	} {
		i := strings.Index(body[at:], what)
		require.GreaterOrEqual(t, i, 0, "%s is missing, or too far up", what)
		at += i
	}
}

func TestHTML_showsAQuietDay(t *testing.T) {
	body := ask(pageOf(calm()), http.MethodGet, "/triage", "Accept", chromeAccept).Body.String()
	assert.Contains(t, body, "All is well")
	assert.Contains(t, body, "icon-good.svg")
	assert.NotContains(t, body, "goes on")
}

// Before anything was seen there is a page, too.
func TestHTML_showsNothingYet(t *testing.T) {
	for _, accept := range []string{chromeAccept, "*/*", "application/json"} {
		got := ask(pageOf(triage.Report{}), http.MethodGet, "/triage", "Accept", accept)
		assert.Equal(t, http.StatusOK, got.Code, got.Body.String())
	}
}

// Where others than the operators can look.
func TestPublic_namesNobody(t *testing.T) {
	source := &fixed{report: outage()}
	p := New(Options{Source: source, Public: true})
	body := ask(p, http.MethodGet, "/triage", "Accept", chromeAccept).Body.String()
	assert.Contains(t, body, "Notion is down") // judged anew, from what names nobody
	assert.Contains(t, body, "What to do")
	for _, secret := range []string{"1f2e3d4c", "7d1f0a52", "nightly-sync", "Acme sync", "a1b2", "/triage/probes", "Recent events"} {
		assert.NotContains(t, body, secret)
	}
	for _, accept := range []string{"*/*", "application/json"} {
		other := ask(p, http.MethodGet, "/triage", "Accept", accept).Body.String()
		for _, secret := range []string{"1f2e3d4c", "7d1f0a52", "nightly-sync", "Acme sync", "a1b2"} {
			assert.NotContains(t, other, secret)
		}
	}
	assert.Equal(t, http.StatusNotFound, ask(p, http.MethodGet, anIncident).Code)
	assert.Equal(t, http.StatusNotFound, ask(p, http.MethodGet, anIncident+"/slack").Code)
	assert.Equal(t, http.StatusNotFound, ask(p, http.MethodPost, "/triage/probes").Code)
	assert.Zero(t, source.probed)
}

func TestProbe_needsAPostFromTheSameOrigin(t *testing.T) {
	source := &fixed{report: outage()}
	p := New(Options{Source: source})
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
	} {
		assert.Equal(t, http.StatusForbidden, ask(p, http.MethodPost, "/triage/probes", headers...).Code, headers)
	}
	assert.Equal(t, http.StatusMethodNotAllowed, ask(p, http.MethodGet, "/triage/probes").Code)
	assert.Zero(t, source.probed)

	got := ask(p, http.MethodPost, "/triage/probes", "Sec-Fetch-Site", "same-origin", "Accept", chromeAccept)
	assert.Equal(t, http.StatusSeeOther, got.Code)
	assert.Equal(t, "/triage#probes", got.Header().Get("Location"))
	got = ask(p, http.MethodPost, "/triage/probes", "Accept", "application/json")
	assert.Equal(t, http.StatusOK, got.Code)
	assert.Equal(t, 2, source.probed)

	source.err = triage.ErrProbedJustNow
	got = ask(p, http.MethodPost, "/triage/probes")
	assert.Equal(t, http.StatusTooManyRequests, got.Code)
	assert.Equal(t, "10", got.Header().Get("Retry-After"))
	source.err = io.ErrUnexpectedEOF
	got = ask(p, http.MethodPost, "/triage/probes")
	assert.Equal(t, http.StatusInternalServerError, got.Code)
	assert.NotContains(t, got.Body.String(), "EOF")
}

func TestHost_isOneOfOurs(t *testing.T) {
	p := New(Options{Source: &fixed{report: outage()}, IsHost: func(h string) bool { return h == "127.0.0.1:8080" }})
	assert.Equal(t, http.StatusOK, ask(p, http.MethodGet, "/triage").Code)
	r := httptest.NewRequest(http.MethodGet, "http://evil.example:8080/triage", http.NoBody)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	assert.Equal(t, http.StatusMisdirectedRequest, w.Code)
	assert.NotContains(t, w.Body.String(), "notion-down")
}

func TestAssets_areOursAndKept(t *testing.T) {
	p := pageOf(calm())
	body := ask(p, http.MethodGet, "/triage", "Accept", chromeAccept).Body.String()
	found := regexp.MustCompile(`/triage/assets/[^"]+`).FindAllString(body, -1)
	assert.GreaterOrEqual(t, len(found), 7)
	for _, path := range found {
		got := ask(p, http.MethodGet, path)
		assert.Equal(t, http.StatusOK, got.Code, path)
		assert.NotEmpty(t, got.Body.Bytes())
		if strings.Contains(path, "?v=") {
			assert.Contains(t, got.Header().Get("Cache-Control"), "immutable", path)
		}
	}
	for _, path := range []string{"/triage/assets/", "/triage/assets/nothing.js", "/triage/assets/..%2Fpage.go", "/triage/assets/page.css?v=old"} {
		assert.NotContains(t, ask(p, http.MethodGet, path).Header().Get("Cache-Control"), "immutable", path)
	}
	assert.Equal(t, http.StatusNotFound, ask(p, http.MethodGet, "/triage/assets/..%2Fpage.go").Code)
}

func TestHead_isLikeGet(t *testing.T) {
	for _, path := range []string{"/triage", anIncident} {
		assert.Equal(t, http.StatusOK, ask(pageOf(outage()), http.MethodHead, path).Code)
	}
}
