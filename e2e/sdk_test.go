package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/notiontest"
)

func TestSDK_worksThroughTheProxy(t *testing.T) {
	need(t, node, sdkModule)
	t.Parallel()
	for version, gap := range map[string]time.Duration{"2025-09-03": time.Hour, "2026-03-11": 0} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			n := notiontest.New(notiontest.Options{Seed: 1, SearchLag: -1, StreamGap: gap})
			s := &story{world: makeWorld(n), Version: version, Slow: gap > 0}
			s.scriptErrors(n)
			p := startProxy(t, serve(t, n), nil)
			s.BaseURL = p.url
			s.tell(t)
			assert.Zero(t, limited(n), "429s that pacing could have prevented")
		})
	}
}

// The same story without the proxy: what fails here, too, is not its fault.
func TestSDK_worksWithoutTheProxy(t *testing.T) {
	need(t, node, sdkModule)
	t.Parallel()
	n := notiontest.New(notiontest.Options{Seed: 1, SearchLag: -1, RateLimit: -1})
	s := &story{world: makeWorld(n), Version: "2026-03-11", Direct: true}
	s.scriptErrors(n)
	s.BaseURL = serve(t, n)
	s.tell(t)
}

// limited counts the calls that Notion refused because its budget was spent.
// Scripted refusals do not count.
func limited(n *notiontest.Notion) int {
	count := 0
	for _, c := range n.Log() {
		if c.Status == 429 && c.Fault == "" {
			count++
		}
	}
	return count
}
