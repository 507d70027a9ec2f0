package e2e

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

func TestMCP_listsAndReadsThroughTheProxy(t *testing.T) {
	need(t, node, mcpModule)
	t.Parallel()
	n := notiontest.New(notiontest.Options{Seed: 6, SearchLag: -1})
	w := makeWorld(n)
	p := startProxy(t, serve(t, n), nil)
	m := startMCP(t, p.url)
	m.initialize()
	assert.Subset(t, m.tools(), []string{"API-post-search", "API-retrieve-a-page", "API-get-block-children", "API-query-data-source"})

	uses := []struct {
		tool      string
		args      map[string]any
		operation string
		outcome   string
		want      []string // stands in what the model reads
	}{
		{"API-post-search", map[string]any{"query": "Harbour plans"}, "search", "miss", []string{w.Page}},
		{"API-retrieve-a-page", map[string]any{"page_id": w.Page}, "pages.retrieve", "miss", []string{w.Page, "Harbour plans"}},
		{"API-retrieve-a-page", map[string]any{"page_id": w.Page}, "pages.retrieve", "hit", []string{w.Page, "Harbour plans"}},
		{"API-get-block-children", map[string]any{"block_id": w.Page}, "blocks.children.list", "miss", []string{"Seeded."}},
		{"API-query-data-source", map[string]any{"data_source_id": w.Source, "page_size": 2}, "data_sources.query", "miss", []string{"Row 000", "Row 001", "next_cursor"}},
		{"API-patch-page", map[string]any{"page_id": w.Rows[0].ID, "in_trash": true}, "pages.update", "pass", []string{w.Rows[0].ID}},
		{"API-query-data-source", map[string]any{"data_source_id": w.Source, "page_size": 2}, "data_sources.query", "miss", []string{"Row 001", "Row 002"}},
		{"API-retrieve-a-page", map[string]any{"page_id": w.Rows[1].ID[:35] + "x"}, "pages.retrieve", "pass", []string{"validation_error", "should be a valid uuid"}},
	}
	count := map[string]int{}
	for _, use := range uses {
		text := m.use(use.tool, use.args)
		assert.True(t, json.Valid([]byte(text)), text)
		for _, want := range use.want {
			assert.Contains(t, text, want)
		}
		way := use.operation + " " + use.outcome
		count[way]++
		for _, l := range p.log.wait(t, count[way], way, answered(use.operation, use.outcome)) {
			assert.Contains(t, l.Client, "notion-mcp-server")
		}
	}
	require.Equal(t, 2, n.Calls("data_sources.query"))
	assert.Equal(t, 2, n.Calls("pages.retrieve"), "the second of the same was a hit")
}
