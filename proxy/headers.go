package proxy

import (
	"net/http"
	"slices"
	"strings"
)

// Headers that travel to Notion. On reads that can be stored these are all
// that is taken from the caller, and all of them are in the key.
const notionPrefix = "Notion-"

// carried travel to Notion on calls that are never stored.
var carried = []string{"Accept", "User-Agent", "Traceparent", "Tracestate"}

// forwarded says whether a header of the caller's may travel to Notion on some
// call.
func forwarded(name string) bool {
	return name == "Authorization" || name == "Content-Type" ||
		strings.HasPrefix(name, notionPrefix) || slices.Contains(carried, name)
}

// forwardsToo says whether a header travels by setting.
func (s *Settings) forwardsToo(name string) bool {
	return slices.ContainsFunc(s.ForwardHeaders, func(h string) bool { return strings.EqualFold(h, name) })
}

// first is the first value of a header. name must be spelled as net/http spells
// it; Header.Get would spell it anew each time, a twentieth of a hit.
func first(h http.Header, name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// readHeader is the header of a read that can be stored. It is one and the
// same for all callers who ask the same, whatever their programs send.
func (p *Proxy) readHeader(c *call) http.Header {
	out := http.Header{
		"Authorization":   {c.auth},
		"User-Agent":      {"notionproxy/" + p.o.Version},
		"Accept":          {"application/json"},
		"Accept-Encoding": {"gzip"},
	}
	copyNotion(out, c.r.Header)
	return out
}

// callHeader is the header of a call that is never stored.
func (p *Proxy) callHeader(c *call) http.Header {
	out := http.Header{"Authorization": {c.auth}, "User-Agent": {"notionproxy/" + p.o.Version}}
	for _, name := range carried {
		if values := c.r.Header[name]; len(values) > 0 {
			out[name] = slices.Clone(values)
		}
	}
	for _, name := range c.set.ForwardHeaders {
		name = http.CanonicalHeaderKey(name)
		if values := c.r.Header[name]; len(values) > 0 && !hopByHop[name] {
			out[name] = slices.Clone(values)
		}
	}
	if takesGzip(c.r.Header) {
		out["Accept-Encoding"] = []string{"gzip"}
	}
	copyNotion(out, c.r.Header)
	return out
}

func copyNotion(out, in http.Header) {
	if values := in["Content-Type"]; len(values) > 0 {
		out["Content-Type"] = slices.Clone(values)
	}
	for name, values := range in {
		if strings.HasPrefix(name, notionPrefix) {
			out[name] = slices.Clone(values)
		}
	}
}

// hopByHop headers concern one connection (RFC 9110 7.6.1); the last two would
// make Go's transport send a write twice when a connection dies.
var hopByHop = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Authenticate": true, "Proxy-Authorization": true,
	"Proxy-Connection": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
	"Content-Length": true, "Host": true, "Expect": true, "Cookie": true, "Http2-Settings": true,
	"Idempotency-Key": true, "X-Idempotency-Key": true,
}

// notForClients are headers of Notion's that must not travel: cookies of its
// edge, promises about its own host name, validators that change with every
// answer, and what one connection is about (recorded answers, September 2026).
var notForClients = map[string]bool{
	"Set-Cookie": true, "Alt-Svc": true, "Strict-Transport-Security": true, "Server": true, "Etag": true,
	"Last-Modified": true, "Cache-Control": true, "Expires": true, "Age": true, "Vary": true, "Via": true,
	"X-Powered-By": true, "Expect-Ct": true, "Nel": true, "Report-To": true, "Reporting-Endpoints": true,
	"Content-Length": true, "Content-Encoding": true, "Connection": true, "Keep-Alive": true,
	"Transfer-Encoding": true, "Trailer": true, "Upgrade": true, "Te": true, "Proxy-Authenticate": true,
	"Proxy-Connection": true, "Location": true, "Content-Location": true, "Refresh": true,
	"Www-Authenticate": true, "Clear-Site-Data": true,
	"Public-Key-Pins": true, "Set-Cookie2": true, "Access-Control-Allow-Origin": true,
	"Cache-Status": true, "Proxy-Status": true, "Accept-Ranges": true, "X-Request-Id": true,
}

// copyAnswer copies what of Notion's headers may reach the client.
func copyAnswer(out, in http.Header) {
	for name, values := range in {
		if !notForClients[name] && !strings.HasPrefix(name, "Cf-") {
			out[name] = values
		}
	}
	for _, value := range in["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			delete(out, http.CanonicalHeaderKey(strings.TrimSpace(name)))
		}
	}
}

// takesGzip says whether the client takes gzip (RFC 9110 12.5.3).
func takesGzip(h http.Header) bool {
	switch first(h, "Accept-Encoding") {
	case "gzip", "gzip, deflate", "gzip, deflate, br", "gzip, compress, deflate, br":
		return true // what nearly all clients send
	}
	takes := false
	for _, value := range h["Accept-Encoding"] {
		for coding := range strings.SplitSeq(value, ",") {
			name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
			refused := isZeroWeight(weight)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "gzip", "x-gzip":
				return !refused
			case "*":
				takes = !refused
			}
		}
	}
	return takes
}

func isZeroWeight(s string) bool {
	q, ok := strings.CutPrefix(strings.TrimSpace(s), "q=")
	return ok && strings.Trim(q, "0.") == ""
}
