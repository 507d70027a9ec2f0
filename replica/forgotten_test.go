package replica

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/replica/redistest"
)

// A crash in the middle of a minute is known by another name of what the server
// went through. To be emptied, or to throw a budget out, is not.

func TestLend_notWhenTheBudgetWasForgotten(t *testing.T) {
	for what, forget := range map[string]func(*redistest.Server, *Group){
		"thrown out": func(s *redistest.Server, a *Group) {
			s.Say("DEL", a.o.Prefix+"{"+a.name("budget", []byte("bot"))+"}:budget")
		},
		"emptied": func(s *redistest.Server, _ *Group) { s.Say("FLUSHALL") },
	} {
		t.Run(what, func(t *testing.T) {
			s := redistest.Start(t)
			a, b, d, _ := lendersAt(t, s)
			ctx := context.Background()
			assert.Equal(t, 1, a.lend(ctx, d).Calls)
			time.Sleep(a.o.good() + 10*time.Millisecond)
			forget(s, a)

			loan := b.lend(ctx, d)
			assert.Equal(t, 1, loan.Calls, "b cannot know: it never asked before")
			loan = a.lend(ctx, d)
			assert.True(t, loan.Alone, "what was spent is not known")
			assert.False(t, loan.Lost, "a's own word of it is from before")
			loan = b.lend(ctx, d)
			assert.True(t, loan.Alone, "b learns it")
			assert.True(t, loan.Lost, "what it was told is from after")

			eventually(t, "nothing forgotten counts any more", func() bool { return !a.lend(ctx, d).Alone && !b.lend(ctx, d).Alone })
		})
	}
}

func TestLend_goesOnWhenTheBudgetWasLetGo(t *testing.T) {
	s := redistest.Start(t)
	a, _, d, _ := lendersAt(t, s)
	ctx := context.Background()
	assert.Equal(t, 1, a.lend(ctx, d).Calls)
	time.Sleep(a.o.span())
	s.Say("DEL", a.o.Prefix+"{"+a.name("budget", []byte("bot"))+"}:budget") // as it does after a minute and some seconds
	assert.Equal(t, 1, a.lend(ctx, d).Calls)
}

func TestMeet_whoIsCutOffIsMissingInAnEmptiedRedis(t *testing.T) {
	s := redistest.Start(t)
	o := shortOptions(s.URL())
	w := newWire(t, s.Addr())
	away := o
	away.URL = w.URL()
	a, b, c := newMember(t, o), newMember(t, o), newMember(t, away)
	eventually(t, "all are there", func() bool { return together([]*member{a, b, c}) })

	w.Cut(true)
	eventually(t, "one is missing", func() bool { return a.group.State().Missing == 1 })
	s.Say("FLUSHALL")
	eventually(t, "the server is believed again", func() bool {
		x, y := a.group.State(), b.group.State()
		return x.Connected && y.Connected && x.Live == 2 && y.Live == 2
	})
	assert.Equal(t, 1, a.group.State().Missing, "it goes on with its part, which nobody else may have")

	// One that comes after all that knows nothing of this.
	late := newMember(t, o)
	eventually(t, "it is there", func() bool { return late.group.State().Live == 3 })
	assert.Equal(t, 1, late.group.State().Missing)
	w.Cut(false)
	eventually(t, "all are there again", func() bool { return a.group.State().Live == 4 && a.group.State().Missing == 0 })
}
