package proxy_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/exchange"
	"notionproxy/notiontest"
)

// Notion gives no more than so many rows for one query, and says so in the last
// page's body, where few look. The proxy says it in a header, on stored answers
// too.
func TestRead_aListThatNotionCutShortSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{Seed: 1, RateLimit: -1, QueryCap: 3})
		defer w.close()
		_, ds := w.notion.CreateDatabase(w.workspaces["home"], "Table", notiontest.Column{Name: "Name", Type: "title"})
		for i := range 5 {
			w.notion.CreatePage(ds, fmt.Sprint(i), nil)
		}
		query := func(body string) *reply {
			a := w.do(context.Background(), "alice", "POST", "/v1/data_sources/"+ds+"/query", body, nil)
			require.Equal(t, 200, a.status, a.body)
			return a
		}
		first := query(`{"page_size":2}`)
		assert.Empty(t, first.header.Get("Notionproxy-Incomplete"))
		list, err := rowsOf(first.body)
		require.NoError(t, err)
		last := fmt.Sprintf(`{"page_size":2,"start_cursor":%q}`, list.NextCursor)
		for _, outcome := range []exchange.Outcome{exchange.Miss, exchange.Hit} {
			a := query(last)
			assert.Equal(t, outcome, a.x.Outcome)
			assert.Equal(t, "query_result_limit_reached", a.header.Get("Notionproxy-Incomplete"))
			assert.Contains(t, a.body, `"incomplete_reason":"query_result_limit_reached"`)
		}
	})
}
