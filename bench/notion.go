package main

import (
	"net/http"
	"strconv"
)

const me = `{"object":"user","id":"16d84278-ab0e-484c-9bdd-b35da3bd8905","name":"Bench","avatar_url":null,"type":"bot","bot":{"owner":{"type":"workspace","workspace":true},"workspace_id":"0c7b3e4d-3f6b-4e08-9d6b-1a2b3c4d5e6f","workspace_name":"Bench","workspace_limits":{"max_file_upload_size_in_bytes":5242880}},"request_id":"9f0e7f2a-54e4-4a52-8a0e-2b9f3a1d6c11"}`

// newNotion is a Notion that answers at once, from a pantry: what a proxy
// costs is measured against it, not what Notion does.
//
// Its answers have a Content-Length, where Notion's come in chunks mostly: a
// ReverseProxy flushes chunks one by one, and would look dearer than it need
// be.
func newNotion(serveOptions) (http.Handler, error) {
	p := newPantry()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/users/me" {
			answer(w, []byte(me), false)
			return
		}
		q, ok := questionIn(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		answer(w, p.answer(q), q.packed)
	}), nil
}

// notionHeader is what Notion's answers carry (recorded in June and September
// 2026).
var notionHeader = map[string][]string{
	"Content-Type":                      {"application/json; charset=utf-8"},
	"Cf-Ray":                            {"a3968791fb5182cd-AMS"},
	"Cf-Cache-Status":                   {"DYNAMIC"},
	"Set-Cookie":                        {"__cf_bm=664keJq7xWm0bQ2sT8vXyQOv; HttpOnly; SameSite=None; Secure; Path=/; Domain=notion.com; Expires=Fri, 11 Sep 2026 12:33:30 GMT"},
	"Etag":                              {`W/"4d6-asA8p7CrnTgM3HQwqv7GR8SdmpI"`},
	"Server":                            {"cloudflare"},
	"Strict-Transport-Security":         {"max-age=31536000; includeSubDomains; preload"},
	"Vary":                              {"Accept-Encoding"},
	"Content-Security-Policy":           {"default-src 'none'"},
	"Referrer-Policy":                   {"strict-origin-when-cross-origin"},
	"X-Content-Type-Options":            {"nosniff"},
	"X-Dns-Prefetch-Control":            {"off"},
	"X-Download-Options":                {"noopen"},
	"X-Frame-Options":                   {"SAMEORIGIN"},
	"X-Notion-Request-Id":               {"36f88c15-5fe0-408b-93e6-962c5a166474"},
	"X-Permitted-Cross-Domain-Policies": {"none"},
	"X-Xss-Protection":                  {"0"},
	"Alt-Svc":                           {`h3=":443"; ma=86400`},
}

var gzipped = []string{"gzip"}

func answer(w http.ResponseWriter, body []byte, packed bool) {
	h := w.Header()
	for name, values := range notionHeader {
		h[name] = values
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if packed {
		h["Content-Encoding"] = gzipped
	}
	_, _ = w.Write(body) // the load sees what is missing
}
