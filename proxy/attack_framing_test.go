package proxy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/notion"
)

// What two programs may read as two different requests is refused, or is sent
// on in the one form that all read alike (RFC 9112 6, 11.2).

const smuggled = "GET /v1/smuggled HTTP/1.1\r\nHost: localhost\r\nX: "

// TestAttack_framing: JSON bodies are read before Notion is asked, so that a
// body that breaks is the client's fault and not a 502.
func TestAttack_framing(t *testing.T) {
	refused := want{status: 400, closed: true, bare: true}
	unsupported := want{status: 501, closed: true, bare: true} // RFC 9112 6.1
	broken := want{status: 400, closed: true, code: notion.CodeInvalidRequest}
	post := func(body string, headers ...string) string {
		lines := append([]string{"POST /v1/search HTTP/1.1", "Host: localhost", "$auth"}, headers...)
		return raw(append(lines, "", body)...)
	}
	const chunked = "Transfer-Encoding: chunked"

	makeAttacks(t, []attack{
		{
			// The server must close the connection behind such a request
			// (RFC 9112 6.1): what follows may be a part of it.
			name: "CL.TE", stockFails: true,
			send: post("0\r\n\r\n"+smuggled, "Content-Length: 54", chunked),
			want: want{status: 200, closed: true, notion: []string{"POST /v1/search"}},
		},
		{
			name: "TE.CL", stockFails: true,
			send: post("2\r\n{}\r\n0\r\n\r\n"+smuggled+"\r\n\r\n", "Content-Length: 3", chunked),
			want: want{status: 200, closed: true, notion: []string{"POST /v1/search {}"}},
		},
		{name: "TE.TE, an unknown coding", send: post("0\r\n\r\n"+smuggled, "Transfer-Encoding: xchunked"), want: unsupported},
		{name: "TE.TE, a list", send: post("0\r\n\r\n", "Transfer-Encoding: identity, chunked"), want: unsupported},
		{name: "TE.TE, two fields", send: post("0\r\n\r\n", chunked, "Transfer-Encoding: identity"), want: unsupported},
		{name: "TE.TE, chunked twice", send: post("0\r\n\r\n", chunked, chunked), want: unsupported},
		{name: "TE.TE, a vertical tab", send: post("0\r\n\r\n", "Transfer-Encoding: \vchunked"), want: refused},
		{name: "TE.TE, a space before the colon", send: post("0\r\n\r\n", "Transfer-Encoding : chunked"), want: refused},
		{name: "TE.TE, with a length", send: post("0\r\n\r\n"+smuggled, "Content-Length: 5", "Transfer-Encoding: cow"), want: unsupported},
		{
			// HTTP/1.0 knows no chunks: the body is empty, and the connection ends.
			name: "TE in HTTP/1.0",
			send: raw("POST /v1/search HTTP/1.0", "Host: localhost", "$auth", chunked, "", "0\r\n\r\n"+smuggled),
			want: want{status: 200, closed: true, notion: []string{"POST /v1/search"}},
		},

		{name: "two lengths", send: post("{}"+smuggled, "Content-Length: 2", "Content-Length: 40"), want: refused},
		{name: "two lengths in one", send: post("{}", "Content-Length: 2, 2"), want: refused},
		{
			name: "one length twice", send: post("{}", "Content-Length: 2", "Content-Length: 2"),
			want: want{status: 200, notion: []string{"POST /v1/search {}"}},
		},
		{name: "a signed length", send: post("{}", "Content-Length: +2"), want: refused},
		{name: "a negative length", send: post("{}", "Content-Length: -2"), want: refused},
		{name: "a length in hex", send: post("{}", "Content-Length: 0x2"), want: refused},
		{name: "an empty length", send: post("{}", "Content-Length: "), want: refused},
		{name: "a length beyond all numbers", send: post("{}", "Content-Length: 99999999999999999999"), want: refused},
		{name: "a length with a space before the colon", send: post("{}", "Content-Length : 2"), want: refused},

		{name: "a chunk size that is none", stockFails: true, send: post("zz\r\n{}\r\n0\r\n\r\n", chunked), want: broken},
		{name: "a chunk size with 0x", stockFails: true, send: post("0x2\r\n{}\r\n0\r\n\r\n", chunked), want: broken},
		{name: "a negative chunk size", stockFails: true, send: post("-2\r\n{}\r\n0\r\n\r\n", chunked), want: broken},
		{name: "a chunk size beyond all numbers", stockFails: true, send: post("fffffffffffffffff\r\n{}\r\n0\r\n\r\n", chunked), want: broken},
		{name: "a chunk longer than its size", stockFails: true, send: post("1\r\n{}\r\n0\r\n\r\n", chunked), want: broken},
		{name: "chunk lines that end in LF", stockFails: true, send: post("2\n{}\n0\n\n", chunked), want: broken},
		{
			name: "a chunk extension", send: post("2;name=\"a b\"\r\n{}\r\n0\r\n\r\n", chunked),
			want: want{status: 200, notion: []string{"POST /v1/search {}"}},
		},
		{
			name: "trailers", send: post("2\r\n{}\r\n0\r\nAuthorization: Bearer ntn_bob\r\nNotion-Version: 2022-06-28\r\n\r\n",
				chunked, "Trailer: Authorization, Notion-Version"),
			want: want{status: 200, notion: []string{"POST /v1/search {}"}},
			more: func(t *findings, f *front) {
				assert.Equal(t, []string{"Bearer ntn_alice"}, f.last().header["Authorization"])
				assert.Equal(t, []string{"2025-09-03"}, f.last().header["Notion-Version"])
			},
		},
		{name: "a trailer that is a length", send: post("0\r\nContent-Length: 5\r\n\r\n", chunked, "Trailer: Content-Length"), want: refused},
	})
}

// TestAttack_headerLines: line ends and folds that net/http straightens reach
// Notion straight; all else is refused.
func TestAttack_headerLines(t *testing.T) {
	refused := want{status: 400, closed: true, bare: true}
	users := want{status: 200, notion: []string{"GET /v1/users"}}
	makeAttacks(t, []attack{
		{name: "bare LF", send: "GET /v1/users HTTP/1.1\nHost: localhost\nAuthorization: Bearer ntn_alice\nNotion-Version: 2025-09-03\n\n", want: users},
		{name: "obs-fold of what is dropped", send: get("/v1/users", "X-Fold: a\r\n Transfer-Encoding: chunked"), want: users},
		{
			name: "obs-fold of the token", send: get("/v1/users", "Authorization: Bearer\r\n ntn_alice"), want: users,
			more: func(t *findings, f *front) {
				assert.Equal(t, "Bearer ntn_alice", f.last().header.Get("Authorization"))
			},
		},
		{name: "obs-fold in the first line", send: raw("GET /v1/users HTTP/1.1", " Host: localhost", "$auth", "", ""), want: refused},
		{name: "CR in a value", send: get("/v1/users", "X-Name: a\rAuthorization: Bearer ntn_bob"), want: refused},
		{name: "NUL in a value", send: get("/v1/users", "X-Name: a\x00b"), want: refused},
		{name: "DEL in a value", send: get("/v1/users", "X-Name: a\x7fb"), want: refused},
		{name: "no name", send: get("/v1/users", ": value"), want: refused},
		{name: "no colon", send: get("/v1/users", "Authorization"), want: refused},
		{name: "a space in a name", send: get("/v1/users", "X Name: value"), want: refused},
		{name: "a control in a name", send: get("/v1/users", "X\x01Name: value"), want: refused},
		{name: "HTTP/1.2", send: raw("GET /v1/users HTTP/1.2", "Host: localhost", "$auth", "", ""), want: users},
		{name: "HTTP/2.0 without TLS", send: raw("GET /v1/users HTTP/2.0", "Host: localhost", "$auth", "", ""), want: want{status: 505, closed: true, bare: true}},
		{name: "HTTP/0.9", send: "GET /v1/users\r\n\r\n", want: refused},
		{name: "a space in the target", send: raw("GET /v1/users /v1/me HTTP/1.1", "Host: localhost", "$auth", "", ""), want: refused},
		{name: "a tab for a space", send: raw("GET\t/v1/users\tHTTP/1.1", "Host: localhost", "$auth", "", ""), want: refused},
		{
			name: "an expectation that nobody can meet", send: get("/v1/users", "Expect: 200-ok"),
			want: want{status: 417, closed: true, bare: true},
		},
		{
			name: "100-continue is ours to answer", stockFails: true,
			send: request("POST", "/v1/search", "{}", "Expect: 100-continue"),
			want: want{status: 200, notion: []string{"POST /v1/search {}"}},
			more: func(t *findings, f *front) { assert.NotContains(t, f.last().header, "Expect") },
		},
	})
}

// TestAttack_pipelining: answers come in the order of the requests, one each.
func TestAttack_pipelining(t *testing.T) {
	makeAttacks(t, []attack{{
		name: "two at once",
		more: func(t *findings, f *front) {
			got := f.talk(get("/v1/pages/$page") + get("/v1/pages/$row"))
			if assert.Len(t, got.answers, 2) {
				assert.Contains(t, got.answers[0].body, f.demo.Page)
				assert.Contains(t, got.answers[1].body, f.demo.Rows[0])
			}
			assert.Equal(t, f.expandAll([]string{"GET /v1/pages/$page", "GET /v1/pages/$row"}), f.saw())
		},
	}})
}
