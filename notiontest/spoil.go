package notiontest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An ending is how a connection goes on after the last byte of an answer.
type ending uint8

const (
	clean   ending = iota // as HTTP has it
	closed                // closed in the middle
	reset                 // reset
	stalled               // open and silent until the client leaves
)

// wire says how an answer goes wrong on its way.
type wire struct {
	silent  bool // nothing at all is sent
	raw     []byte
	upTo    int // bytes of the body that are sent; -1 means all
	end     ending
	length  int // what Content-Length says; -1 means the truth
	extra   []byte
	informs int
	pieces  int
	gap     time.Duration
	endless bool
}

func whole() *wire { return &wire{upTo: -1, length: -1} }

// apply makes the answer to c under the fault.
func (f *Fault) apply(c *call) *answer {
	a := f.spoilt(c)
	if a.header == nil {
		return a
	}
	for k, vs := range f.Header {
		a.header[http.CanonicalHeaderKey(k)] = vs
	}
	return a
}

// lostKinds and insteadKinds keep a call from the API.
var (
	lostKinds    = []Kind{FaultReset, FaultHang, FaultRaw}
	insteadKinds = []Kind{FaultStatus, FaultLimit, FaultEdge, FaultHTML, FaultError200, FaultEmpty, FaultRedirect, FaultUpgrade, FaultReply}
)

// reachesAPI tells whether a call that the fault strikes is carried out.
func (f *Fault) reachesAPI() bool {
	return f.Carried || !slices.Contains(lostKinds, f.Kind) && !slices.Contains(insteadKinds, f.Kind)
}

func (f *Fault) spoilt(c *call) *answer {
	switch {
	case f.Kind == FaultDelay, f.Kind == "":
		return c.own()
	case f.Kind == FaultSaved:
		return f.saved(c)
	case slices.Contains(lostKinds, f.Kind):
		return f.lost(c)
	case slices.Contains(insteadKinds, f.Kind):
		if f.Carried {
			c.own()
		}
		return f.instead(c)
	}
	a := c.own()
	if bend, ok := bends[f.Kind]; ok {
		bend(f, a)
		return a
	}
	panic(fmt.Sprintf("notiontest: no such fault: %q", f.Kind))
}

// lost answers nothing that is HTTP.
func (f *Fault) lost(c *call) *answer {
	if f.Carried {
		c.own()
	}
	w := whole()
	w.silent, w.end = true, reset
	switch f.Kind {
	case FaultHang:
		w.end = stalled
	case FaultRaw:
		w.silent, w.raw, w.end = false, []byte(f.Body), closed
	}
	return &answer{wire: w}
}

// instead answers in Notion's place.
func (f *Fault) instead(c *call) *answer {
	switch f.Kind {
	case FaultStatus:
		p := plainProblem(cmp.Or(f.Status, 500), f.Code, f.Message)
		p.retryAfter = f.RetryAfter
		return c.failed(p)
	case FaultLimit:
		return f.limited(c)
	case FaultEdge:
		return f.edge(c)
	case FaultHTML:
		return c.html(200, "<!DOCTYPE html><html><head><title>Notion</title></head><body>All is well.</body></html>", c.header())
	case FaultError200:
		a := c.failed(plainProblem(cmp.Or(f.Status, 503), f.Code, f.Message))
		a.status = 200
		return a
	case FaultRedirect:
		h := c.header()
		h.Set("Location", cmp.Or(f.Body, "https://elsewhere.example/"))
		return &answer{status: cmp.Or(f.Status, 307), header: h}
	case FaultUpgrade:
		return &answer{status: 101, header: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}}
	}
	return f.reply(c)
}

func (f *Fault) reply(c *call) *answer {
	h := c.header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	body := f.Body
	if f.Kind == FaultEmpty {
		body = ""
	}
	return &answer{status: cmp.Or(f.Status, 200), header: h, body: []byte(body)}
}

func (f *Fault) limited(c *call) *answer {
	reason, after := cmp.Or(f.Reason, ReasonConnection), cmp.Or(f.RetryAfter, "49")
	if f.Reason == ReasonBlocked && f.RetryAfter == "" {
		after = "-"
	}
	return c.failed(rateLimited(strings.TrimPrefix(reason, "-"), strings.TrimPrefix(after, "-")))
}

// edge is the page that Notion's edge answers when the API does not.
func (f *Fault) edge(c *call) *answer {
	status := cmp.Or(f.Status, 502)
	h := c.edgeHeader()
	h.Set("Cache-Control", "private, max-age=0, no-store, no-cache, must-revalidate, post-check=0, pre-check=0")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	title := fmt.Sprintf("%d: %s", status, cmp.Or(http.StatusText(status), "Web server is returning an unknown error"))
	page := "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head><title>api.notion.com | " + title + "</title></head>\n" +
		"<body><h1>Error " + strconv.Itoa(status) + "</h1><p>Cloudflare Ray ID: " + strings.TrimSuffix(h.Get("Cf-Ray"), "-FRA") + "</p></body>\n</html>\n"
	return c.html(status, cmp.Or(f.Body, page), h)
}

func (c *call) html(status int, page string, h http.Header) *answer {
	h.Set("Content-Type", "text/html; charset=UTF-8")
	return &answer{status: status, header: h, body: []byte(page)}
}

// saved carries the write out and answers 503 with what Notion says then: do
// not repeat it. A call that fails by itself gets its own answer.
func (f *Fault) saved(c *call) *answer {
	o, err := c.carryOut()
	var own *problem
	if errors.As(err, &own) {
		return c.failed(own)
	}
	p := plainProblem(503, f.Code, f.Message)
	p.data = object{{"from", "public_api"}, {"elapsed_ms", "55012"}, {"deadline_ms", "55000"},
		{"retry_guidance", []string{"Read the object again to see whether the write was saved.", "Do not repeat the write."}}}
	if id := o.text("id"); id != "" {
		p.data = append(p.data, member{"committed_resource_id", id})
	}
	if children, _ := o.at("results").([]object); len(children) > 0 {
		var ids []string
		for _, child := range children {
			ids = append(ids, child.text("id"))
		}
		p.data = append(p.data, member{"committed_child_ids", ids})
	}
	return c.failed(p)
}

// bends spoil the right answer.
var bends = map[Kind]func(f *Fault, a *answer){
	FaultCut:          func(_ *Fault, a *answer) { a.framed(closed, true) },
	FaultCutChunked:   func(_ *Fault, a *answer) { a.framed(closed, false) },
	FaultResetHeaders: func(_ *Fault, a *answer) { a.framed(reset, true); a.wire.upTo = 0 },
	FaultResetBody:    func(_ *Fault, a *answer) { a.framed(reset, true) },
	FaultHangHeaders:  func(_ *Fault, a *answer) { a.framed(stalled, true); a.wire.upTo = 0 },
	FaultHangBody:     func(_ *Fault, a *answer) { a.framed(stalled, true) },
	FaultShort: func(_ *Fault, a *answer) {
		a.plain()
		a.framed(clean, true)
		a.wire.upTo, a.wire.length = -1, len(a.body)/2
	},
	FaultLong:    func(_ *Fault, a *answer) { a.framed(closed, true); a.wire.upTo, a.wire.length = -1, len(a.body)+100 },
	FaultBadJSON: func(_ *Fault, a *answer) { a.plain(); a.body = a.body[:len(a.body)/2] },
	FaultType:    func(_ *Fault, a *answer) { a.header.Set("Content-Type", "text/plain; charset=utf-8") },
	FaultPartial: func(_ *Fault, a *answer) { a.status = 206 },
	FaultBadGzip: func(_ *Fault, a *answer) { a.zipped(); a.body, a.chunked = a.body[:len(a.body)/2], false },
	FaultExtra:   func(f *Fault, a *answer) { a.framed(clean, true); a.wire.upTo, a.wire.extra = -1, f.surplus() },
	FaultInform:  func(f *Fault, a *answer) { a.wire = whole(); a.wire.informs = cmp.Or(f.Size, 20) },
	FaultEndless: func(_ *Fault, a *answer) { a.plain(); a.wire = whole(); a.wire.endless = true },
	FaultDrip: func(f *Fault, a *answer) {
		a.wire = whole()
		a.wire.pieces, a.wire.gap = cmp.Or(f.Size, 10), cmp.Or(f.Gap, time.Second)
	},
	FaultHeaders: func(f *Fault, a *answer) {
		a.header.Set("X-Padding", strings.Repeat("x", cmp.Or(f.Size, 1<<20)))
	},
	FaultBomb: func(f *Fault, a *answer) {
		a.plain()
		a.body = append(bytes.Repeat([]byte(" "), cmp.Or(f.Size, 300<<20)), a.body...)
		a.zipped()
	},
}

// framed makes half of the body travel, with a Content-Length or in chunks.
func (a *answer) framed(end ending, byLength bool) {
	a.chunked = !byLength
	a.stream = a.stream[:len(a.stream)/2]
	a.wire = whole()
	a.wire.upTo, a.wire.end = len(a.body)/2, end
}

// plain takes the compression off.
func (a *answer) plain() {
	if a.header.Get("Content-Encoding") == "gzip" {
		a.body, a.chunked = unzip(a.body), false
		a.header.Del("Content-Encoding")
	}
}

func (a *answer) zipped() {
	if a.header.Get("Content-Encoding") != "gzip" {
		a.body, a.chunked = zip(a.body), true
		a.header.Set("Content-Encoding", "gzip")
	}
}

// surplus is what comes behind an answer: by default a whole further one, as
// from a desynchronised connection.
func (f *Fault) surplus() []byte {
	if f.Body != "" {
		return []byte(f.Body)
	}
	body := `{"object":"page","id":"00000000-0000-4000-8000-00000000beef","properties":{}}`
	return []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}
