package proxy_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/notion"
	"notionproxy/notiontest"
)

const queryRows = "/v1/data_sources/$rows/query"

// agreeable has Notion answer every query 200, whatever its body is, so that
// nothing but the body keeps an answer from being stored.
func agreeable(f *front) {
	f.notion.Fault(notiontest.Fault{
		Op: "data_sources.query", Kind: notiontest.FaultReply,
		Body: `{"object":"list","results":[],"next_cursor":null,"has_more":false,"type":"page_or_data_source","page_or_data_source":{}}`,
	})
}

// TestAttack_body: a body that two programs may read as two questions goes to
// Notion byte for byte, and its answer is not stored.
func TestAttack_body(t *testing.T) {
	attacks := []attack{{
		name: "a body that all read alike is stored", stockFails: true, set: agreeable,
		more: func(t *findings, f *front) {
			f.ask(request("POST", queryRows, `{"page_size":1}`))
			f.ask(request("POST", queryRows, `{"page_size":1}`))
			assert.Len(t, f.saw(), 1, "questions that Notion was asked")
		},
	}}
	for name, body := range map[string]string{
		"a key twice":                `{"page_size":1,"page_size":2}`,
		"a key twice, escaped":       `{"page_size":1,"page\u005fsize":2}`,
		"a key twice, deep":          `{"filter":{"property":"Name","title":{"equals":"a","equals":"b"}}}`,
		"a lone surrogate":           `{"filter":{"property":"\ud800"}}`,
		"two surrogates, turned":     `{"filter":{"property":"\udc00\ud800"}}`,
		"bad UTF-8":                  "{\"filter\":{\"property\":\"\xff\"}}",
		"bad UTF-8, overlong":        "{\"filter\":{\"property\":\"\xc0\xaf\"}}",
		"a surrogate in UTF-8":       "{\"filter\":{\"property\":\"\xed\xa0\x80\"}}",
		"trailing data":              `{"page_size":1}{"page_size":2}`,
		"trailing garbage":           `{"page_size":1} x`,
		"trailing NUL":               "{\"page_size\":1}\x00",
		"a byte order mark":          "\xef\xbb\xbf{\"page_size\":1}",
		"a comment":                  `{"page_size":1/**/}`,
		"a trailing comma":           `{"page_size":1,}`,
		"single quotes":              `{'page_size':1}`,
		"NaN":                        `{"page_size":NaN}`,
		"a leading zero":             `{"page_size":01}`,
		"a control in a string":      "{\"filter\":{\"property\":\"\x01\"}}",
		"cut":                        `{"page_size":`,
		"nested beyond reason":       strings.Repeat(`{"and":[`, 5000) + strings.Repeat(`]}`, 5000),
		"another charset, by header": `{"page_size":7}`,
	} {
		sent := request("POST", queryRows, body)
		if name == "another charset, by header" {
			sent = strings.Replace(sent, "application/json", "application/json; charset=utf-16", 1)
		}
		attacks = append(attacks, attack{name: name, set: agreeable, more: func(t *findings, f *front) {
			for range 2 {
				a := f.ask(sent)
				assert.Equal(t, http.StatusOK, a.status, a.body)
				assert.NotContains(t, a.header.Get("Cache-Status"), "stored")
				assert.NotContains(t, a.header, "Age")
			}
			assert.Equal(t, f.expandAll([]string{"POST " + queryRows + " " + body, "POST " + queryRows + " " + body}), f.saw())
		}})
	}
	makeAttacks(t, attacks)
}

// TestAttack_bodiesThatDiffer: none is answered with another's answer. What is
// spelled alike but for case is two things, and so are numbers that are equal
// to programs that count in floats.
func TestAttack_bodiesThatDiffer(t *testing.T) {
	makeAttacks(t, []attack{{name: "all", set: agreeable, more: func(t *findings, f *front) {
		bodies := []string{
			`{"page_size":1}`, `{"Page_size":1}`, `{"page_size":"1"}`, `{"page_size":true}`, `{"page_size":null}`, `{"page_size":[1]}`,
			`{"page_size":1,"x":1}`, `{"x":{"page_size":1}}`, `{"x":["a","b"]}`, `{"x":["b","a"]}`, `{"x":["ab"]}`,
			`{"x":"a"}`, `{"x":"A"}`, `{"x":"a "}`, `{"x":"\u00e9"}`, `{"x":"e\u0301"}`, `{"x":"a\u0000b"}`, `{"x":""}`, `{"x":{}}`, `{"x":[]}`,
			`{"x":0.1}`, `{"x":0.10000000000000001}`, `{"x":12345678901234567890}`, `{"x":12345678901234567891}`, `{"x":-0}`,
			`{"x":9007199254740993}`, `{"x":9007199254740992}`, `{"x":1e400}`, `{"x":1e401}`, `{"x":1e-400}`, `{"x":0}`,
			`{"page_size":1,"Page_Size":2}`, `{"page_size":2,"Page_Size":1}`, `[]`, `"page_size"`, `1`,
		}
		for _, body := range bodies {
			f.ask(request("POST", queryRows, body))
		}
		assert.Len(t, f.saw(), len(bodies), "questions that Notion was asked")
	}}})
}

// TestAttack_getWithBody: a GET has no body: one that comes with it could be
// the next request to whoever thinks so too.
func TestAttack_getWithBody(t *testing.T) {
	const chunked = "Transfer-Encoding: chunked"
	without := func(f string) want { return want{status: 200, notion: []string{f}} }
	sized := func(method, target, body string) string {
		return request(method, target, "", "Content-Length: "+strconv.Itoa(len(body))) + body
	}
	page := without("GET /v1/pages/$page")
	limit := strings.Repeat("x", 64<<10)
	noLength := func(t *findings, f *front) { assert.NotContains(t, f.last().header, "Content-Length") }
	makeAttacks(t, []attack{
		{name: "a smuggled request", stockFails: true, send: sized("GET", "/v1/pages/$page", smuggled+"\r\n\r\n"), want: page, more: noLength},
		{name: "in chunks", stockFails: true, send: get("/v1/pages/$page", chunked) + "5\r\nhello\r\n0\r\n\r\n", want: page, more: noLength},
		{name: "with HEAD", stockFails: true, send: sized("HEAD", "/v1/pages/$page", "hello"), want: page},
		{name: "on what is never stored", stockFails: true, send: sized("GET", "/v1/file_uploads", "hello"), want: without("GET /v1/file_uploads")},
		{name: "on a path that nobody knows", stockFails: true, send: sized("GET", "/v1/beta", "hello"),
			want: want{status: 400, code: notion.CodeInvalidRequestURL, notion: []string{"GET /v1/beta"}}},
		{name: "64 KiB", stockFails: true, send: sized("GET", "/v1/pages/$page", limit), want: page},
		{name: "a byte more", stockFails: true, send: sized("GET", "/v1/pages/$page", limit+"x"), want: want{status: 413, closed: true, code: notion.CodeValidationError}},
		{name: "a byte more, in chunks", stockFails: true, send: get("/v1/pages/$page", chunked) + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(limit)+1, limit+"x"),
			want: want{status: 413, closed: true, code: notion.CodeValidationError}},
	})
}

// TestAttack_limits: what is longer than it may be is refused before Notion
// hears of it.
func TestAttack_limits(t *testing.T) {
	large := `{"x":"` + strings.Repeat("x", 1<<20) + `"}`
	chunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(large), large)
	tooLarge := want{status: 413, closed: true, code: notion.CodeValidationError}
	tooMany := want{status: 431, closed: true, bare: true}
	chunked := []string{"Content-Type: application/json", "Transfer-Encoding: chunked"}
	makeAttacks(t, []attack{
		{name: "a long header", stockFails: false, send: get("/v1/users", "X-Long: "+strings.Repeat("x", 70<<10)), want: tooMany},
		{name: "many headers", send: get("/v1/users", strings.Split(strings.TrimSuffix(strings.Repeat("X-Many: 1\n", 10_000), "\n"), "\n")...), want: tooMany},
		{name: "a long target", stockFails: true, send: get("/v1/users?" + strings.Repeat("x", 8<<10)),
			want: want{status: 414, code: notion.CodeInvalidRequest}},
		{name: "a long first line", send: get("/v1/users?" + strings.Repeat("x", 80<<10)), want: tooMany},
		{name: "a long body of a write", stockFails: true, send: request("PATCH", "/v1/pages/$page", large), want: tooLarge},
		{name: "the same in chunks", stockFails: true, send: request("PATCH", "/v1/pages/$page", "", chunked...) + chunks, want: tooLarge},
		{name: "the same, announced only", stockFails: true,
			send: request("PATCH", "/v1/pages/$page", "", "Content-Type: application/json", "Content-Length: 99999999999"), want: tooLarge},
		{name: "a long question goes through and is not stored", set: agreeable, more: func(t *findings, f *front) {
			for range 2 {
				a := f.ask(request("POST", queryRows, large))
				assert.Equal(t, http.StatusOK, a.status, a.body)
				assert.NotContains(t, a.header.Get("Cache-Status"), "stored")
			}
			a := f.ask(request("POST", queryRows, "", chunked...) + chunks)
			assert.Equal(t, http.StatusOK, a.status, a.body)
			assert.Equal(t, f.expandAll([]string{"POST " + queryRows + " " + large, "POST " + queryRows + " " + large, "POST " + queryRows + " " + large}), f.saw())
		}},
	})
}

// TestAttack_halfClose: a client that stops sending, but still listens, is told
// the truth or nothing.
func TestAttack_halfClose(t *testing.T) {
	slow := func(f *front) {
		f.notion.Fault(notiontest.Fault{Kind: notiontest.FaultDelay, Delay: 200 * time.Millisecond})
	}
	var attacks []attack
	for _, sent := range []string{
		get("/v1/pages/$page"), request("PATCH", "/v1/pages/$page", `{"archived":false}`), request("POST", "/v1/beta", "{}"), get("/v1/file_uploads"),
		request("PATCH", "/v1/pages/$page", "", "Content-Length: 100") + "{", request("POST", "/v1/beta", "", "Content-Length: 100") + "{",
	} {
		name, _, _ := strings.Cut(sent, " HTTP")
		attacks = append(attacks, attack{name: name, set: slow, more: func(t *findings, f *front) {
			for _, a := range f.halfClose(sent).answers {
				assert.False(t, a.status/100 == 2 && a.body == "", "an empty %d", a.status)
			}
		}})
	}
	makeAttacks(t, attacks)
}

// TestAttack_slowClient: whoever holds a connection and does not use it loses
// it, whatever state it is in.
func TestAttack_slowClient(t *testing.T) {
	soon := func(f *front) {
		f.limits.HeaderTimeout, f.limits.BodyStall, f.limits.IdleTimeout = 400*time.Millisecond, 400*time.Millisecond, 400*time.Millisecond
	}
	cut := func(sent string) func(*findings, *front) {
		return func(t *findings, f *front) {
			c := f.talk(sent)
			assert.False(t, c.hung, "the connection is still open")
			assert.Empty(t, f.saw())
		}
	}
	stalled := want{status: 408, closed: true, code: notion.CodeInvalidRequest}
	part := func(method, target string, headers ...string) string {
		return request(method, target, "", append([]string{"Content-Type: application/json", "Content-Length: 100"}, headers...)...)
	}
	makeAttacks(t, []attack{
		{name: "nothing", set: soon, more: cut("")},
		{name: "half a first line", set: soon, more: cut("GET /v1/us")},
		{name: "half a header", set: soon, more: cut("GET /v1/users HTTP/1.1\r\nHost: localhost\r\nAuthoriz")},
		{name: "no body", set: soon, stockFails: true, send: part("POST", "/v1/search"), want: stalled},
		{name: "half a body", set: soon, stockFails: true, send: part("POST", "/v1/search") + `{"query":`, want: stalled},
		{name: "half a chunk", set: soon, stockFails: true, want: stalled,
			send: request("POST", "/v1/search", "", "Transfer-Encoding: chunked") + "64\r\n{"},
		{name: "half a body of a GET", set: soon, stockFails: true, send: part("GET", "/v1/users") + "x", want: stalled},
		{name: "no body to a call that is refused", set: soon, stockFails: true, send: part("OPTIONS", "/v1/search"),
			want: want{status: 405, closed: true}},
		{name: "no body without a token", set: soon, stockFails: true, want: want{status: 401, closed: true},
			send: raw("POST /v1/search HTTP/1.1", "Host: localhost", "Content-Length: 100", "", "")},
		{name: "no body to a health check", set: soon, stockFails: true, more: func(t *findings, f *front) {
			c := f.talk(raw("GET /healthz HTTP/1.1", "Host: localhost", "Content-Length: 100", "", ""))
			assert.False(t, c.hung, "the connection is still open")
		}},
		{name: "half a body that is streamed", set: soon, stockFails: true, more: func(t *findings, f *front) {
			c := f.talk(part("POST", "/v1/beta") + `{"x":`)
			assert.False(t, c.hung, "the connection is still open")
			assert.Equal(t, http.StatusRequestTimeout, c.first().status)
		}},
		{name: "no next request", set: soon, more: func(t *findings, f *front) {
			assert.False(t, f.linger(get("/v1/users")), "the connection is still open")
		}},
	})
}

// TestAttack_unreadAnswer: nothing is written to a client without a deadline,
// not the last byte of a long answer, nor the first of a short one: whoever
// sends requests and reads nothing would hold a connection for ever.
func TestAttack_unreadAnswer(t *testing.T) {
	long := func(f *front) {
		f.upstream.MaxAnswer = 4 << 20
		body := `{"object":"page","x":"` + strings.Repeat("x", 1<<20) + `"}`
		f.notion.Fault(notiontest.Fault{Op: "pages.retrieve,pages.update,unknown", Kind: notiontest.FaultReply, Body: body})
	}
	tooLong := func(f *front) { long(f); f.upstream.MaxAnswer = 64 << 10 }
	page, write, unknown := get("/v1/pages/$page"), request("PATCH", "/v1/pages/$page", `{"archived":false}`), get("/v1/beta")
	attacks := []attack{}
	for _, a := range []struct {
		name string
		set  func(*front)
		send string
	}{
		{"a read", nil, page}, {"a write", nil, write}, {"what nobody knows", nil, unknown}, {"a refusal", nil, get("/v1/../x")}, {"health", nil, get("/healthz")},
		{"a long read", long, page}, {"a long write", long, write}, {"a long one that nobody knows", long, unknown},
		{"a read that is too long to hold", tooLong, page}, {"a write that is too long to hold", tooLong, write},
	} {
		attacks = append(attacks, attack{name: a.name, set: a.set, stockFails: true, more: func(t *findings, f *front) {
			f.talk(a.send)
			f.talk(a.send)
			f.stop()
			f.mu.Lock()
			defer f.mu.Unlock()
			assert.Zero(t, f.patient, "bytes written without a deadline")
		}})
	}
	makeAttacks(t, attacks)
}
