package proxy

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/exchange"
)

// Where nobody traces, a request does not pay for it.
func TestUntraced_takesNoMemory(t *testing.T) {
	p := &Proxy{trace: untraced{}}
	r := httptest.NewRequest(http.MethodGet, "/v1/users", http.NoBody)
	x := &exchange.Exchange{}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		c := p.trace.Request(r)
		span := p.trace.Stage(c.Context(), "share")
		p.trace.Link(span, p.trace.Apart(span, "read", p.trace.Cause(span)))
		p.traced(span, r.Header)
		p.trace.Answered(span, 200, "ok")
		p.trace.End(span)
		p.trace.Finish(c.Context(), x)
	}))
}
