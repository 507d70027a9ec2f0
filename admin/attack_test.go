package admin_test

import (
	"encoding/base64"
	"io"
	"net"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/admin"
)

const secret = "correct horse battery staple"

// withToken asks for a token, as a listener off loopback does.
func withToken(o *admin.Options) { o.Token = func() string { return secret } }

// purgeAll is the worst that a request can do, as an attacker's browser, page
// or script would send it.
const purgeAll = "\n\n{\"all\":true}"

// Each attack is a request as it comes over the wire. None may change
// anything, nor be answered with what is stored.
func TestAttacks_areRefused(t *testing.T) {
	const json = "\nContent-Type: application/json"
	for name, attack := range map[string]struct {
		request string
		status  int
	}{
		"DNS rebinding: a page whose name was made to point here": {"GET /entries HTTP/1.1\nHost: evil.test:8081", 421},
		"DNS rebinding, a name that looks local":                  {"GET /entries HTTP/1.1\nHost: localhost.evil.test", 421},
		"DNS rebinding, an address in a name":                     {"GET /entries HTTP/1.1\nHost: 127.0.0.1.nip.test", 421},
		"DNS rebinding, posting":                                  {"POST /purge HTTP/1.1\nHost: evil.test\nOrigin: http://evil.test\nSec-Fetch-Site: same-origin" + json + purgeAll, 421},
		"another machine's address":                               {"GET /entries HTTP/1.1\nHost: 192.0.2.1", 421},
		"no host":                                                 {"GET /entries HTTP/1.1\nHost:", 421},
		"a host forwarded":                                        {"GET /entries HTTP/1.1\nHost: evil.test\nX-Forwarded-Host: 127.0.0.1", 421},
		"a host in the target":                                    {"GET http://evil.test/entries HTTP/1.1\nHost: HOST", 421},

		"cross-site POST":                        {"POST /purge HTTP/1.1\nHost: HOST\nSec-Fetch-Site: cross-site\nOrigin: http://evil.test" + json + purgeAll, 403},
		"cross-site POST of an old browser":      {"POST /purge HTTP/1.1\nHost: HOST\nOrigin: http://evil.test" + json + purgeAll, 403},
		"cross-site POST from a sandbox":         {"POST /purge HTTP/1.1\nHost: HOST\nOrigin: null" + json + purgeAll, 403},
		"POST of another port on this machine":   {"POST /purge HTTP/1.1\nHost: HOST\nSec-Fetch-Site: same-site\nOrigin: http://127.0.0.1:3000" + json + purgeAll, 403},
		"cross-site GET":                         {"GET /entries HTTP/1.1\nHost: HOST\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors", 403},
		"cross-site GET, with two stories":       {"GET /entries HTTP/1.1\nHost: HOST\nSec-Fetch-Site: none\nSec-Fetch-Site: cross-site", 403},
		"cross-origin GET of an old browser":     {"GET /entries HTTP/1.1\nHost: HOST\nOrigin: http://evil.test", 403},
		"GET of another port on this machine":    {"GET /overview HTTP/1.1\nHost: HOST\nSec-Fetch-Site: same-site", 403},
		"a link from elsewhere":                  {"GET /triage HTTP/1.1\nHost: HOST\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate", 403},
		"a preflight":                            {"OPTIONS /purge HTTP/1.1\nHost: HOST\nOrigin: http://evil.test\nAccess-Control-Request-Method: POST", 403},
		"a preflight that hides where it's from": {"OPTIONS /purge HTTP/1.1\nHost: HOST\nAccess-Control-Request-Method: POST", 405},

		"a form as text":                  {"POST /purge HTTP/1.1\nHost: HOST\nContent-Type: text/plain" + purgeAll, 415},
		"a form":                          {"POST /purge HTTP/1.1\nHost: HOST\nContent-Type: application/x-www-form-urlencoded" + purgeAll, 415},
		"a form with files":               {"POST /purge HTTP/1.1\nHost: HOST\nContent-Type: multipart/form-data; boundary=x" + purgeAll, 415},
		"a body of no type":               {"POST /purge HTTP/1.1\nHost: HOST" + purgeAll, 415},
		"a body of no type, chunked":      {"POST /purge HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked\n\nc\r\n{\"all\":true}\r\n0\r\n\r\n", 415},
		"a body of two types":             {"POST /purge HTTP/1.1\nHost: HOST\nContent-Type: text/plain" + json + purgeAll, 415},
		"a body of two types, JSON first": {"POST /purge HTTP/1.1\nHost: HOST" + json + "\nContent-Type: text/plain" + purgeAll, 415},
		"JSON in name only":               {"POST /purge HTTP/1.1\nHost: HOST\nContent-Type: text/plain; application/json" + purgeAll, 415},
		"no body":                         {"POST /purge HTTP/1.1\nHost: HOST\nContent-Length: 0", 400},
		"GET that mutates":                {"GET /purge?all=true HTTP/1.1\nHost: HOST", 405},
		"GET that mutates, with a body":   {"GET /purge HTTP/1.1\nHost: HOST" + json + purgeAll, 405},
		"GET that sets a mode":            {"GET /mode?serve_stale=never HTTP/1.1\nHost: HOST", 200},
		"HEAD that mutates":               {"HEAD /purge HTTP/1.1\nHost: HOST", 405},
		"another method in a header":      {"GET /purge HTTP/1.1\nHost: HOST\nX-HTTP-Method-Override: POST" + json + purgeAll, 405},
		"another path in a header":        {"GET /nothing HTTP/1.1\nHost: HOST\nX-Original-URL: /purge", 404},
		"the path, spelled otherwise":     {"POST //purge HTTP/1.1\nHost: HOST" + json + purgeAll, 404},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			answer, body := s.send(t, attack.request)
			assert.Equal(t, attack.status, answer.StatusCode, body)
			assert.False(t, s.books.changed())
			assert.Empty(t, s.books.listed)
			assertHardened(t, answer.Header.Get)
		})
	}
}

// assertHardened expects what keeps a browser from doing more with an answer
// than to show it.
func assertHardened(t *testing.T, header func(string) string) {
	t.Helper()
	assert.Contains(t, header("Content-Security-Policy"), "default-src 'none'")
	assert.Contains(t, header("Content-Security-Policy"), "frame-ancestors 'none'")
	assert.Equal(t, "nosniff", header("X-Content-Type-Options"))
	assert.Equal(t, "DENY", header("X-Frame-Options"))
	assert.Equal(t, "no-store", header("Cache-Control"))
	for _, name := range []string{"Access-Control-Allow-Origin", "Set-Cookie", "Location"} {
		assert.Empty(t, header(name))
	}
}

// What is refused for a page of somebody else's must work for one of ours, and
// for a terminal.
func TestGate_letsInWhoMay(t *testing.T) {
	for name, headers := range map[string]string{
		"curl":                  "Host: HOST",
		"by name":               "Host: localhost:8081",
		"by name, IPv6":         "Host: [::1]:8081",
		"a port-forward":        "Host: 127.0.0.1:9999",
		"the address bar":       "Host: HOST\nSec-Fetch-Site: none\nSec-Fetch-Mode: navigate",
		"our own page":          "Host: HOST\nSec-Fetch-Site: same-origin\nOrigin: http://HOST",
		"a name of the setting": "Host: Admin.Internal.:8081",
	} {
		s := newSite(t, func(o *admin.Options) { o.Hosts = []string{"admin.internal"} })
		answer, _ := s.send(t, "GET /entries HTTP/1.1\n"+headers)
		assert.Equal(t, 200, answer.StatusCode, name)
		assertHardened(t, answer.Header.Get)
		answer, _ = s.send(t, "POST /purge HTTP/1.1\n"+headers+"\nContent-Type: application/json; charset=utf-8"+purgeAll)
		assert.Equal(t, 200, answer.StatusCode, name)
	}
}

func TestToken_isAskedForOnEveryPath(t *testing.T) {
	s := newSite(t, withToken)
	for _, request := range []string{
		"GET /", "GET /metrics", "GET /triage", "GET /overview", "GET /entries", "GET /mode", "GET /log", "GET /config",
		"GET /debug/pprof/", "GET /debug/pprof/heap", "GET /nothing", "POST /purge", "OPTIONS /purge",
	} {
		answer, body := s.send(t, request+" HTTP/1.1\nHost: HOST")
		assert.Equal(t, 401, answer.StatusCode, request)
		assert.NotContains(t, body, secret)
		assert.Equal(t, `Bearer realm="notionproxy"`, answer.Header.Get("WWW-Authenticate"))
		assertHardened(t, answer.Header.Get)
	}
}

func TestToken_isTheWholeTokenAndNothingElse(t *testing.T) {
	basic := base64.StdEncoding.EncodeToString([]byte("admin:" + secret))
	s := newSite(t, withToken)
	for name, headers := range map[string]string{
		"wrong":             "\nAuthorization: Bearer wrong",
		"a part":            "\nAuthorization: Bearer " + secret[:10],
		"more":              "\nAuthorization: Bearer " + secret + "x",
		"empty":             "\nAuthorization: Bearer ",
		"another scheme":    "\nAuthorization: Basic " + basic,
		"another case":      "\nAuthorization: Bearer " + strings.ToUpper(secret),
		"two":               "\nAuthorization: Bearer wrong\nAuthorization: Bearer " + secret,
		"two, right first":  "\nAuthorization: Bearer " + secret + "\nAuthorization: Bearer wrong",
		"in a query":        "",
		"in a cookie":       "\nCookie: token=" + secret,
		"from this machine": "\nX-Forwarded-For: 127.0.0.1\nX-Real-IP: 127.0.0.1\nForwarded: for=127.0.0.1",
	} {
		answer, _ := s.send(t, "GET /entries?token="+strings.ReplaceAll(secret, " ", "+")+" HTTP/1.1\nHost: HOST"+headers)
		assert.Equal(t, 401, answer.StatusCode, name)
	}
	answer, _ := s.send(t, "GET /entries HTTP/1.1\nHost: HOST\nAuthorization: Bearer "+secret)
	assert.Equal(t, 200, answer.StatusCode)
}

// A token file that was emptied must not open the door.
func TestToken_thatIsMissingLetsNobodyIn(t *testing.T) {
	s := newSite(t, func(o *admin.Options) { o.Token = func() string { return "" } })
	for _, value := range []string{"Bearer ", "Bearer", ""} {
		answer, _ := s.send(t, "GET /entries HTTP/1.1\nHost: HOST\nAuthorization: "+value)
		assert.Equal(t, 401, answer.StatusCode, value)
	}
}

// Over HTTP a bearer token is never empty, but no server before us should have
// to be trusted for that.
func TestToken_thatIsMissingIsNotTheEmptyOne(t *testing.T) {
	h := admin.New(admin.Options{Token: func() string { return "" }})
	r := httptest.NewRequestWithContext(t.Context(), "GET", "http://localhost/", nil)
	r.Header["Authorization"] = []string{"Bearer "}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Equal(t, 401, w.Code)
}

// Whoever tries tokens is not told whether one is right, and its friends with
// other names in X-Forwarded-For are the same address.
func TestToken_cannotBeTriedOut(t *testing.T) {
	s := newSite(t, withToken)
	refused := 0
	for i := range 60 {
		answer, _ := s.send(t, "GET /entries HTTP/1.1\nHost: HOST\nX-Forwarded-For: 10.0.0."+strconv.Itoa(i)+"\nAuthorization: Bearer guess")
		if answer.StatusCode == 429 {
			refused++
			wait, err := strconv.Atoi(answer.Header.Get("Retry-After"))
			assert.NoError(t, err)
			assert.Positive(t, wait)
		}
	}
	assert.Greater(t, refused, 30, "of 60 guesses in a row")
	answer, _ := s.send(t, "GET /entries HTTP/1.1\nHost: HOST\nAuthorization: Bearer "+secret)
	assert.Equal(t, 429, answer.StatusCode, "not even the right one is told from the others")
	assert.Empty(t, s.books.listed)
}

// The names that callers give themselves are the only text here that is not
// ours.
func TestNames_doNotBecomeMarkup(t *testing.T) {
	s := newSite(t, nil)
	answer, body := s.get(t, "/overview")
	assert.Equal(t, "application/json", answer.Header.Get("Content-Type"))
	assert.NotContains(t, body, "<script")
	assert.Contains(t, body, `\u003cscript\u003e`)
}

func TestServer_givesUpOnWhoStallsAndOnWhatIsTooLong(t *testing.T) {
	server := admin.Server(nil)
	for _, limit := range []time.Duration{server.ReadHeaderTimeout, server.ReadTimeout, server.WriteTimeout, server.IdleTimeout} {
		assert.Positive(t, limit)
		assert.LessOrEqual(t, limit, 2*time.Minute)
	}
	s := newSite(t, nil)
	answer, _ := s.send(t, "GET / HTTP/1.1\nHost: HOST\nX: "+strings.Repeat("x", 64<<10))
	assert.Equal(t, 431, answer.StatusCode)

	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		ln := &once{conns: make(chan net.Conn, 1)}
		ln.conns <- ours
		server := admin.Server(admin.New(admin.Options{}))
		go func() { _ = server.Serve(ln) }()
		_, err := io.WriteString(theirs, "GET / HTTP/1.1\r\nHost: localhost\r\n")
		require.NoError(t, err)
		began := time.Now()
		_, err = io.Copy(io.Discard, theirs)
		require.NoError(t, err)
		assert.LessOrEqual(t, time.Since(began), 10*time.Second)
		close(ln.conns)
		_ = server.Close()
	})
}

// once is a listener to which one connection comes.
type once struct{ conns chan net.Conn }

func (l *once) Accept() (net.Conn, error) {
	c, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (l *once) Close() error   { return nil }
func (l *once) Addr() net.Addr { return &net.TCPAddr{} }
