package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"notionproxy/notion"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "secret_0123456789abcdefghijklmnopqrstuvwxyz"

// A site is a receiver and what it handed on.
type site struct {
	t      *testing.T
	r      *Receiver
	taken  []taken
	lost   []taken
	report []string
}

type taken struct {
	event   notion.Event
	arrived time.Time
}

func newSite(t *testing.T, secret string, most int) *site {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if secret != "" {
		require.NoError(t, os.WriteFile(path, []byte(secret+"\n"), 0o600))
	}
	file, err := OpenSecretFile(path)
	require.NoError(t, err)
	s := &site{t: t}
	s.r = New(Options{
		Secret: file, MaxQueue: most,
		Take: func(e *notion.Event, at time.Time) { s.taken = append(s.taken, taken{*e, at}) },
		Overlook: func(w string, at, arrived time.Time) {
			s.lost = append(s.lost, taken{notion.Event{Workspace: w, At: at}, arrived})
		},
		Report: func(what string) { s.report = append(s.report, what) },
	})
	return s
}

// send sends a request and returns the status. A signature of "-" is none.
func (s *site) send(method, path string, body []byte, signatures ...string) int {
	s.t.Helper()
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header["X-Notion-Signature"] = signatures
	if len(signatures) == 0 {
		delete(r.Header, "X-Notion-Signature")
	}
	w := httptest.NewRecorder()
	s.r.ServeHTTP(w, r)
	assert.Empty(s.t, w.Body.String(), "an answer says nothing")
	return w.Code
}

func (s *site) signed(body []byte) int {
	s.t.Helper()
	return s.send("POST", Path, body, Sign(body, token))
}

// work hands on all that waits.
func (s *site) work() {
	for i, ok := s.r.queue.next(); ok; i, ok = s.r.queue.next() {
		s.r.work(i)
	}
}

// event is the body of one.
func event(id, sort string, entity int, at time.Time, more ...string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"timestamp":%q,"workspace_id":"w","integration_id":"b","type":%q,"entity":{"id":"11111111-0000-4000-8000-%012d","type":"page"},"data":{%s}}`,
		id, at.UTC().Format("2006-01-02T15:04:05.000Z"), sort, entity, strings.Join(more, ","))
}

var then = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func TestReceiver_takesWhatIsSigned(t *testing.T) {
	s := newSite(t, token, 0)
	assert.Equal(t, 200, s.signed(event("1", "page.created", 1, then)))
	assert.Empty(t, s.taken, "it is answered before it is worked off")
	s.work()
	require.Len(t, s.taken, 1)
	assert.Equal(t, then, s.taken[0].event.At.UTC())
	assert.WithinDuration(t, time.Now(), s.taken[0].arrived, time.Minute)
}

func TestReceiver_knowsTheSignatureOfNotion(t *testing.T) {
	// By openssl: printf '{"a":1}' | openssl dgst -sha256 -hmac secret_key
	assert.Equal(t, "sha256=13b1a2fe7fd4c25a1047ee0c62b2e712ab4c3ad6e97d36a1a14769fe93a7757c", Sign([]byte(`{"a":1}`), "secret_key"))
}

func TestReceiver_wrongSignatures(t *testing.T) {
	body := event("1", "page.created", 1, then)
	good := Sign(body, token)
	var indented bytes.Buffer
	require.NoError(t, json.Indent(&indented, body, "", " "))
	for what, x := range map[string]struct {
		body       []byte
		signatures []string
	}{
		"none":                       {body, nil},
		"empty":                      {body, []string{""}},
		"without a prefix":           {body, []string{strings.TrimPrefix(good, "sha256=")}},
		"another prefix":             {body, []string{strings.Replace(good, "sha256", "sha512", 1)}},
		"short":                      {body, []string{good[:len(good)-2]}},
		"long":                       {body, []string{good + "00"}},
		"upper case":                 {body, []string{strings.ToUpper(good)}},
		"padded":                     {body, []string{" " + good}},
		"twice":                      {body, []string{good, good}},
		"in a list":                  {body, []string{good + ", " + good}},
		"of another token":           {body, []string{Sign(body, token+"x")}},
		"of no token":                {body, []string{Sign(body, "")}},
		"of another body":            {event("2", "page.created", 1, then), []string{good}},
		"of the same, re-serialised": {indented.Bytes(), []string{good}},
		"of a line more":             {append(bytes.Clone(body), '\n'), []string{good}},
		"one digit off":              {body, []string{good[:len(good)-1] + "g"}},
	} {
		s := newSite(t, token, 0)
		assert.Equal(t, 401, s.send("POST", Path, x.body, x.signatures...), what)
		s.work()
		assert.Empty(t, s.taken, what)
		assert.EqualValues(t, 1, s.r.Status().Refused, what)
	}
}

func TestReceiver_isNotThereWithoutASecret(t *testing.T) {
	s := newSite(t, "", 0)
	hands := []byte(`{"verification_token":"` + token + `"}`)
	assert.Equal(t, 404, s.send("POST", Path, hands))
	assert.Equal(t, 404, s.signed(event("1", "page.created", 1, then)))
	assert.Equal(t, 404, s.send("GET", Path, nil))
	s = newSite(t, token, 0)
	assert.Equal(t, 404, s.send("POST", "/", event("1", "page.created", 1, then)))
	assert.Equal(t, 405, s.send("GET", Path, nil))
}

func TestReceiver_handshakeOnceWhileArmed(t *testing.T) {
	s := newSite(t, "", 0)
	hands := []byte(`{"verification_token":"` + token + `"}`)
	require.NoError(t, s.r.Arm(time.Minute))
	assert.False(t, s.r.Status().Armed.IsZero())
	assert.Equal(t, 401, s.send("POST", Path, []byte(`{"verification_token":"short"}`)), "no token of Notion's")
	assert.Equal(t, 401, s.send("POST", Path, []byte(`{"verification_token":7}`)))
	assert.Equal(t, 401, s.send("POST", Path, hands, Sign(hands, token)), "the handshake is not signed")
	body := event("0", "page.created", 1, then)
	assert.Equal(t, 401, s.send("POST", Path, body, Sign(body, "")), "signed with nothing")
	assert.Equal(t, 200, s.send("POST", Path, hands))
	assert.True(t, s.r.Status().Armed.IsZero())
	assert.Equal(t, 401, s.send("POST", Path, []byte(`{"verification_token":"secret_of_somebody_else_who_came_late"}`)), "a second one")
	assert.Equal(t, 200, s.signed(event("1", "page.created", 1, then)))

	path := s.r.o.Secret.Path()
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, token, strings.TrimSpace(string(kept)))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	for _, line := range s.report {
		assert.NotContains(t, line, token)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing else is left lying about")
}

func TestReceiver_armingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, "", 0)
		require.NoError(t, s.r.Arm(DefaultArmed))
		time.Sleep(DefaultArmed)
		assert.Equal(t, 404, s.send("POST", Path, []byte(`{"verification_token":"`+token+`"}`)))
		_, err := os.Stat(s.r.o.Secret.Path())
		assert.ErrorIs(t, err, os.ErrNotExist)
	})
}

// Notion shows a token once: where it can't be kept, none is waited for.
func TestReceiver_noPlaceForTheToken(t *testing.T) {
	dir := t.TempDir()
	file, err := OpenSecretFile(filepath.Join(dir, "made", "for", "it"))
	require.NoError(t, err)
	require.NoError(t, New(Options{Secret: file}).Arm(time.Minute), "the directory is made")

	file, err = OpenSecretFile(filepath.Join(dir, "file", "secret"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	r := New(Options{Secret: file})
	require.ErrorContains(t, r.Arm(time.Minute), "keeping the verification token")
	assert.True(t, r.Status().Armed.IsZero())
}

// A new handshake, when armed, replaces the token: that is how it is rotated.
func TestReceiver_handshakeAnew(t *testing.T) {
	s := newSite(t, token, 0)
	require.NoError(t, s.r.Arm(time.Minute))
	other := "secret_another_one_of_the_same_length_000"
	assert.Equal(t, 200, s.send("POST", Path, []byte(`{"verification_token":"`+other+`"}`)))
	body := event("1", "page.created", 1, then)
	assert.Equal(t, 401, s.signed(body))
	assert.Equal(t, 200, s.send("POST", Path, body, Sign(body, other)))
}

// Another replica may have taken the handshake into a file that both read.
func TestReceiver_readsTheFileAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, "", 0)
		body := event("1", "page.created", 1, then)
		assert.Equal(t, 404, s.signed(body))
		require.NoError(t, os.WriteFile(s.r.o.Secret.Path(), []byte(token), 0o600))
		time.Sleep(lookAgain)
		assert.Equal(t, 200, s.signed(body))
		require.NoError(t, os.WriteFile(s.r.o.Secret.Path(), []byte("half a"), 0o600))
		time.Sleep(lookAgain)
		assert.Equal(t, 200, s.signed(event("2", "page.created", 1, then)), "a file that is no good changes nothing")
	})
}

func TestReceiver_sizes(t *testing.T) {
	s := newSite(t, token, 0)
	fits := append(event("1", "page.created", 1, then), bytes.Repeat([]byte(" "), maxBody)...)[:maxBody]
	assert.Equal(t, 200, s.signed(fits))
	assert.Equal(t, 413, s.signed(append(fits, ' ')))
	s.work()
	assert.Len(t, s.taken, 1)
}

func TestReceiver_replaysAndWhatIsNoEvent(t *testing.T) {
	s := newSite(t, token, 0)
	body := event("1", "page.created", 1, then)
	for range 3 {
		assert.Equal(t, 200, s.signed(body))
		s.work()
	}
	assert.Len(t, s.taken, 1, "nothing happens twice")
	for _, body := range []string{"", "{}", "[1]", "\xff", `{"id":"x"}`} {
		assert.Equal(t, 200, s.signed([]byte(body)))
	}
	s.work()
	assert.Len(t, s.taken, 1)
	status := s.r.Status()
	assert.Equal(t, []int64{8, 2, 5}, []int64{status.Received, status.Repeated, status.Unread})
}

func TestQueue_foldsEventsOfOneObject(t *testing.T) {
	s := newSite(t, token, 0)
	block := func(n int) string {
		return fmt.Sprintf(`"updated_blocks":[{"id":"22222222-0000-4000-8000-%012d"}]`, n)
	}
	s.signed(event("1", "page.content_updated", 1, then.Add(time.Minute), block(1)))
	s.signed(event("2", "page.content_updated", 2, then))
	s.signed(event("3", "page.content_updated", 1, then, block(2))) // an older one, which came later
	s.signed(event("4", "page.deleted", 1, then))
	s.work()
	require.Len(t, s.taken, 3)
	assert.Equal(t, "1", s.taken[0].event.ID)
	assert.Len(t, s.taken[0].event.Blocks, 2)
	assert.Equal(t, then.Add(time.Minute), s.taken[0].event.At.UTC(), "the later time counts")
	assert.Equal(t, "page.deleted", s.taken[2].event.Type, "another type is another event")
	assert.EqualValues(t, 1, s.r.Status().Folded)
}

func TestQueue_whatItHasNoRoomForIsOverlooked(t *testing.T) {
	s := newSite(t, token, 3)
	for n := range 10 {
		assert.Equal(t, 200, s.signed(event(fmt.Sprint(n), "page.created", n, then.Add(time.Duration(n)*time.Second))))
	}
	assert.Equal(t, 4, s.r.Status().Waiting)
	s.work()
	assert.Len(t, s.taken, 3)
	require.Len(t, s.lost, 1)
	assert.Equal(t, "w", s.lost[0].event.Workspace)
	assert.Equal(t, then.Add(9*time.Second), s.lost[0].event.At.UTC())
	assert.EqualValues(t, 7, s.r.Status().Overlooked)
	s.signed(event("x", "page.created", 20, then))
	s.work()
	assert.Len(t, s.taken, 4, "there is room again")
}

func TestQueue_isBoundedWhateverTheWorkspace(t *testing.T) {
	q := newQueue(1)
	for n := range 3 * maxWorkspaces {
		q.push(notion.Event{Workspace: fmt.Sprint(n), At: then}, then)
	}
	assert.LessOrEqual(t, q.length(), 2+maxWorkspaces)
	all := false
	for i, ok := q.next(); ok; i, ok = q.next() {
		all = all || i.lost && i.event.Workspace == ""
	}
	assert.True(t, all, "then all of them may be untrue")
}

// 3,000 events a minute for a minute, and whoever works them off is slower than
// that: every one is answered 200 at once, the queue is bounded, and in the end
// every object has been told of.
func TestReceiver_aFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, token, 0)
		told := map[notion.ID]time.Time{}
		s.r.o.Take = func(e *notion.Event, _ time.Time) {
			time.Sleep(50 * time.Millisecond)
			told[e.Entity] = e.At
		}
		ctx, stop := context.WithCancel(t.Context())
		go s.r.Run(ctx)
		start, last, most := time.Now(), map[string]time.Time{}, 0
		for n := range 3000 {
			body := event(fmt.Sprint(n), "page.content_updated", n*n%700, time.Now())
			e, err := notion.ParseEvent(body)
			require.NoError(t, err)
			last[e.Entity.String()] = e.At
			before := time.Now()
			require.Equal(t, 200, s.signed(body))
			assert.Zero(t, time.Since(before), "an answer waits for nothing")
			most = max(most, s.r.Status().Waiting)
			time.Sleep(20 * time.Millisecond)
		}
		assert.Equal(t, time.Minute, time.Since(start).Round(time.Second))
		time.Sleep(time.Minute)
		assert.Zero(t, s.r.Status().Waiting)
		assert.Less(t, most, 700)
		assert.Len(t, told, len(last))
		for id, at := range told {
			assert.Equal(t, last[id.String()], at, "the last one counts")
		}
		stop()
		synctest.Wait()
	})
}

func TestServer_hasEveryLimit(t *testing.T) {
	s := Server(http.NotFoundHandler())
	assert.NotZero(t, s.ReadHeaderTimeout)
	assert.NotZero(t, s.ReadTimeout)
	assert.NotZero(t, s.WriteTimeout)
	assert.NotZero(t, s.IdleTimeout)
	assert.NotZero(t, s.MaxHeaderBytes)
}
