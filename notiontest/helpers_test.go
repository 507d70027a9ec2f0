package notiontest_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"notionproxy/notiontest"
)

const (
	v2022 = "2022-06-28"
	v2025 = "2025-09-03"
	v2026 = "2026-03-11"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a Notion with the demonstration workspace in it, and a client.
type world struct {
	t testing.TB
	*notiontest.Notion
	notiontest.Demo
	via     http.RoundTripper
	version string
	token   string
}

func newWorld(t testing.TB, o notiontest.Options) *world {
	n := notiontest.New(o)
	return &world{t: t, Notion: n, Demo: n.Demo(notiontest.DemoOptions{}), via: n, version: v2025, token: notiontest.DemoToken}
}

// as is the same world as seen by another version or token.
func (w *world) as(version string) *world {
	other := *w
	other.version = version
	return &other
}

func (w *world) with(token string) *world {
	other := *w
	other.token = token
	return &other
}

// got is an answer, read to its end.
type got struct {
	status int
	header http.Header
	text   string
	body   map[string]any
	err    error
}

func (w *world) request(method, path, body string) *http.Request {
	var b io.Reader
	if body != "" {
		b = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, "http://api.notion.com"+path, b)
	require.NoError(w.t, err)
	r.Header.Set("Authorization", "Bearer "+w.token)
	r.Header.Set("Notion-Version", w.version)
	return r
}

// do makes a call.
func (w *world) do(method, path, body string) got { return w.send(w.request(method, path, body)) }

func (w *world) send(r *http.Request) got {
	resp, err := w.via.RoundTrip(r)
	if err != nil {
		return got{err: err}
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols { // its body is the connection
		return got{status: resp.StatusCode, header: resp.Header}
	}
	data, err := io.ReadAll(resp.Body)
	g := got{status: resp.StatusCode, header: resp.Header, text: string(data), err: err}
	_ = json.Unmarshal(data, &g.body)
	return g
}

// ok makes a call that must be answered 200.
func (w *world) ok(method, path, body string) got {
	w.t.Helper()
	g := w.do(method, path, body)
	require.NoError(w.t, g.err)
	require.Equal(w.t, 200, g.status, g.text)
	return g
}

// at digs into a body: keys by name, lists by index.
func (g got) at(path ...any) any {
	var v any = g.body
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func (g got) list() []any {
	l, _ := g.body["results"].([]any)
	return l
}

// titles are the titles of the pages of a list.
func (g got) titles() []string {
	titles := []string{}
	for i := range g.list() {
		props, _ := g.at("results", i, "properties").(map[string]any)
		for _, p := range props {
			if m := p.(map[string]any); m["type"] == "title" {
				title := ""
				for _, it := range m["title"].([]any) {
					title += it.(map[string]any)["plain_text"].(string)
				}
				titles = append(titles, title)
			}
		}
	}
	return titles
}

func listen(t *testing.T) (net.Listener, string) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return l, l.Addr().String()
}
