package notiontest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// overPipe is a world behind a real server and a real transport, in a bubble.
func overPipe(t *testing.T, f func(t *testing.T, w *world, tr *http.Transport)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		p := w.Pipe()
		tr := p.Transport()
		w.via = tr
		t.Cleanup(func() {
			tr.CloseIdleConnections()
			_ = w.Close()
		})
		f(t, w, tr)
	})
}

// spoilt says what a client sees of a fault, over a connection and over
// RoundTrip; nil means the same.
type spoilt func(t *testing.T, g got)

func failsWith(target error) spoilt {
	return func(t *testing.T, g got) {
		t.Helper()
		require.Error(t, g.err)
		assert.ErrorIs(t, g.err, target)
	}
}

func answers(status int, code string) spoilt {
	return func(t *testing.T, g got) {
		t.Helper()
		require.NoError(t, g.err)
		assert.Equal(t, status, g.status)
		assert.Equal(t, code, g.at("code"))
		assert.NotEmpty(t, g.header.Get("X-Notion-Request-Id"))
		assert.Equal(t, g.header.Get("X-Notion-Request-Id"), g.at("request_id"))
	}
}

func breaksIn(part string) spoilt {
	return func(t *testing.T, g got) {
		t.Helper()
		require.Error(t, g.err)
		assert.Contains(t, g.err.Error(), part)
	}
}

var faultCases = []struct {
	name     string
	fault    notiontest.Fault
	overWire spoilt
	direct   spoilt // over RoundTrip; nil means as over the wire
}{
	{"a status", notiontest.Fault{Kind: notiontest.FaultStatus, Status: 500}, answers(500, "internal_server_error"), nil},
	{"a conflict", notiontest.Fault{Kind: notiontest.FaultStatus, Status: 409}, answers(409, "conflict_error"), nil},
	{"another code", notiontest.Fault{Kind: notiontest.FaultStatus, Status: 503, Code: "database_connection_unavailable"}, answers(503, "database_connection_unavailable"), nil},
	{"overload", notiontest.Fault{Kind: notiontest.FaultStatus, Status: 529}, answers(529, "service_overload"), nil},
	{"gateway time-out", notiontest.Fault{Kind: notiontest.FaultStatus, Status: 504}, answers(504, "gateway_timeout"), nil},
	{"the edge's page", notiontest.Fault{Kind: notiontest.FaultEdge, Status: 521}, func(t *testing.T, g got) {
		require.NoError(t, g.err)
		assert.Equal(t, 521, g.status)
		assert.Contains(t, g.header.Get("Content-Type"), "text/html")
		assert.NotEmpty(t, g.header.Get("Cf-Ray"))
		assert.Empty(t, g.header.Get("X-Notion-Request-Id"))
		assert.Contains(t, g.text, "<html")
	}, nil},
	{"HTML with 200", notiontest.Fault{Kind: notiontest.FaultHTML}, func(t *testing.T, g got) {
		require.NoError(t, g.err)
		assert.Equal(t, 200, g.status)
		assert.Contains(t, g.header.Get("Content-Type"), "text/html")
	}, nil},
	{"an error with 200", notiontest.Fault{Kind: notiontest.FaultError200}, answers(200, "service_unavailable"), nil},
	{"cut JSON, well framed", notiontest.Fault{Kind: notiontest.FaultBadJSON}, func(t *testing.T, g got) {
		require.NoError(t, g.err)
		assert.Nil(t, g.body)
		assert.True(t, strings.HasPrefix(g.text, `{"object":"page"`))
	}, nil},
	{"nothing with 200", notiontest.Fault{Kind: notiontest.FaultEmpty}, func(t *testing.T, g got) {
		require.NoError(t, g.err)
		assert.Equal(t, 200, g.status)
		assert.Empty(t, g.text)
	}, nil},
	{"plain text", notiontest.Fault{Kind: notiontest.FaultType}, func(t *testing.T, g got) {
		require.NoError(t, g.err)
		assert.Contains(t, g.header.Get("Content-Type"), "text/plain")
		assert.Equal(t, "page", g.at("object"))
	}, nil},
	{"partial content", notiontest.Fault{Kind: notiontest.FaultPartial}, func(t *testing.T, g got) {
		assert.Equal(t, 206, g.status)
		assert.Equal(t, "page", g.at("object"))
	}, nil},
	{"cut gzip", notiontest.Fault{Kind: notiontest.FaultBadGzip}, failsWith(io.ErrUnexpectedEOF), func(t *testing.T, g got) {
		require.NoError(t, g.err)
		assert.Equal(t, "gzip", g.header.Get("Content-Encoding"))
	}},
	{"a redirect", notiontest.Fault{Kind: notiontest.FaultRedirect}, func(t *testing.T, g got) {
		assert.Equal(t, 307, g.status)
		assert.Equal(t, "https://elsewhere.example/", g.header.Get("Location"))
	}, nil},
	{"an upgrade", notiontest.Fault{Kind: notiontest.FaultUpgrade}, func(t *testing.T, g got) {
		assert.Equal(t, 101, g.status)
	}, nil},
	{"huge headers", notiontest.Fault{Kind: notiontest.FaultHeaders, Size: 11 << 20}, breaksIn("exceeded"), func(t *testing.T, g got) {
		assert.Len(t, g.header.Get("X-Padding"), 11<<20)
	}},
	{"a reply as given", notiontest.Fault{Kind: notiontest.FaultReply, Status: 204, Header: http.Header{"x-odd": {"1"}}}, func(t *testing.T, g got) {
		assert.Equal(t, 204, g.status)
		assert.Equal(t, "1", g.header.Get("X-Odd"))
	}, nil},
	{"raw bytes", notiontest.Fault{Kind: notiontest.FaultRaw, Body: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"}, func(t *testing.T, g got) {
		require.NoError(t, g.err)
		assert.Equal(t, "{}", g.text)
	}, nil},
	{"nonsense", notiontest.Fault{Kind: notiontest.FaultRaw, Body: "SSH-2.0-nope\r\n"}, breaksIn("malformed HTTP"), nil},
	{"a cut body", notiontest.Fault{Kind: notiontest.FaultCut}, failsWith(io.ErrUnexpectedEOF), nil},
	{"a cut chunked body", notiontest.Fault{Kind: notiontest.FaultCutChunked}, failsWith(io.ErrUnexpectedEOF), nil},
	{"a body shorter than said", notiontest.Fault{Kind: notiontest.FaultLong}, failsWith(io.ErrUnexpectedEOF), nil},
	{"a body longer than said", notiontest.Fault{Kind: notiontest.FaultShort}, func(t *testing.T, g got) {
		require.NoError(t, g.err)
		assert.Nil(t, g.body)
		assert.NotEmpty(t, g.text)
	}, nil},
	{"a reset", notiontest.Fault{Kind: notiontest.FaultReset}, failsWith(syscall.ECONNRESET), nil},
	{"a reset after the headers", notiontest.Fault{Kind: notiontest.FaultResetHeaders}, failsWith(syscall.ECONNRESET), nil},
	{"a reset in the body", notiontest.Fault{Kind: notiontest.FaultResetBody}, failsWith(syscall.ECONNRESET), nil},
}

func TestFault_isSeenByAClientOverAConnection(t *testing.T) {
	for _, tc := range faultCases {
		t.Run(tc.name, func(t *testing.T) {
			overPipe(t, func(t *testing.T, w *world, _ *http.Transport) {
				mend := w.Fault(tc.fault)
				tc.overWire(t, w.do("GET", "/v1/pages/"+w.Page, ""))
				mend()
				assert.Equal(t, 200, w.do("GET", "/v1/pages/"+w.Page, "").status, "after it was lifted")
			})
		})
	}
}

func TestFault_isSeenByAClientWithoutAConnection(t *testing.T) {
	for _, tc := range faultCases {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, notiontest.Options{})
			w.Fault(tc.fault)
			want := tc.direct
			if want == nil {
				want = tc.overWire
			}
			want(t, w.do("GET", "/v1/pages/"+w.Page, ""))
		})
	}
}

func TestFault_hangLastsUntilTheClientLeaves(t *testing.T) {
	for _, kind := range []notiontest.Kind{notiontest.FaultHang, notiontest.FaultHangHeaders, notiontest.FaultHangBody} {
		t.Run(string(kind), func(t *testing.T) {
			overPipe(t, func(t *testing.T, w *world, tr *http.Transport) {
				w.Fault(notiontest.Fault{Kind: kind})
				for _, via := range []http.RoundTripper{tr, w.Notion} {
					w.via = via
					start := time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
					g := w.send(w.request("GET", "/v1/pages/"+w.Page, "").WithContext(ctx))
					cancel()
					require.ErrorIs(t, g.err, context.DeadlineExceeded)
					assert.Equal(t, 90*time.Second, time.Since(start))
				}
			})
		})
	}
}

func TestFault_delayAndLagTakeTheirTime(t *testing.T) {
	overPipe(t, func(t *testing.T, w *world, _ *http.Transport) {
		w.Fault(notiontest.Fault{Delay: 3 * time.Second, Lag: 4 * time.Second})
		start := time.Now()
		w.ok("GET", "/v1/pages/"+w.Page, "")
		assert.Equal(t, 7*time.Second, time.Since(start))
	})
}

func TestFault_lagComesAfterTheWrite(t *testing.T) {
	overPipe(t, func(t *testing.T, w *world, _ *http.Transport) {
		w.Fault(notiontest.Fault{Op: "pages.update", Lag: 5 * time.Second})
		done := make(chan got)
		go func() { done <- w.do("PATCH", "/v1/pages/"+w.Page, renamed("New")) }()
		time.Sleep(time.Second)
		assert.Equal(t, "New", w.Title(w.Page), "written, not yet answered")
		assert.Equal(t, 200, (<-done).status)
	})
}

func renamed(title string) string {
	return `{"properties":{"title":{"title":[{"text":{"content":"` + title + `"}}]}}}`
}

func TestFault_savedWriteAnswers503AndIsSaved(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	w.Fault(notiontest.Fault{Kind: notiontest.FaultSaved, Writes: true, Times: 1})

	w.ok("GET", "/v1/pages/"+w.Page, "")
	g := w.do("PATCH", "/v1/pages/"+w.Page, renamed("Saved"))

	assert.Equal(t, 503, g.status)
	assert.Equal(t, "service_unavailable", g.at("code"))
	assert.Equal(t, "55000", g.at("additional_data", "deadline_ms"))
	assert.Equal(t, w.Page, g.at("additional_data", "committed_resource_id"))
	assert.Len(t, g.at("additional_data", "retry_guidance"), 2)
	assert.Equal(t, "Saved", w.Title(w.Page))
}

func TestFault_savedAppendNamesTheChildren(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	before := w.CountChildren(w.Page)
	w.Fault(notiontest.Fault{Kind: notiontest.FaultSaved})
	g := w.do("PATCH", "/v1/blocks/"+w.Page+"/children", `{"children":[{"paragraph":{"rich_text":[]}}]}`)
	assert.Equal(t, 503, g.status)
	assert.Len(t, g.at("additional_data", "committed_child_ids"), 1)
	assert.Equal(t, before+1, w.CountChildren(w.Page))
}

func TestFault_carriedOutOrNotIsTheScripts(t *testing.T) {
	for _, carried := range []bool{false, true} {
		w := newWorld(t, notiontest.Options{})
		w.Fault(notiontest.Fault{Kind: notiontest.FaultReset, Carried: carried})
		g := w.do("PATCH", "/v1/pages/"+w.Page, renamed("Lost"))
		require.ErrorIs(t, g.err, syscall.ECONNRESET)
		assert.Equal(t, carried, w.Title(w.Page) == "Lost")
	}
}

func TestFault_rateLimitSaysWhatTheScriptSays(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	for _, tc := range []struct{ reason, after, wantReason, wantAfter string }{
		{"", "", notiontest.ReasonConnection, "49"},
		{notiontest.ReasonWorkspace, "180", notiontest.ReasonWorkspace, "180"},
		{notiontest.ReasonEndpoint, "1.5", notiontest.ReasonEndpoint, "1.5"},
		{notiontest.ReasonBlocked, "", notiontest.ReasonBlocked, ""},
		{"-", "-", "", ""},
		{"mcp_tool_rate_limit", "Wed, 21 Oct 2026 07:28:00 GMT", "mcp_tool_rate_limit", "Wed, 21 Oct 2026 07:28:00 GMT"},
	} {
		mend := w.Fault(notiontest.Fault{Kind: notiontest.FaultLimit, Reason: tc.reason, RetryAfter: tc.after})
		g := w.do("GET", "/v1/users/me", "")
		assert.Equal(t, 429, g.status)
		assert.Equal(t, tc.wantAfter, g.header.Get("Retry-After"))
		reason, _ := g.at("additional_data", "rate_limit_reason").(string)
		assert.Equal(t, tc.wantReason, reason)
		after, _ := g.at("additional_data", "retry_after").(string)
		assert.Equal(t, tc.wantAfter, after)
		mend()
	}
}

func TestFault_strikesWhatTheScriptNames(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	w.AddToken("ntn_other", w.Bot)
	page, block := "/v1/pages/"+w.Page, "/v1/blocks/"+w.Page
	broken := func(w *world, method, path string) bool { return w.do(method, path, "").status == 500 }
	script := func(f notiontest.Fault) (mend func()) {
		f.Kind = notiontest.FaultStatus
		return w.Fault(f)
	}

	mend := script(notiontest.Fault{Op: "pages.*, search"})
	assert.True(t, broken(w, "GET", page))
	assert.True(t, broken(w, "POST", "/v1/search"))
	assert.False(t, broken(w, "GET", block))
	mend()
	mend = script(notiontest.Fault{Path: "/v1/blocks/*", Method: "GET"})
	assert.True(t, broken(w, "GET", block))
	assert.False(t, broken(w, "PATCH", block))
	assert.False(t, broken(w, "GET", page))
	mend()
	mend = script(notiontest.Fault{Token: "ntn_other"})
	assert.True(t, broken(w.with("ntn_other"), "GET", page))
	assert.False(t, broken(w, "GET", page))
	mend()
	script(notiontest.Fault{After: 1, Times: 2})
	for _, want := range []bool{false, true, true, false} {
		assert.Equal(t, want, broken(w, "GET", page))
	}
	script(notiontest.Fault{})
	w.ClearFaults()
	assert.False(t, broken(w, "GET", page))
}

func TestFault_probabilityFollowsTheSeed(t *testing.T) {
	run := func(seed uint64) (pattern string, hits int) {
		w := newWorld(t, notiontest.Options{Seed: seed, RateLimit: -1})
		w.Fault(notiontest.Fault{Kind: notiontest.FaultStatus, Probability: 0.3})
		for range 200 {
			if w.do("GET", "/v1/users/me", "").status == 500 {
				hits++
				pattern += "x"
			} else {
				pattern += "."
			}
		}
		return pattern, hits
	}
	first, hits := run(7)
	again, _ := run(7)
	other, _ := run(8)
	assert.Equal(t, first, again)
	assert.NotEqual(t, first, other)
	assert.InDelta(t, 60, hits, 25)
}

func TestFault_informsCome(t *testing.T) {
	overPipe(t, func(t *testing.T, w *world, _ *http.Transport) {
		w.Fault(notiontest.Fault{Kind: notiontest.FaultInform, Size: 3})
		seen := 0
		trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			seen++
			assert.Equal(t, 103, code)
			return nil
		}}
		r := w.request("GET", "/v1/users/me", "")
		g := w.send(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
		assert.Equal(t, 200, g.status)
		assert.Equal(t, 3, seen)
		assert.Empty(t, g.header.Get("Link"))
	})
}

func TestFault_dripTakesAsLongAsItsPieces(t *testing.T) {
	overPipe(t, func(t *testing.T, w *world, tr *http.Transport) {
		w.Fault(notiontest.Fault{Kind: notiontest.FaultDrip, Size: 5, Gap: 2 * time.Second})
		for _, via := range []http.RoundTripper{tr, w.Notion} {
			w.via = via
			start := time.Now()
			g := w.ok("GET", "/v1/pages/"+w.Page, "")
			assert.Equal(t, "page", g.at("object"))
			assert.Equal(t, 8*time.Second, time.Since(start))
		}
	})
}

func TestFault_endlessNeverEnds(t *testing.T) {
	overPipe(t, func(t *testing.T, w *world, tr *http.Transport) {
		w.Fault(notiontest.Fault{Kind: notiontest.FaultEndless})
		for _, via := range []http.RoundTripper{tr, w.Notion} {
			resp, err := via.RoundTrip(w.request("GET", "/v1/pages/"+w.Page, ""))
			require.NoError(t, err)
			n, err := io.CopyN(io.Discard, resp.Body, 5<<20)
			require.NoError(t, err)
			assert.EqualValues(t, 5<<20, n)
			resp.Body.Close()
		}
	})
}

func TestFault_bombIsSmallOnTheWire(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	w.Fault(notiontest.Fault{Kind: notiontest.FaultBomb, Size: 10 << 20})
	g := w.do("GET", "/v1/users/me", "")
	assert.Equal(t, "gzip", g.header.Get("Content-Encoding"))
	assert.Less(t, len(g.text), 100_000)
}

func TestFault_surplusReachesWhoeverReadsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		p := w.Pipe()
		w.Fault(notiontest.Fault{Kind: notiontest.FaultExtra})
		conn, err := p.DialContext(t.Context(), "tcp", "")
		require.NoError(t, err)
		r := w.request("GET", "/v1/users/me", "")
		go func() { _ = r.Write(conn) }()
		synctest.Wait()
		b := make([]byte, 64<<10)
		n, err := conn.Read(b)
		require.NoError(t, err)
		assert.Equal(t, 2, strings.Count(string(b[:n]), "HTTP/1.1 200 OK"))
		conn.Close()
		require.NoError(t, w.Close())
		require.NoError(t, p.Close())
	})
}

func TestPipe_resetAllKillsIdleConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		p := w.Pipe()
		tr := p.Transport()
		w.via = tr
		w.ok("GET", "/v1/users/me", "")
		w.ok("GET", "/v1/users/me", "")
		assert.Equal(t, 1, p.Dials(), "the connection is kept")
		p.ResetAll()
		synctest.Wait()
		w.ok("GET", "/v1/users/me", "")
		assert.Equal(t, 2, p.Dials())
		tr.CloseIdleConnections()
		require.NoError(t, w.Close())
		require.NoError(t, p.Close())
	})
}

func TestNotion_servesOnARealListener(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	l, addr := listen(t)
	done := make(chan error, 1)
	go func() { done <- w.Serve(l) }()

	r := w.request("GET", "/v1/users/me", "")
	r.URL.Host = addr
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	w.via = tr
	assert.Equal(t, 200, w.send(r).status)

	w.Fault(notiontest.Fault{Kind: notiontest.FaultResetHeaders})
	r = w.request("POST", "/v1/search", "{}")
	r.URL.Host = addr
	g := w.send(r)
	require.Error(t, g.err)
	assert.True(t, errors.Is(g.err, syscall.ECONNRESET) || errors.Is(g.err, io.ErrUnexpectedEOF), g.err)

	require.NoError(t, w.Close())
	require.ErrorIs(t, <-done, http.ErrServerClosed)
}
