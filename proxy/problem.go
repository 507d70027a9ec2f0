package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/upstream"
)

// A problem is an answer of the proxy's own: an error in Notion's shape, with
// one of Notion's codes, since clients look at nothing else.
type problem struct {
	status     int
	code       string // Notion's
	reason     string // ours, for machines
	proxyError string // RFC 9209 2.3
	message    string // an instruction: people and language models read it
	retryAfter int    // seconds; 0 means none
	ray        string // cf-ray of an edge answer in whose place it stands
	close      bool   // the connection can't be used any more
	failure    bool   // Notion's, so that its status page may tell more
}

func (p *problem) Error() string { return p.message }

// bad is a request that is not well-formed.
func bad(format string, args ...any) *problem {
	return &problem{
		status: http.StatusBadRequest, code: notion.CodeInvalidRequest,
		reason: "bad_request", proxyError: "http_request_error", message: fmt.Sprintf(format, args...),
	}
}

func badURL(format string, args ...any) *problem {
	p := bad(format, args...)
	p.code, p.reason = notion.CodeInvalidRequestURL, "bad_url"
	return p
}

func denied(status int, code, reason, message string) *problem {
	return &problem{status: status, code: code, reason: reason, proxyError: "http_request_denied", message: message}
}

// quoted is what a caller sent, short and harmless enough to be sent back.
func quoted(s string) string {
	if len(s) > 200 {
		s = s[:200]
	}
	return strconv.Quote(s)
}

// refusalOf is the answer when the limiter lets a call not leave. It is
// Notion's own 429, the one form that every client understands for every
// method.
func refusalOf(r *limiter.Refusal) *problem {
	return &problem{
		status: http.StatusTooManyRequests, code: notion.CodeRateLimited, reason: string(r.Reason),
		proxyError: "connection_limit_reached", message: r.Error(), retryAfter: max(1, r.Seconds()),
	}
}

// failures say what a call without an answer of Notion's becomes.
var failures = map[upstream.Kind]problem{
	upstream.TimedOut:  {status: http.StatusGatewayTimeout, code: notion.CodeGatewayTimeout, proxyError: "http_response_timeout", message: "Notion did not answer in time"},
	upstream.Connect:   {status: http.StatusBadGateway, proxyError: "connection_refused", message: "Notion could not be reached; nothing was sent"},
	upstream.DNS:       {status: http.StatusBadGateway, proxyError: "dns_error", message: "Notion's address could not be found; nothing was sent"},
	upstream.TLS:       {status: http.StatusBadGateway, proxyError: "tls_certificate_error", message: "no trusted connection to Notion; nothing was sent"},
	upstream.Unread:    {status: http.StatusBadGateway, proxyError: "connection_terminated", message: "Notion refused the call unprocessed"},
	upstream.Reset:     {status: http.StatusBadGateway, proxyError: "connection_terminated", message: "the connection to Notion was lost before it answered"},
	upstream.Cut:       {status: http.StatusBadGateway, proxyError: "http_response_incomplete", message: "Notion's answer ended before its end"},
	upstream.Malformed: {status: http.StatusBadGateway, proxyError: "http_protocol_error", message: "Notion's answer was not what its API answers"},
}

// failureOf is the answer when Notion gave none that a client could use: none
// at all, a broken one, or a page of its edge.
func failureOf(a *upstream.Answer, method string, write bool) *problem {
	p, ok := failures[a.Kind]
	if !ok {
		p = problem{
			status: a.Status, proxyError: "http_protocol_error",
			message: fmt.Sprintf("Notion's edge answered %d in place of its API", a.Status),
		}
		p.ray = a.Header.Get("Cf-Ray")
		if a.Status < 400 {
			p.status = http.StatusBadGateway
		}
	}
	p.reason, p.failure = string(a.Kind), true
	if p.code == "" {
		p.code = failureCode(p.status, method)
	}
	if write && !a.Kind.NotCarriedOut() {
		p.message += "; the write may have been carried out, so read the object before you repeat it"
	}
	return &p
}

// failureCode picks the code that makes official clients do the right thing:
// they repeat GET and DELETE on service_unavailable, and nothing else.
func failureCode(status int, method string) string {
	switch {
	case status == http.StatusTooManyRequests:
		return notion.CodeRateLimited
	case status < 500:
		return notion.CodeInvalidRequest
	case method == http.MethodGet || method == http.MethodHead || method == http.MethodDelete:
		return notion.CodeServiceUnavailable
	}
	return notion.CodeInternalServerError
}

// refuse answers c with what err stands for. A caller that left gets no answer.
func (p *Proxy) refuse(c *call, err error) {
	defer p.trace.End(p.trace.Stage(c.r.Context(), "answer"))
	var (
		problem  *problem
		refusal  *limiter.Refusal
		tooSlow  = errors.Is(err, context.DeadlineExceeded)
		gaveUp   = errors.Is(err, context.Canceled)
		oversize *http.MaxBytesError
	)
	switch {
	case errors.As(err, &problem):
	case errors.As(err, &refusal):
		problem = refusalOf(refusal)
	case errors.As(err, &oversize):
		problem = tooLong("body", oversize.Limit)
	case gaveUp:
		c.x.Outcome = exchange.Left
		c.x.Status = 499 // nginx's word for it; nobody sees it but the log
		// Whoever only stopped sending, or stalled, still listens, and would
		// take net/http's answer to a handler that says nothing for success.
		panic(http.ErrAbortHandler)
	case tooSlow:
		problem = failureOf(&upstream.Answer{Kind: upstream.TimedOut}, c.r.Method, c.writes())
	default:
		problem = bad("reading the request: the body broke off")
	}
	c.x.Outcome, c.x.Detail = exchange.Refused, problem.reason
	if c.x.Client == "" { // it was refused before anybody asked
		p.findCaller(c)
	}
	p.meter(c)
	p.answerProblem(c, problem)
}

func tooLong(what string, limit int64) *problem {
	return &problem{
		status: http.StatusRequestEntityTooLarge, code: notion.CodeValidationError, reason: "too_large", close: true,
		proxyError: "http_request_error", message: fmt.Sprintf("the %s is longer than %d bytes; send it in parts (Notion takes 500 KB, 1,000 blocks)", what, limit),
	}
}

// answerProblem writes a problem.
func (p *Proxy) answerProblem(c *call, e *problem) {
	h := c.w.Header()
	data := map[string]any{"source": "notionproxy", "reason": e.reason}
	if e.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.retryAfter))
		data["retry_after"] = strconv.Itoa(e.retryAfter)
	}
	if e.ray != "" {
		data["cf_ray"] = e.ray
	}
	if e.failure {
		if hint := p.hint(c); hint.What != "" {
			data["incident"], data["incident_url"] = hint.What, hint.Link
		}
	}
	if e.close {
		h.Set("Connection", "close")
	}
	body := notion.Error{
		Object: "error", Status: e.status, Code: e.code, Message: "notionproxy: " + sentence(e.message),
		AdditionalData: data, RequestID: c.x.RequestID,
	}.JSON()
	h.Set("Cache-Control", "no-store")
	h.Set("Proxy-Status", "notionproxy; error="+e.proxyError+"; details="+quoteString(e.message))
	if h.Get("Cache-Status") == "" {
		h.Set("Cache-Status", "notionproxy; fwd=bypass; detail="+e.reason)
	}
	c.x.Code = e.code
	c.send(e.status, body)
}

// sentence ends a message with a full stop, unless it is a question.
func sentence(message string) string {
	if strings.HasSuffix(message, "?") {
		return message
	}
	return message + "."
}

// wholeSeconds is how long to wait, in words.
func wholeSeconds(d time.Duration) string {
	return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second))) + " s"
}

// quoteString is s as a string of RFC 8941 3.3.3.
func quoteString(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return '?'
		}
		return r
	}, s)
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
