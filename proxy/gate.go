package proxy

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"notionproxy/notion"
)

// Limits of a request. Zero means the default.
type Limits struct {
	Target    int64         // bytes of path and query; 8 KiB
	Body      int64         // bytes of a JSON body; 1 MiB
	BodyStall time.Duration // without a byte of the body; 30 s
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.Target, 8<<10)
	setDefault(&l.Body, 1<<20)
	setDefault(&l.BodyStall, 30*time.Second)
	return l
}

const (
	maxParameters = 128
	maxGetBody    = 64 << 10
)

// methods are those that Notion's API has.
var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodPut,
}

// gate lets through what is well-formed and wanted, and says where on Notion
// it goes. What is forwarded later is taken from what was looked at here.
func (p *Proxy) gate(c *call) error {
	r := c.r
	if !slices.Contains(methods, r.Method) {
		return denied(http.StatusMethodNotAllowed, notion.CodeInvalidRequest, "method", "Notion's API has no method "+quoted(r.Method))
	}
	target := r.RequestURI
	if int64(len(target)) > c.set.Limits.Target {
		e := bad("the path and query are longer than %d bytes", c.set.Limits.Target)
		e.status = http.StatusRequestURITooLong
		return e
	}
	if !strings.HasPrefix(target, "/") {
		return badURL("the request names a whole URL, as to a proxy of HTTP_PROXY; this one is a base URL: send the path alone")
	}
	if err := c.set.checkHeaders(r.Header); err != nil {
		return err
	}
	if err := c.set.Lend.checkOrigin(r); err != nil {
		return err
	}
	path, query, _ := strings.Cut(target, "?")
	c.path, c.query = notion.TrimBase(path), query
	if err := checkPath(c.path); err != nil {
		return err
	}
	return checkQuery(query)
}

// single are the headers that travel to Notion, or decide what does, and that
// mean nothing when they come twice.
var single = []string{"Authorization", "Content-Type", "Notion-Version", "Notion-Beta", "Content-Length", "Content-Encoding"}

// checkHeaders refuses headers that two programs could read in two ways.
func (s *Settings) checkHeaders(h http.Header) error {
	for _, name := range single {
		if len(h[name]) > 1 {
			return bad("there is more than one %s header", name)
		}
	}
	if encoding := first(h, "Content-Encoding"); encoding != "" && encoding != "identity" {
		return bad("the body is compressed; Notion takes it plain")
	}
	for _, value := range h["Connection"] {
		if value == "keep-alive" { // as most clients send it
			continue
		}
		for name := range strings.SplitSeq(value, ",") {
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			if forwarded(name) || slices.Contains(single, name) || s.forwardsToo(name) {
				return bad("the Connection header names %s, which is meant for Notion", name)
			}
		}
	}
	return nil
}

// checkPath refuses paths that could mean another object to a server that
// decodes or cleans them. They are refused, never cleaned.
func checkPath(path string) error {
	if path != "/v1" && !strings.HasPrefix(path, "/v1/") {
		return noSuchPath(path)
	}
	if isPlainPath(path) {
		return nil
	}
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		if s == "" && i < len(segments)-1 {
			return badURL("the path has an empty segment")
		}
		if err := checkSegment(s, isPropertyID(segments, i)); err != nil {
			return err
		}
	}
	return nil
}

// plainBytes need no second look in a path.
var plainBytes = func() (plain [256]bool) {
	for b := range plain {
		plain[b] = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("-_/", byte(b)) >= 0
	}
	return plain
}()

// isPlainPath says whether a path holds nothing that could be taken in two
// ways. Nearly all are.
func isPlainPath(path string) bool {
	for i := range len(path) {
		if !plainBytes[path[i]] || path[i] == '/' && i > 0 && path[i-1] == '/' {
			return false
		}
	}
	return true
}

// isPropertyID says whether segment i is a property's id. Those may hold any
// escapes: Notion makes ids such as %3F~%5Cw (2026-09).
func isPropertyID(segments []string, i int) bool {
	return i == 4 && segments[1] == "pages" && segments[3] == "properties"
}

func checkSegment(s string, anyEscape bool) error {
	for _, b := range []byte(s) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte(`\;#"<>^{|}`+"`", b) >= 0 {
			return badURL("the path holds a byte that a URL can't")
		}
	}
	plain := s
	if strings.IndexByte(s, '%') >= 0 {
		var err error
		if plain, err = url.PathUnescape(s); err != nil {
			return badURL("the path holds a broken escape")
		}
		for _, b := range []byte(plain) {
			if b < ' ' || b == 0x7f || b == '/' || !anyEscape && strings.IndexByte(`\;%`, b) >= 0 {
				return badURL("the path holds an escape that could mean another path")
			}
		}
	}
	if plain == "." || plain == ".." || strings.HasPrefix(plain, "..;") {
		return badURL("the path has a dot segment")
	}
	return nil
}

// resources are the first segments of Notion's paths, to help those whose base
// URL lacks the /v1.
var resources = []string{
	"pages", "blocks", "databases", "data_sources", "users", "search", "comments", "views",
	"file_uploads", "async_tasks", "custom_emojis", "oauth", "agents", "sessions", "threads",
}

func noSuchPath(path string) error {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case first == "api":
		return badURL("this is a proxy for Notion's public API under /v1; the app's own /api is not served")
	case slices.Contains(resources, first):
		return badURL("there is no path %s; did you mean %s?", quoted(path), quoted("/v1"+path))
	}
	return badURL("there is no path %s; Notion's API is under /v1, and how it fares at /triage", quoted(path))
}

// checkQuery refuses query strings that two programs could read in two ways.
func checkQuery(raw string) error {
	if strings.Count(raw, "&") >= maxParameters {
		return badURL("the query has more than %d parameters", maxParameters)
	}
	for i := 0; i < len(raw); i++ {
		b := raw[i]
		switch {
		case b <= ' ' || b >= 0x7f || b == ';' || b == '#':
			return badURL("the query holds a byte that must be escaped")
		case b == '%':
			if i+2 >= len(raw) || !isHex(raw[i+1]) || !isHex(raw[i+2]) {
				return badURL("the query holds a broken escape")
			}
			if raw[i+1] < '2' && raw[i+1] >= '0' || raw[i+1] == '7' && raw[i+2]|0x20 == 'f' {
				return badURL("the query holds an escaped control character")
			}
		}
	}
	return nil
}

func isHex(b byte) bool {
	return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'f'
}
