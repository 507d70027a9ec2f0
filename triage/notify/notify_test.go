package notify

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSend_tellsEveryTargetInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		n, stop := run(r.all())
		for _, e := range []Event{event(Opened, "unknown"), event(Changed, "notion-side"), event(Acknowledged, "notion-side"), event(Closed, "notion-side")} {
			n.Send(e)
		}
		synctest.Wait()
		stop()

		assert.Equal(t, []string{"incident.opened", "incident.changed", "incident.acknowledged", "incident.closed"}, r.kinds())
		var actions []any
		for _, d := range r.from("pagerduty") {
			actions = append(actions, d.body["event_action"])
			assert.Equal(t, "notionproxy/a1", d.body["dedup_key"])
		}
		assert.Equal(t, []any{"trigger", "trigger", "acknowledge", "resolve"}, actions)
		assert.Len(t, r.from("slack"), 4)
		for _, s := range n.Status() {
			assert.Equal(t, time.Now(), s.Delivered, s.Target)
			assert.Empty(t, s.Error)
		}
	})
}

func TestSend_saysNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		n, stop := run(r.webhookOnly())
		opened, changed, closed := event(Opened, "unknown"), event(Changed, "notion-side"), event(Closed, "notion-side")
		back := event(Changed, "unknown")
		for _, e := range []Event{opened, opened, changed, changed, opened, back, changed, closed, closed, changed} {
			n.Send(e)
		}
		synctest.Wait()
		stop()
		assert.Equal(t, []string{"incident.opened", "incident.changed", "incident.changed", "incident.changed", "incident.closed"}, r.kinds())
	})
}

// A target that fails gets the message later, one that asks for time later
// still, and what comes after waits for it.
func TestDeliver_triesAgainInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		var done []Delivery
		o := r.webhookOnly()
		o.Done = func(d Delivery) { done = append(done, d) }
		r.then(answers(503), answers(429, "Retry-After", "90"), hangs)
		start := time.Now()
		n, stop := run(o)
		n.Send(event(Opened, "notion-down"))
		n.Send(event(Closed, "notion-down"))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		stop()

		assert.Equal(t, []string{"incident.opened", "incident.closed"}, r.kinds())
		first := r.from("webhook")[0].at.Sub(start)
		assert.GreaterOrEqual(t, first, 90*time.Second+attemptTimeout)
		assert.Less(t, first, 2*time.Minute)
		assert.Equal(t, []Delivery{{"webhook", Opened, "a1", 4, nil}, {"webhook", Closed, "a1", 1, nil}}, done)
	})
}

func TestDeliver_givesUp(t *testing.T) {
	for name, test := range map[string]struct {
		answer   func(http.ResponseWriter, *http.Request)
		after    time.Duration // at most
		attempts int           // at least
	}{
		"at once when refused for good":  {answers(403), 0, 1},
		"at once when redirected":        {answers(302, "Location", "https://elsewhere.example/"), 0, 1},
		"after an hour of failures":      {answers(500), giveUpAfter, 17},
		"after an hour of being put off": {answers(429, "Retry-After", "86400"), giveUpAfter, 4},
		"after an hour of silence":       {hangs, giveUpAfter + attemptTimeout, 10},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newReceiver(t)
			for range 100 {
				r.then(test.answer)
			}
			var lost []Delivery
			var at time.Time
			o := r.webhookOnly()
			o.Done = func(d Delivery) { lost, at = append(lost, d), time.Now() }
			start := time.Now()
			n, stop := run(o)
			n.Send(event(Opened, "notion-down"))
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			stop()
			require.Len(t, lost, 1, name)
			assert.Error(t, lost[0].Err, name)
			assert.LessOrEqual(t, at.Sub(start), test.after, name)
			assert.GreaterOrEqual(t, lost[0].Attempts, test.attempts, name)
			assert.Equal(t, 1, n.Status()[0].Lost, name)
		})
	}
}

// A target that hangs keeps nobody waiting, and no more than so many messages;
// the ones that open and close incidents stay.
func TestSend_neverWaitsAndIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		n := New(r.webhookOnly()) // nobody delivers yet
		start := time.Now()
		n.Send(event(Opened, "unknown"))
		for i := range 3 * maxQueued {
			n.Send(event(Changed, []string{"notion-side", "notion-down"}[i%2]))
		}
		n.Send(event(Closed, "notion-down"))
		assert.Equal(t, start, time.Now())
		s := n.Status()[0]
		assert.Equal(t, maxQueued, s.Queued)
		assert.Equal(t, 2*maxQueued+2, s.Lost)

		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { n.Run(ctx); close(done) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		cancel()
		<-done
		kinds := r.kinds()
		require.Len(t, kinds, maxQueued)
		assert.Equal(t, "incident.opened", kinds[0])
		assert.Equal(t, "incident.closed", kinds[maxQueued-1])
	})
}

func TestRun_isPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		n, stop := run(r.webhookOnly())
		start := time.Now()
		n.Send(event(Opened, "unknown"))
		for i := range burst + 1 {
			n.Send(event(Changed, []string{"notion-side", "notion-down"}[i%2]))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		stop()
		got := r.from("webhook")
		require.Len(t, got, burst+2)
		assert.Equal(t, start, got[burst-1].at)
		assert.Equal(t, start.Add(everyMessage), got[burst].at)
		assert.Equal(t, start.Add(2*everyMessage), got[burst+1].at)
	})
}

func TestRun_endsWhileATargetHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		r.then(hangs)
		n, stop := run(r.webhookOnly())
		n.Send(event(Opened, "unknown"))
		synctest.Wait()
		start := time.Now()
		stop()
		assert.Equal(t, start, time.Now())
	})
}

func TestTry_saysWhatIsWrongWithEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		o := r.all()
		o.PagerDutyKey = func() string { return "too short" }
		all := New(o).Try(t.Context(), event(Test, ""))
		require.Len(t, all, 3)
		assert.NoError(t, all[0].Err)
		assert.ErrorIs(t, all[1].Err, errNoRoutingKey)
		assert.NoError(t, all[2].Err)
	})
}

type failing struct{}

func (failing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no route to host")
}

func TestErrors_holdNoSecret(t *testing.T) {
	r := newReceiver(t)
	o := r.all()
	o.Transport = failing{}
	for _, d := range New(o).Try(t.Context(), event(Test, "")) {
		assert.ErrorContains(t, d.Err, "telling "+d.Target)
		for _, secret := range []string{"canary", testKey, testSecret, "hooks.slack.example"} {
			assert.NotContains(t, d.Err.Error(), secret)
		}
	}
}

func TestComplaint_showsWordsOnly(t *testing.T) {
	assert.Equal(t, "channel_is_archived", slack{}.complaint([]byte("channel_is_archived\n")))
	assert.Empty(t, slack{}.complaint([]byte("<html>an error page</html>")))
	assert.Equal(t, "Event object is invalid", pagerDuty{}.complaint([]byte(`{"status":"invalid event","message":"Event object is invalid","errors":["x"]}`)))
	assert.Empty(t, pagerDuty{}.complaint([]byte(`{"message":"key 0123"}`)))
}

// A name in Notion must not mention a channel, and the longest text must fit.
func TestSlack_escapesAndFits(t *testing.T) {
	r := newReceiver(t)
	e := event(Opened, "notion-side")
	e.Summary = strings.Repeat("<!channel> & ", 2000)
	all := New(r.all()).Try(t.Context(), e)
	assert.NoError(t, all[0].Err)
	got := r.from("slack")
	require.Len(t, got, 1)
	assert.NotContains(t, got[0].body["text"], "<!channel>")
	section := got[0].body["blocks"].([]any)[1].(map[string]any)["text"].(map[string]any)["text"]
	assert.NotContains(t, section, "<!channel>")
}

// Over a real connection.
func TestTry_reachesAServer(t *testing.T) {
	r := newReceiver(t)
	s := httptest.NewServer(r)
	defer s.Close()
	transport := newTransport(nil)
	defer transport.CloseIdleConnections()
	all := New(Options{
		SlackURL:     func() string { return s.URL + "/services/T000/B000/canary" },
		PagerDutyKey: func() string { return testKey }, PagerDutyURL: s.URL + "/v2/enqueue",
		WebhookURL: s.URL + "/notion", WebhookSecret: func() string { return testSecret },
		Transport: transport,
	}).Try(t.Context(), event(Opened, "notion-side"))
	for _, d := range all {
		assert.NoError(t, d.Err)
	}
	assert.Len(t, r.from("slack"), 1)
}
