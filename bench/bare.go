package main

import (
	"fmt"
	"net/http"
	"strconv"
)

// newBare answers everything with one answer: the least that net/http can do.
// It checks nothing, looks nothing up and writes no log. Its headers are those
// of a hit, prepared, so that it writes as many bytes.
func newBare(o serveOptions) (http.Handler, error) {
	q, ok := questionIn("/v1/bench/" + o.id)
	if !ok {
		return nil, fmt.Errorf("%q is no question", o.id)
	}
	body := can(shapes[q.shape], q.seed()).body(q)
	header := map[string][]string{
		"Content-Type":   {"application/json; charset=utf-8"},
		"Content-Length": {strconv.Itoa(len(body))},
		"Cache-Control":  {"private, no-cache"},
		"Vary":           {"Accept-Encoding, Authorization, Notion-Version"},
		"Etag":           {`W/"asA8p7CrnTgM3HQwqv7GRw"`},
		"Cache-Status":   {"notionproxy; hit; ttl=3599"},
		"Age":            {"0"},
		"X-Request-Id":   {"1l2m3n4o5p6q-1"},
	}
	if q.packed {
		header["Content-Encoding"] = []string{"gzip"}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for name, values := range header {
			h[name] = values
		}
		_, _ = w.Write(body) // the load sees what is missing
	}), nil
}
