package proxy_test

import (
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/cache"
	"notionproxy/notion"
	"notionproxy/notiontest"
)

// badAnswers are answers that no client can use, to a read of a page. Each
// must become a 502 or 504 of ours, or a stored answer, and never be stored.
var badAnswers = []struct {
	name       string
	fault      notiontest.Fault
	status     int  // of ours; 0 means 502
	goodWrite  bool // JSON by its type, with a 2xx: to a write that is an answer, which says that it was carried out
	stockFails bool
}{
	{name: "HTML with 200", fault: notiontest.Fault{Kind: notiontest.FaultHTML}, stockFails: true},
	{name: "an error with 200", fault: notiontest.Fault{Kind: notiontest.FaultError200}, goodWrite: true, stockFails: true},
	{name: "cut JSON", fault: notiontest.Fault{Kind: notiontest.FaultBadJSON}, goodWrite: true, stockFails: true},
	{name: "no body", fault: notiontest.Fault{Kind: notiontest.FaultEmpty}, stockFails: true},
	{name: "two JSON values", fault: notiontest.Fault{Kind: notiontest.FaultReply, Body: `{"object":"page"}{"object":"page"}`}, goodWrite: true, stockFails: true},
	{name: "JSON that is no object", fault: notiontest.Fault{Kind: notiontest.FaultReply, Body: `["object","page"]`}, goodWrite: true, stockFails: true},
	{name: "bad UTF-8", fault: notiontest.Fault{Kind: notiontest.FaultReply, Body: "{\"object\":\"\xff\"}"}, goodWrite: true, stockFails: true},
	{name: "the wrong type", fault: notiontest.Fault{Kind: notiontest.FaultType}, stockFails: true},
	{name: "half of the gzip", fault: notiontest.Fault{Kind: notiontest.FaultBadGzip}, stockFails: true},
	{name: "an encoding that nobody asked for", stockFails: true, fault: notiontest.Fault{
		Kind: notiontest.FaultReply, Body: `{"object":"page"}`, Header: http.Header{"Content-Encoding": {"br"}}}},
	{name: "more behind the gzip", stockFails: true, fault: notiontest.Fault{
		Kind: notiontest.FaultReply, Body: zipped(`{"object":"page"}`) + "x", Header: http.Header{"Content-Encoding": {"gzip"}}}},
	{name: "two gzips", stockFails: true, fault: notiontest.Fault{
		Kind: notiontest.FaultReply, Body: zipped(`{"object":"page"}`) + zipped(" "), Header: http.Header{"Content-Encoding": {"gzip"}}}},
	{name: "a gzip bomb", fault: notiontest.Fault{Kind: notiontest.FaultBomb, Size: 16 << 20}, stockFails: true},
	{name: "a part", fault: notiontest.Fault{Kind: notiontest.FaultPartial}, goodWrite: true, stockFails: true},
	{name: "201", fault: notiontest.Fault{Kind: notiontest.FaultReply, Status: 201, Body: `{"object":"page"}`}, goodWrite: true, stockFails: true},
	{name: "204", fault: notiontest.Fault{Kind: notiontest.FaultEmpty, Status: 204}, stockFails: true},
	{name: "299", fault: notiontest.Fault{Kind: notiontest.FaultReply, Status: 299, Body: `{"object":"page"}`}, goodWrite: true, stockFails: true},
	{name: "304 that nobody asked for", fault: notiontest.Fault{Kind: notiontest.FaultEmpty, Status: 304}, stockFails: true},
	{name: "a redirect, 301", fault: notiontest.Fault{Kind: notiontest.FaultRedirect, Status: 301}, stockFails: true},
	{name: "a redirect, 302", fault: notiontest.Fault{Kind: notiontest.FaultRedirect, Status: 302}, stockFails: true},
	{name: "a redirect, 307", fault: notiontest.Fault{Kind: notiontest.FaultRedirect, Status: 307}, stockFails: true},
	{name: "a redirect to another path", fault: notiontest.Fault{Kind: notiontest.FaultRedirect, Status: 308, Body: "/v1/users"}, stockFails: true},
	{name: "101", fault: notiontest.Fault{Kind: notiontest.FaultUpgrade}},
	{name: "long headers", fault: notiontest.Fault{Kind: notiontest.FaultHeaders, Size: 1 << 20}, stockFails: true},
	{name: "many 1xx", fault: notiontest.Fault{Kind: notiontest.FaultInform, Size: 5000}, stockFails: true},
	{name: "more bytes than its length", fault: notiontest.Fault{Kind: notiontest.FaultShort}, goodWrite: true, stockFails: true},
	{name: "fewer bytes than its length", fault: notiontest.Fault{Kind: notiontest.FaultLong}, stockFails: true},
	{name: "cut", fault: notiontest.Fault{Kind: notiontest.FaultCut}, stockFails: true},
	{name: "cut between chunks", fault: notiontest.Fault{Kind: notiontest.FaultCutChunked}, stockFails: true},
	{name: "reset", fault: notiontest.Fault{Kind: notiontest.FaultReset}, stockFails: true},
	{name: "reset after the headers", fault: notiontest.Fault{Kind: notiontest.FaultResetHeaders}, stockFails: true},
	{name: "reset in the body", fault: notiontest.Fault{Kind: notiontest.FaultResetBody}, stockFails: true},
	{name: "hangs", fault: notiontest.Fault{Kind: notiontest.FaultHang}, status: 504, stockFails: true},
	{name: "hangs after the headers", fault: notiontest.Fault{Kind: notiontest.FaultHangHeaders}, status: 504, stockFails: true},
	{name: "hangs in the body", fault: notiontest.Fault{Kind: notiontest.FaultHangBody}, status: 504, stockFails: true},
	{name: "a body that drips", fault: notiontest.Fault{Kind: notiontest.FaultDrip, Gap: time.Second}, status: 504, stockFails: true},
	{name: "an edge page", fault: notiontest.Fault{Kind: notiontest.FaultEdge, Status: 502}, stockFails: true},

	{name: "no status", fault: wire("HTTP/1.1 \r\n\r\n"), stockFails: true},
	{name: "a status of two digits", fault: wire("HTTP/1.1 20 OK\r\n\r\n{}"), stockFails: true},
	{name: "a status of four digits", fault: wire("HTTP/1.1 2000 OK\r\n\r\n{}"), stockFails: true},
	{name: "a status below all", fault: wire("HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n"), stockFails: true},
	{name: "a status beyond all", fault: wire("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"), stockFails: true},
	{name: "HTTP/0.9", fault: wire(`{"object":"page"}`), stockFails: true},
	{name: "no HTTP", fault: wire("SSH-2.0-OpenSSH_9.9\r\n"), stockFails: true},
	{name: "a header without a colon", fault: wire("HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n{}"), stockFails: true},
	{name: "two lengths", fault: wire("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\nContent-Length: 2\r\n\r\n{\"object\":\"page\"}"), stockFails: true},
	{name: "an unknown transfer coding", fault: wire("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: gzip\r\n\r\n{}"), stockFails: true},
	{name: "bad chunks", fault: wire("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"), stockFails: true},
}

func zipped(text string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // a builder takes everything
	_ = z.Close()
	return b.String()
}

func wire(answer string) notiontest.Fault {
	return notiontest.Fault{Kind: notiontest.FaultRaw, Body: answer}
}

// impatient gives Notion little time where the fault is that it takes long.
func impatient(f *front, status int) {
	if status == http.StatusGatewayTimeout {
		f.options.Timeout, f.limits.BodyStall = 400*time.Millisecond, 100*time.Millisecond
	}
}

// TestAttack_badUpstream: what Notion, its edge or anything between answers
// amiss is never passed on as if it were an answer, and never kept.
func TestAttack_badUpstream(t *testing.T) {
	var attacks []attack
	for _, b := range badAnswers {
		if b.status == 0 {
			b.status = http.StatusBadGateway
		}
		b.fault.Op = "pages.retrieve"
		hurry := func(f *front) { impatient(f, b.status) }
		attacks = append(attacks, attack{name: b.name, set: hurry, stockFails: b.stockFails, more: func(t *findings, f *front) {
			for _, accept := range []string{"identity", "gzip"} {
				mend := f.notion.Fault(b.fault)
				c := f.talk(get("/v1/pages/$page", "Accept-Encoding: "+accept))
				mend()
				a := c.first()
				assert.Equal(t, b.status, a.status, "%.300q", a.body)
				a.checkError(t, "")
				assert.NotContains(t, a.header, "Location")
				assert.Empty(t, c.informed, "1xx answers are not relayed")
			}
			good := f.ask(get("/v1/pages/$page"))
			assert.Equal(t, http.StatusOK, good.status)
			assert.Contains(t, good.body, `"Team Home"`)
			for _, call := range f.calls(0) {
				assert.Equal(t, f.expand("GET /v1/pages/$page"), call.text(), "no redirect is followed")
			}
		}})
		attacks = append(attacks, attack{name: b.name + ", where an answer is kept", set: func(f *front) {
			hurry(f)
			f.options.Cache.Policies = cache.Policies{notion.Content: {Fresh: time.Nanosecond, Keep: time.Hour}}
		}, more: func(t *findings, f *front) {
			kept := f.ask(get("/v1/pages/$page"))
			mend := f.notion.Fault(b.fault)
			stale := f.ask(get("/v1/pages/$page"))
			mend()
			assert.Equal(t, http.StatusOK, stale.status)
			assert.Equal(t, kept.body, stale.body)
			assert.Contains(t, stale.header.Get("Cache-Status"), "fwd=stale")
		}})
	}
	makeAttacks(t, attacks)
}

// TestAttack_badUpstreamToWrites: the client of a write gets the same, and the
// write is made once.
func TestAttack_badUpstreamToWrites(t *testing.T) {
	const body = `{"archived":false}`
	var attacks []attack
	for _, b := range badAnswers {
		if b.status == 0 {
			b.status = http.StatusBadGateway
		}
		if b.goodWrite {
			continue
		}
		b.fault.Op = "pages.update"
		attacks = append(attacks, attack{
			name: b.name, set: func(f *front) { impatient(f, b.status); f.notion.Fault(b.fault) },
			send: request("PATCH", "/v1/pages/$page", body),
			want: want{status: b.status, notion: []string{"PATCH /v1/pages/$page " + body}},
		})
	}
	makeAttacks(t, attacks)
}

// TestAttack_badUpstreamToStreams: what is passed on as it comes is looked at
// all the same, as far as that can be done before it is.
func TestAttack_badUpstreamToStreams(t *testing.T) {
	var attacks []attack
	for _, b := range badAnswers {
		if b.goodWrite {
			continue
		}
		b.fault.Path = "/v1/beta"
		attacks = append(attacks, attack{name: b.name, set: func(f *front) {
			impatient(f, b.status)
			f.notion.Fault(b.fault)
		}, more: func(t *findings, f *front) {
			a := f.ask(get("/v1/beta"))
			if assert.GreaterOrEqual(t, a.status, 400, "%.300q", a.body) {
				a.checkError(t, "")
			}
			assert.Equal(t, []string{"GET /v1/beta"}, f.saw())
		}})
	}
	makeAttacks(t, attacks)
}

// TestAttack_upstreamHeaderInjection: what Notion's headers hold cannot become
// headers of ours.
func TestAttack_upstreamHeaderInjection(t *testing.T) {
	ok := func(headers string) notiontest.Fault {
		f := wire("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + headers + "Content-Length: 17\r\n\r\n{\"object\":\"page\"}")
		f.Op = "pages.retrieve"
		return f
	}
	var attacks []attack
	for name, header := range map[string]string{
		"a bare CR":                 "X-Odd: a\rSet-Cookie: evil=1\r\n",
		"a bare LF":                 "X-Odd: a\nSet-Cookie: evil=1\r\n",
		"a fold":                    "X-Odd: a\r\n Set-Cookie: evil=1\r\n",
		"a NUL":                     "X-Odd: a\x00b\r\n",
		"an encoded line end":       "X-Odd: a%0d%0aSet-Cookie:%20evil=1\r\n",
		"a space in a name":         "Set-Cookie : evil=1\r\n",
		"a name in other case":      "sEt-cOOkie: evil=1\r\nCF-ray: 1\r\naLT-sVC: h3\r\n",
		"a name that is hop-by-hop": "Connection: X-Odd\r\nX-Odd: evil=1\r\n",
	} {
		attacks = append(attacks, attack{name: name, set: func(f *front) { f.notion.Fault(ok(header)) }, more: func(t *findings, f *front) {
			a := f.ask(get("/v1/pages/$page"))
			assert.NotContains(t, a.header, "Set-Cookie")
			for name, values := range a.header {
				assert.NotContains(t, strings.Join(values, ""), "\x00", name)
			}
			assert.NotEqual(t, "evil=1", a.header.Get("X-Odd"))
		}})
	}
	makeAttacks(t, attacks)
}

// TestAttack_endlessAnswer: an answer that is too long to hold is passed on
// unstored, and one that has no end does not end as if it were whole.
func TestAttack_endlessAnswer(t *testing.T) {
	long := `{"object":"page","x":"` + strings.Repeat("x", 6<<20) + `"}`
	narrow := func(fault notiontest.Fault) func(*front) {
		return func(f *front) {
			f.upstream.MaxAnswer = 64 << 10
			if fault.Kind == notiontest.FaultEndless {
				f.options.Timeout = time.Second
			}
			f.notion.Fault(fault)
		}
	}
	reply := notiontest.Fault{Op: "pages.retrieve", Kind: notiontest.FaultReply, Body: long}
	late := reply
	late.Delay = 100 * time.Millisecond
	html := reply
	html.Header = http.Header{"Content-Type": {"text/html"}}
	makeAttacks(t, []attack{
		{name: "endless", set: narrow(notiontest.Fault{Op: "pages.retrieve", Kind: notiontest.FaultEndless}), more: func(t *findings, f *front) {
			a := f.ask(get("/v1/pages/$page"))
			assert.True(t, a.err != nil || a.status >= 500, "status %d and a clean end", a.status)
			assert.NotContains(t, a.header.Get("Cache-Status"), "stored")
			f.notion.ClearFaults()
			assert.Contains(t, f.ask(get("/v1/pages/$page")).body, `"Team Home"`)
		}},
		{name: "endless, to a write", set: narrow(notiontest.Fault{Op: "pages.update", Kind: notiontest.FaultEndless}), more: func(t *findings, f *front) {
			a := f.ask(request("PATCH", "/v1/pages/$page", `{"archived":false}`))
			assert.True(t, a.err != nil || a.status >= 500, "status %d and a clean end", a.status)
			assert.Len(t, f.saw(), 1)
		}},
		{name: "long", set: narrow(reply), more: func(t *findings, f *front) {
			for range 2 {
				a := f.ask(get("/v1/pages/$page"))
				assert.Equal(t, http.StatusOK, a.status)
				assert.NoError(t, a.err)
				same := a.body == long
				assert.True(t, same, "%d bytes of %d", len(a.body), len(long))
			}
			assert.Len(t, f.saw(), 2, "it is not stored")
		}},
		{name: "long, to many at once", set: narrow(late), more: func(t *findings, f *front) {
			var wait sync.WaitGroup
			for range 5 {
				wait.Go(func() {
					a := f.ask(get("/v1/pages/$page"))
					assert.NoError(t, a.err)
					same := a.body == long
					assert.True(t, same, "%d bytes of %d", len(a.body), len(long))
				})
			}
			wait.Wait()
		}},
		{name: "long and no JSON", set: narrow(html), more: func(t *findings, f *front) {
			a := f.ask(get("/v1/pages/$page"))
			assert.Equal(t, http.StatusBadGateway, a.status)
		}},
	})
}
