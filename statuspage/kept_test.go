package statuspage

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// A shelf is what outlives a Watcher.
type shelf struct {
	what string
	body []byte
	at   time.Time
}

func (s *shelf) Status(_ context.Context, what string) (body []byte, at time.Time, ok bool) {
	return s.body, s.at, s.body != nil && what == s.what
}

func (s *shelf) KeepStatus(what string, body []byte, at time.Time) {
	s.what, s.body, s.at = what, body, at
}

// unread is a Watcher whose page can't be read.
func unread(t *testing.T, o Options) *Watcher {
	t.Helper()
	o.Transport = &page{err: errors.New("connection refused")}
	w := New(o)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	go w.Run(ctx)
	synctest.Wait()
	return w
}

func TestKept_whatWasReadCountsInAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		before := New(Options{Keeper: s, Transport: &page{status: 200, contentType: "application/json", body: statuspageIO}})
		before.poll(t.Context())
		time.Sleep(8 * time.Minute)

		w := unread(t, Options{Keeper: s})
		r := w.Reading(time.Now())
		assert.Equal(t, Trouble, r.Verdict)
		assert.Equal(t, before.Reading(time.Now()).Concerns, r.Concerns)
		assert.Error(t, r.Err, "this process could not read it")
		assert.True(t, w.Concern())
		time.Sleep(2*time.Minute + 1)
		assert.Equal(t, Unknown, w.Reading(time.Now()).Verdict, "it is ten minutes old")
		assert.False(t, w.Concern())
	})
}

func TestKept_whatWasReadNowCountsMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		New(Options{Keeper: s, Transport: &page{status: 200, contentType: "application/json", body: statuspageIO}}).poll(t.Context())
		w := New(Options{Keeper: s, Transport: &page{status: 200, contentType: "application/json", body: allClear}})
		old := *s
		w.poll(t.Context())
		*s = old
		w.recall(t.Context())
		assert.Equal(t, Clear, w.Reading(time.Now()).Verdict)
	})
}

func TestKept_whatAnotherReplicaReadIsKeptToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := &board{}, &shelf{}
		b.TellStatusPage(t.Context(), []byte(statuspageIO))
		told := time.Now()
		time.Sleep(10 * time.Second)
		New(Options{Keeper: s, Shared: b, Transport: &page{err: errors.New("not asked")}}).poll(t.Context())
		assert.True(t, told.Equal(s.at), "with the time at which it was read")
		assert.Equal(t, Trouble, unread(t, Options{Keeper: s}).Reading(time.Now()).Verdict)
	})
}

func TestKept_whatIsOfNoUseIsIgnored(t *testing.T) {
	for name, s := range map[string]func() *shelf{
		"ten minutes old":        func() *shelf { return &shelf{body: []byte(statuspageIO), at: time.Now().Add(-tooOld - 1)} },
		"the clock was set back": func() *shelf { return &shelf{body: []byte(statuspageIO), at: time.Now().Add(time.Second)} },
		"no page":                func() *shelf { return &shelf{body: []byte("{}"), at: time.Now()} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := s()
				s.what = New(Options{}).status()
				w := unread(t, Options{Keeper: s})
				assert.Nil(t, w.Reading(time.Now()).Page)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{what: New(Options{URL: "https://another.test/"}).status(), body: []byte(statuspageIO), at: time.Now()}
		assert.Nil(t, unread(t, Options{Keeper: s}).Reading(time.Now()).Page, "of another page")
	})
}
