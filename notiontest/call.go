package notiontest

import (
	"context"
	"errors"
	"net/http"
	"net/url"
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
	conn    *connection
	now     time.Time
	id      string // request id

	raw     []byte // the JSON body as it came
	body    object
	bodyErr error
	sent    *sentFile // of a multipart request

	entered bool  // it has reached the API:
	refused error // which did not let it in

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

// answered carries the call out under the fault f, which may be nil.
func (c *call) answered(f *Fault) *answer {
	if f == nil {
		f = &Fault{}
	} else {
		c.n.log.amend(c.record, func(rec *Call) { rec.Fault = string(f.Kind) })
	}
	if f.reachesAPI() {
		c.enter()
	}
	if err := sleep(c.r.Context(), c.n.opts.Latency+f.Delay); err != nil {
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
