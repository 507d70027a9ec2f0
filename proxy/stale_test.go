package proxy_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// dialFailures are the ways in which there is no connection to Notion.
var dialFailures = map[string]func(context.Context) error{
	"refused":       notiontest.Refused,
	"black hole":    func(context.Context) error { time.Sleep(5 * time.Second); return os.ErrDeadlineExceeded }, // as net.Dialer ends it
	"no such name":  func(context.Context) error { return &net.DNSError{Err: "no such host", Name: "api.notion.com"} },
	"name time-out": func(context.Context) error { return &net.DNSError{Err: "i/o timeout", IsTimeout: true} },
	"TLS: unknown authority": func(context.Context) error {
		return &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	},
	"TLS: another host": func(context.Context) error {
		return x509.HostnameError{Host: "api.notion.com", Certificate: &x509.Certificate{}}
	},
}

// failedAnswers are the ways in which Notion fails to answer.
func failedAnswers() map[string]notiontest.Fault {
	all := map[string]notiontest.Fault{
		"529":        {Kind: notiontest.FaultStatus, Status: 529},
		"429":        {Kind: notiontest.FaultLimit, Reason: notiontest.ReasonConnection, RetryAfter: "60"},
		"hang":       {Kind: notiontest.FaultHang},
		"wrong type": {Kind: notiontest.FaultType},
		"empty":      {Kind: notiontest.FaultEmpty},
		"206":        {Kind: notiontest.FaultPartial},
	}
	for _, status := range []int{500, 502, 503, 504} {
		all[fmt.Sprint(status)] = notiontest.Fault{Kind: notiontest.FaultStatus, Status: status}
	}
	for _, status := range []int{401, 403, 404, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530} {
		all[fmt.Sprintf("the edge's %d", status)] = notiontest.Fault{Kind: notiontest.FaultEdge, Status: status}
	}
	for _, kind := range []notiontest.Kind{
		notiontest.FaultHTML, notiontest.FaultError200, notiontest.FaultBadJSON, notiontest.FaultBadGzip, notiontest.FaultRedirect,
		notiontest.FaultCut, notiontest.FaultCutChunked, notiontest.FaultReset, notiontest.FaultResetHeaders, notiontest.FaultResetBody,
		notiontest.FaultHangHeaders, notiontest.FaultHangBody,
	} {
		all[string(kind)] = notiontest.Fault{Kind: kind}
	}
	return all
}

// readAfter reads a page that was read so long ago, with Notion broken meanwhile.
func readAfter(t *testing.T, age time.Duration, breaks func(w *world)) (r *reply) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		defer w.close()
		page := w.notion.CreatePage(w.workspaces["home"], "Roadmap", nil)
		read := func() *reply { return w.do(t.Context(), "alice", "GET", "/v1/pages/"+page, "", nil) }
		require.Equal(t, 200, read().status)
		time.Sleep(age)
		breaks(w)
		r = read()
		time.Sleep(2 * time.Minute) // what hangs goes on behind
	})
	return r
}

func TestStale_onEveryKindOfFailure(t *testing.T) {
	wantStale := func(t *testing.T, breaks func(w *world)) {
		t.Helper()
		r := readAfter(t, 90*time.Second, breaks)
		assert.Equal(t, 200, r.status, r.body)
		assert.Equal(t, "stale", string(r.x.Outcome))
		assert.Contains(t, r.body, "Roadmap")
		assert.NotEmpty(t, r.x.Detail)
		assert.Less(t, r.took, 3200*time.Millisecond)
	}
	for what, fails := range dialFailures {
		t.Run(what, func(t *testing.T) {
			wantStale(t, func(w *world) {
				w.pipe.OnDial(fails)
				w.pipe.ResetAll()
				synctest.Wait()
			})
		})
	}
	for what, fault := range failedAnswers() {
		t.Run(what, func(t *testing.T) { wantStale(t, func(w *world) { w.notion.Fault(fault) }) })
	}
}

// What Notion says about the request is an answer, not a failure.
func TestStale_neverForWhatNotionSaysItself(t *testing.T) {
	for status, code := range map[int]string{
		400: "validation_error", 401: "unauthorized", 403: "restricted_resource", 404: "object_not_found", 409: "conflict_error",
	} {
		t.Run(code, func(t *testing.T) {
			r := readAfter(t, 90*time.Second, func(w *world) {
				w.notion.Fault(notiontest.Fault{Op: "pages.retrieve", Kind: notiontest.FaultStatus, Status: status, Code: code})
			})
			assert.Equal(t, status, r.status)
			assert.Contains(t, r.body, code)
		})
	}
}

func TestStale_notPastItsTime(t *testing.T) {
	for age, want := range map[time.Duration]int{24*time.Hour - time.Minute: 200, 24*time.Hour + time.Minute: 502} {
		r := readAfter(t, age, func(w *world) { w.notion.Fault(notiontest.Fault{Kind: notiontest.FaultEdge, Status: 502}) })
		assert.Equal(t, want, r.status, age)
	}
}
