package proxy_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/exchange"
	"notionproxy/notion"
	"notionproxy/notiontest"
)

const bob = "Authorization: Bearer ntn_bob"

// TestAttack_surplusBytes: bytes behind one caller's answer are never the
// beginning of another's, since no connection to Notion over HTTP/1.1 serves
// two tokens. That none does is checked after every attack, too.
func TestAttack_surplusBytes(t *testing.T) {
	makeAttacks(t, []attack{{name: "another answer", stockFails: true, more: func(t *findings, f *front) {
		f.notion.Fault(notiontest.Fault{Token: "ntn_alice", Op: "pages.retrieve", Kind: notiontest.FaultExtra})
		for range 20 {
			f.ask(get("/v1/pages/$page", "Cache-Control: no-store"))
			a := f.ask(get("/v1/pages/$bobs", bob, "Cache-Control: no-store"))
			assert.Contains(t, a.body, "Bob's secret")
			assert.NotContains(t, a.body, "00000000beef")
		}
		tokens := map[string]string{}
		for _, c := range f.calls(0) {
			auth := c.header.Get("Authorization")
			if first, ok := tokens[c.line]; ok {
				assert.Equal(t, first, auth, "the connection serves two tokens")
			}
			tokens[c.line] = auth
		}
	}}})
}

// TestAttack_probe: nothing that another tenant does with a token of its own
// tells what is stored for others. No time is taken: what is never looked up
// takes no time.
func TestAttack_probe(t *testing.T) {
	never := func(t *findings, f *front) {
		for _, x := range f.exchanges() {
			if x.Status == http.StatusOK {
				continue // alice's
			}
			assert.Contains(t, []exchange.Outcome{exchange.Miss, exchange.Pass, exchange.Refused}, x.Outcome)
			assert.Zero(t, x.Age)
		}
	}
	// same asks for a page that alice has stored and for one that nobody has.
	same := func(t *findings, f *front, headers ...string) (stored answer) {
		stored = f.ask(get("/v1/pages/$page", headers...))
		other := f.ask(get("/v1/pages/$row", headers...))
		assert.Equal(t, other.status, stored.status)
		assert.Equal(t, shape(other), shape(stored))
		return stored
	}
	known := func(f *front) { f.ask(get("/v1/pages/$bobs", bob)); f.ask(get("/v1/pages/$page")) }

	makeAttacks(t, []attack{
		{name: "a plain read", more: func(t *findings, f *front) {
			known(f)
			assert.Equal(t, http.StatusNotFound, same(t, f, bob).status)
			assert.Equal(t, http.StatusNotFound, same(t, f, bob).status, "nor is it the second time")
			assert.Equal(t, 5, f.notion.CallsBy("ntn_bob")-f.introductions("ntn_bob"))
			never(t, f)
		}},
		{name: "only if cached", more: func(t *findings, f *front) {
			known(f)
			assert.Equal(t, http.StatusGatewayTimeout, same(t, f, bob, "Cache-Control: only-if-cached").status)
			never(t, f)
		}},
		{name: "with the validator", more: func(t *findings, f *front) {
			known(f)
			tag := f.ask(get("/v1/pages/$page")).header.Get("Etag")
			assert.Equal(t, http.StatusNotFound, same(t, f, bob, "If-None-Match: "+tag).status)
			never(t, f)
		}},
		{name: "in an outage", more: func(t *findings, f *front) {
			known(f)
			f.notion.Fault(notiontest.Fault{Kind: notiontest.FaultReset})
			assert.Equal(t, http.StatusBadGateway, same(t, f, bob).status)
			never(t, f)
		}},
		{name: "with a token that is none, in an outage", more: func(t *findings, f *front) {
			known(f)
			f.notion.Fault(notiontest.Fault{Kind: notiontest.FaultReset})
			assert.Equal(t, http.StatusBadGateway, same(t, f, "Authorization: Bearer ntn_nobody").status)
			never(t, f)
		}},
		{name: "a token that differs in case", more: func(t *findings, f *front) {
			known(f)
			assert.Equal(t, http.StatusUnauthorized, f.ask(get("/v1/pages/$page", "Authorization: Bearer NTN_ALICE")).status)
			never(t, f)
		}},
		{name: "a read under way", more: sharedByNobody},
		{name: "another's cursor", more: func(t *findings, f *front) {
			first := f.ask(request("POST", queryRows, `{"page_size":1}`))
			cursor := between(first.body, `"next_cursor":"`, `"`)
			next := `{"page_size":1,"start_cursor":"` + cursor + `"}`
			assert.Equal(t, http.StatusOK, f.ask(request("POST", queryRows, next)).status)
			assert.Equal(t, http.StatusNotFound, f.ask(request("POST", queryRows, next, bob)).status)
		}},
	})
}

// sharedByNobody has two tokens ask the same at the same time.
func sharedByNobody(t *findings, f *front) {
	f.notion.Fault(notiontest.Fault{Op: "pages.retrieve", Kind: notiontest.FaultDelay, Delay: 300 * time.Millisecond})
	var wait sync.WaitGroup
	var alices, bobs answer
	wait.Go(func() { alices = f.ask(get("/v1/pages/$page")) })
	wait.Go(func() { bobs = f.ask(get("/v1/pages/$page", bob)) })
	wait.Wait()
	assert.Equal(t, http.StatusOK, alices.status)
	assert.Equal(t, http.StatusNotFound, bobs.status)
	assert.Equal(t, 2, f.notion.Calls("pages.retrieve"))
}

// shape is all of an answer that may differ by what is stored: its headers but
// for those that are new with each answer.
func shape(a answer) http.Header {
	h := a.header.Clone()
	for _, name := range []string{"Date", "X-Request-Id", "X-Notion-Request-Id", "Content-Length", "Ratelimit", "Server-Timing"} {
		h.Del(name)
	}
	return h
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

// introductions counts the calls by which the proxy found out whose a token is.
func (f *front) introductions(token string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, a := range f.arrived {
		if a.target == "/v1/users/me" && a.header.Get("Authorization") == "Bearer "+token {
			n++
		}
	}
	return n
}

// TestAttack_revocation: a token that Notion refuses gets nothing from the
// store, in an outage neither; one that only the edge refuses does.
func TestAttack_revocation(t *testing.T) {
	makeAttacks(t, []attack{
		{name: "revoked", stockFails: false, more: func(t *findings, f *front) {
			f.ask(get("/v1/pages/$page"))
			f.notion.RevokeToken("ntn_alice")
			assert.Equal(t, http.StatusUnauthorized, f.ask(get("/v1/pages/$row")).status)
			assert.Equal(t, http.StatusUnauthorized, f.ask(get("/v1/pages/$page")).status)
			f.notion.Fault(notiontest.Fault{Kind: notiontest.FaultReset})
			assert.NotEqual(t, http.StatusOK, f.ask(get("/v1/pages/$page")).status)
		}},
		{name: "maybe revoked", more: func(t *findings, f *front) {
			f.ask(get("/v1/pages/$page"))
			f.ask(get("/v1/users")) // by now it is known whose the token is
			f.notion.Fault(notiontest.Fault{Op: "users.me", Kind: notiontest.FaultDelay, Delay: 2 * time.Second})
			f.notion.Fault(notiontest.Fault{Op: "users.list", Kind: notiontest.FaultStatus, Status: 401})
			assert.Equal(t, http.StatusUnauthorized, f.ask(get("/v1/users", "Cache-Control: no-store")).status)
			a := f.ask(get("/v1/pages/$page"))
			assert.NotContains(t, a.header, "Age", "no hits until Notion says that it takes the token")
		}},
		{name: "not asked for longer than auth_ttl", set: func(f *front) { f.options.AuthTTL = time.Nanosecond }, more: func(t *findings, f *front) {
			f.ask(get("/v1/pages/$page"))
			f.notion.RevokeToken("ntn_alice")
			assert.Equal(t, http.StatusUnauthorized, f.ask(get("/v1/pages/$page")).status)
		}},
		{name: "by the edge alone", stockFails: true, more: func(t *findings, f *front) {
			f.ask(get("/v1/pages/$page"))
			f.notion.Fault(notiontest.Fault{Kind: notiontest.FaultEdge, Status: 401})
			a := f.ask(get("/v1/pages/$row"))
			assert.Equal(t, http.StatusUnauthorized, a.status)
			a.checkError(t, notion.CodeInvalidRequest)
			assert.Equal(t, http.StatusOK, f.ask(get("/v1/pages/$page")).status)
		}},
	})
}

// TestAttack_repeatedWrites: a connection that dies under a write does not have
// it made twice, whatever the client sends along. Go's transport repeats a
// request that has an idempotency key and no body.
func TestAttack_repeatedWrites(t *testing.T) {
	rounds := 250
	if testing.Short() {
		rounds = 10
	}
	var attacks []attack
	for _, w := range []struct {
		method, target, body string
		header               string
		stockFails           bool
	}{
		{method: "DELETE", target: "/v1/blocks/$page", header: "Idempotency-Key: 1", stockFails: true},
		{method: "DELETE", target: "/v1/blocks/$page", header: "X-Idempotency-Key: 1", stockFails: true},
		{method: "POST", target: "/v1/beta", header: "Idempotency-Key: 1", stockFails: true},
		{method: "PATCH", target: "/v1/pages/$page", body: `{"archived":false}`, header: "Idempotency-Key: 1"},
	} {
		attacks = append(attacks, attack{
			name: w.method + " " + w.target + " " + w.header, stockFails: w.stockFails,
			set: func(f *front) { f.options.ForwardHeaders = []string{"Idempotency-Key", "X-Idempotency-Key"} },
			more: func(t *findings, f *front) {
				rounds := rounds
				if f.stock {
					rounds = 5
				}
				for range rounds {
					f.ask(get("/v1/file_uploads")) // so that there is a connection to die
					f.notion.Fault(notiontest.Fault{Method: w.method, Kind: notiontest.FaultReset, Times: 1})
					a := f.ask(request(w.method, w.target, w.body, w.header))
					assert.Equal(t, http.StatusBadGateway, a.status)
					f.notion.ClearFaults()
				}
				writes := 0
				for _, c := range f.calls(0) {
					if c.method == w.method {
						writes++
					}
				}
				assert.Equal(t, rounds, writes, "writes that Notion got")
			},
		})
	}
	makeAttacks(t, attacks)
}

// TestAttack_poisonedByErrors: an error is answered to whoever got it, and to
// nobody after that.
func TestAttack_poisonedByErrors(t *testing.T) {
	var attacks []attack
	for _, status := range []int{400, 401, 403, 404, 405, 409, 410, 413, 414, 431, 451, 500, 501, 502, 503, 504, 520} {
		attacks = append(attacks, attack{name: strconv.Itoa(status), more: func(t *findings, f *front) {
			mend := f.notion.Fault(notiontest.Fault{Op: "pages.retrieve", Kind: notiontest.FaultStatus, Status: status})
			assert.Equal(t, status, f.ask(get("/v1/pages/$page")).status)
			mend()
			a := f.ask(get("/v1/pages/$page"))
			assert.Equal(t, http.StatusOK, a.status)
			assert.Contains(t, a.body, `"Team Home"`)
		}})
	}
	makeAttacks(t, attacks)
}
