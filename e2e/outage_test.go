package e2e

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// What a client sees of the cache, and the log beside it: the first read, the
// second, the same read by several at once, and an outage from its beginning
// to its end.
func TestCache_showsInAnswersAndLog(t *testing.T) {
	need(t, node, sdkModule)
	t.Parallel()
	n := notiontest.New(notiontest.Options{Seed: 2})
	w := makeWorld(n)
	p := startProxy(t, serve(t, n), nil)
	client := startSDK(t, p.url)
	c := &cached{t, n, w, p, client}

	known := c.missThenHit()
	c.sharesOneCall()
	c.staysReadable(known)
	c.unknownIsTypedError()
	c.freshWhenMended(known)
}

type cached struct {
	*testing.T
	n *notiontest.Notion
	*world
	*proxy
	*sdk
}

// read reads a page and wants an answer at the first attempt.
func (c *cached) read(what call) reply {
	c.Helper()
	r := c.do(what)
	require.Empty(c, r.Error)
	require.Equal(c, []int{200}, r.Statuses)
	require.NotEmpty(c, r.Headers["cache-status"])
	return r
}

// seen wants an answer's outcome in the log.
func (c *cached) seen(outcome string, atLeast int) []line {
	c.Helper()
	return c.log.wait(c.T, atLeast, outcome, answered("pages.retrieve", outcome))
}

func (c *cached) missThenHit() reply {
	first := c.read(readPage(c.Page))
	assert.NotContains(c, first.Headers, "age")
	assert.Contains(c, first.Headers["cache-status"], "stored")
	miss := c.seen("miss", 1)[0]
	assert.Positive(c, miss.Calls)
	assert.Contains(c, miss.Client, "notionhq-client")

	second := c.read(readPage(c.Page))
	assert.Equal(c, first.Body, second.Body)
	assert.Contains(c, second.Headers["cache-status"], "; hit")
	c.wantAge(second)
	assert.Zero(c, c.seen("hit", 1)[0].Calls)
	assert.Equal(c, 1, c.n.Calls("pages.retrieve"))
	return first
}

// wantAge wants an Age that is a whole number of seconds.
func (c *cached) wantAge(r reply) {
	c.Helper()
	_, err := strconv.ParseUint(r.Headers["age"], 10, 31)
	assert.NoError(c, err, "Age")
}

func (c *cached) sharesOneCall() {
	const clients = 8
	page := c.makePages(c.n, "Shared", 1)[0]
	before := c.n.Calls("pages.retrieve")
	mend := c.n.Fault(notiontest.Fault{Op: "pages.retrieve", Kind: notiontest.FaultDelay, Delay: 2 * time.Second})
	defer mend()
	pages := make([]string, clients)
	for i := range pages {
		pages[i] = page
	}
	replies := c.readAll(pages)
	for _, r := range replies {
		require.Empty(c, r.Error)
		assert.Equal(c, replies[0].Body, r.Body)
	}
	assert.Equal(c, before+1, c.n.Calls("pages.retrieve"))
	for _, l := range c.seen("shared", clients-1) {
		assert.Zero(c, l.Calls)
	}
}

func (c *cached) staysReadable(known reply) {
	c.n.SetTitle(c.Page, "Harbour plans, changed")
	c.n.Fault(notiontest.Fault{Kind: notiontest.FaultEdge, Status: 502})
	for range 3 {
		r := c.read(readPage(c.Page).anew())
		assert.Equal(c, known.Body, r.Body)
		assert.Contains(c, r.Headers["cache-status"], "; detail=", "why it is an old one")
		c.wantAge(r)
	}
	stale := c.seen("stale", 3)
	assert.Positive(c, stale[0].Age)
	assert.Equal(c, 200, stale[0].Status)
	assert.NotEmpty(c, stale[0].UpstreamOutcome)
}

// unknownIsTypedError reads what nobody has read before: the edge's HTML page
// becomes an error that the SDK knows, and would repeat.
func (c *cached) unknownIsTypedError() {
	r := c.do(readPage(c.Home).once())
	assert.Contains(c, r.Error, "APIResponseError service_unavailable")
	assert.NotContains(c, r.Headers, "cf-ray")
}

func (c *cached) freshWhenMended(known reply) {
	c.n.ClearFaults()
	var r reply
	// A breaker asks again after at most a minute.
	require.Eventually(c, func() bool {
		r = c.do(readPage(c.Page).anew().once())
		return r.Error == "" && r.Body != known.Body
	}, 90*time.Second, 200*time.Millisecond, "no fresh answer")
	assert.Contains(c, r.Body, "Harbour plans, changed")
	assert.NotContains(c, r.Headers, "age")
	last := c.seen("miss", 1)
	assert.Equal(c, 200, last[len(last)-1].Status)
}
