package proxy

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"notionproxy/cache"
	"notionproxy/exchange"
	"notionproxy/upstream"
)

// Header values that never change are shared, not built for each answer.
// Nobody may append to them.
var (
	typeJSON     = []string{"application/json; charset=utf-8"}
	private      = []string{"private, no-cache"}
	varyBy       = []string{"Accept-Encoding, Authorization, Notion-Version"}
	gzipEncoding = []string{"gzip"}
)

// send writes a whole answer.
func (c *call) send(status int, body []byte) {
	h := c.w.Header()
	h["X-Request-Id"] = c.value(c.x.RequestID)
	if h["Content-Type"] == nil {
		h["Content-Type"] = typeJSON
	}
	c.x.Status = status
	// The answer to a HEAD that Notion answered has no body here, but the GET's
	// had one (RFC 9110 8.6).
	unknown := c.r.Method == http.MethodHead && len(body) == 0
	if status != http.StatusNotModified && !unknown {
		h["Content-Length"] = c.value(strconv.Itoa(len(body)))
	}
	bound(c.w, len(body))
	c.w.WriteHeader(status)
	if c.r.Method == http.MethodHead || status == http.StatusNotModified {
		return
	}
	if overflows(h, len(body)) {
		joinWrites(c.r)
	}
	n, _ := c.w.Write(body) // a client that left is noticed by nobody else
	c.x.BytesOut = int64(n)
}

// bound ends an answer that the client does not take in time: short ones too,
// since a client can send requests and read none of their answers until the
// kernel takes no more. net/http lifts it when the last byte has left, which is
// after the handler has returned.
func bound(w http.ResponseWriter, bytes int) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTime(bytes)))
}

// writeTime is how long a client may take over a body of that length: 30 s,
// and a second for each 16 KiB.
func writeTime(bytes int) time.Duration {
	return 30*time.Second + time.Duration(bytes/(16<<10))*time.Second
}

// answerStored answers from the store.
func (p *Proxy) answerStored(c *call, f cache.Found, outcome exchange.Outcome, detail string) {
	defer p.trace.End(p.trace.Stage(c.r.Context(), "answer"))
	now := time.Now()
	c.x.Outcome, c.x.Age = outcome, f.Age(now)
	if outcome == exchange.Stale && f.Inherited {
		detail = "older-token"
	} else if outcome == exchange.Stale && f.Suspect {
		detail = "maybe-overwritten"
	} else if outcome == exchange.Stale && !f.LinksGood(now) {
		detail += "-links-expired"
	} else if f.Snapshot {
		detail = "snapshot"
	}
	c.x.Detail = detail
	h := c.w.Header()
	if outcome != exchange.Hit {
		p.meter(c)
	}
	h["Cache-Status"] = c.value(storedStatus(c, f, now))
	h["Age"] = c.value(strconv.FormatInt(int64(c.x.Age/time.Second), 10))
	p.answerPage(c, f)
}

// storedStatus is Cache-Status (RFC 9211) of an answer from the store. When
// Notion was asked in vain, it says how that ended.
func storedStatus(c *call, f cache.Found, now time.Time) string {
	var room [96]byte
	b := room[:0]
	if c.x.UpstreamOutcome == "" {
		b = append(b, "notionproxy; hit"...)
	} else {
		b = append(b, "notionproxy; fwd=stale"...)
		if c.x.UpstreamStatus > 0 {
			b = append(b, "; fwd-status="...)
			b = strconv.AppendInt(b, int64(c.x.UpstreamStatus), 10)
		}
	}
	b = append(b, "; ttl="...)
	b = strconv.AppendInt(b, int64(f.Left(now)/time.Second), 10)
	if c.x.Detail != "" {
		b = append(b, "; detail="...)
		b = append(b, c.x.Detail...)
	}
	return string(b)
}

// answerPage writes a stored page, in the form that the client takes.
func (p *Proxy) answerPage(c *call, f cache.Found) {
	page := f.Page
	h := c.w.Header()
	h["Cache-Control"], h["Vary"] = private, varyBy
	h["Etag"] = c.value(page.ETag)
	if page.Incomplete {
		h["Notionproxy-Incomplete"] = []string{"query_result_limit_reached"}
	}
	if c.notModified(page) {
		c.send(http.StatusNotModified, nil)
		return
	}
	if !page.Gzip {
		c.send(http.StatusOK, page.Body)
		return
	}
	if takesGzip(c.r.Header) {
		h["Content-Encoding"] = gzipEncoding
		c.send(http.StatusOK, page.Body)
		return
	}
	plain := page.Plain()
	if plain == nil {
		var err error
		if plain, err = upstream.Unzip(page.Body, upstream.DefaultMaxAnswer*2); err != nil {
			p.answerProblem(c, bad("unpacking a stored answer: %v", err))
			return
		}
		p.store.KeepPlain(f, plain)
	}
	c.send(http.StatusOK, plain)
}

// notModified says whether the client has the page already (RFC 9110 13.1.2).
// Only GET and HEAD can ask that. A validator whose links are about to die
// matches nothing: the client would be told to go on using dead links.
func (c *call) notModified(page *cache.Page) bool {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		return false
	}
	hash, _ := splitTag(page.ETag)
	for _, value := range c.r.Header["If-None-Match"] {
		for tag := range strings.SplitSeq(value, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" {
				return true
			}
			presented, expiry := splitTag(tag)
			if presented == hash && (expiry == 0 || time.Until(time.Unix(expiry, 0)) >= cache.LinkMargin) {
				return true
			}
		}
	}
	return false
}

// splitTag splits a validator of ours into its hash and the second in which
// its first link dies, 0 without links.
func splitTag(tag string) (hash string, expiry int64) {
	tag = strings.TrimPrefix(tag, "W/")
	if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return "", 0
	}
	hash, at, found := strings.Cut(tag[1:len(tag)-1], ".")
	if found {
		n, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return "", 0
		}
		expiry = n
	}
	return hash, expiry
}

// answerResult answers with what asking Notion brought.
func (p *Proxy) answerResult(c *call, r *result, shared bool) {
	if r.answer == nil {
		p.refuse(c, r.refusal)
		return
	}
	defer p.trace.End(p.trace.Stage(c.r.Context(), "answer"))
	c.x.Outcome = outcomeOf(c, r, shared)
	p.meter(c)
	c.w.Header()["Cache-Status"] = []string{forwardStatus(c, r, shared)}
	if needsProblem(r.answer) {
		p.answerProblem(c, failureOf(r.answer, c.r.Method, c.writes()))
		return
	}
	copyAnswer(c.w.Header(), r.answer.Header)
	if r.answer.Kind.Failure() {
		p.hint(c)
	}
	if r.page != nil {
		p.answerPage(c, cache.Found{Page: r.page, Born: r.born})
		return
	}
	c.x.Code = r.answer.Error.Code
	p.answerBody(c, r.answer)
}

func outcomeOf(c *call, r *result, shared bool) exchange.Outcome {
	switch {
	case shared:
		return exchange.Shared
	case c.match.Op.Stored() && r.page != nil:
		return exchange.Miss
	}
	return exchange.Pass
}

// forwardStatus is Cache-Status of an answer of Notion's.
func forwardStatus(c *call, r *result, shared bool) string {
	b := append(make([]byte, 0, 80), "notionproxy; fwd="...)
	switch {
	case !c.match.Op.Stored():
		b = append(b, "bypass"...)
	case c.wants.NoCache || c.wants.NoStore:
		b = append(b, "request"...)
	default:
		b = append(b, "uri-miss"...)
	}
	if r.answer.Status > 0 {
		b = append(b, "; fwd-status="...)
		b = strconv.AppendInt(b, int64(r.answer.Status), 10)
	}
	if r.stored {
		b = append(b, "; stored"...)
	}
	if shared {
		b = append(b, "; collapsed"...)
	}
	return string(b)
}

// needsProblem says whether Notion's answer is none that a client can use.
func needsProblem(a *upstream.Answer) bool {
	switch a.Kind {
	case upstream.OK, upstream.Refused, upstream.Rejected, upstream.Limited, upstream.Overloaded,
		upstream.Failed, upstream.SavedWrite:
		return false
	}
	return true
}

// answerBody passes on an answer that is not stored.
func (p *Proxy) answerBody(c *call, a *upstream.Answer) {
	h := c.w.Header()
	h["Cache-Control"], h["Vary"] = private, varyBy
	if a.Kind == upstream.Limited || a.Kind == upstream.Overloaded {
		h.Set("Retry-After", retryAfter(h.Get("Retry-After")))
	}
	if a.Rest != nil {
		p.answerLong(c, a)
		return
	}
	if a.Gzip && takesGzip(c.r.Header) {
		h["Content-Encoding"] = gzipEncoding
		c.send(a.Status, a.Body)
		return
	}
	c.send(a.Status, a.Plain)
}

// retryAfter makes what Notion said a whole number of at least one: the only
// form that all clients read.
func retryAfter(value string) string {
	if n, err := strconv.ParseFloat(value, 64); err == nil && n >= 1 && n < 1e6 {
		return strconv.Itoa(int(n + 0.999))
	}
	return "1"
}

// answerLong passes on an answer that is too long to hold.
func (p *Proxy) answerLong(c *call, a *upstream.Answer) {
	defer a.Rest.Close()
	var body io.Reader = io.MultiReader(bytes.NewReader(a.Body), a.Rest)
	if a.Gzip && takesGzip(c.r.Header) {
		c.w.Header()["Content-Encoding"] = gzipEncoding
	} else if a.Gzip {
		z, err := gzip.NewReader(body)
		if err != nil {
			p.answerProblem(c, failureOf(&upstream.Answer{Kind: upstream.Malformed}, c.r.Method, c.writes()))
			return
		}
		body = z
	}
	h := c.w.Header()
	h["X-Request-Id"] = c.value(c.x.RequestID)
	c.x.Status = a.Status
	c.w.WriteHeader(a.Status)
	c.copyFlushing(body)
}
