package notiontest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// An answer is a response, decided to the last byte, and how it goes wrong on
// the way.
type answer struct {
	status  int
	code    string // Notion's error code
	header  http.Header
	body    []byte // as it travels: gzip where that was asked for
	chunked bool
	bare    bool // the answer to a HEAD: no body
	stream  []event
	gap     time.Duration // before each event

	wire *wire // nil: nothing goes wrong
	gone error // nothing is answered: the client has left, or may just as well have
}

func (a *answer) requestID() string { return a.header.Get("X-Notion-Request-Id") }

// succeeded makes the answer to a call that was carried out.
func (c *call) succeeded(o object) *answer {
	if c.stream != nil {
		h := c.header()
		h.Set("Content-Type", "text/event-stream; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		return &answer{status: c.status, header: h, stream: c.stream, gap: c.n.opts.StreamGap}
	}
	if c.op == nil || c.op.how != bare {
		o = append(o[:len(o):len(o)], member{"request_id", c.id})
	}
	return c.json(c.status, o)
}

// failed makes the answer to a call that was not.
func (c *call) failed(p *problem) *answer {
	o := append(p.body(), member{"request_id", c.id})
	a := c.json(p.status, o)
	a.code = p.code
	if p.retryAfter != "" {
		a.header.Set("Retry-After", p.retryAfter)
	}
	return a
}

// shortest is the shortest body that is compressed. Recorded: 238 bytes were
// not, 359 bytes were.
const shortest = 300

// json makes an answer with a JSON body.
func (c *call) json(status int, o object) *answer {
	body := appendJSON(make([]byte, 0, 1024), o)
	a := &answer{status: status, header: c.header(), body: body}
	a.header.Set("Content-Type", "application/json; charset=utf-8")
	a.header.Set("Etag", etag(body))
	if len(body) >= shortest && takesGzip(c.r) {
		a.body, a.chunked = zip(body), true
		a.header.Set("Content-Encoding", "gzip")
	}
	return a
}

// etag is Express's weak tag over the body, request_id and all, so that no two
// answers have the same: recomputed from recordings of 2026-09-11.
func etag(body []byte) string {
	sum := sha1.Sum(body)
	return `W/"` + strconv.FormatInt(int64(len(body)), 16) + "-" + base64.StdEncoding.EncodeToString(sum[:])[:27] + `"`
}

// header is the set that every answer of the API has, recorded 2026-09-11.
func (c *call) header() http.Header {
	h := c.edgeHeader()
	for k, v := range map[string]string{
		"Strict-Transport-Security":         "max-age=31536000; includeSubDomains; preload",
		"Vary":                              "Accept-Encoding",
		"Content-Security-Policy":           "default-src 'none'",
		"Referrer-Policy":                   "strict-origin-when-cross-origin",
		"X-Content-Type-Options":            "nosniff",
		"X-Dns-Prefetch-Control":            "off",
		"X-Download-Options":                "noopen",
		"X-Frame-Options":                   "SAMEORIGIN",
		"X-Notion-Request-Id":               c.id,
		"X-Permitted-Cross-Domain-Policies": "none",
		"X-Xss-Protection":                  "0",
		"Alt-Svc":                           `h3=":443"; ma=86400`,
	} {
		h[k] = []string{v}
	}
	h["Cf-Cache-Status"] = []string{"DYNAMIC"}
	return h
}

// edgeHeader is what the edge in front of the API adds.
func (c *call) edgeHeader() http.Header {
	c.n.mu.Lock()
	ray, cookie := c.n.noise.hex(16), c.n.noise.word(43)
	c.n.mu.Unlock()
	now := c.now.UTC()
	return http.Header{
		"Date":   {now.Format(http.TimeFormat)},
		"Server": {"cloudflare"},
		"Cf-Ray": {ray + "-FRA"},
		"Set-Cookie": {"__cf_bm=" + cookie + "-" + strconv.FormatInt(now.Unix(), 10) + "-1.0.1.1; HttpOnly; SameSite=None; Secure; Path=/; Domain=notion.com; Expires=" +
			now.Add(30*time.Minute).Format(http.TimeFormat)},
	}
}

func takesGzip(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}

var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	return z
}}

func zip(body []byte) []byte {
	var b bytes.Buffer
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(&b)
	_, _ = z.Write(body) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}
