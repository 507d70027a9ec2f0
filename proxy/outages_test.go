package proxy_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/notiontest"
	"notionproxy/upstream"
)

// A shelf is what outlives a proxy.
type shelf struct {
	body  []byte
	times int
}

func (s *shelf) Status(context.Context, string) (body []byte, at time.Time, ok bool) {
	return s.body, time.Now(), s.times > 0
}

func (s *shelf) KeepStatus(_ string, body []byte, _ time.Time) { s.body, s.times = body, s.times+1 }

// down is how many connections the next process takes to be down for reads of
// content.
func (s *shelf) down(t *testing.T) int {
	t.Helper()
	w := newWorld(t, notiontest.Options{})
	defer w.close()
	w.options.Statuses = &shelf{s.body, s.times}
	w.start()
	return w.proxy.Breakers()["content"][upstream.Down]
}

func TestOutages_areKeptWhenTheyBeginAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := newWorld(t, notiontest.Options{}), &shelf{}
		defer w.close()
		w.options.Statuses = s
		w.start()
		page := w.notion.CreatePage(w.workspaces["home"], "Plans", nil)
		get := func() {
			w.do(t.Context(), "alice", http.MethodGet, "/v1/pages/"+page, "", http.Header{"Cache-Control": {"max-age=0"}})
			synctest.Wait()
		}
		get()
		assert.Zero(t, s.times, "nothing has turned")

		mend := w.notion.Fault(notiontest.Fault{Kind: notiontest.FaultStatus, Status: 503, Code: "service_unavailable"})
		for w.proxy.Breakers()["content"][upstream.Down] == 0 {
			time.Sleep(time.Second)
			get()
		}
		began := s.times
		assert.Positive(t, began)
		assert.Equal(t, 1, s.down(t))
		for range 40 { // a probe is among them
			time.Sleep(time.Second)
			get()
		}
		assert.Greater(t, s.times, began, "a probe confirmed it")
		assert.Equal(t, 1, s.down(t))

		mend()
		for range 40 {
			time.Sleep(time.Second)
			get()
		}
		assert.Zero(t, s.down(t))
	})
}

func TestOutages_thatAnotherReplicaFoundOutAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := newWorld(t, notiontest.Options{}), &shelf{}
		defer w.close()
		w.options.Statuses = s
		w.start()
		w.proxy.HearBreaker("bot", "content", true)
		assert.Equal(t, 1, s.down(t))
		w.proxy.HearBreaker("bot", "content", false)
		assert.Zero(t, s.down(t))
	})
}
