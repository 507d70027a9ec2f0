// Package tracing makes OpenTelemetry spans of the request's way through the
// proxy. It is on only where the standard OTEL_* variables say so.
package tracing

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"notionproxy/exchange"
)

// A Tracer makes spans. It is safe for concurrent use.
type Tracer struct {
	tracer trace.Tracer
	w3c    propagation.TraceContext
}

// New makes a Tracer whose spans go to provider.
func New(provider trace.TracerProvider) *Tracer {
	return &Tracer{tracer: provider.Tracer("notionproxy")}
}

// forward is the stage whose span is a call to another server.
const forward = "forward"

// Request begins the span of a request, in the trace that its header names,
// and returns the request with the span in its context.
func (t *Tracer) Request(r *http.Request) *http.Request {
	ctx := t.w3c.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, _ = t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
	return r.WithContext(ctx)
}

// Cause names the span for Apart. It may be kept; nil where there is no span.
func (t *Tracer) Cause(ctx context.Context) any {
	if of := trace.SpanContextFromContext(ctx); of.IsValid() {
		return of
	}
	return nil
}

// Stage begins the span of a part of what ctx is about.
func (t *Tracer) Stage(ctx context.Context, name string) context.Context {
	kind := trace.SpanKindInternal
	if name == forward {
		kind = trace.SpanKindClient
	}
	ctx, _ = t.tracer.Start(ctx, name, trace.WithSpanKind(kind))
	return ctx
}

// Apart begins a trace of its own, linked with its cause if that is not nil.
func (t *Tracer) Apart(ctx context.Context, name string, cause any) context.Context {
	options := []trace.SpanStartOption{trace.WithNewRoot()}
	if of, ok := cause.(trace.SpanContext); ok {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: of}))
	}
	ctx, _ = t.tracer.Start(ctx, name, options...)
	return ctx
}

// Link says that ctx waits for what the span in to does.
func (t *Tracer) Link(ctx, to context.Context) {
	trace.SpanFromContext(ctx).AddLink(trace.LinkFromContext(to))
}

// Answered says what came of a call to Notion: the status, 0 if there is none,
// and the kind of outcome.
func (t *Tracer) Answered(ctx context.Context, status int, kind string) {
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(attribute.String("notionproxy.kind", kind))
	if status > 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if status == 0 || status >= 400 {
		span.SetStatus(codes.Error, kind)
	}
}

// Traceparent names the span as the W3C's Trace Context wants it, "" where
// there is none.
func (t *Tracer) Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	t.w3c.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}

// End ends the span.
func (t *Tracer) End(ctx context.Context) { trace.SpanFromContext(ctx).End() }

// Finish ends the span of a request. Like the log's line it has no id, no query
// and nothing of a body.
func (t *Tracer) Finish(ctx context.Context, x *exchange.Exchange) {
	span := trace.SpanFromContext(ctx)
	defer span.End()
	if !span.IsRecording() {
		return
	}
	if x.Route != "" {
		span.SetName(x.Method + " " + x.Route)
		span.SetAttributes(attribute.String("http.route", x.Route))
	}
	span.SetAttributes(
		attribute.String("http.request.method", x.Method),
		attribute.Int("http.response.status_code", x.Status),
		attribute.String("notionproxy.request_id", x.RequestID),
		attribute.String("notionproxy.operation", x.Operation),
		attribute.String("notionproxy.outcome", string(x.Outcome)),
		attribute.String("notionproxy.detail", x.Detail),
		attribute.String("notionproxy.lane", x.Lane),
		attribute.String("notionproxy.connection", x.Connection),
		attribute.Float64("notionproxy.age", x.Age.Seconds()),
		attribute.Float64("notionproxy.queued", x.Queued.Seconds()),
		attribute.Int("notionproxy.calls", x.Calls),
		attribute.String("notion.request_id", x.UpstreamID),
		attribute.String("notion.code", x.Code),
	)
	if x.Status >= 500 {
		span.SetStatus(codes.Error, x.Code)
	}
}
