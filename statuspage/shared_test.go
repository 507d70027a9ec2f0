package statuspage

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// A board is what replicas know together.
type board struct {
	mu      sync.Mutex
	body    []byte
	at      time.Time
	claimed time.Time // until
	broken  bool      // it knows nothing, and lets everybody read
}

func (b *board) StatusPage(context.Context) (body []byte, ago time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.body, time.Since(b.at), b.body != nil && !b.broken
}

func (b *board) ClaimStatusPage(_ context.Context, within time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Now().Before(b.claimed) && !b.broken {
		return false
	}
	b.claimed = time.Now().Add(within)
	return true
}

func (b *board) TellStatusPage(_ context.Context, body []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.body, b.at = body, time.Now()
}

func TestShared_oneReadsForAll(t *testing.T) {
	for name, c := range map[string]struct {
		broken      bool
		least, most int
	}{
		"together":   {false, 55, 90},
		"each alone": {true, 170, 190},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &board{broken: c.broken}
				ctx, stop := context.WithCancel(t.Context())
				asked := 0
				var all []*Watcher
				var pages []*page
				for range 3 {
					p := &page{status: 200, contentType: "application/json", body: allClear}
					w := New(Options{Transport: p, Shared: b})
					all, pages = append(all, w), append(pages, p)
					go w.Run(ctx)
				}
				time.Sleep(time.Hour)
				for _, w := range all {
					assert.Equal(t, Clear, w.Reading(time.Now()).Verdict)
					assert.Less(t, time.Since(w.Reading(time.Now()).At), 3*time.Minute)
				}
				stop()
				synctest.Wait()
				for _, p := range pages {
					asked += p.asked
				}
				assert.GreaterOrEqual(t, asked, c.least)
				assert.LessOrEqual(t, asked, c.most)
			})
		})
	}
}

func TestShared_aPageThatMakesNoSenseIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{body: []byte("{}"), at: time.Now()}
		p := &page{status: 200, contentType: "application/json", body: allClear}
		w := New(Options{Transport: p, Shared: b})
		w.poll(t.Context())
		assert.Equal(t, Clear, w.Reading(time.Now()).Verdict)
		assert.Equal(t, 1, p.asked)
	})
}

func TestShared_nobodyReadsWhileAnotherDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{claimed: time.Now().Add(timeout)}
		p := &page{status: 200, contentType: "application/json", body: allClear}
		w := New(Options{Transport: p, Shared: b})
		w.poll(t.Context())
		assert.Zero(t, p.asked)
		assert.NoError(t, w.Reading(time.Now()).Err)
		time.Sleep(timeout)
		w.poll(t.Context())
		assert.Equal(t, 1, p.asked, "if that one came to nothing, another does")
	})
}
