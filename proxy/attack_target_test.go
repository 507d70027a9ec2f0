package proxy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/notion"
	"notionproxy/notiontest"
)

// firstLine is a request whose first line is written by hand.
func firstLine(first string, headers ...string) string {
	lines := append([]string{first, "Host: localhost", "$auth"}, headers...)
	return raw(append(lines, "", "")...)
}

// TestAttack_upgrade: no protocol but this one is ever spoken.
func TestAttack_upgrade(t *testing.T) {
	page := want{status: 200, notion: []string{"GET /v1/pages/$page"}}
	none := func(t *findings, f *front) {
		for _, name := range []string{"Upgrade", "Connection", "Http2-Settings", "Sec-Websocket-Key"} {
			assert.NotContains(t, f.last().header, name)
		}
	}
	switches := func(f *front) { f.notion.Fault(notiontest.Fault{Op: "pages.retrieve", Kind: notiontest.FaultUpgrade}) }
	bad := want{status: 502, code: notion.CodeServiceUnavailable, notion: []string{"GET /v1/pages/$page"}}
	websocket := []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}

	makeAttacks(t, []attack{
		{name: "websocket", stockFails: true, send: get("/v1/pages/$page", websocket...), want: page, more: none},
		{
			name: "h2c", stockFails: true, want: page, more: none,
			send: get("/v1/pages/$page", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
		},
		{name: "any other protocol", stockFails: true, send: get("/v1/pages/$page", "Connection: upgrade", "Upgrade: TLS/1.0"), want: page, more: none},
		{name: "HTTP/2 with prior knowledge", send: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", want: want{status: 405, closed: true}},
		{name: "101 that nobody asked for", set: switches, send: get("/v1/pages/$page"), want: bad},
		{name: "101 that the client asked for", set: switches, stockFails: true, send: get("/v1/pages/$page", websocket...), want: bad},
		{
			name: "101 to a path that nobody knows", stockFails: true, send: get("/v1/beta", websocket...),
			set:  func(f *front) { f.notion.Fault(notiontest.Fault{Path: "/v1/beta", Kind: notiontest.FaultUpgrade}) },
			want: want{status: 502, notion: []string{"GET /v1/beta"}},
		},
	})
}

// TestAttack_method: what is no method of Notion's API does not reach Notion.
func TestAttack_method(t *testing.T) {
	refused := want{status: 405, code: notion.CodeInvalidRequest}
	var attacks []attack
	short := func(t *findings, f *front) {
		for _, x := range f.exchanges() {
			assert.LessOrEqual(t, len(x.Method), len("PROPFIND"), "the record's method is not the client's to make up")
		}
	}
	for _, method := range []string{"TRACE", "TRACK", "OPTIONS", "DEBUG", "PROPFIND", "SEARCH", "get", "Post", "M-SEARCH", "PURGE"} {
		attacks = append(attacks, attack{name: method, stockFails: true, send: firstLine(method + " /v1/users HTTP/1.1"), want: refused})
	}
	attacks = append(attacks,
		attack{name: "a method of any length", stockFails: true, send: firstLine(strings.Repeat("A", 5000) + " /v1/users HTTP/1.1"), want: refused, more: short},
		attack{name: "CONNECT to a host", stockFails: true, send: firstLine("CONNECT evil.example:443 HTTP/1.1"), want: refused},
		attack{name: "CONNECT to a path", stockFails: true, send: firstLine("CONNECT /v1/users HTTP/1.1"), want: refused},
		attack{name: "OPTIONS of everything", stockFails: true, send: firstLine("OPTIONS * HTTP/1.1"), want: refused},
		attack{name: "GET of everything", stockFails: true, send: firstLine("GET * HTTP/1.1"), want: want{status: 400, code: notion.CodeInvalidRequestURL}},
		attack{name: "a method that is no token", send: firstLine("GE(T /v1/users HTTP/1.1"), want: want{status: 400, closed: true, bare: true}},
		attack{name: "a method override", send: get("/v1/pages/$page", "X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE"),
			want: want{status: 200, notion: []string{"GET /v1/pages/$page"}}},
	)
	makeAttacks(t, attacks)
}

// TestAttack_host: where a request goes does not depend on the request. That
// Notion gets one and the same Host is checked after every attack.
func TestAttack_host(t *testing.T) {
	whole := want{status: 400, code: notion.CodeInvalidRequestURL}
	bare := want{status: 400, closed: true, bare: true}
	hosts := func(hosts ...string) string {
		lines := []string{"GET /v1/pages/$page HTTP/1.1"}
		for _, h := range hosts {
			lines = append(lines, "Host: "+h)
		}
		return raw(append(lines, "$auth", "", "")...)
	}
	page := want{status: 200, notion: []string{"GET /v1/pages/$page"}}
	makeAttacks(t, []attack{
		{name: "a whole URL", stockFails: true, send: firstLine("GET http://evil.example/v1/pages/$page HTTP/1.1"), want: whole},
		{name: "a whole URL of Notion's", stockFails: true, send: firstLine("GET https://api.notion.com/v1/pages/$page HTTP/1.1"), want: whole},
		{name: "a whole URL without a path", stockFails: true, send: firstLine("GET http://evil.example HTTP/1.1"), want: whole},
		{name: "a whole URL of another scheme", stockFails: true, send: firstLine("GET file:///etc/passwd HTTP/1.1"), want: whole},
		{name: "an authority", stockFails: true, send: firstLine("GET evil.example:80 HTTP/1.1"), want: whole},
		{name: "a user in the target", send: firstLine("GET @evil.example/v1/users HTTP/1.1"), want: bare},
		{name: "a host in the path", stockFails: true, send: firstLine("GET //evil.example/v1/users HTTP/1.1"), want: whole},
		{name: "a foreign Host", send: hosts("evil.example"), want: page},
		{name: "a Host with a port", send: hosts("evil.example:99999"), want: page},
		{name: "a Host that is empty", send: hosts(""), want: page},
		{name: "two Hosts", send: hosts("localhost", "evil.example"), want: bare},
		{name: "no Host", send: hosts(), want: bare},
		{name: "a Host with a control", send: hosts("local\x01host"), want: bare},
	})
}

// TestAttack_connectionHeader: nobody can have us drop what Notion's answer
// depends on (RFC 9110 7.6.1).
func TestAttack_connectionHeader(t *testing.T) {
	refused := want{status: 400, code: notion.CodeInvalidRequest}
	var attacks []attack
	for _, value := range []string{
		"Authorization", "authorization", "close, Authorization", "Notion-Version", "Notion-Beta", "Content-Type",
		"Content-Length", "User-Agent", "Accept", "Traceparent", "keep-alive , , notion-version ",
	} {
		attacks = append(attacks, attack{name: value, stockFails: true, send: get("/v1/pages/$page", "Connection: "+value), want: refused})
	}
	page := want{status: 200, notion: []string{"GET /v1/pages/$page"}}
	attacks = append(attacks,
		attack{name: "in the second of two", stockFails: true, send: get("/v1/pages/$page", "Connection: keep-alive", "Connection: Authorization"), want: refused},
		attack{
			name: "a header that travels by setting", stockFails: true, send: get("/v1/beta", "Connection: X-Tenant", "X-Tenant: 7"), want: refused,
			set: func(f *front) { f.options.ForwardHeaders = []string{"X-Tenant"} },
		},
		attack{name: "some clients name these", send: get("/v1/pages/$page", "Connection: Upgrade, HTTP2-Settings"), want: page},
		attack{name: "a header that we drop", send: get("/v1/pages/$page", "Connection: X-Own", "X-Own: 1"), want: page},
		attack{name: "nothing", send: get("/v1/pages/$page", "Connection: , ,"), want: page},
	)
	makeAttacks(t, attacks)
}

// TestAttack_path: a path that a server could decode or clean into another is
// refused, and never cleaned by us.
func TestAttack_path(t *testing.T) {
	refused := want{status: 400, code: notion.CodeInvalidRequestURL}
	bare := want{status: 400, closed: true, bare: true}
	var attacks []attack
	for _, path := range []string{
		"/v1/pages/../users", "/v1/./users", "/v1/pages/..", "/v1/..", "/../v1/users", "/v1/pages/.../../users",
		"/v1/pages/%2e%2e/users", "/v1/pages/%2E./users", "/v1/pages/.%2e", "/v1/%2e/users", "/%2e%2e/v1/users",
		"/v1//users", "/v1/pages//$page", "/v1/pages/$page//markdown", "/v1/pages/$page///",
		`/v1/pages\..\users`, `/v1/pages/..\users`, "/v1/pages/..%5cusers", "/v1/pages/%5C%2e%2e",
		"/v1/pages;a=b/$page", "/v1/pages/$page;.json", "/v1/pages/..;/users", "/v1/pages/%3b",
		"/v1/pages/%00", "/v1/pages/$page%00.json", "/v1/pages/%0d%0aX-Injected:%201", "/v1/pages/%0a", "/v1/pages/%7f",
		"/v1/pages/%252e%252e/users", "/v1/pages/%25%32%65", "/v1/pages/$page%252fmarkdown", "/v1/pages/%2541",
		"/v1/pages/..%2fusers", "/v1/pages/$page%2Fmarkdown", "/v1%2fusers", "/%76%31/users",
		"/v1/users#fragment", "/V1/users", "/v2/users", "/v1users", "/api/v3/getSpaces", "/", "/metrics", "/debug/pprof/",
		"/healthz/..%2fv1/users", "/v1/pages/\xc3\xa9", "/v1/pages/<script>", "/v1/pages/|", "/v1/pages/^", `/v1/pages/"`,
		"/v1/pages/$page/properties/%2e%2e", "/v1/pages/$page/properties/..", "/v1/pages/$page/properties/a%2Fb",
		"/v1/pages/$page/properties/%00", "/v1/pages/$page/properties/%0d%0a", "/v1/pages/$page/properties/%7F",
		`/v1/pages/$page/properties/a\b`, "/v1/pages/$page/properties/a/../b", "/v1/pages/$page/other/%253F",
	} {
		attacks = append(attacks, attack{name: path, stockFails: true, send: firstLine("GET " + path + " HTTP/1.1"), want: refused})
	}
	for _, path := range []string{"/v1/pages/%", "/v1/pages/%zz", "/v1/pages/%u002e", "/v1/pages/\x00", "/v1/pages/\x7f", "/v1/\x0busers"} {
		attacks = append(attacks, attack{name: path, send: firstLine("GET " + path + " HTTP/1.1"), want: bare})
	}
	makeAttacks(t, attacks)
}

// TestAttack_pathAsItCame: what is let through reaches Notion byte for byte,
// but for slashes and a /v1 too many, which base URLs bring.
func TestAttack_pathAsItCame(t *testing.T) {
	var attacks []attack
	for sent, got := range map[string]string{
		"/v1/pages/$page":                             "/v1/pages/$page",
		"//v1/pages/$page":                            "/v1/pages/$page",
		"////v1/pages/$page":                          "/v1/pages/$page",
		"/v1/v1/pages/$page":                          "/v1/pages/$page",
		"/v1//v1/pages/$page":                         "/v1/pages/$page",
		"/v1/pages/$page?":                            "/v1/pages/$page",
		"/v1/pages/$page/properties/%3F~%5Cw":         "/v1/pages/$page/properties/%3F~%5Cw",
		"/v1/pages/$page/properties/%2541":            "/v1/pages/$page/properties/%2541",
		"/v1/pages/$page/properties/f%7But":           "/v1/pages/$page/properties/f%7But",
		"/v1/pages/$page/properties/%3b%3B":           "/v1/pages/$page/properties/%3b%3B",
		"/v1/pages/$page/properties/a+b!$&'()*,=:@[]": "/v1/pages/$page/properties/a+b!$&'()*,=:@[]",
		"/v1/pages/%41bc":                             "/v1/pages/%41bc",
		"/v1/pages/%c0%ae%c0%ae":                      "/v1/pages/%c0%ae%c0%ae",
	} {
		attacks = append(attacks, attack{name: sent, more: func(t *findings, f *front) {
			a := f.ask(firstLine("GET " + sent + " HTTP/1.1"))
			assert.Equal(t, f.expandAll([]string{"GET " + got}), f.saw(), "status %d", a.status)
		}})
	}
	makeAttacks(t, attacks)
}

// TestAttack_query: what two programs could split in two ways is refused.
func TestAttack_query(t *testing.T) {
	refused := want{status: 400, code: notion.CodeInvalidRequestURL}
	var attacks []attack
	for _, query := range []string{
		"a=1;page_size=2", "a=%", "a=%2", "a=%zz", "%gg=1", "a=%00", "a=%0d%0aX-Injected:%201", "a=%7F", "a=1#b", "a=\xc3\xa9",
		strings.Repeat("a&", 128) + "a", strings.Repeat("&", 1000), strings.Repeat("page_size=1&", 500),
	} {
		attacks = append(attacks, attack{name: query[:min(len(query), 30)], stockFails: true, send: firstLine("GET /v1/users?" + query + " HTTP/1.1"), want: refused})
	}
	for _, query := range []string{"", "page_size=1&page_size=2", "a=b=c", "&&a", "?", "a%5B%5D=1", "a=[{}]", strings.Repeat("a&", 127) + "a"} {
		attacks = append(attacks, attack{name: "passes: " + query[:min(len(query), 30)], more: func(t *findings, f *front) {
			f.ask(firstLine("GET /v1/users?" + query + " HTTP/1.1"))
			got := "GET /v1/users"
			if query != "" {
				got += "?" + query
			}
			assert.Equal(t, []string{got}, f.saw())
		}})
	}
	makeAttacks(t, attacks)
}

// TestAttack_queriesThatDiffer: none is answered with another's answer.
func TestAttack_queriesThatDiffer(t *testing.T) {
	makeAttacks(t, []attack{{name: "all", more: func(t *findings, f *front) {
		queries := []string{
			"", "page_size=1", "page_size=2", "page_size=1&page_size=2", "page_size=2&page_size=1", "page_size=01",
			"page_size=1&start_cursor=x", "start_cursor=x", "start_cursor=x&start_cursor=y", "PAGE_SIZE=1", "page_size=1%20", "page_size=1+",
			"filter_properties=a&filter_properties=b", "filter_properties=b&filter_properties=a", "filter_properties=ab",
		}
		for _, query := range queries {
			f.ask(get("/v1/users?" + query))
		}
		assert.Len(t, f.saw(), len(queries), "questions that Notion was asked")
	}}})
}
