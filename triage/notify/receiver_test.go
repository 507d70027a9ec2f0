package notify

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	testKey    = "0123456789abcdef0123456789ABCDEF"
	testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	slackURL   = "https://hooks.slack.example/services/T000/B000/canary"
)

// A receiver stands for Slack, PagerDuty and somebody's webhook: it checks
// what it gets against their documented schemas. It is an http.Handler, and a
// RoundTripper for tests under synctest.
type receiver struct {
	t *testing.T

	mu     sync.Mutex // guards what follows
	got    map[string][]delivered
	script []func(http.ResponseWriter, *http.Request) // what is answered instead, first things first
}

// delivered is a message that was taken.
type delivered struct {
	at     time.Time
	header http.Header
	body   map[string]any
}

func newReceiver(t *testing.T) *receiver {
	return &receiver{t: t, got: map[string][]delivered{}}
}

// then has the next requests answered in other ways.
func (r *receiver) then(answers ...func(http.ResponseWriter, *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.script = append(r.script, answers...)
}

// answers makes an answer with a status, and headers in pairs.
func answers(status int, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

// hangs answers nothing until the caller leaves.
func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func (r *receiver) scripted() func(http.ResponseWriter, *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.script) == 0 {
		return nil
	}
	next := r.script[0]
	r.script = r.script[1:]
	return next
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	assert.NoError(r.t, err)
	if special := r.scripted(); special != nil {
		special(w, req)
		return
	}
	check, known := checks[req.URL.Path]
	if !assert.True(r.t, known, "nobody is at %s", req.URL.Path) {
		return
	}
	assert.Equal(r.t, http.MethodPost, req.Method)
	assert.Equal(r.t, "application/json; charset=utf-8", req.Header.Get("Content-Type"))
	content := check.body(r.t, req, body)
	r.mu.Lock()
	r.got[check.name] = append(r.got[check.name], delivered{time.Now(), req.Header, content})
	r.mu.Unlock()
	w.WriteHeader(check.status)
	_, _ = io.WriteString(w, check.answer)
}

// RoundTrip answers in the calling goroutine's own time.
func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// from is what one of the three has taken.
func (r *receiver) from(name string) []delivered {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]delivered{}, r.got[name]...)
}

// kinds are the kinds of the events that the webhook has taken.
func (r *receiver) kinds() (all []string) {
	for _, d := range r.from("webhook") {
		kind, _ := d.body["type"].(string)
		all = append(all, kind)
	}
	return all
}

// all tells every target through r.
func (r *receiver) all() Options {
	return Options{
		SlackURL:      func() string { return slackURL },
		PagerDutyKey:  func() string { return testKey },
		WebhookURL:    "https://hook.example/notion",
		WebhookSecret: func() string { return testSecret },
		Transport:     r,
	}
}

// webhookOnly tells one target.
func (r *receiver) webhookOnly() Options {
	return Options{WebhookURL: "https://hook.example/notion", Transport: r}
}

// run starts a Notifier; stop ends it and waits.
func run(o Options) (n *Notifier, stop func()) {
	n = New(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		n.Run(ctx)
		close(done)
	}()
	return n, func() {
		cancel()
		<-done
	}
}

// event is one of incident "a1", complete.
func event(kind Kind, classification string) Event {
	at := time.Date(2027, 3, 1, 3, 4, 5, 0, time.UTC)
	e := Event{
		Kind: kind, Incident: "a1", Classification: classification, Severity: "P2",
		Summary: "Notion fails: 40 of 52 calls in 5 minutes", Reasons: []string{"38 answers were 502", "2 took over 60 s"},
		Action: "Leave the application alone", At: at.Add(time.Minute), Started: at,
		Link: "https://proxy.example/triage/incidents/a1",
	}
	if kind == Changed {
		e.Before = "unknown"
	}
	if kind == Closed {
		e.Ended = at.Add(10 * time.Minute)
	}
	return e
}

func TestReceiver_noticesWhatIsWrong(t *testing.T) {
	inner := &testing.T{}
	r := newReceiver(inner)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://x.example/notion", http.NoBody)
	done := make(chan struct{})
	go func() { // it ends its goroutine where it stops a test
		defer close(done)
		r.ServeHTTP(httptest.NewRecorder(), req)
	}()
	<-done
	require.True(t, inner.Failed())
}
