package upstream

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/notion"
)

var (
	own  = http.Header{"X-Notion-Request-Id": {"1"}, "Content-Type": {"application/json; charset=utf-8"}}
	edge = http.Header{"Cf-Ray": {"a-AMS"}, "Content-Type": {"text/html"}}
	bare = http.Header{"Content-Type": {"application/json"}}
)

func body(code string) string {
	return `{"object":"error","status":1,"code":"` + code + `","message":"m"}`
}

func TestJudge_tellsWhoAnsweredAndWhatItMeans(t *testing.T) {
	const page = "/v1/pages/x"
	cases := []struct {
		what   string
		path   string
		status int
		header http.Header
		body   string
		want   Kind
	}{
		{"a page", page, 200, own, `{"object":"page"}`, OK},
		{"HTML with 200 from the edge", page, 200, edge, "<html>", Edge},
		{"a redirect", page, 307, own, "", Malformed},
		{"a 304 that nobody asked for", page, 304, own, "", Malformed},
		{"a bad request", page, 400, own, body("validation_error"), Rejected},
		{"a bad token", page, 401, own, body("unauthorized"), Refused},
		{"a missing capability", page, 403, own, body("restricted_resource"), Refused},
		{"an object that is not shared", page, 404, own, body("object_not_found"), Refused},
		{"a 404 with another code", page, 404, own, body("validation_error"), Rejected},
		{"OAuth's 401", "/v1/oauth/token", 401, own, body("unauthorized"), Rejected},
		{"the edge's 403", page, 403, edge, "<html>", Edge},
		{"a company proxy's 401", page, 401, http.Header{"Content-Type": {"text/html"}}, "log in", Edge},
		{"a company proxy's JSON 404", page, 404, bare, body("object_not_found"), Edge},
		{"a collision", page, 409, own, body("conflict_error"), Rejected},
		{"a spent budget", page, 429, own, body("rate_limited"), Limited},
		{"the edge's 429", page, 429, edge, "<html>", Edge},
		{"an overload", page, 529, own, body("service_overload"), Overloaded},
		{"Notion's 500", page, 500, own, body("internal_server_error"), Failed},
		{"Notion's 503", page, 503, own, body("service_unavailable"), Failed},
		{"the edge's 502", page, 502, edge, "<html>", Edge},
		{"a write that was saved", page, 503, own, `{"object":"error","status":503,"code":"service_unavailable","message":"m",` +
			`"additional_data":{"retry_guidance":["Do not repeat the write."]}}`, SavedWrite},
		{"a 500 without a body", page, 500, own, "", Edge},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			e, isError := notion.ParseError([]byte(c.body))
			assert.Equal(t, c.want, judge(c.path, c.status, c.header, e, isError))
		})
	}
}

func TestKind_failureAndCarriedOut(t *testing.T) {
	for _, k := range []Kind{OK, Refused, Rejected, Limited, Left} {
		assert.False(t, k.Failure(), k)
	}
	for _, k := range []Kind{Overloaded, Failed, SavedWrite, Edge, Malformed, Cut, Reset, TimedOut, Connect, DNS, TLS, Unread} {
		assert.True(t, k.Failure(), k)
	}
	for _, k := range []Kind{Refused, Rejected, Limited, Overloaded, Connect, DNS, TLS, Unread} {
		assert.True(t, k.NotCarriedOut(), k)
	}
	for _, k := range []Kind{OK, Failed, SavedWrite, Edge, Malformed, Cut, Reset, TimedOut, Left} {
		assert.False(t, k.NotCarriedOut(), k)
	}
}
