package proxy

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"notionproxy/cache"
	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/notion"
)

// A call is one request on its way. It belongs to the request's goroutine; a
// flight, which may outlive it, gets an ask instead.
type call struct {
	w   http.ResponseWriter
	r   *http.Request
	x   exchange.Exchange
	set *Settings // as they were on arrival: a change in the middle is for the next

	path  string // as the client escaped it, from /v1 on
	query string // raw
	match notion.Match

	auth   string // the Authorization that Notion gets
	owner  cache.Owner
	state  tokenState // as it was on arrival
	lane   limiter.Lane
	wants  cache.Wants
	client string // the caller's name for itself, whole; "" if it has none

	patience time.Duration
	body     []byte // of calls that are not streamed

	values [5]string // of headers; see value
	used   int
}

// value is s as the value of a header, without memory of its own for the few
// headers that every answer has.
func (c *call) value(s string) []string {
	if c.used == len(c.values) {
		return []string{s}
	}
	c.values[c.used] = s
	c.used++
	return c.values[c.used-1 : c.used : c.used]
}

func (p *Proxy) newCall(w http.ResponseWriter, r *http.Request) *call {
	c := &call{w: w, r: p.trace.Request(r), set: p.settings.Load(), wants: cache.NoWants()}
	c.x.Start = time.Now()
	c.x.Method = methodName(r.Method)
	c.x.RequestID = requestID(r.Header)
	return c
}

// methodName is a method as records have it: a client can make up others, of
// any length.
func methodName(method string) string {
	if slices.Contains(methods, method) || slices.Contains(otherMethods, method) {
		return method
	}
	return "other"
}

var otherMethods = []string{http.MethodOptions, http.MethodConnect, http.MethodTrace}

// describe fills in what of the Exchange follows from the call.
func (c *call) describe() {
	if c.match.Op == nil {
		c.match = notion.Classify("", "")
	}
	op := c.match.Op
	c.x.Operation, c.x.Kind, c.x.Family, c.x.Route = op.Name, op.Kind.String(), string(op.Family), op.Path
	c.x.Lane = c.lane.String()
	c.x.Object = firstID(c.match, c.query)
	if c.x.Status >= 400 {
		for _, id := range append(c.match.PathIDs(), c.match.QueryIDs(c.query)...) {
			c.x.Objects = append(c.x.Objects, id.String())
		}
	}
}

// firstID is the first id that the path or the query names; zero if neither
// does.
func firstID(m notion.Match, query string) notion.ID {
	var room [4]notion.ID
	if ids := m.AppendPathIDs(room[:0]); len(ids) > 0 {
		return ids[0]
	}
	if ids := m.QueryIDs(query); len(ids) > 0 {
		return ids[0]
	}
	return notion.ID{}
}

// streams says whether the call's body or answer may be long, slow or not
// JSON, so that neither is held in memory.
func (c *call) streams() bool {
	op := c.match.Op
	return op.Kind == notion.Stream || op.Kind == notion.Unknown || op.Name == "file_uploads.send"
}

// isGet says whether the call asks for something and brings nothing along.
func (c *call) isGet() bool { return c.r.Method == http.MethodGet || c.r.Method == http.MethodHead }

// writes says whether the call may change something in Notion. Of paths that
// nobody knows, everything but GET may.
func (c *call) writes() bool {
	switch c.match.Op.Kind {
	case notion.Write, notion.Append, notion.Stream:
		return true
	case notion.Unknown:
		return !c.isGet()
	}
	return false
}

// caller is who takes turns with others: by the name that it gives itself,
// else by its address and program.
func (c *call) caller() string {
	if c.client != "" {
		return c.client
	}
	return c.remote() + " " + c.x.Client
}

// remote is the address that the request came from, without the port.
func (c *call) remote() string {
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		return c.r.RemoteAddr
	}
	return host
}

var (
	requestPrefix = strconv.FormatInt(time.Now().UnixNano(), 36)
	requestCount  atomic.Uint64
)

const maxRequestID = 64

// requestID is the caller's X-Request-Id if it is short and plain, else a new
// one.
func requestID(h http.Header) string {
	if id := first(h, "X-Request-Id"); id != "" && len(id) <= maxRequestID && isPlain(id) {
		return id
	}
	return newRequestID()
}

func newRequestID() string {
	var room [40]byte
	b := append(room[:0], requestPrefix...)
	return string(strconv.AppendUint(append(b, '-'), requestCount.Add(1), 36))
}

func isPlain(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.:/+=", r))
	}) < 0
}
