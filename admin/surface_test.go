package admin_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"notionproxy/admin"
)

// net/http lingers for half a second after it has refused headers.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// books stand for the program behind the surface: they note what was changed.
type books struct {
	mu     sync.Mutex
	modes  admin.Modes
	level  string
	purged []admin.Selection
	listed []string
}

func (b *books) Modes() admin.Modes {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.modes
}

func (b *books) SetModes(m admin.Modes) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m.Mode == "fast" {
		return errors.New("mode is fast; want full or observe")
	}
	b.modes = m
	return nil
}

func (b *books) Level() string { return b.level }

func (b *books) SetLevel(level string) error { b.level = level; return nil }

func (b *books) Settings() map[string]any { return map[string]any{"mode": "full"} }

func (b *books) Entries(which admin.Selection, skip, limit int) ([]admin.Entry, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listed = append(b.listed, fmt.Sprintf("%v %q %q %d %d", which.Object, which.Operation, which.Connection, skip, limit))
	return []admin.Entry{}, 7
}

func (b *books) Purge(which admin.Selection) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.purged = append(b.purged, which)
	return 3
}

func (b *books) changed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.modes != admin.Modes{} || b.level != "" || len(b.purged) > 0
}

const hostile = `<script>alert(1)</script>`

// A site is the surface on a real socket.
type site struct {
	books *books
	addr  string
}

// newSite serves until the test ends. set may change the options; it may be
// nil.
func newSite(t *testing.T, set func(*admin.Options)) *site {
	t.Helper()
	s := &site{books: &books{}}
	o := admin.Options{
		Control: s.books, Store: s.books,
		Overview: func() admin.Overview { return admin.Overview{Callers: []admin.Caller{{Caller: hostile}}} },
		Metrics:  word("metrics"), Triage: word("triage"),
	}
	if set != nil {
		set(&o)
	}
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.addr = ln.Addr().String()
	server := admin.Server(admin.New(o))
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return s
}

type word string

func (text word) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, string(text)+" "+r.URL.Path)
}

// send sends text, whose lines end with \n, over a connection of its own. HOST
// stands for the site's address.
func (s *site) send(t *testing.T, text string) (answer *http.Response, body string) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(context.Background(), "tcp", s.addr)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	head, body, _ := strings.Cut(strings.ReplaceAll(text, "HOST", s.addr), "\n\n")
	head += "\nConnection: close"
	if body != "" && !strings.Contains(head, "Transfer-Encoding") {
		head += fmt.Sprintf("\nContent-Length: %d", len(body))
	}
	_, err = io.WriteString(c, strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"+body)
	require.NoError(t, err)
	method, _, _ := strings.Cut(text, " ")
	answer, err = http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	require.NoError(t, err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(b)
}

// get asks for path as curl would.
func (s *site) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	return s.send(t, "GET "+path+" HTTP/1.1\nHost: HOST")
}

// post sends JSON as curl would.
func (s *site) post(t *testing.T, path, body string) (*http.Response, string) {
	t.Helper()
	return s.send(t, "POST "+path+" HTTP/1.1\nHost: HOST\nContent-Type: application/json\n\n"+body)
}

func TestSurface_answersWhatItIsFor(t *testing.T) {
	s := newSite(t, nil)
	for path, want := range map[string]string{
		"/":                                "POST /purge",
		"/metrics":                         "metrics /metrics",
		"/triage":                          "triage /triage",
		"/triage/incidents/1":              "triage /triage/incidents/1",
		"/overview":                        `"callers"`,
		"/entries":                         `"total": 7`,
		"/mode":                            "{}",
		"/log":                             `"level"`,
		"/config":                          `"mode": "full"`,
		"/debug/pprof/":                    "goroutine",
		"/debug/pprof/heap?debug=1":        "heap profile",
		"/debug/pprof/profile?seconds=1":   "",
		"/debug/pprof/goroutine?seconds=1": "",
	} {
		answer, body := s.get(t, path)
		assert.Equal(t, 200, answer.StatusCode, path)
		assert.Contains(t, body, want, path)
	}
	assert.False(t, s.books.changed(), "no GET changes anything")
}

func TestSurface_withoutMetricsAndTriage(t *testing.T) {
	s := newSite(t, func(o *admin.Options) { o.Metrics, o.Triage = nil, nil })
	for _, path := range []string{"/metrics", "/triage", "/nothing", "/debug/pprof/cmdline", "/debug/pprof/nothing"} {
		answer, _ := s.get(t, path)
		assert.Equal(t, 404, answer.StatusCode, path)
	}
	_, body := s.get(t, "/")
	assert.NotContains(t, body, "/metrics")
	assert.NotContains(t, body, "/triage")
}

func TestMode_changesWhatIsNamed(t *testing.T) {
	s := newSite(t, nil)
	answer, body := s.post(t, "/mode", `{"serve_stale":"always"}`)
	assert.Equal(t, 200, answer.StatusCode)
	assert.JSONEq(t, `{"serve_stale":"always"}`, body)
	answer, body = s.post(t, "/mode", `{"mode":"fast"}`)
	assert.Equal(t, 400, answer.StatusCode)
	assert.JSONEq(t, `{"error":"mode is fast; want full or observe"}`, body)
	answer, body = s.post(t, "/log", `{"level":"debug"}`)
	assert.Equal(t, 200, answer.StatusCode)
	assert.JSONEq(t, `{"level":"debug"}`, body)
}

const anID = "7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f11"

func TestPurge_takesWhatIsNamedAndNothingElse(t *testing.T) {
	for body, want := range map[string]string{
		`{"id":"` + anID + `"}`:                              anID + ` "" ""`,
		`{"id":"7D1F0A529C1E4F9B8A570C2F3F6F6F11"}`:          anID + ` "" ""`,
		`{"operation":"pages.retrieve"}`:                     `00000000-0000-0000-0000-000000000000 "pages.retrieve" ""`,
		`{"connection":"1f2e3d4c"}`:                          `00000000-0000-0000-0000-000000000000 "" "1f2e3d4c"`,
		`{"connection":"` + anID + `"}`:                      `00000000-0000-0000-0000-000000000000 "" "` + anID + `"`,
		`{"all":true}`:                                       `00000000-0000-0000-0000-000000000000 "" ""`,
		`{"id":"` + anID + `","operation":"pages.retrieve"}`: anID + ` "pages.retrieve" ""`,
	} {
		s := newSite(t, nil)
		answer, got := s.post(t, "/purge", body)
		assert.Equal(t, 200, answer.StatusCode, body)
		assert.JSONEq(t, `{"purged":3}`, got, body)
		require.Len(t, s.books.purged, 1, body)
		which := s.books.purged[0]
		assert.Equal(t, want, fmt.Sprintf("%v %q %q", which.Object, which.Operation, which.Connection), body)
	}
}

// What is not understood purges nothing, least of all everything.
func TestPurge_refusesWhatItDoesNotUnderstand(t *testing.T) {
	s := newSite(t, nil)
	for body, want := range map[string]string{
		``:                                  "say what",
		`{}`:                                "say what",
		`{"all":false}`:                     "say what",
		`{"all":true,"operation":"search"}`: "say what",
		`{"id":"plans"}`:                    "not an id",
		`{"operation":"pages.retreive"}`:    "operation is none",
		`{"connection":"ntn_abcdefgh"}`:     "neither a bot id",
		`{"connection":"1f2e"}`:             "neither a bot id",
		`{"page":"x"}`:                      "unknown field",
		`{"all":true}{"all":true}`:          "more than one",
		`{"all":tru`:                        "reading the body",
		`[]`:                                "reading the body",
	} {
		answer, got := s.post(t, "/purge", body)
		if body == "" {
			assert.Equal(t, 400, answer.StatusCode)
			continue
		}
		assert.Equal(t, 400, answer.StatusCode, body)
		assert.Contains(t, got, want, body)
		assert.NotContains(t, got, "ntn_")
	}
	answer, _ := s.post(t, "/purge", `{"id":"`+strings.Repeat("x", 20<<10)+`"}`)
	assert.Equal(t, 413, answer.StatusCode)
	assert.False(t, s.books.changed())
}

func TestEntries_arePagedAndBounded(t *testing.T) {
	s := newSite(t, nil)
	for query, want := range map[string]string{
		"":                             `00000000-0000-0000-0000-000000000000 "" "" 0 100`,
		"?skip=200&limit=1000":         `00000000-0000-0000-0000-000000000000 "" "" 200 1000`,
		"?operation=search":            `00000000-0000-0000-0000-000000000000 "search" "" 0 100`,
		"?connection=1f2e3d4c&limit=1": `00000000-0000-0000-0000-000000000000 "" "1f2e3d4c" 0 1`,
		"?id=" + anID:                  anID + ` "" "" 0 100`,
	} {
		answer, _ := s.get(t, "/entries"+query)
		assert.Equal(t, 200, answer.StatusCode, query)
		assert.Equal(t, want, s.books.listed[len(s.books.listed)-1], query)
	}
	for _, query := range []string{"?limit=0", "?limit=1001", "?limit=all", "?skip=-1", "?skip=1&skip=2", "?body=1", "?id=x", "?operation=x", "?%zz"} {
		answer, _ := s.get(t, "/entries"+query)
		assert.Equal(t, 400, answer.StatusCode, query)
	}
}

func TestProfiles_endInTime(t *testing.T) {
	s := newSite(t, nil)
	for _, path := range []string{"profile", "trace", "heap"} {
		answer, _ := s.get(t, "/debug/pprof/"+path+"?seconds=3600")
		assert.Equal(t, 400, answer.StatusCode, path)
	}
}

// The form of the triage page works where scripts do not, and for no other
// site. No other path takes forms.
func TestSurface_takesTheFormOfTheTriagePage(t *testing.T) {
	s := newSite(t, nil)
	form := " HTTP/1.1\nHost: HOST\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 0"
	_, body := s.send(t, "POST /triage/probes"+form+"\nOrigin: http://HOST\nSec-Fetch-Site: same-origin")
	assert.Equal(t, "triage /triage/probes", body)
	for _, text := range []string{
		"POST /triage/probes" + form + "\nOrigin: http://evil.example\nSec-Fetch-Site: cross-site",
		"POST /triage/probes" + form + "\nOrigin: null",
		"POST /purge" + form,
		"POST /triage" + form,
	} {
		answer, _ := s.send(t, text)
		assert.GreaterOrEqual(t, answer.StatusCode, 400, text)
	}
}
