package proxy_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/notion"
)

// An attack is bytes that a client writes by hand, and what must come of them.
type attack struct {
	name string
	set  func(*front) // before the front starts; may be nil
	send string       // expanded as front.expand has it
	want want

	// more is done after send, if there is any: further requests, further
	// checks.
	more func(*findings, *front)

	// stockFails says that the same checks find something wrong with a stock
	// reverse proxy. That is tested.
	stockFails bool
}

// want is what must come of the bytes that were sent.
type want struct {
	status int      // of the answer; there is exactly one
	code   string   // of Notion's codes, in the body of an error
	closed bool     // the connection ends with the answer
	bare   bool     // it is net/http's own answer, in plain text, to what is no request
	notion []string // what Notion gets, as arrival.text has it; nil means nothing
}

// findings collects what a check finds wrong. It stands in for a testing.T, so
// that one check serves two proxies.
type findings struct {
	mu    sync.Mutex
	texts []string
}

func (f *findings) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}

// makeAttacks makes each attack on the proxy, which must withstand it, and on
// a stock one where that must not.
func makeAttacks(t *testing.T, attacks []attack) {
	t.Helper()
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			var stock sync.WaitGroup
			if a.stockFails {
				f := newFront(t, true, a.set)
				stock.Go(func() {
					assert.NotEmpty(t, a.make(f), "a stock reverse proxy withstands it as well: the case proves nothing")
				})
			}
			for _, text := range a.make(newFront(t, false, a.set)) {
				t.Error(text)
			}
			stock.Wait()
		})
	}
}

// make makes the attack and says what is wrong with what comes of it.
func (a *attack) make(f *front) []string {
	finds := &findings{}
	if a.send != "" {
		a.want.check(finds, f, f.talk(a.send))
	}
	if a.more != nil {
		a.more(finds, f)
	}
	f.stop()
	if !f.stock {
		f.checkAlways(finds)
	}
	return finds.texts
}

func (w *want) check(t *findings, f *front, got conversation) {
	if n := len(got.answers); assert.Equal(t, 1, n, "answers: %.300v; hung: %v", got.answers, got.hung) {
		a := got.answers[0]
		assert.Equal(t, w.status, a.status, "status, with the body %.300q", a.body)
		assert.NoError(t, a.err, "reading the body")
		switch {
		case w.bare:
			assert.NotContains(t, a.header.Get("Content-Type"), "json")
		case w.status >= 400:
			a.checkError(t, w.code)
		}
	}
	if w.closed {
		assert.True(t, got.closed, "the connection is closed")
	}
	assert.Equal(t, f.expandAll(w.notion), f.saw(), "what Notion got")
}

// An answer is what a client read from its socket.
type answer struct {
	status int
	header http.Header
	body   string
	err    error // of reading the body: it was cut
}

// checkError wants an error in Notion's shape. code may be empty.
func (a *answer) checkError(t *findings, code string) {
	var e notion.Error
	if !assert.NoError(t, json.Unmarshal([]byte(a.body), &e), "the error's body is JSON: %.300q", a.body) {
		return
	}
	assert.Equal(t, "error", e.Object)
	assert.Equal(t, a.status, e.Status, "the status in the body")
	_, known := notion.StatusOf(e.Code)
	assert.True(t, known, "%q is one of Notion's codes", e.Code)
	assert.NotEmpty(t, e.Message)
	if code != "" {
		assert.Equal(t, code, e.Code)
	}
	if e.AdditionalData["source"] == "notionproxy" {
		assert.NotEmpty(t, a.header.Get("Proxy-Status"))
		assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
	}
}

// A conversation is all that came over one connection.
type conversation struct {
	answers  []answer // without the one to lastRequest
	informed []int    // 1xx answers before
	closed   bool     // the front ended it, unasked
	hung     bool     // it did not end within patience
}

// first is the first answer, an empty one if there is none.
func (c conversation) first() answer {
	if len(c.answers) == 0 {
		return answer{header: http.Header{}}
	}
	return c.answers[0]
}

// lastTarget is asked for at the end of a conversation that the front keeps
// open. Whatever it took for a request of its own is answered before that.
const (
	lastTarget  = "/healthz?last"
	lastRequest = "GET " + lastTarget + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
)

// talk sends bytes over a connection of its own and reads to its end.
func (f *front) talk(sent string) conversation {
	limit := patience
	if f.stock {
		limit = f.timeout // what it has not done until then, it does not do
	}
	conn, err := net.Dial("tcp", f.addr)
	if err != nil {
		return conversation{}
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(limit))
	c := f.converse(conn, f.expand(sent))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append(f.answers, c.answers...)
	return c
}

// ask is talk for one request, where only its answer counts.
func (f *front) ask(sent string) answer { return f.talk(sent).first() }

// linger gets one answer and then waits for the connection's end without a
// word. It says whether it is still open after patience.
func (f *front) linger(sent string) (open bool) {
	conn, err := net.Dial("tcp", f.addr)
	if err != nil {
		return true
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(conn, f.expand(sent))
	_, err = io.Copy(io.Discard, conn)
	return isTimeout(err)
}

// halfClose sends, says that no more will come, and reads what does.
func (f *front) halfClose(sent string) conversation {
	conn, err := net.Dial("tcp", f.addr)
	if err != nil {
		return conversation{}
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(conn, f.expand(sent))
	_ = conn.(*net.TCPConn).CloseWrite()
	return f.converse(conn, "")
}

// converse sends and reads until the connection ends. After an answer that
// leaves it open, it asks for the end itself.
func (f *front) converse(conn net.Conn, sent string) (c conversation) {
	written := make(chan struct{})
	go func() {
		_, _ = io.WriteString(conn, sent) // a front that has heard enough may close early
		close(written)
	}()
	in := bufio.NewReader(conn)
	method, _, _ := strings.Cut(sent, " ")
	asked := false
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			c.hung = isTimeout(err)
			c.closed = !asked && !c.hung
			break
		}
		if resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols {
			c.informed = append(c.informed, resp.StatusCode)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		c.answers = append(c.answers, answer{resp.StatusCode, resp.Header, string(body), err})
		if resp.StatusCode == http.StatusSwitchingProtocols {
			break
		}
		method = http.MethodGet
		if !asked && !resp.Close {
			<-written
			_, _ = io.WriteString(conn, lastRequest)
			asked = true
		}
	}
	if asked && len(c.answers) > 1 {
		c.answers = c.answers[:len(c.answers)-1]
	}
	return c
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

// request is a well-formed request of alice's. Headers are "Name: value".
func request(method, target, body string, headers ...string) string {
	lines := []string{method + " " + target + " HTTP/1.1", "Host: localhost"}
	if !hasHeader(headers, "Authorization") {
		lines = append(lines, "Authorization: Bearer ntn_alice")
	}
	if !hasHeader(headers, "Notion-Version") {
		lines = append(lines, "Notion-Version: 2025-09-03")
	}
	if body != "" {
		lines = append(lines, "Content-Type: application/json", "Content-Length: "+strconv.Itoa(len(body)))
	}
	return strings.Join(append(lines, headers...), "\r\n") + "\r\n\r\n" + body
}

func get(target string, headers ...string) string { return request("GET", target, "", headers...) }

func hasHeader(headers []string, name string) bool {
	for _, h := range headers {
		if strings.HasPrefix(strings.ToLower(h), strings.ToLower(name)+":") {
			return true
		}
	}
	return false
}

// raw joins lines by CR LF.
func raw(lines ...string) string { return strings.Join(lines, "\r\n") }

// expand puts ids in place of $page, $row, $rows (their data source) and
// $bobs, and a whole Authorization and version header in place of $auth.
func (f *front) expand(s string) string {
	return strings.NewReplacer("$page", f.demo.Page, "$rows", f.demo.DataSource, "$row", f.demo.Rows[0], "$bobs", f.bobs,
		"$auth", "Authorization: Bearer ntn_alice\r\nNotion-Version: 2025-09-03").Replace(s)
}

func (f *front) expandAll(list []string) []string {
	var all []string
	for _, s := range list {
		all = append(all, f.expand(s))
	}
	return all
}
