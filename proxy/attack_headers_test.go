package proxy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/notion"
	"notionproxy/notiontest"
)

// unkeyed are headers with which answers of other proxies and applications
// have been changed without the cache's key. Those that a stock proxy itself
// drops are marked.
var unkeyed = []struct {
	header       string
	stockDropsIt bool
}{
	{header: "X-Forwarded-For: 127.0.0.1", stockDropsIt: true},
	{header: "X-Forwarded-Host: evil.example", stockDropsIt: true},
	{header: "X-Forwarded-Proto: gopher", stockDropsIt: true},
	{header: "Forwarded: for=127.0.0.1;host=evil.example", stockDropsIt: true},
	{header: "X-Forwarded-Port: 1"},
	{header: "X-Forwarded-Scheme: nothttps"},
	{header: "X-Forwarded-Prefix: /v1/users"},
	{header: "X-Forwarded-Server: evil.example"},
	{header: "X-Original-Host: evil.example"},
	{header: "X-Original-URL: /v1/users"},
	{header: "X-Rewrite-URL: /v1/users"},
	{header: "X-Host: evil.example"},
	{header: "X-HTTP-Method-Override: DELETE"},
	{header: "X-HTTP-Method: DELETE"},
	{header: "X-Method-Override: DELETE"},
	{header: "X-Real-IP: 127.0.0.1"},
	{header: "True-Client-IP: 127.0.0.1"},
	{header: "CF-Connecting-IP: 127.0.0.1"},
	{header: "CF-Worker: evil.example"},
	{header: "Range: bytes=0-4"},
	{header: "If-Range: \"x\""},
	{header: "If-Match: \"x\""},
	{header: "If-Modified-Since: Wed, 21 Oct 2026 07:28:00 GMT"},
	{header: "If-Unmodified-Since: Wed, 21 Oct 2015 07:28:00 GMT"},
	{header: "Accept-Language: xx"},
	{header: "Accept-Charset: utf-7"},
	{header: "Accept-Encoding: br;q=1, identity;q=0"},
	{header: "Cookie: token_v2=mine"},
	{header: "Referer: https://evil.example/?secret"},
	{header: "Origin: https://evil.example"},
	{header: "Via: 1.1 evil"},
	{header: "Max-Forwards: 0"},
	{header: "Proxy-Authorization: Basic eDp5", stockDropsIt: true},
	{header: "Proxy: http://evil.example"},
	{header: "Te: trailers"},
	{header: "X-Notion-Active-User-Header: someone"},
}

// TestAttack_unkeyedHeaders: what is not in the key does not travel, on no kind
// of call, and what it may have changed is not served to the next.
func TestAttack_unkeyedHeaders(t *testing.T) {
	var attacks []attack
	for _, u := range unkeyed {
		name, value, _ := strings.Cut(u.header, ": ")
		attacks = append(attacks, attack{name: name, stockFails: !u.stockDropsIt, more: func(t *findings, f *front) {
			for _, target := range []string{"GET /v1/pages/$page", "PATCH /v1/pages/$page", "GET /v1/beta", "GET /v1/file_uploads"} {
				method, path, _ := strings.Cut(target, " ")
				body := ""
				if method == "PATCH" {
					body = `{"archived":false}`
				}
				f.ask(request(method, path, body, u.header))
				assert.NotEqual(t, value, f.last().header.Get(name), "%s reached Notion with %s", name, target)
				assert.Equal(t, method, f.last().method)
			}
			first := f.ask(get("/v1/pages/$row", u.header))
			second := f.ask(get("/v1/pages/$row"))
			assert.Equal(t, http.StatusOK, first.status)
			assert.Equal(t, http.StatusOK, second.status)
			assert.Equal(t, first.body, second.body)
			assert.Equal(t, 2, f.notion.Calls("pages.retrieve"), "the second is a hit")
		}})
	}
	makeAttacks(t, attacks)
}

// TestAttack_headerSpelling: there is one Authorization, of one form.
func TestAttack_headerSpelling(t *testing.T) {
	twice := want{status: 400, code: notion.CodeInvalidRequest}
	denied := want{status: 401, code: notion.CodeUnauthorized}
	page := want{status: 200, notion: []string{"GET /v1/pages/$page"}}
	with := func(headers ...string) string { return get("/v1/pages/$page", headers...) }
	version := func(t *findings, f *front) {
		assert.Equal(t, []string{"2025-09-03"}, f.last().header["Notion-Version"])
		for name := range f.last().header {
			assert.NotContains(t, name, "_")
		}
	}
	var attacks []attack
	for _, value := range []string{
		"Bearer  ntn_alice", "Bearer ntn_alice ntn_bob", "Bearer ntn_alice,Bearer ntn_bob", "Bearer ntn_alice, Bearer ntn_bob",
		"Bearer\tntn_alice", "Bearer", "ntn_alice", "Token ntn_alice", "Digest username=x", "Bearer ntn_alice\xa0", "Bearer \xe2\x80\x8bntn_alice",
		"Bearer: ntn_alice", `Bearer "ntn_alice"x y`, "",
	} {
		// A stock proxy passes what is wrong on, so that Notion has to see to it.
		attacks = append(attacks, attack{name: "Authorization " + value, stockFails: true, send: with("Authorization: " + value), want: denied})
	}
	attacks = append(attacks, []attack{
		{name: "no Authorization", stockFails: true, send: raw("GET /v1/pages/$page HTTP/1.1", "Host: localhost", "", ""), want: denied},
		{name: "two Authorizations", stockFails: true, send: with("Authorization: Bearer ntn_alice", "Authorization: Bearer ntn_bob"), want: twice},
		{name: "one Authorization twice", stockFails: true, send: with("Authorization: Bearer ntn_alice", "authorization: Bearer ntn_alice"), want: twice},
		{name: "an empty one first", stockFails: true, send: with("Authorization: ", "AUTHORIZATION: Bearer ntn_alice"), want: twice},
		{name: "two versions", stockFails: true, send: with("Notion-Version: 2025-09-03", "Notion-Version: 2022-06-28"), want: twice},
		{name: "two types", stockFails: true, send: with("Content-Type: application/json", "Content-Type: text/plain"), want: twice},
		{name: "a compressed body", stockFails: true, send: request("POST", "/v1/search", "{}", "Content-Encoding: gzip"), want: twice},
		{name: "a space before the colon", send: with("Authorization : Bearer ntn_bob"), want: want{status: 400, closed: true, bare: true}},
		{name: "space around the value", send: with("Authorization: \t Bearer ntn_alice \t "), want: page},
		{name: "in capitals", send: with("AUTHORIZATION: Bearer ntn_alice", "NOTION-VERSION: 2025-09-03"), want: page},
		{name: "an underscore in the version", stockFails: true, send: with("Notion_Version: 2022-06-28"), want: page, more: version},
		{name: "an underscore in the token", stockFails: true, send: with("Authorization_: Bearer ntn_bob", "HTTP_AUTHORIZATION: Bearer ntn_bob"), want: page, more: version},
	}...)
	makeAttacks(t, attacks)
}

// TestAttack_headConditionalRange: what asks for less than an answer leaves a
// whole answer behind for those who ask for it.
func TestAttack_headConditionalRange(t *testing.T) {
	whole := func(t *findings, f *front) {
		a := f.ask(get("/v1/pages/$page"))
		assert.Equal(t, http.StatusOK, a.status)
		assert.Contains(t, a.body, `"Team Home"`)
		assert.NotContains(t, a.header, "Content-Range")
		assert.Len(t, f.calls(0), 1, "one question to Notion in all")
		assert.Equal(t, "GET", f.last().method)
	}
	page := want{status: 200, notion: []string{"GET /v1/pages/$page"}}
	makeAttacks(t, []attack{
		{name: "HEAD first", stockFails: true, send: request("HEAD", "/v1/pages/$page", ""), want: page, more: whole},
		{name: "HEAD after", stockFails: true, send: get("/v1/pages/$page"), want: page, more: func(t *findings, f *front) {
			of := f.ask(get("/v1/pages/$page"))
			a := f.ask(request("HEAD", "/v1/pages/$page", ""))
			assert.Equal(t, http.StatusOK, a.status)
			assert.Empty(t, a.body)
			assert.Equal(t, of.header.Get("Content-Length"), a.header.Get("Content-Length"))
			assert.Equal(t, of.header.Get("Etag"), a.header.Get("Etag"))
			whole(t, f)
		}},
		{name: "HEAD of what is never stored", more: func(t *findings, f *front) {
			for _, target := range []string{"/v1/file_uploads", "/v1/beta"} {
				a := f.ask(request("HEAD", target, ""))
				assert.NotEqual(t, "0", a.header.Get("Content-Length"), "the GET has a body")
				assert.Equal(t, "HEAD", f.last().method)
			}
		}},
		{name: "Range", stockFails: true, send: get("/v1/pages/$page", "Range: bytes=0-4"), want: page, more: whole},
		{name: "conditional, never seen", stockFails: true, send: get("/v1/pages/$page", `If-None-Match: "made-up"`), want: page, more: whole},
		{name: "conditional, anything", stockFails: true, send: get("/v1/pages/$page", "If-None-Match: *"),
			want: want{status: 304, notion: []string{"GET /v1/pages/$page"}}, more: whole},
		{name: "conditional, known", stockFails: true, send: get("/v1/pages/$page"), want: page, more: func(t *findings, f *front) {
			tag := f.ask(get("/v1/pages/$page")).header.Get("Etag")
			a := f.ask(get("/v1/pages/$page", "If-None-Match: "+tag))
			assert.Equal(t, http.StatusNotModified, a.status)
			assert.Empty(t, a.body)
			whole(t, f)
		}},
		{name: "conditional POST", stockFails: true, more: func(t *findings, f *front) {
			a := f.ask(request("POST", "/v1/data_sources/$rows/query", "{}", "If-None-Match: *"))
			assert.Equal(t, http.StatusOK, a.status)
			assert.NotContains(t, f.last().header, "If-None-Match")
		}},
	})
}

// TestAttack_relayedHeaders: what Notion's edge says about its own host, its
// cookies and its validators stays here. That no client gets any of it is
// checked after every attack, too.
func TestAttack_relayedHeaders(t *testing.T) {
	odd := http.Header{"Connection": {"X-Hop"}, "X-Hop": {"1"}, "Keep-Alive": {"timeout=5"}, "Trailer": {"X-Late"}}
	for _, name := range relayed {
		if odd[name] == nil && name != "Upgrade" {
			odd[name] = []string{"https://evil.example/"}
		}
	}
	odd["Cf-Anything"] = []string{"1"}
	odd["Etag"] = []string{`"theirs"`}
	odd["X-Kept"] = []string{"1"}
	var attacks []attack
	for _, sent := range []string{
		get("/v1/pages/$page"), request("PATCH", "/v1/pages/$page", `{"archived":false}`), get("/v1/beta"), get("/v1/file_uploads"),
		request("POST", "/v1/sessions", `{"message":"hello"}`, "Accept: text/event-stream"),
	} {
		name, _, _ := strings.Cut(sent, " HTTP")
		attacks = append(attacks, attack{
			name: name, stockFails: true,
			set: func(f *front) {
				f.notion.Fault(notiontest.Fault{Kind: notiontest.FaultReply, Header: odd, Body: `{"object":"page","id":"x"}`})
			},
			more: func(t *findings, f *front) {
				live, stored := f.ask(sent), f.ask(sent)
				for _, a := range []answer{live, stored} {
					assert.Equal(t, http.StatusOK, a.status, a.body)
					checkRelayed(t, a)
					assert.NotEqual(t, `"theirs"`, a.header.Get("Etag"))
					assert.NotContains(t, a.header, "X-Hop")
					assert.NotContains(t, a.header, "Keep-Alive")
				}
				assert.Equal(t, "1", live.header.Get("X-Kept"), "all else is relayed")
			},
		})
	}
	makeAttacks(t, attacks)
}

// TestAttack_validator: the validator that clients get is ours, since Notion's
// changes with every answer.
func TestAttack_validator(t *testing.T) {
	makeAttacks(t, []attack{{name: "Etag", stockFails: true, more: func(t *findings, f *front) {
		sent := get("/v1/users", "Cache-Control: no-cache")
		first, second := f.ask(sent), f.ask(sent)
		assert.NotEmpty(t, first.header.Get("Etag"))
		assert.Equal(t, first.header.Get("Etag"), second.header.Get("Etag"))
		assert.Equal(t, 2, f.notion.Calls("users.list"))
	}}})
}
