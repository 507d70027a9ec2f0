package proxy_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
	"notionproxy/statuspage"
)

// A statusReply is what a status page answers at a time of the test.
type statusReply func(at time.Duration, r *http.Request) (*http.Response, error)

func says(contentType, body string) statusReply {
	return func(time.Duration, *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	}
}

const (
	saysClear = `{"page":{"updated_at":"2026-01-01T00:00:00Z"},"status":{"indicator":"none"},"components":[{"name":"Notion API","status":"operational"}]}`
	saysDown  = `{"status":{"indicator":"critical"},"components":[{"name":"Notion API","status":"major_outage"}]}`
)

// statusReplies are all ways in which the page lies, hangs or breaks.
var statusReplies = map[string]struct {
	reply statusReply
	shown statuspage.Verdict // "" where it changes
}{
	"refused": {func(time.Duration, *http.Request) (*http.Response, error) {
		return nil, errors.New("connection refused")
	}, statuspage.Unknown},
	"hanging": {func(_ time.Duration, r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}, statuspage.Unknown},
	"HTML": {says("text/html", "<!doctype html><title>Notion</title>"), statuspage.Unknown},
	"500": {func(time.Duration, *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 500, Header: http.Header{"Content-Type": {"application/json"}}, Body: http.NoBody}, nil
	}, statuspage.Unknown},
	"100 MB": {func(time.Duration, *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(io.MultiReader(strings.NewReader(saysDown), io.LimitReader(spaces{}, 100<<20))),
		}, nil
	}, statuspage.Unknown},
	"empty":               {says("application/json", ""), statuspage.Unknown},
	"nonsense":            {says("application/json", `{"status":7,"components":"x"}`), statuspage.Unknown},
	"unchanged for long":  {says("application/json", saysClear), statuspage.Clear}, // a healthy page looks months old
	"critical while fine": {says("application/json", saysDown), statuspage.Trouble},
	"read once, three days ago": {func(at time.Duration, r *http.Request) (*http.Response, error) {
		if at < time.Minute {
			return says("application/json", saysDown)(at, r)
		}
		return nil, errors.New("connection refused")
	}, statuspage.Unknown},
	"flapping": {func(at time.Duration, r *http.Request) (*http.Response, error) {
		if at/time.Minute%2 == 0 {
			return says("application/json", saysDown)(at, r)
		}
		return says("application/json", saysClear)(at, r)
	}, ""},
}

type spaces struct{}

func (spaces) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

const (
	statusStart = 72 * time.Hour   // until then only the page is read
	statusHour  = time.Hour        // of reads; Notion is dead in its third quarter
	statusEach  = 20 * time.Second // between two reads
)

func TestStatusPage_whateverItSaysKnownReadsAreAnswered(t *testing.T) {
	for what, page := range statusReplies {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &statusWorld{world: newWorld(t, notiontest.Options{}), began: time.Now(), reply: page.reply}
				defer s.close()
				s.run()
				if page.shown != "" {
					assert.Equal(t, page.shown, s.watch.Reading(time.Now()).Verdict)
				}
				if what == "critical while fine" || what == "flapping" {
					assert.Positive(t, s.onItsWord)
				} else {
					assert.Zero(t, s.onItsWord)
				}
			})
		})
	}
}

type statusWorld struct {
	*world
	began     time.Time
	reply     statusReply
	watch     *statuspage.Watcher
	onItsWord int
}

// RoundTrip implements http.RoundTripper.
func (s *statusWorld) RoundTrip(r *http.Request) (*http.Response, error) {
	return s.reply(time.Since(s.began), r)
}

func (s *statusWorld) run() {
	s.watch = statuspage.New(statuspage.Options{Transport: s})
	s.options.Incident = s.watch.Concern
	go s.watch.Run(s.t.Context())
	time.Sleep(statusStart)

	page := s.notion.CreatePage(s.workspaces["home"], "Roadmap", nil)
	rare := s.notion.CreatePage(s.workspaces["home"], "Read every 16 minutes", nil)
	require.Equal(s.t, 200, s.get(page).status)
	require.Equal(s.t, 200, s.get(rare).status)
	var dead func()
	concern, changed := s.watch.Concern(), time.Time{}
	for at := time.Duration(0); at < statusHour; at += statusEach {
		time.Sleep(statusEach)
		switch at {
		case statusHour / 2:
			dead = s.notion.Fault(notiontest.Fault{Kind: notiontest.FaultEdge, Status: 502})
		case statusHour * 3 / 4:
			dead()
		}
		s.look(s.get(page))
		if at%(16*time.Minute) == 0 {
			s.look(s.get(rare))
		}
		if is := s.watch.Concern(); is != concern {
			assert.True(s.t, changed.IsZero() || time.Since(changed) >= 2*time.Minute, "the mode changed after %v", time.Since(changed))
			concern, changed = is, time.Now()
		}
	}
}

func (s *statusWorld) get(page string) *reply {
	return s.do(s.t.Context(), "alice", "GET", "/v1/pages/"+page, "", nil)
}

// look wants an answer, and on the page's word alone a young one.
func (s *statusWorld) look(r *reply) {
	assert.Equal(s.t, 200, r.status)
	assert.Less(s.t, r.took, 3200*time.Millisecond)
	if r.x.Detail == "incident" {
		s.onItsWord++
		assert.Less(s.t, r.x.Age, 15*time.Minute)
	}
}
