package proxy_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/notion"
	"notionproxy/proxy"
)

// TestAttack_lending: while the proxy lends its own token, whoever reaches it
// is let in, so that a page in somebody's browser must not reach it: neither
// under a name of its own that points here (DNS rebinding) nor across sites.
func TestAttack_lending(t *testing.T) {
	lends := func(f *front) {
		f.options.Lend = &proxy.Lend{Token: func() string { return "ntn_alice" }, Hosts: []string{"Notion.internal"}}
	}
	from := func(method, host string, headers ...string) string {
		lines := []string{method + " /v1/pages/$page HTTP/1.1", "Host: " + host, "Notion-Version: 2025-09-03"}
		return raw(append(append(lines, headers...), "", "")...)
	}
	page := want{status: 200, notion: []string{"GET /v1/pages/$page"}}
	misdirected := want{status: 421, code: notion.CodeInvalidRequest}
	foreign := want{status: 403, code: notion.CodeRestrictedResource}
	var attacks []attack
	for _, host := range []string{
		"localhost", "localhost:8080", "LOCALHOST", "localhost.", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:8080",
		"notion.internal", "NOTION.internal:443",
	} {
		attacks = append(attacks, attack{name: "Host " + host, set: lends, send: from("GET", host), want: page, more: func(t *findings, f *front) {
			assert.Equal(t, "Bearer ntn_alice", f.last().header.Get("Authorization"))
		}})
	}
	for _, host := range []string{
		"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "evil.localhost", "127.1", "2130706433",
		"0x7f.1", "0.0.0.0", "[::ffff:10.0.0.1]", "[::]", "10.0.0.1", "169.254.169.254", "notion.internal.evil.example", "api.notion.com", "",
		"localhost:80:80", "[localhost]x", "localhost,evil.example",
	} {
		attacks = append(attacks, attack{name: "Host " + host, set: lends, send: from("GET", host), want: misdirected})
	}
	for _, host := range []string{"a@localhost", "localhost@evil.example", "localhost/evil", "localhost evil.example", "localhost\\evil"} {
		attacks = append(attacks, attack{name: "Host " + host, set: lends, send: from("GET", host), want: want{status: 400, closed: true, bare: true}})
	}
	for _, method := range []string{"GET", "HEAD", "POST", "PATCH", "DELETE", "PUT"} {
		for _, header := range []string{
			"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: none-of-these", "Origin: https://evil.example", "Origin: null",
			"Origin: http://localhost.evil.example", "Origin: http://localhost:3000", "Origin: localhost", "Origin: http://evil.example@localhost",
		} {
			if method != "GET" && header != "Sec-Fetch-Site: cross-site" && header != "Origin: null" {
				continue
			}
			w := foreign
			send := from(method, "localhost", header)
			attacks = append(attacks, attack{name: method + " with " + header, set: lends, more: func(t *findings, f *front) {
				a := f.ask(send)
				assert.Equal(t, w.status, a.status)
				if method != "HEAD" {
					a.checkError(t, w.code)
				}
				assert.Empty(t, f.saw())
			}})
		}
	}
	attacks = append(attacks,
		attack{name: "from the address bar", set: lends, send: from("GET", "localhost", "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate"), want: page},
		attack{name: "from a page of this host", set: lends, send: from("GET", "localhost", "Sec-Fetch-Site: same-origin", "Origin: http://localhost"), want: page},
		attack{name: "from a page of this host and port", set: lends, send: from("GET", "localhost:8080", "Origin: http://localhost:8080"), want: page},
		attack{name: "from Node", set: lends, send: from("GET", "localhost", "Sec-Fetch-Mode: cors"), want: page},
		attack{name: "from a form of another site", set: lends,
			send: raw("POST /v1/pages HTTP/1.1", "Host: localhost", "Origin: https://evil.example", "Content-Type: text/plain", "Content-Length: 2", "", "{}"), want: foreign},
		attack{name: "across sites, where nothing is lent", send: get("/v1/pages/$page", "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"), want: page},
		attack{name: "preflight", set: lends, send: from("OPTIONS", "localhost", "Origin: https://evil.example", "Access-Control-Request-Method: DELETE"),
			want: want{status: 405, code: notion.CodeInvalidRequest}, more: func(t *findings, f *front) {
				for _, a := range f.answers {
					assert.NotContains(t, a.header, "Access-Control-Allow-Origin")
				}
			}},
		attack{name: "an empty Authorization", set: lends, send: from("GET", "localhost", "Authorization: "), want: page},
		attack{name: "two empty Authorizations", set: lends, send: from("GET", "localhost", "Authorization: ", "Authorization: "),
			want: want{status: 400, code: notion.CodeInvalidRequest}},
	)
	makeAttacks(t, attacks)
}

// TestAttack_health: probes come under whatever name, and get nothing worth
// stealing.
func TestAttack_health(t *testing.T) {
	lends := func(f *front) { f.options.Lend = &proxy.Lend{Token: func() string { return "ntn_alice" }} }
	var attacks []attack
	for _, path := range []string{"/healthz", "/readyz", "/health"} {
		attacks = append(attacks, attack{name: path, set: lends, more: func(t *findings, f *front) {
			f.ask(get("/v1/pages/$page"))
			f.saw()
			a := f.ask(raw("GET "+path+" HTTP/1.1", "Host: evil.example", "Sec-Fetch-Site: cross-site", "", ""))
			assert.Equal(t, http.StatusOK, a.status)
			assert.NotContains(t, a.body, "ntn_")
			assert.NotContains(t, a.body, f.demo.Page)
			assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
			a = f.ask(raw("POST "+path+" HTTP/1.1", "Host: localhost", "Content-Length: 0", "", ""))
			assert.Equal(t, http.StatusBadRequest, a.status)
			a.checkError(t, notion.CodeInvalidRequestURL)
			assert.Empty(t, f.saw())
		}})
	}
	makeAttacks(t, attacks)
}

// TestAttack_clientSecret: where callers need a secret to be lent the token,
// nothing else opens, and it never reaches Notion.
func TestAttack_clientSecret(t *testing.T) {
	with := func(headers ...string) string { return get("/v1/pages/$page", headers...) }
	denied := want{status: 401, code: notion.CodeUnauthorized}
	good := func(f *front) {
		f.options.Lend = &proxy.Lend{Token: func() string { return "ntn_alice" }, Secret: func() string { return "sesame" }}
	}
	makeAttacks(t, []attack{
		{name: "none", set: good, send: with("Authorization: "), want: denied},
		{name: "a wrong one", set: good, send: with("Authorization: Bearer sesam"), want: denied},
		{name: "another case", set: good, send: with("Authorization: Bearer SESAME"), want: denied},
		{name: "a token of Notion's", set: good, send: with("Authorization: Bearer ntn_alice"), want: denied},
		{name: "as Basic", set: good, send: with("Authorization: Basic sesame"), want: denied},
		{name: "the right one", set: good, send: with("Authorization: Bearer sesame"), want: want{status: 200, notion: []string{"GET /v1/pages/$page"}},
			more: func(t *findings, f *front) {
				for _, a := range f.arrived {
					assert.Equal(t, "Bearer ntn_alice", a.header.Get("Authorization"))
				}
			}},
	})
}
