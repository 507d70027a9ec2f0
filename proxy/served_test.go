package proxy_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/exchange"
	"notionproxy/notiontest"
)

// What was served in an outage is remembered, to be asked again after it. A
// thousand long questions would take a gigabyte, and what failed once is not to
// take the place of others for ever.
func TestServed_whatIsAskedAgainAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{Seed: 1, RateLimit: -1})
		defer w.close()
		_, ds := w.notion.CreateDatabase(w.workspaces["home"], "Table", notiontest.Column{Name: "Name", Type: "title"})
		query := func(body string) *reply {
			return w.do(context.Background(), "alice", "POST", "/v1/data_sources/"+ds+"/query", body, nil)
		}
		short, long := "{}", "{"+strings.Repeat(" ", 10<<10)+`"page_size":99}`
		const once = `{"page_size":98}`
		for _, body := range []string{short, long, once} {
			require.Equal(t, 200, query(body).status)
		}
		time.Sleep(2 * time.Minute)
		w.notion.Fault(notiontest.Fault{Kind: notiontest.FaultEdge, Status: 404, Op: "data_sources.*", Times: 1})
		require.Equal(t, exchange.Stale, query(once).x.Outcome) // it failed, but there is no outage
		time.Sleep(62 * time.Minute)
		w.notion.Fault(notiontest.Fault{Kind: notiontest.FaultEdge, Op: "data_sources.*"})
		for range 12 {
			require.Equal(t, exchange.Stale, query(short).x.Outcome)
			require.Equal(t, exchange.Stale, query(long).x.Outcome)
			time.Sleep(3 * time.Second)
		}
		w.notion.ClearFaults()
		w.notion.ResetCalls()
		time.Sleep(35 * time.Second)
		assert.Equal(t, 1, w.notion.Calls("data_sources.query"), "the short one, behind everybody's back")
		assert.Equal(t, exchange.Miss, query(once).x.Outcome, "that is long ago")
		assert.Equal(t, exchange.Hit, query(short).x.Outcome)
		assert.Equal(t, exchange.Miss, query(long).x.Outcome)
	})
}

// Notion has only just come back: what was served is asked again by one at a
// time, although the breaker falls and closes once more meanwhile.
func TestServed_isAskedAgainOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{Seed: 1, RateLimit: -1})
		defer w.close()
		_, ds := w.notion.CreateDatabase(w.workspaces["home"], "Table", notiontest.Column{Name: "Name", Type: "title"})
		read := func(from, to int) {
			for i := from; i < to; i++ {
				r := w.do(context.Background(), "alice", "POST", "/v1/data_sources/"+ds+"/query", fmt.Sprintf(`{"page_size":%d}`, i), nil)
				require.Equal(t, 200, r.status)
			}
		}
		read(1, 9)
		time.Sleep(2 * time.Minute)
		hear := func(down bool) {
			w.proxy.HearBreaker(w.bots["alice"]+w.workspaces["home"], "content", down)
			synctest.Wait()
		}
		var mu sync.Mutex
		var at []time.Time
		w.notion.Observe(func(c notiontest.Call) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, c.At)
		})
		w.notion.Fault(notiontest.Fault{Kind: notiontest.FaultDelay, Delay: 2 * time.Second})
		hear(true)
		read(1, 5)
		hear(false)
		hear(true)
		read(5, 9)
		hear(false)
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		require.Len(t, at, 8)
		for i, call := range at[1:] {
			assert.Equal(t, 2*time.Second, call.Sub(at[i]))
		}
	})
}
