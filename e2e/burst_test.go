package e2e

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/notiontest"
)

func TestSDK_80AtOnce(t *testing.T) {
	need(t, node, sdkModule)
	t.Parallel()
	for _, r := range readAtOnce(t, 80) {
		assert.Empty(t, r.Error)
		assert.Equal(t, []int{200}, r.Statuses)
	}
}

// The budget is 171 calls a minute, so this takes more than two of them. What
// the proxy cannot serve within the time that clients wait it refuses with a
// time at which it can.
func TestSDK_400AtOnce(t *testing.T) {
	if os.Getenv("NOTIONPROXY_LONG") != "1" {
		t.Skip("takes three minutes: set NOTIONPROXY_LONG=1")
	}
	need(t, node, sdkModule)
	t.Parallel()
	attempts := map[int]int{}
	for _, r := range readAtOnce(t, 400) {
		assert.Empty(t, r.Error, "told to wait %v", r.Waits)
		attempts[len(r.Statuses)]++
	}
	t.Logf("calls by their attempts: %v", attempts)
}

// readAtOnce has the SDK read so many different pages at once, through a proxy
// with the default settings, in front of a Notion with the default limit.
func readAtOnce(t *testing.T, count int) []reply {
	n := notiontest.New(notiontest.Options{Seed: 4})
	w := makeWorld(n)
	pages := w.makePages(n, "One of many", count)
	p := startProxy(t, serve(t, n), nil)
	client := startSDK(t, p.url)

	start := time.Now()
	replies := client.readAll(pages)
	t.Logf("%d reads took %v", count, time.Since(start).Round(100*time.Millisecond))
	assert.Zero(t, limited(n), "429s from Notion")
	assert.Equal(t, count, n.Calls("pages.retrieve"))
	return replies
}
