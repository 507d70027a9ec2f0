package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"mime"
	"net"
	"net/http"
	"strings"

	"notionproxy/notion"
)

// A Kind names what the outcome of a call means. Logs, metrics and triage use
// the same words.
type Kind string

// The kinds of outcome.
const (
	OK       Kind = "ok"       // 2xx, whole
	Refused  Kind = "refused"  // Notion's own 401 unauthorized, 403 restricted_resource or 404 object_not_found
	Rejected Kind = "rejected" // any other 4xx of Notion's own but 429
	Limited  Kind = "limited"  // 429

	Overloaded Kind = "overloaded" // 529
	Failed     Kind = "failed"     // any other 5xx of Notion's own
	SavedWrite Kind = "saved"      // 503 that says the write was saved (developers.notion.com, status codes, 2026)
	Edge       Kind = "edge"       // an answer that never reached the API: Notion's edge or something between
	Malformed  Kind = "malformed"  // a 2xx that is no whole JSON answer, an unasked 1xx, a redirect
	Cut        Kind = "cut"        // the answer ended before its end
	Reset      Kind = "reset"      // the connection was lost after the request was sent
	TimedOut   Kind = "timeout"    // no whole answer in time
	Connect    Kind = "connect"    // no connection; nothing was sent
	DNS        Kind = "dns"        // no address; nothing was sent
	TLS        Kind = "tls"        // no trusted connection; nothing was sent
	Unread     Kind = "unread"     // a stream that Notion refused unprocessed
	Left       Kind = "left"       // the caller left; says nothing of Notion
)

// Failure says whether k counts against Notion: what the breaker counts, and
// what lets a stored answer be served in place of the real one.
func (k Kind) Failure() bool {
	switch k {
	case OK, Refused, Rejected, Limited, Left:
		return false
	}
	return true
}

// unconnected says whether there was nobody to send the call to.
func (k Kind) unconnected() bool { return k == Connect || k == DNS || k == TLS }

// NotCarriedOut says whether a write with this outcome certainly changed
// nothing. carried-out-or-not is unknown for all other failures.
func (k Kind) NotCarriedOut() bool {
	switch k {
	case Refused, Rejected, Limited, Overloaded, Connect, DNS, TLS, Unread:
		return true
	}
	return false
}

// ownAnswer says whether Notion's API made the answer, rather than its edge or
// a proxy between: the edge sets cf-ray, only the API sets
// x-notion-request-id (recorded answers, 2026).
func ownAnswer(h http.Header) bool {
	return h.Get("X-Notion-Request-Id") != "" && isJSON(h)
}

func isJSON(h http.Header) bool {
	if h.Get("Content-Type") == "application/json; charset=utf-8" {
		return true // all of Notion's, as of September 2026
	}
	t, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || t != "application/json" {
		return false
	}
	charset := params["charset"]
	return charset == "" || strings.EqualFold(charset, "utf-8")
}

// judge says what an answer with a whole body means. e is the body as a
// Notion error, isError whether it is one.
func judge(path string, status int, h http.Header, e notion.Error, isError bool) Kind {
	switch {
	case status >= 200 && status < 300 && !isJSON(h):
		return Edge // whoever signed it: the API answers nothing else
	case status >= 200 && status < 300:
		return OK
	case status < 400, status > 599:
		return Malformed
	case status == http.StatusTooManyRequests && isJSON(h):
		return Limited
	case status == 529 && isJSON(h):
		return Overloaded
	case !ownAnswer(h) || !isError:
		return Edge
	case status >= 500:
		if _, saved := e.AdditionalData["retry_guidance"]; saved {
			return SavedWrite
		}
		return Failed
	case isRefusal(path, status, e.Code):
		return Refused
	}
	return Rejected
}

// isRefusal says whether Notion itself refused the token, the capability or
// the object. OAuth's own errors concern the client's secret, not a token.
func isRefusal(path string, status int, code string) bool {
	if strings.HasPrefix(path, "/v1/oauth/") {
		return false
	}
	switch status {
	case http.StatusUnauthorized:
		return code == notion.CodeUnauthorized
	case http.StatusForbidden:
		return code == notion.CodeRestrictedResource
	case http.StatusNotFound:
		return code == notion.CodeObjectNotFound
	}
	return false
}

// errSwitched ends a call that Notion answered with 101. What came after that
// would be nobody's answer.
var errSwitched = errors.New("reading Notion's answer: a change of protocol that nobody asked for")

// judgeError says what an error of the transport means. sent is whether the
// request's header had left.
func judgeError(ctx context.Context, err error, sent bool) Kind {
	switch {
	case errors.Is(context.Cause(ctx), context.Canceled):
		return Left
	case errors.Is(err, errSwitched):
		return Malformed
	case isUnprocessed(err):
		return Unread
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err) && sent:
		return TimedOut
	case sent:
		return Reset
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return DNS
	}
	if isTLS(err) {
		return TLS
	}
	return Connect
}

// judgeBody says what an error while reading an answer's body means.
func judgeBody(ctx context.Context, err error) Kind {
	switch {
	case errors.Is(context.Cause(ctx), context.Canceled):
		return Left
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return TimedOut
	}
	return Cut
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// isUnprocessed recognises a request that the server refused before doing
// anything (RFC 9113 8.7). Go's HTTP/2 transport repeats these by itself when
// it can, and else says so in words alone.
func isUnprocessed(err error) bool {
	s := err.Error()
	return strings.Contains(s, "after Request.Body was written; define Request.GetBody") ||
		strings.Contains(s, "REFUSED_STREAM")
}

func isTLS(err error) bool {
	var (
		record    tls.RecordHeaderError
		alert     tls.AlertError
		verify    *tls.CertificateVerificationError
		unknown   x509.UnknownAuthorityError
		hostname  x509.HostnameError
		malformed x509.CertificateInvalidError
	)
	return errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &verify) ||
		errors.As(err, &unknown) || errors.As(err, &hostname) || errors.As(err, &malformed) ||
		strings.Contains(err.Error(), "TLS handshake")
}
