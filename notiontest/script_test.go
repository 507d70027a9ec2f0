package notiontest_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

func TestFault_savedWriteAnswers503AndIsSaved(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	w.Fault(notiontest.Fault{Kind: notiontest.FaultSaved, Writes: true, Times: 1})

	w.ok("GET", "/v1/pages/"+w.Page, "")
	g := w.do("PATCH", "/v1/pages/"+w.Page, renamed("Saved"))

	assert.Equal(t, 503, g.status)
	assert.Equal(t, "service_unavailable", g.at("code"))
	assert.Equal(t, "55000", g.at("additional_data", "deadline_ms"))
	assert.Equal(t, w.Page, g.at("additional_data", "committed_resource_id"))
	assert.Len(t, g.at("additional_data", "retry_guidance"), 2)
	assert.Equal(t, "Saved", w.Title(w.Page))
}

func TestFault_savedAppendNamesTheChildren(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	before := w.CountChildren(w.Page)
	w.Fault(notiontest.Fault{Kind: notiontest.FaultSaved})
	g := w.do("PATCH", "/v1/blocks/"+w.Page+"/children", `{"children":[{"paragraph":{"rich_text":[]}}]}`)
	assert.Equal(t, 503, g.status)
	assert.Len(t, g.at("additional_data", "committed_child_ids"), 1)
	assert.Equal(t, before+1, w.CountChildren(w.Page))
}

func TestFault_carriedOutOrNotIsTheScripts(t *testing.T) {
	for _, carried := range []bool{false, true} {
		w := newWorld(t, notiontest.Options{})
		w.Fault(notiontest.Fault{Kind: notiontest.FaultReset, Carried: carried})
		g := w.do("PATCH", "/v1/pages/"+w.Page, renamed("Lost"))
		require.ErrorIs(t, g.err, syscall.ECONNRESET)
		assert.Equal(t, carried, w.Title(w.Page) == "Lost")
	}
}

func TestFault_rateLimitSaysWhatTheScriptSays(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	for _, tc := range []struct{ reason, after, wantReason, wantAfter string }{
		{"", "", notiontest.ReasonConnection, "49"},
		{notiontest.ReasonWorkspace, "180", notiontest.ReasonWorkspace, "180"},
		{notiontest.ReasonEndpoint, "1.5", notiontest.ReasonEndpoint, "1.5"},
		{notiontest.ReasonBlocked, "", notiontest.ReasonBlocked, ""},
		{"-", "-", "", ""},
		{"mcp_tool_rate_limit", "Wed, 21 Oct 2026 07:28:00 GMT", "mcp_tool_rate_limit", "Wed, 21 Oct 2026 07:28:00 GMT"},
	} {
		mend := w.Fault(notiontest.Fault{Kind: notiontest.FaultLimit, Reason: tc.reason, RetryAfter: tc.after})
		g := w.do("GET", "/v1/users/me", "")
		assert.Equal(t, 429, g.status)
		assert.Equal(t, tc.wantAfter, g.header.Get("Retry-After"))
		reason, _ := g.at("additional_data", "rate_limit_reason").(string)
		assert.Equal(t, tc.wantReason, reason)
		after, _ := g.at("additional_data", "retry_after").(string)
		assert.Equal(t, tc.wantAfter, after)
		mend()
	}
}

func TestFault_strikesWhatTheScriptNames(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	w.AddToken("ntn_other", w.Bot)
	page, block := "/v1/pages/"+w.Page, "/v1/blocks/"+w.Page
	broken := func(w *world, method, path string) bool { return w.do(method, path, "").status == 500 }
	script := func(f notiontest.Fault) (mend func()) {
		f.Kind = notiontest.FaultStatus
		return w.Fault(f)
	}

	mend := script(notiontest.Fault{Op: "pages.*, search"})
	assert.True(t, broken(w, "GET", page))
	assert.True(t, broken(w, "POST", "/v1/search"))
	assert.False(t, broken(w, "GET", block))
	mend()
	mend = script(notiontest.Fault{Path: "/v1/blocks/*", Method: "GET"})
	assert.True(t, broken(w, "GET", block))
	assert.False(t, broken(w, "PATCH", block))
	assert.False(t, broken(w, "GET", page))
	mend()
	mend = script(notiontest.Fault{Token: "ntn_other"})
	assert.True(t, broken(w.with("ntn_other"), "GET", page))
	assert.False(t, broken(w, "GET", page))
	mend()
	script(notiontest.Fault{After: 1, Times: 2})
	for _, want := range []bool{false, true, true, false} {
		assert.Equal(t, want, broken(w, "GET", page))
	}
	script(notiontest.Fault{})
	w.ClearFaults()
	assert.False(t, broken(w, "GET", page))
}

func TestFault_probabilityFollowsTheSeed(t *testing.T) {
	run := func(seed uint64) (pattern string, hits int) {
		w := newWorld(t, notiontest.Options{Seed: seed, RateLimit: -1})
		w.Fault(notiontest.Fault{Kind: notiontest.FaultStatus, Probability: 0.3})
		for range 200 {
			if w.do("GET", "/v1/users/me", "").status == 500 {
				hits++
				pattern += "x"
			} else {
				pattern += "."
			}
		}
		return pattern, hits
	}
	first, hits := run(7)
	again, _ := run(7)
	other, _ := run(8)
	assert.Equal(t, first, again)
	assert.NotEqual(t, first, other)
	assert.InDelta(t, 60, hits, 25)
}
