package proxy

import (
	"context"
	"net/http"

	"notionproxy/exchange"
)

// A Tracer follows requests on their way. A context that it returned has a
// span in it, which the methods that take a context are about; they may be
// called with one that has none. A tracer that traces nothing must do nothing:
// it is asked on the way of each hit.
//
// A request has the stages gate, classify, lookup, share, admit, forward,
// settle and answer, as far as it comes. A read that Notion is asked for is a
// trace of its own: it belongs to all that wait for it, and outlives them.
type Tracer interface {
	// Request begins the span of a request, in the trace that its header names,
	// and returns the request with the span in its context.
	Request(r *http.Request) *http.Request

	// Cause names the span for Apart. It may be kept; nil where there is none.
	Cause(ctx context.Context) any

	// Stage begins the span of a part of what ctx is about.
	Stage(ctx context.Context, name string) context.Context

	// Apart begins a trace of its own. cause may be nil.
	Apart(ctx context.Context, name string, cause any) context.Context

	// Link says that ctx waits for what the span in to does.
	Link(ctx, to context.Context)

	// Answered says what came of a call to Notion: the status, 0 if there is
	// none, and the kind of outcome.
	Answered(ctx context.Context, status int, kind string)

	// Traceparent names the span as the W3C's Trace Context wants it, "" where
	// there is none.
	Traceparent(ctx context.Context) string

	// End ends the span; Finish that of a request.
	End(ctx context.Context)
	Finish(ctx context.Context, x *exchange.Exchange)
}

// untraced is the Tracer where there is no other.
type untraced struct{}

func (untraced) Request(r *http.Request) *http.Request                      { return r }
func (untraced) Cause(context.Context) any                                  { return nil }
func (untraced) Stage(ctx context.Context, _ string) context.Context        { return ctx }
func (untraced) Apart(ctx context.Context, _ string, _ any) context.Context { return ctx }
func (untraced) Link(_, _ context.Context)                                  {}
func (untraced) Answered(context.Context, int, string)                      {}
func (untraced) Traceparent(context.Context) string                         { return "" }
func (untraced) End(context.Context)                                        {}
func (untraced) Finish(context.Context, *exchange.Exchange)                 {}

// traced is the header of a call to Notion with the span in it, unless the
// caller's own trace travels: it does on calls that are never stored, where
// the caller brings one.
func (p *Proxy) traced(ctx context.Context, h http.Header) http.Header {
	span := p.trace.Traceparent(ctx)
	if span == "" || h[traceparent] != nil {
		return h
	}
	h = h.Clone() // others may ask with the same header
	h[traceparent] = []string{span}
	return h
}

const traceparent = "Traceparent"
