package notiontest_test

import (
	"context"
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
			overPipe(t, func(t *testing.T, w *world, client *http.Transport) {
				mend := w.Fault(tc.fault)
				tc.overWire(t, w.do("GET", "/v1/pages/"+w.Page, ""))
				mend()
				client.CloseIdleConnections() // surplus bytes may still be on their way
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
