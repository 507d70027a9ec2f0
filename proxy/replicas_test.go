package proxy_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache/seal"
	"notionproxy/exchange"
	"notionproxy/notiontest"
	"notionproxy/replica"
)

// A replica that does not hear of the others' writes takes nothing stored for
// true, and serves it where Notion fails.
func TestReplicas_whoIsCutOffAsksNotion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys, err := seal.NewKeys([]byte("0123456789abcdef0123456789abcdef"))
		require.NoError(t, err)
		group, err := replica.New(replica.Options{URL: "redis://127.0.0.1:1", Keys: seal.Ring{keys}})
		require.NoError(t, err)
		require.False(t, group.Current(), "it has heard of nobody yet")
		w := newWorld(t, notiontest.Options{Seed: 1, RateLimit: -1})
		defer w.close()
		w.options.Replicas = group
		page := w.notion.CreatePage(w.workspaces["home"], "Page", nil)
		read := func() *exchange.Exchange {
			return w.do(context.Background(), "alice", "GET", "/v1/pages/"+page, "", nil).x
		}

		for range 3 {
			assert.Equal(t, exchange.Miss, read().Outcome)
		}
		w.notion.Fault(notiontest.Fault{Kind: notiontest.FaultEdge, Op: "pages.retrieve"})
		assert.Equal(t, exchange.Stale, read().Outcome)
	})
}
