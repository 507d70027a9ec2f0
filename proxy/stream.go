package proxy

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/upstream"
)

// maxPeek bounds how much of a streamed JSON answer is looked into for what a
// write touched.
const maxPeek = 1 << 20

// stream passes a call on as it comes, in constant memory: uploads, event
// streams, paths that nobody knows, questions longer than any that is stored.
func (p *Proxy) stream(c *call) {
	a := p.newAsk(c, p.callHeader(c))
	r := &result{}
	// The place is taken before the body is read: a client that waits for its
	// turn should not fill our memory meanwhile.
	grant, _, err := p.admit(c.r.Context(), a, r, nil)
	c.x.Queued = r.queued
	if err != nil {
		p.refuse(c, err)
		return
	}
	defer grant.Done()
	ctx, dog := watch(p.trace.Stage(c.r.Context(), "forward"), c.set.Timeout+c.set.Limits.BodyStall)
	defer dog.stop()
	in := &stallReader{r: c.r.Body, control: http.NewResponseController(c.w), limit: c.set.Limits.BodyStall, feed: dog.feed}
	start := time.Now()
	r.left = p.tokens.clock()
	req := &upstream.Request{
		Method: a.method, Path: a.path, Query: a.query, Header: p.traced(ctx, a.header), Token: a.owner,
		Body: io.MultiReader(bytes.NewReader(c.body), in), Length: c.streamLength(),
	}
	defer p.intend(a)()
	resp, calls, kind, err := p.upstream.Stream(ctx, req)
	c.x.Calls, c.x.Upstream = calls, time.Since(start)
	c.x.BytesIn = in.read + int64(len(c.body))
	p.endForward(ctx, resp, kind)
	if calls == 0 {
		grant.Unsent()
	}
	if err != nil {
		p.streamFailed(c, a, &upstream.Answer{Kind: kind, Err: err, Calls: calls}, in)
		return
	}
	defer resp.Body.Close()
	if isEvents(resp.Header) {
		dog.stop() // events come when they come
		defer context.AfterFunc(p.life, func() { resp.Body.Close() })()
	}
	resp.Body = fed{resp.Body, dog}
	p.passOn(c, a, r, req, resp, grant)
}

// endForward ends the span of a call that has been answered, or was not.
func (p *Proxy) endForward(ctx context.Context, resp *http.Response, kind upstream.Kind) {
	status := 0
	if resp != nil {
		status = resp.StatusCode
	}
	p.trace.Answered(ctx, status, string(kind))
	p.trace.End(ctx)
}

// A watchdog gives a stream up on which nothing moves.
type watchdog struct {
	timer *time.Timer
	limit time.Duration
}

// watch returns a context that ends when the watchdog was not fed for limit.
func watch(ctx context.Context, limit time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(ctx)
	d := &watchdog{limit: limit}
	d.timer = time.AfterFunc(limit, func() { cancel(context.DeadlineExceeded) })
	return ctx, d
}

func (d *watchdog) feed() {
	if d.timer.Stop() {
		d.timer.Reset(d.limit)
	}
}

func (d *watchdog) stop() { d.timer.Stop() }

// fed is a body that feeds a watchdog.
type fed struct {
	io.ReadCloser
	dog *watchdog
}

func (f fed) Read(b []byte) (int, error) {
	n, err := f.ReadCloser.Read(b)
	f.dog.feed()
	return n, err
}

// streamLength is the length of the body that goes to Notion, -1 if that is not
// known. What came with a GET was read and dropped.
func (c *call) streamLength() int64 {
	if c.r.Body == nil || c.r.Body == http.NoBody || c.isGet() {
		return 0
	}
	return c.r.ContentLength
}

// streamFailed answers a call that Notion did not answer.
func (p *Proxy) streamFailed(c *call, a *ask, answer *upstream.Answer, in *stallReader) {
	note(&c.x, answer, answer.Error.Reason())
	if a.write {
		p.settleWrite(a, answer)
		p.store.Settle(p.flightLife())
	}
	switch {
	case in.err != nil: // first, since net/http ends the context with it
		p.refuse(c, brokenBody(in.err))
	case c.r.Context().Err() != nil:
		p.refuse(c, context.Canceled)
	default:
		p.answerResult(c, &result{answer: answer}, false)
	}
}

// passOn hands an answer on as it comes.
func (p *Proxy) passOn(c *call, a *ask, r *result, req *upstream.Request, resp *http.Response, grant *limiter.Grant) {
	answer := &upstream.Answer{Kind: upstream.OK, Status: resp.StatusCode, Header: resp.Header}
	if resp.StatusCode/100 != 2 || !isEvents(resp.Header) {
		p.upstream.Peek(answer, req, resp, maxPeek)
	}
	note(&c.x, answer, answer.Error.Reason())
	r.answer = answer
	p.settleStream(c.r.Context(), a, r, grant)
	if needsProblem(answer) {
		p.answerResult(c, r, false)
		return
	}
	defer p.trace.End(p.trace.Stage(c.r.Context(), "answer"))
	c.x.Outcome = exchange.Pass
	p.meter(c)
	h := c.w.Header()
	copyAnswer(h, resp.Header)
	if answer.Kind.Failure() {
		p.hint(c)
	}
	h["Cache-Status"] = []string{forwardStatus(c, r, false)}
	h["Cache-Control"] = private
	h["X-Request-Id"] = c.value(c.x.RequestID)
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	if answer.Status == http.StatusTooManyRequests || answer.Status == 529 {
		h.Set("Retry-After", retryAfter(h.Get("Retry-After")))
	}
	if answer.Rest == nil && answer.Body != nil {
		c.x.Code = answer.Error.Code
		c.send(answer.Status, answer.Body)
		return
	}
	c.x.Status = answer.Status
	c.w.WriteHeader(answer.Status)
	c.copyFlushing(io.MultiReader(bytes.NewReader(answer.Body), resp.Body))
}

func isEvents(h http.Header) bool {
	return strings.HasPrefix(h.Get("Content-Type"), "text/event-stream")
}

// copyFlushing hands on each piece as it comes: an event that sits in a buffer
// is late.
func (c *call) copyFlushing(body io.Reader) {
	control := http.NewResponseController(c.w)
	buf := make([]byte, 32<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			bound(c.w, n)
			if _, werr := c.w.Write(buf[:n]); werr != nil {
				return
			}
			c.x.BytesOut += int64(n)
			_ = control.Flush() // a writer that can't has nothing buffered either
			// Over HTTP/2 the deadline would end a stream that is silent.
			_ = control.SetWriteDeadline(time.Time{})
		}
		if err == io.EOF {
			bound(c.w, 0) // net/http has a last chunk to write
			return
		}
		if err != nil {
			panic(http.ErrAbortHandler) // so that what was cut looks cut
		}
	}
}

// settleStream does what follows from an answer that is passed on.
func (p *Proxy) settleStream(ctx context.Context, a *ask, r *result, grant *limiter.Grant) {
	defer p.trace.End(p.trace.Stage(ctx, "settle"))
	defer p.store.Settle(p.flightLife())
	defer p.keepAccess(a.owner)
	answer := r.answer
	p.settleToken(a, r, grant)
	p.settleBudget(a, answer)
	if !a.write {
		return
	}
	if a.match.Op.Kind == notion.Unknown && answer.Status/100 == 2 && answer.Rest != nil {
		// Too long to look into: what it touched can't be told, so that
		// nothing of this token's is believed any more.
		p.store.DropOwner(a.owner)
	}
	p.settleWrite(a, answer)
}
