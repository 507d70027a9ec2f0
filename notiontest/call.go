package notiontest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxBody is the largest JSON body that Notion takes.
const maxBody = 500 << 10

// A call is one request on its way through the fake.
type call struct {
	n       *Notion
	r       *http.Request
	record  *Call
	op      *operation // nil: unknown
	ids     []string   // path parameters, decoded
	query   url.Values
	version version
	token   *token
	conn    *connection
	now     time.Time
	id      string // request id

	raw     []byte // the JSON body as it came
	body    object
	bodyErr error
	sent    *sentFile // of a multipart request

	status int     // of a success
	stream []event // a success that is an event stream
}

// handle takes a request through all that Notion does with it and returns what
// is to be sent. It blocks only for scripted delays and hangs, and for the
// request's body.
func (n *Notion) handle(r *http.Request, stray bool) *answer {
	c := n.arrive(r, stray)
	if stray {
		return &answer{gone: errStray}
	}
	f := n.faults.strike(c)
	a := c.answered(f)
	a.bare = r.Method == http.MethodHead
	n.log.amend(c.record, func(rec *Call) { rec.Status, rec.Code, rec.RequestID = a.status, a.code, a.requestID() })
	n.tell(c.record)
	return a
}

var errStray = errors.New("notiontest: a request for a host that is not Notion")

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

// answered carries the call out under the fault f, which may be nil.
func (c *call) answered(f *Fault) *answer {
	if err := sleep(c.r.Context(), c.n.opts.Latency); err != nil {
		return &answer{gone: err}
	}
	if f == nil {
		return c.own()
	}
	c.n.log.amend(c.record, func(rec *Call) { rec.Fault = string(f.Kind) })
	if err := sleep(c.r.Context(), f.Delay); err != nil {
		return &answer{gone: err}
	}
	a := f.apply(c)
	if err := sleep(c.r.Context(), f.Lag); err != nil {
		return &answer{gone: err}
	}
	return a
}

// own is the call's answer without any fault.
func (c *call) own() *answer {
	o, err := c.carryOut()
	var p *problem
	if errors.As(err, &p) {
		return c.failed(p)
	}
	return c.succeeded(o)
}

// carryOut checks the call in the order in which Notion does, then does it.
func (c *call) carryOut() (object, error) {
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	c.now = time.Now() // a delay may have passed since it arrived
	c.n.settle(c.now)
	if c.op == nil {
		return nil, badURL()
	}
	if err := c.admit(); err != nil {
		return nil, err
	}
	return c.op.do(c)
}

func (c *call) admit() error {
	if err := c.identify(); err != nil {
		return err
	}
	v, err := parseVersion(c.r.Header.Get("Notion-Version"))
	if err != nil {
		return err
	}
	c.version = v
	if err := checkBeta(c.r.Header.Get("Notion-Beta")); err != nil {
		return err
	}
	if !c.op.isIn(v) {
		return badURL()
	}
	if c.conn != nil {
		if p := c.n.spend(c.conn, c.op, c.now); p != nil {
			return p
		}
		c.n.log.amend(c.record, func(rec *Call) { rec.Counted = true })
		if !c.conn.may(c.op.need) {
			return c.conn.restricted()
		}
	}
	return c.bodyErr
}

// identify finds the connection of the token.
func (c *call) identify() error {
	scheme, secret1, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if c.op.how == secret {
		return c.identifyClient()
	}
	t := c.n.tokens[strings.TrimSpace(secret1)]
	if t == nil || t.revoked || !strings.EqualFold(scheme, "Bearer") {
		return unauthorized()
	}
	c.token, c.conn = t, t.conn
	return nil
}

// pageSize is the request's page_size, from 1 to 100.
func (c *call) pageSize() (int, error) {
	where, v := c.paging("page_size")
	if v == nil {
		return 100, nil
	}
	size, ok := asInt(v)
	switch {
	case !ok:
		return 0, mustBe(where, "a number", v)
	case size < 1:
		return 0, mustBe(where, "≥ `1`", size)
	case size > 100:
		return 0, mustBe(where, "≤ `100`", size)
	}
	return size, nil
}

func (c *call) startCursor() (string, error) {
	where, v := c.paging("start_cursor")
	if v == nil || v == "" && c.r.Method == http.MethodGet {
		return "", nil
	}
	s, ok := v.(string)
	if !ok {
		return "", mustBe(where, "a string", v)
	}
	return s, nil
}

// paging finds a parameter where the operation takes it: GETs in the query,
// POSTs in the body.
func (c *call) paging(key string) (where string, v any) {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		return "body." + key, c.body.at(key)
	}
	if !c.query.Has(key) {
		return "query." + key, nil
	}
	return "query." + key, c.query.Get(key)
}

// sleep waits unless the client leaves first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// named finds the object that a request names by id, if the connection sees it.
func (c *call) named(where, kind string, v any) (*node, error) {
	s, _ := v.(string)
	id, ok := parseID(s)
	if !ok {
		return nil, mustBe(where, "a valid uuid", v)
	}
	x := c.n.nodes[id]
	if x == nil || !c.n.sees(c.conn, x) {
		return nil, c.conn.notFound(strings.ReplaceAll(kind, "_", " "), id)
	}
	if !slices.Contains([]string{kind, ""}, x.kind) && kind != kindBlock {
		return nil, c.wrongKind(x, kind)
	}
	if kind == kindBlock && x.kind == kindSource {
		return nil, c.conn.notFound(kind, id)
	}
	return x, nil
}

// wrongKind is what Notion says to the id of another kind of object. A database
// id is not a data source's and the other way round: that is not found.
func (c *call) wrongKind(x *node, want string) error {
	if want == kindSource || x.kind == kindSource {
		return c.conn.notFound(strings.ReplaceAll(want, "_", " "), x.id)
	}
	return invalid("Provided ID %s is a %s, not a %s. Use the retrieve %s API instead: https://developers.notion.com/reference/retrieve-a-%s",
		x.id, x.kind, want, x.kind, x.kind)
}

// pathNode is the object that the path names first.
func (c *call) pathNode(param, kind string) (*node, error) {
	return c.named("path."+param, kind, c.ids[0])
}

// asInt reads a whole number from a query or a body.
func asInt(v any) (int, bool) {
	switch v := v.(type) {
	case float64:
		return int(v), v == float64(int(v))
	case string:
		n, err := strconv.Atoi(v)
		return n, err == nil
	}
	return 0, false
}
