package replica

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/limiter"
	"notionproxy/replica/redistest"
)

// A server that is not the one it was may have forgotten calls that count for a
// minute yet. Until then nobody takes its word for what is left: not those who
// knew it before, nor one who comes only then, whom they have to tell.
func TestLend_waitsUntilWhatMayBeForgottenNoLongerCounts(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(s *redistest.Server){
		"another Redis":       func(s *redistest.Server) { s.Kill(); s.Restart() },
		"maybe in a failover": func(s *redistest.Server) { s.Say("DEBUG", "CHANGE-REPL-ID") },
		"one that knows less": func(s *redistest.Server) {
			s.Say("DEBUG", "CHANGE-REPL-ID")
			s.Say("FLUSHALL")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t, "--enable-debug-command", "local")
			o := shortOptions(s.URL())
			o.Timeout = 200 * time.Millisecond
			a, _ := newHearingWith(t, o)
			b, _ := newHearingWith(t, o)
			eventually(t, "both are there", func() bool {
				return a.State().Connected && b.State().Connected && a.State().Live == 2 && b.State().Live == 2
			})
			all := limiter.Demand{Connection: "bot", Calls: 90, Rate: 30, Burst: 1000, Most: 90}
			asked := time.Now()
			require.Equal(t, 90, a.lend(context.Background(), all).Calls)

			lose(s)
			patient := o
			patient.Beat = 500 * time.Millisecond // it leaves the others time to speak
			late, _ := newHearingWith(t, patient)
			var lent sync.WaitGroup
			for _, g := range []*Group{a, b, late} {
				lent.Go(func() {
					since := lendsAgain(t, g)
					assert.GreaterOrEqual(t, since.Sub(asked), shortMinute+o.Lease, "the last of them may have left when the loan ended")
				})
			}
			lent.Wait()
			assert.Positive(t, a.lend(context.Background(), all).Calls, "and then it is as before")
		})
	}
}

// lendsAgain is when the first word of the server was taken again.
func lendsAgain(t *testing.T, g *Group) time.Time {
	ask := limiter.Demand{Connection: "bot", Calls: 0, Rate: 30, Burst: 1000, Most: 90}
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if !g.lend(context.Background(), ask).Alone {
			return time.Now()
		}
	}
	assert.Fail(t, "nothing is lent in 15 s")
	return time.Now()
}
