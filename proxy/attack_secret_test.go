package proxy_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/cache"
	"notionproxy/notion"
	"notionproxy/notiontest"
)

// canaries are what must stand nowhere but on the wire: one of each kind of
// secret that passes through.
var canaries = map[string]string{
	"token":       "ntn_CanaryToken4711",
	"title":       "Canary title, Zeppelin",
	"e-mail":      "canary.mail@zeppelin.example",
	"query value": "CanaryQueryValue0815",
	"file URL":    "https://files.zeppelin.example/canary.png?X-Amz-Signature=c4n4ry",
}

// all is a text that holds every canary but the token.
var allCanaries = canaries["title"] + " " + canaries["e-mail"] + " " + canaries["query value"] + " " + canaries["file URL"]

// TestAttack_secrets: whatever happens to a call, what is written down about it
// holds no token, no content and no query, and no text of ours repeats them.
func TestAttack_secrets(t *testing.T) {
	token := "Authorization: Bearer " + canaries["token"]
	ask := func(method, target, body string, headers ...string) string {
		return request(method, target, body, append([]string{token}, headers...)...)
	}
	page := ask("GET", "/v1/pages/$page?filter_properties="+canaries["query value"], "")
	search := ask("POST", "/v1/search", `{"query":"`+allCanaries+`"}`)
	write := ask("PATCH", "/v1/pages/$page", `{"properties":{"title":[{"text":{"content":"`+allCanaries+`"}}]}}`)
	unknown := ask("POST", "/v1/beta?q="+canaries["query value"], `{"x":"`+allCanaries+`"}`)
	echo := `{"object":"error","status":400,"code":"validation_error","message":"` + allCanaries + `"}`

	makeAttacks(t, []attack{
		leak("all is well", nil, page, page, search, write, unknown),
		leak("Notion echoes", &notiontest.Fault{Kind: notiontest.FaultStatus, Status: 400, Message: allCanaries}, page, search, write, unknown),
		leak("Notion echoes with 200", &notiontest.Fault{Kind: notiontest.FaultReply, Body: echo}, page, search),
		leak("Notion fails and echoes", &notiontest.Fault{Kind: notiontest.FaultStatus, Status: 503, Message: allCanaries}, page, search, write, unknown),
		leak("Notion limits and echoes", &notiontest.Fault{Kind: notiontest.FaultLimit, Message: allCanaries}, page, search, write, unknown),
		leak("Notion refuses the token", &notiontest.Fault{Kind: notiontest.FaultStatus, Status: 401, Message: canaries["token"]}, page, page, write),
		leak("the edge echoes", &notiontest.Fault{Kind: notiontest.FaultEdge, Body: "<h1>" + allCanaries + "</h1>"}, page, search, write, unknown),
		leak("the answer is cut", &notiontest.Fault{Kind: notiontest.FaultCut}, page, search, write),
		leak("the answer is no JSON", &notiontest.Fault{Kind: notiontest.FaultReply, Body: `{"object":"` + allCanaries}, page, search, write),
		leak("the answer has bad headers", &notiontest.Fault{Kind: notiontest.FaultRaw,
			Body: "HTTP/1.1 200 OK\r\n" + allCanaries + " " + canaries["token"] + "\r\n\r\n"}, page, search, write, unknown),
		leak("the answer has a bad status", &notiontest.Fault{Kind: notiontest.FaultRaw, Body: "HTTP/1.1 " + allCanaries + "\r\n\r\n"}, page, write, unknown),
		leak("the connection dies", &notiontest.Fault{Kind: notiontest.FaultReset}, page, search, write, unknown),
		leak("Notion hangs", &notiontest.Fault{Kind: notiontest.FaultHang}, page, write, unknown),
		leak("Notion redirects", &notiontest.Fault{Kind: notiontest.FaultRedirect, Body: canaries["file URL"]}, page, search, write, unknown),
		leak("the request is refused", nil,
			ask("GET", "/v1/pages/$page?q="+canaries["query value"]+";%zz", ""),
			ask("GET", "/v1/pages/$page?q="+canaries["query value"]+strings.Repeat("x", 9000), ""),
			ask("GET", "http://evil.example/v1/pages?q="+canaries["query value"], ""),
			ask("OPTIONS", "/v1/pages?q="+canaries["query value"], ""),
			ask("PATCH", "/v1/pages/$page", `{"x":"`+allCanaries+strings.Repeat("x", 2<<20)+`"}`),
			ask("POST", "/v1/search", "", "Transfer-Encoding: chunked", "Content-Type: application/json")+allCanaries+"\r\n\r\n",
			get("/v1/users", "Authorization: Bearer "+canaries["token"]+" "+canaries["token"]),
			get("/v1/users", "Authorization: "+canaries["token"]),
			get("/v1/users", token, token),
			get("/v1/users", token, "Connection: Authorization"),
			get("/v1/users", token, "Content-Encoding: gzip"),
			get("/v1/users", token, "Cookie: "+allCanaries, "Referer: "+canaries["file URL"]),
			"GET /v1/users HTTP/1.1\r\nHost: localhost\r\n"+token+" \x00\r\n\r\n",
		),
	})
}

// leak makes requests under a fault, and again where answers are kept, and
// looks for canaries in what is left of them.
func leak(name string, fault *notiontest.Fault, requests ...string) attack {
	return attack{name: name, set: func(f *front) {
		f.notion.AddToken(canaries["token"], f.demo.Bot)
		f.notion.SetTitle(f.demo.Page, allCanaries)
		f.options.Timeout, f.options.MaxWait, f.limits.BodyStall = 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond
		f.options.Cache.Policies = cache.Policies{notion.Content: {Fresh: time.Nanosecond, Keep: time.Hour}}
	}, more: func(t *findings, f *front) {
		for range 2 {
			if fault != nil {
				f.notion.Fault(*fault)
			}
			for _, r := range requests {
				f.talk(r)
			}
			f.notion.ClearFaults()
			f.talk(requests[0]) // so that there is an answer to keep
		}
		f.stop()
		for kind, secret := range canaries {
			for _, x := range f.exchanges() {
				checkSecret(t, "the record of a call with the "+kind, describe(x), secret)
			}
			f.mu.Lock()
			checkSecret(t, "the log of the "+kind, f.logs.String(), secret)
			for _, a := range f.answers {
				checkSecret(t, "a header, of the "+kind, ownHeaders(a.header), secret)
				if a.header.Get("Proxy-Status") != "" {
					checkSecret(t, "an error of ours, of the "+kind, a.body, secret)
				}
			}
			f.mu.Unlock()
		}
		assert.NotEmpty(t, f.exchanges())
	}}
}

// ownHeaders are the headers that the proxy writes.
func ownHeaders(h http.Header) string {
	var text strings.Builder
	for name, values := range h {
		text.WriteString(name + ": " + strings.Join(values, ", ") + "\n")
	}
	return text.String()
}
