package proxy_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/exchange"
	"notionproxy/notiontest"
)

// withNotion runs a test in a bubble with a world in it.
func withNotion(t *testing.T, act func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		defer w.close()
		act(t, w)
	})
}

func TestAskMe_asksWithTheTokensUsedLast(t *testing.T) {
	withNotion(t, func(t *testing.T, w *world) {
		page := w.notion.CreatePage(w.workspaces["home"], "p", nil)
		for i := range 8 {
			name := fmt.Sprint("token", i)
			w.addToken(name, "", "home")
			for range 2 { // the second time Notion is known to take it
				w.do(t.Context(), name, "GET", "/v1/pages/"+page, "", nil)
			}
			time.Sleep(time.Minute)
		}
		for i := range 100 { // made-up ones drive none out
			w.do(t.Context(), fmt.Sprint("junk", i), "GET", "/v1/pages/"+page, "", nil)
		}
		time.Sleep(time.Minute) // what asks who they are has asked
		w.notion.ResetCalls()
		asked := w.proxy.AskMe(t.Context(), 5)
		require.Len(t, asked, 5)
		assert.Equal(t, 5, w.notion.Calls("users.me"))
		good := 0
		for _, a := range asked {
			assert.Len(t, a.Connection, 8)
			assert.False(t, a.LastUsed.IsZero())
			if a.Status == 200 {
				good++
				assert.Contains(t, string(a.Body), `"bot"`)
			}
		}
		assert.Equal(t, 3, good, "the two made-up ones were used last")
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		own := 0
		for _, x := range w.seen[len(w.seen)-5:] {
			if x.Client == "notionproxy" && x.Operation == "users.me" && x.Calls == 1 {
				own++
			}
		}
		assert.Equal(t, 5, own, "each is recorded and counted")
	})
}

func TestAskMe_asksOnceThoughNotionFails(t *testing.T) {
	withNotion(t, func(t *testing.T, w *world) {
		w.do(t.Context(), "alice", "GET", "/v1/users/me", "", nil)
		w.do(t.Context(), "alice", "GET", "/v1/users/me", "", nil)
		synctest.Wait()
		w.notion.ResetCalls()
		w.notion.Fault(notiontest.Fault{Kind: notiontest.FaultStatus, Status: 503})
		asked := w.proxy.AskMe(t.Context(), 5)
		require.Len(t, asked, 1)
		assert.Equal(t, 503, asked[0].Status)
		assert.Equal(t, "failed", asked[0].Kind)
		assert.Equal(t, 1, w.notion.Calls("users.me"))

		w.notion.ClearFaults()
		w.notion.Fault(notiontest.Fault{Kind: notiontest.FaultHang})
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		start := time.Now()
		asked = w.proxy.AskMe(ctx, 5)
		assert.Equal(t, "timeout", asked[0].Kind)
		assert.Equal(t, 8*time.Second, time.Since(start))
	})
}

func TestAskMe_noTokenYet(t *testing.T) {
	withNotion(t, func(t *testing.T, w *world) {
		w.start()
		assert.Empty(t, w.proxy.AskMe(t.Context(), 5))
		assert.NotEmpty(t, w.proxy.QueryRow(t.Context(), "x", false).Why)
		assert.Zero(t, w.proxy.FetchSchema(t.Context(), "", "x", false, ""))
	})
}

func TestFetchSchema_replacesWhatIsStored(t *testing.T) {
	withNotion(t, func(t *testing.T, w *world) {
		var schemas []string
		w.options.Schema = func(connection, version string, body []byte, at time.Time) {
			schemas = append(schemas, connection+" "+version+" "+string(body))
		}
		database, source := w.notion.CreateDatabase(w.workspaces["home"], "Tasks",
			notiontest.Column{Name: "Name", Type: "title"}, notiontest.Column{Name: "Status", Type: "select"})
		read := func() string {
			return w.do(t.Context(), "alice", "GET", "/v1/data_sources/"+source, "", nil).body
		}
		read()
		assert.Contains(t, read(), `"Status"`)
		require.Len(t, schemas, 1, "a hit brings no schema")
		assert.Contains(t, schemas[0], "2025-09-03")
		w.notion.RenameProperty(source, "Status", "State")
		assert.Contains(t, read(), `"Status"`, "it is stored")

		assert.Equal(t, 200, w.proxy.FetchSchema(t.Context(), "", source, false, ""))
		require.Len(t, schemas, 2)
		assert.Contains(t, schemas[1], `"State"`)
		assert.Contains(t, read(), `"State"`, "and clients get the new one")

		assert.Equal(t, 404, w.proxy.FetchSchema(t.Context(), "", database, false, ""))
		assert.Equal(t, 200, w.proxy.FetchSchema(t.Context(), "", database, true, ""), "as versions before data sources have it")
		assert.Contains(t, schemas[len(schemas)-1], "2022-06-28")

		w.do(t.Context(), "alice", "PATCH", "/v1/data_sources/"+source, `{"properties":{"State":{"name":"Stage"}}}`, nil)
		assert.Contains(t, schemas[len(schemas)-1], `"Stage"`, "what a write answers is a schema too")
		assert.Equal(t, 200, w.proxy.QueryRow(t.Context(), source, false).Status)
		assert.Equal(t, 200, w.proxy.QueryRow(t.Context(), database, true).Status)
	})
}

func TestRecord_a400TellsWhatItWasAbout(t *testing.T) {
	withNotion(t, func(t *testing.T, w *world) {
		_, source := w.notion.CreateDatabase(w.workspaces["home"], "Tasks", notiontest.Column{Name: "Name", Type: "title"})
		r := w.do(t.Context(), "alice", "POST", "/v1/data_sources/"+source+"/query", `{"filter":{"property":"Secret plan","select":{"equals":"hunter2"}}}`, nil)
		assert.Equal(t, 400, r.status)
		assert.Equal(t, "Could not find property with name or id: …", r.x.Problem)
		assert.Equal(t, exchange.Digest("Secret plan"), r.x.Property)
		assert.NotContains(t, fmt.Sprint(r.x), "hunter2")
		assert.NotContains(t, fmt.Sprint(r.x), "Secret")
		r = w.do(t.Context(), "alice", "GET", "/v1/pages/hunter2", "", nil)
		assert.Equal(t, 400, r.status)
		assert.NotContains(t, fmt.Sprint(r.x), "hunter2")
		assert.NotContains(t, fmt.Sprint(r.x), "Secret")
		r = w.do(t.Context(), "alice", "GET", "/v1/data_sources/"+source, "", nil)
		assert.Equal(t, 200, r.status)
		assert.NotZero(t, r.x.Object, "the first id is in every record")
	})
}
