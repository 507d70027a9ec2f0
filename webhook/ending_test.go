package webhook

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notion"
)

// What was answered is handed on when the program ends, and where there is no
// time for that, at least that there was something.
func TestReceiver_worksOffWhatItAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, token, 0)
		take := s.r.o.Take
		s.r.o.Take = func(e *notion.Event, at time.Time) {
			time.Sleep(100 * time.Millisecond)
			take(e, at)
		}
		for n := range 1000 {
			require.Equal(t, 200, s.signed(event(fmt.Sprint(n), "page.deleted", n, then.Add(time.Duration(n)*time.Second))))
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		start := time.Now()
		s.r.Run(ctx)
		assert.Equal(t, lastEvents, time.Since(start))
		assert.Len(t, s.taken, 20)
		require.Len(t, s.lost, 1, "one word for all others")
		assert.Equal(t, "w", s.lost[0].event.Workspace)
		assert.Equal(t, then.Add(999*time.Second), s.lost[0].event.At.UTC())
		assert.Zero(t, s.r.Status().Waiting)
	})
}

func TestReceiver_losesNothingWhenItEndsAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, token, 0)
		take := s.r.o.Take
		ctx, stop := context.WithCancel(t.Context())
		s.r.o.Take = func(e *notion.Event, at time.Time) {
			take(e, at)
			if len(s.taken) == 3 {
				stop()
			}
		}
		for n := range 10 {
			require.Equal(t, 200, s.signed(event(fmt.Sprint(n), "page.deleted", n, then)))
		}
		s.r.Run(ctx)
		assert.Len(t, s.taken, 10)
		assert.Empty(t, s.lost)
	})
}
