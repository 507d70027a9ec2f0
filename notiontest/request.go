package notiontest

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// arrive recognises a request and enters it into the log.
func (n *Notion) arrive(r *http.Request, stray bool) *call {
	c := &call{n: n, r: r, now: time.Now(), query: r.URL.Query(), status: 200}
	c.op, c.ids = match(r.Method, r.URL.EscapedPath())
	c.readBody()
	rec := Call{At: c.now, Op: "unknown", Method: r.Method, Path: r.URL.RequestURI(), Host: hostOf(r), Stray: stray,
		Token: credentials(r), Version: r.Header.Get("Notion-Version"), Header: r.Header.Clone(), Body: c.raw}
	if c.op != nil {
		rec.Op = c.op.name
	}
	n.mu.Lock()
	c.id = n.noise.uuid()[:24] + Stamp(rec.Token)
	if t := n.tokens[rec.Token]; t != nil {
		rec.Connection = t.conn.id
	}
	n.mu.Unlock()
	c.record = n.log.arrive(rec)
	return c
}

func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// credentials are what the Authorization header carries, without its scheme.
func credentials(r *http.Request) string {
	_, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(secret)
}

// readBody reads the body to its end, so that the connection can be used again
// whatever becomes of the request. A body that is not as it should be is
// reported when its turn comes.
func (c *call) readBody() {
	if c.r.Body == nil || c.r.Body == http.NoBody {
		return
	}
	if c.op != nil && c.op.how == uploads {
		c.sent, c.bodyErr = readMultipart(c.r)
		_, _ = io.Copy(io.Discard, c.r.Body)
		return
	}
	data, err := io.ReadAll(io.LimitReader(c.r.Body, maxBody+1))
	_, _ = io.Copy(io.Discard, c.r.Body)
	c.raw = data
	switch {
	case err != nil:
		c.bodyErr = badJSON()
	case len(data) > maxBody:
		c.bodyErr = invalid("body failed validation: body should be at most 500KB of JSON.")
	case len(data) > 0 && c.r.Method != http.MethodGet && c.r.Method != http.MethodHead:
		c.parse(data)
	}
}

func (c *call) parse(data []byte) {
	v, err := parseJSON(data)
	o, ok := v.(object)
	switch {
	case err != nil:
		c.bodyErr = badJSON()
	case !ok:
		c.bodyErr = mustBe("body", "an object", v)
	default:
		c.body = o
	}
}
