package tracing_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/notiontest"
	"notionproxy/proxy"
	"notionproxy/tracing"
	"notionproxy/upstream"
)

const (
	callersTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callersSpan  = "00-" + callersTrace + "-00f067aa0ba902b7-01"
)

// A world is a proxy that is traced, before a small Notion.
type world struct {
	t      *testing.T
	notion *notiontest.Notion
	demo   notiontest.Demo
	proxy  *proxy.Proxy
	spans  *tracetest.InMemoryExporter
}

// inWorld runs f under a fake clock.
func inWorld(t *testing.T, f func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, notion: notiontest.New(notiontest.Options{Seed: 1}), spans: tracetest.NewInMemoryExporter()}
		w.demo = w.notion.Demo(notiontest.DemoOptions{})
		pipe := w.notion.Pipe()
		base, err := url.Parse("http://api.notion.com")
		require.NoError(t, err)
		client := upstream.New(upstream.Options{URL: base, DialContext: pipe.DialContext})
		provider := sdk.NewTracerProvider(sdk.WithSyncer(w.spans))
		w.proxy = proxy.New(proxy.Options{
			Upstream: client, Limiter: limiter.New(limiter.Options{}), Cache: cache.Options{MaxBytes: 1 << 20},
			Tracer: tracing.New(provider),
		})
		f(w)
		w.proxy.Drain()
		client.Close()
		synctest.Wait()
		_ = w.notion.Close()
		_ = pipe.Close()
		synctest.Wait()
	})
}

// ask sends a request and returns its spans and those of what went on behind
// it, but for the question whose token it is.
func (w *world) ask(method, path, body string, header http.Header) tracetest.SpanStubs {
	w.spans.Reset()
	w.send(method, path, body, header)
	synctest.Wait()
	return w.seen()
}

func (w *world) send(method, path, body string, header http.Header) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RequestURI, r.RemoteAddr = path, "192.0.2.1:1234"
	r.Header.Set("Authorization", "Bearer "+w.demo.Token)
	r.Header.Set("Notion-Version", "2025-09-03")
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, values := range header {
		r.Header[name] = values
	}
	w.proxy.ServeHTTP(httptest.NewRecorder(), r)
}

// seen are the spans that have ended, but for those of users/me.
func (w *world) seen() tracetest.SpanStubs {
	all := w.spans.GetSpans()
	var introduced []trace.TraceID
	for _, s := range all {
		if s.Name == "introduce" {
			introduced = append(introduced, s.SpanContext.TraceID())
		}
	}
	return slices.DeleteFunc(all, func(s tracetest.SpanStub) bool { return slices.Contains(introduced, s.SpanContext.TraceID()) })
}

// arrived is the header of the last call of an operation that came to Notion.
func (w *world) arrived(operation string) http.Header {
	var last http.Header
	for _, c := range w.notion.Log() {
		if c.Op == operation {
			last = c.Header
		}
	}
	require.NotNil(w.t, last, operation)
	return last
}

// drawn is who is below whom, each line a span and its parent.
func drawn(spans tracetest.SpanStubs) []string {
	names := map[trace.SpanID]string{}
	for _, s := range spans {
		names[s.SpanContext.SpanID()] = s.Name
	}
	var lines []string
	for _, s := range spans {
		lines = append(lines, s.Name+" < "+names[s.Parent.SpanID()])
	}
	slices.Sort(lines)
	return lines
}

func named(t *testing.T, spans tracetest.SpanStubs, name string) tracetest.SpanStub {
	t.Helper()
	i := slices.IndexFunc(spans, func(s tracetest.SpanStub) bool { return s.Name == name })
	require.GreaterOrEqual(t, i, 0, "no span %q", name)
	return spans[i]
}

func attribute(s tracetest.SpanStub, key string) string {
	for _, a := range s.Attributes {
		if string(a.Key) == key {
			return a.Value.String()
		}
	}
	return ""
}

const request = "GET /v1/pages/{page_id}"

func TestTracer_followsAReadToNotion(t *testing.T) {
	inWorld(t, func(w *world) {
		spans := w.ask("GET", "/v1/pages/"+w.demo.Page, "", http.Header{"Traceparent": {callersSpan}, "Tracestate": {"vendor=1"}})
		assert.Equal(t, []string{
			request + " < ", "admit < read", "answer < " + request, "classify < " + request, "forward < read",
			"gate < " + request, "lookup < " + request, "read < ", "settle < read", "share < " + request,
		}, drawn(spans))

		whole, read := named(t, spans, request), named(t, spans, "read")
		assert.Equal(t, callersTrace, whole.SpanContext.TraceID().String(), "in the caller's trace")
		assert.Equal(t, trace.SpanKindServer, whole.SpanKind)
		assert.Equal(t, "miss", attribute(whole, "notionproxy.outcome"))
		assert.Equal(t, "200", attribute(whole, "http.response.status_code"))
		assert.NotEqual(t, callersTrace, read.SpanContext.TraceID().String(), "what all wait for is in nobody's trace")
		assert.Equal(t, whole.SpanContext.SpanID(), read.Links[0].SpanContext.SpanID(), "whoever began it")
		assert.Equal(t, read.SpanContext.SpanID(), named(t, spans, "share").Links[0].SpanContext.SpanID())

		// Rule: on reads that can be stored, the proxy sends its own span.
		sent := w.arrived("pages.retrieve")
		forward := named(t, spans, "forward")
		assert.Equal(t, trace.SpanKindClient, forward.SpanKind)
		assert.Equal(t, "ok", attribute(forward, "notionproxy.kind"))
		assert.Equal(t, "00-"+read.SpanContext.TraceID().String()+"-"+forward.SpanContext.SpanID().String()+"-01", sent.Get("Traceparent"))
		assert.Empty(t, sent.Get("Tracestate"))
	})
}

func TestTracer_showsThatAHitAsksNobody(t *testing.T) {
	inWorld(t, func(w *world) {
		w.ask("GET", "/v1/pages/"+w.demo.Page, "", nil)
		time.Sleep(5 * time.Second)
		spans := w.ask("GET", "/v1/pages/"+w.demo.Page, "", nil)
		assert.Equal(t, []string{
			request + " < ", "answer < " + request, "classify < " + request, "gate < " + request, "lookup < " + request,
		}, drawn(spans))
		assert.Equal(t, "hit", attribute(named(t, spans, request), "notionproxy.outcome"))
		assert.Equal(t, "5", attribute(named(t, spans, request), "notionproxy.age"))
	})
}

func TestTracer_linksAllWhoShareARead(t *testing.T) {
	inWorld(t, func(w *world) {
		w.ask("GET", "/v1/users/me", "", nil)
		w.notion.Fault(notiontest.Fault{Op: "pages.retrieve", Kind: notiontest.FaultDelay, Delay: time.Second})
		w.spans.Reset()
		for range 3 {
			go w.send("GET", "/v1/pages/"+w.demo.Page, "", nil)
		}
		time.Sleep(2 * time.Second)
		spans := w.seen()
		read, shared := named(t, spans, "read"), 0
		for _, s := range spans {
			if s.Name == "share" {
				shared++
				assert.Equal(t, read.SpanContext.SpanID(), s.Links[0].SpanContext.SpanID())
			}
		}
		assert.Equal(t, 3, shared)
	})
}

func TestTracer_passesTheCallersTraceOnElsewhere(t *testing.T) {
	inWorld(t, func(w *world) {
		const edit = "PATCH /v1/pages/{page_id}"
		for _, c := range []struct {
			name   string
			header http.Header
		}{
			{"of a caller that is traced", http.Header{"Traceparent": {callersSpan}, "Tracestate": {"vendor=1"}}},
			{"of one that is not", nil},
		} {
			spans := w.ask("PATCH", "/v1/pages/"+w.demo.Page, `{"properties":{}}`, c.header)
			assert.Equal(t, []string{
				edit + " < ", "admit < " + edit, "answer < " + edit, "classify < " + edit, "forward < " + edit, "gate < " + edit, "settle < " + edit,
			}, drawn(spans), c.name)
			sent := w.arrived("pages.update")
			assert.Equal(t, c.header["Tracestate"], sent["Tracestate"], c.name)
			if c.header != nil {
				assert.Equal(t, callersSpan, sent.Get("Traceparent"), c.name)
				continue
			}
			forward := named(t, spans, "forward").SpanContext
			assert.Contains(t, sent.Get("Traceparent"), forward.TraceID().String()+"-"+forward.SpanID().String(), c.name)
		}
	})
}

func TestTracer_saysHowACallFailed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.notion.Fault(notiontest.Fault{Op: "pages.update", Kind: notiontest.FaultEdge, Status: 502})
		spans := w.ask("PATCH", "/v1/pages/"+w.demo.Page, `{"properties":{}}`, nil)
		forward := named(t, spans, "forward")
		assert.Equal(t, "edge", attribute(forward, "notionproxy.kind"))
		assert.Equal(t, "502", attribute(forward, "http.response.status_code"))
		assert.Equal(t, "Error", forward.Status.Code.String())
	})
}

// What is in a span may be shown to whoever runs the collector.
func TestTracer_tellsNoIDsAndNoSecrets(t *testing.T) {
	inWorld(t, func(w *world) {
		spans := w.ask("GET", "/v1/pages/"+w.demo.Page+"?filter_properties=secret", "", nil)
		spans = append(spans, w.ask("GET", "/v1/comments?block_id="+w.demo.Page, "", nil)...)
		spans = append(spans, w.ask("GET", "/v1/pages/11111111-1111-4111-8111-111111111111", "", nil)...)
		require.Greater(t, len(spans), 20)
		for _, s := range spans {
			text := s.Name
			for _, a := range s.Attributes {
				text += " " + a.Value.String()
			}
			for _, secret := range []string{w.demo.Token, w.demo.Page, "secret", "11111111-1111"} {
				assert.NotContains(t, text, secret)
			}
		}
	})
}

func TestTracer_endsEverySpanOfAClientThatLeaves(t *testing.T) {
	inWorld(t, func(w *world) {
		w.ask("GET", "/v1/users/me", "", nil)
		w.notion.Fault(notiontest.Fault{Op: "pages.retrieve", Kind: notiontest.FaultDelay, Delay: time.Second})
		w.spans.Reset()
		ctx, leave := context.WithCancel(context.Background())
		time.AfterFunc(100*time.Millisecond, leave)
		r := httptest.NewRequestWithContext(ctx, "GET", "/v1/pages/"+w.demo.Page, http.NoBody)
		r.Header.Set("Authorization", "Bearer "+w.demo.Token)
		assert.Panics(t, func() { w.proxy.ServeHTTP(httptest.NewRecorder(), r) }, "net/http aborts the answer")
		time.Sleep(2 * time.Second)
		assert.Contains(t, drawn(w.seen()), "share < "+request)
		assert.Contains(t, drawn(w.seen()), "forward < read", "the call goes on without it")
		assert.Equal(t, "left", attribute(named(t, w.seen(), request), "notionproxy.outcome"))
	})
}

func TestApart_isATraceOfItsOwn(t *testing.T) {
	tracer := tracing.New(sdk.NewTracerProvider())
	inside := tracer.Request(httptest.NewRequest("GET", "/v1/search", http.NoBody)).Context()
	of := func(ctx context.Context) string { return trace.SpanContextFromContext(ctx).TraceID().String() }
	assert.Equal(t, of(inside), of(tracer.Stage(inside, "gate")))
	assert.NotEqual(t, of(inside), of(tracer.Apart(inside, "read", tracer.Cause(inside))))
	assert.Nil(t, tracer.Cause(t.Context()))
	assert.Empty(t, tracer.Traceparent(t.Context()))
}
