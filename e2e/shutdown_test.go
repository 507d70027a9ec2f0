package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// One read and one write are under way, one read waits for the budget: the
// first two are answered, the third is told to come again.
func TestShutdown_finishesWhatIsUnderWay(t *testing.T) {
	need(t, node, sdkModule)
	t.Parallel()
	n := notiontest.New(notiontest.Options{Seed: 5})
	w := makeWorld(n)
	p := startProxy(t, serve(t, n), map[string]string{
		// Two calls may leave at once, the next in about ten seconds.
		"LIMITER_PER_MINUTE": "6",
		"LIMITER_BURST":      "2",
		// The third may reach the program after the signal does: that must
		// make no difference.
		"SHUTDOWN_DELAY": "2s",
	})
	client := startSDK(t, p.url)
	n.Fault(notiontest.Fault{Op: "pages.*", Kind: notiontest.FaultDelay, Delay: 3 * time.Second})

	read := client.send(readPage(w.Page))
	write := client.send(call{Call: "pages.update", Args: map[string]any{"page_id": w.Home, "in_trash": false}})
	require.Eventually(t, func() bool { return n.Calls("pages.*") == 2 }, patience, 10*time.Millisecond)
	queued := client.send(readPage(w.Rows[0].ID).once())
	p.terminate(t)

	refused := <-queued
	assert.Equal(t, []int{http.StatusTooManyRequests}, refused.Statuses)
	assert.Equal(t, "1", refused.Headers["retry-after"])
	assert.Contains(t, refused.Error, "APIResponseError rate_limited")
	for _, finished := range []<-chan reply{read, write} {
		r := <-finished
		assert.Empty(t, r.Error)
		assert.Equal(t, []int{http.StatusOK}, r.Statuses)
	}
	p.waitExit(t)
	assert.Zero(t, p.status(t, "/readyz"), "nobody listens any more")
	assert.Len(t, p.log.that(answered("pages.retrieve", "miss")), 1)
	assert.Len(t, p.log.that(answered("pages.update", "pass")), 1)
	assert.Len(t, p.log.that(answered("pages.retrieve", "refused")), 1)
}
