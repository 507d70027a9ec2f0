package cache

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notion"
)

func shows(n int) []notion.Tag { return []notion.Tag{{Role: notion.Shows, ID: id(n)}} }

func nobody(Question) bool    { return false }
func everybody(Question) bool { return true }

// told is a notice about page n of something that happened then and was told
// of later.
func told(n int, at, arrived time.Duration) Notice {
	return Notice{Workspace: "home", Tags: shows(n), At: start.Add(at), Arrived: start.Add(arrived)}
}

func TestNotice_whatItMakesUntrue(t *testing.T) {
	for _, x := range []struct {
		what   string
		born   time.Duration
		notice Notice
		stays  bool
	}{
		{"asked for before it happened", -time.Hour, told(1, 0, time.Minute), false},
		{"asked for since, and before it arrived", 30 * time.Second, told(1, 0, time.Minute), false},
		{"asked for two minutes after it happened, before it arrived", 2 * time.Minute, told(1, 0, 5*time.Minute), true},
		{"asked for just before that", 2*time.Minute - time.Second, told(1, 0, 5*time.Minute), false},
		{"asked for as it arrived", time.Minute, told(1, 0, time.Minute), false},
		{"asked for after it arrived", time.Minute + time.Second, told(1, 0, time.Minute), true},
		{"an old event, told again", 10 * time.Minute, told(1, 0, time.Hour), true},
		{"a clock that is ahead", 0, told(1, time.Hour, time.Minute), false},
		{"something else", 0, told(2, 0, time.Minute), true},
		{"another workspace", 0, Notice{Workspace: "other", Tags: shows(1), At: start, Arrived: start}, true},
		{"all of the workspace", 0, Notice{Workspace: "home", All: true, At: start, Arrived: start.Add(time.Second)}, false},
		{"all of another", 0, Notice{Workspace: "other", All: true, At: start, Arrived: start.Add(time.Second)}, true},
	} {
		s := New(Options{MaxBytes: 1 << 20, Workspace: func(Owner) string { return "home" }})
		a := answer(t, alice, 1, 100, start.Add(x.born))
		require.True(t, s.Put(a))
		s.Notice(x.notice, nobody)
		_, stays := s.Peek(a.Question, start.Add(time.Hour))
		assert.Equal(t, x.stays, stays, x.what)
		check(t, s)

		s = New(Options{MaxBytes: 1 << 20, Workspace: func(Owner) string { return "home" }})
		require.True(t, s.Put(a))
		s.Notice(x.notice, everybody)
		f, kept := s.Peek(a.Question, start.Add(time.Hour))
		require.True(t, kept, "%s: what is asked for anew is kept for trouble", x.what)
		until := x.notice.Arrived
		if x.stays || until.After(a.Born.Add(time.Minute)) {
			until = a.Born.Add(time.Minute)
		}
		assert.Equal(t, until, f.FreshUntil, x.what)
	}
}

// What is kept beyond memory, and in the memory of other replicas, is hit by the
// same events.
func TestNotice_isPassedOn(t *testing.T) {
	for _, x := range []struct {
		what          string
		born          time.Duration
		notice        Notice
		hits, suspect bool
	}{
		{"asked for before it happened", -time.Hour, told(1, 0, time.Minute), true, false},
		{"asked for since, and before it arrived", 30 * time.Second, told(1, 0, time.Minute), true, false},
		{"asked for two minutes after it happened", 2 * time.Minute, told(1, 0, 5*time.Minute), false, false},
		{"an old event, told again", 10 * time.Minute, told(1, 0, time.Hour), false, false},
		{"something else", 0, told(2, 0, time.Minute), false, false},
		{"another workspace", 0, Notice{Workspace: "other", Tags: shows(1), At: start, Arrived: start}, false, false},
		{"all that is known is that something happened", 0, Notice{Workspace: "home", All: true, At: start, Arrived: start}, true, true},
		{"and that it did long ago", 3 * time.Minute, Notice{Workspace: "home", All: true, At: start, Arrived: start.Add(time.Hour)}, false, false},
		{"something happened elsewhere", 0, Notice{Workspace: "other", All: true, At: start, Arrived: start}, false, false},
		{"nobody knows where", 0, Notice{All: true, At: start, Arrived: start}, true, true},
	} {
		home := func(Owner) string { return "home" }
		kept := &shelf{records: map[Key]*Record{}}
		s, other := New(Options{MaxBytes: 1 << 20, Workspace: home, Backing: kept}), New(Options{MaxBytes: 1 << 20, Workspace: home})
		a := answer(t, alice, 1, 100, start.Add(x.born))
		require.True(t, s.Put(a))
		require.True(t, other.Put(a))
		s.Notice(x.notice, nobody)
		require.Len(t, kept.drops, 1, x.what)
		d := kept.drops[0]
		assert.Equal(t, x.hits, d.Hits(kept.records[a.Question.Key], Holder{Owner: alice, Workspace: "home"}), x.what)
		assert.Equal(t, !x.notice.All, d.Certain, x.what)

		other.Hear(d)
		f, stays := other.Peek(a.Question, start.Add(time.Hour))
		assert.Equal(t, !x.hits || x.suspect, stays, x.what)
		assert.Equal(t, x.suspect, f.Suspect, x.what)
		check(t, other)
	}
}

// Where all of a workspace may be untrue, whoever may belong to it is concerned:
// what is stored, under way, and comes from a backing that knows no more.
func TestNotice_allOfAWorkspace(t *testing.T) {
	for whose, c := range map[string]struct {
		workspace string
		concerned bool
	}{"its own": {"home", true}, "another's": {"away", false}, "nobody knows": {"", true}} {
		lost := Notice{Workspace: "home", All: true, At: start, Arrived: start.Add(time.Second)}
		in := Options{MaxBytes: 1 << 20, Workspace: func(Owner) string { return c.workspace }, Trusted: func(Owner, time.Time) bool { return true }}
		for how, learn := range map[string]func(*Store){
			"told":  func(s *Store) { s.Notice(lost, nobody) },
			"heard": func(s *Store) { s.Hear(lost.drop()) },
		} {
			s := New(in)
			stored, late, next := answer(t, alice, 1, 100, start), answer(t, alice, 2, 100, start), answer(t, alice, 3, 100, start.Add(time.Minute))
			require.True(t, s.Put(stored))
			late.Ticket = s.Begin()
			learn(s)
			f, kept := s.Peek(stored.Question, start)
			assert.Equal(t, c.concerned, !kept || f.Suspect, "%s, %s", whose, how)
			assert.Equal(t, c.concerned, s.Overtaken(late.Ticket, alice), "%s, %s", whose, how)
			assert.Equal(t, c.concerned, !s.Put(late), "%s, %s", whose, how)

			next.Ticket = s.Begin()
			require.True(t, s.Put(next))
			f, _ = s.Peek(next.Question, start)
			assert.Equal(t, c.concerned, f.FreshUntil.Sub(f.Born) == time.Minute, "%s, %s: the event may precede what the API shows", whose, how)
			check(t, s)
		}
	}
}

// An event while an entry is on its way from the disk, or from Redis, counts.
func TestNotice_duringARecall(t *testing.T) {
	for what, arrived := range map[string]time.Duration{
		"of just now": time.Second, "that comes late": 10 * time.Minute,
	} {
		a := answer(t, alice, 1, 100, start)
		s, kept := restarted(t, func(s *Store) { require.True(t, s.Put(a)) })
		kept.records[a.Question.Key].FreshUntil = start.Add(time.Hour)
		s.Configure(Options{MaxBytes: 1 << 20, Policies: Policies{notion.Content: {Fresh: time.Hour, Keep: 24 * time.Hour}}}, start)
		kept.loading = func() { s.Notice(told(1, 0, arrived), nobody) }
		now := start.Add(arrived)
		s.Recall(t.Context(), a.Question, "", now)
		f, ok := s.Peek(a.Question, now)
		assert.False(t, ok && f.Fresh(now, NoWants()), what)
	}
}

// Tokens whose workspace is not known may belong to the one that is told of.
func TestNotice_concernsThoseWhoseWorkspaceIsNotKnown(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	a := answer(t, alice, 1, 100, start)
	require.True(t, s.Put(a))
	s.Notice(told(1, 0, time.Minute), nobody)
	_, stays := s.Peek(a.Question, start.Add(time.Minute))
	assert.False(t, stays)
}

// A read that is under way as an event arrives may not show the change: it is
// not stored, and nobody who comes later joins it.
func TestNotice_whatIsUnderWay(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	ticket := s.Begin()
	s.Notice(told(1, 0, time.Second), everybody)
	assert.True(t, s.Overtaken(ticket, alice))
	a := answer(t, alice, 1, 100, start)
	a.Ticket = ticket
	assert.False(t, s.Put(a))
	b := answer(t, alice, 2, 100, start)
	b.Ticket = ticket
	assert.True(t, s.Put(b), "it is about another page")
	a.Ticket = s.Begin()
	assert.True(t, s.Put(a), "it left after the event")

	ticket = s.Begin()
	s.Notice(told(2, -time.Hour, time.Minute), nobody)
	assert.False(t, s.Overtaken(ticket, alice), "an old event is no news for what left a moment ago")
}

func TestTrust_freshForTenMinutesWhereEventsWouldTell(t *testing.T) {
	trusted := true
	s := New(Options{MaxBytes: 1 << 20, Trusted: func(o Owner, born time.Time) bool { return trusted && o == alice && !born.Before(start) }})
	put := func(o Owner, n int, op string, born time.Duration) Question {
		a := answer(t, o, n, 100, start.Add(born))
		a.Op, a.Ticket = operation(t, op), s.Begin()
		require.True(t, s.Put(a))
		return a.Question
	}
	fresh := func(q Question) time.Duration {
		f, ok := s.Peek(q, start)
		require.True(t, ok)
		return f.FreshUntil.Sub(f.Born)
	}
	page := put(alice, 1, "pages.retrieve", 0)
	assert.Equal(t, 10*time.Minute, fresh(page))
	assert.Equal(t, 10*time.Minute, fresh(put(alice, 2, "data_sources.query", 0)))
	assert.Equal(t, 10*time.Minute, fresh(put(alice, 3, "databases.query", 0)))
	assert.Equal(t, time.Minute, fresh(put(alice, 4, "blocks.children.list", 0)))
	assert.Equal(t, time.Minute, fresh(put(bob, 1, "pages.retrieve", 0)), "another bot's token")
	linked := answer(t, alice, 9, 100, start)
	linked.Page.LinkExpiry = start.Add(12 * time.Minute)
	require.True(t, s.Put(linked))
	assert.Equal(t, 12*time.Minute-LinkMargin, fresh(linked.Question), "no longer than its links are good")
	assert.Equal(t, time.Minute, fresh(put(alice, 8, "pages.retrieve", -time.Second)), "asked for before events were trusted")
	trusted = false
	assert.Equal(t, time.Minute, fresh(page), "trust has ended")
	trusted = true

	s.Notice(told(1, 0, time.Second), everybody)
	assert.Equal(t, time.Second, fresh(page), "an event told of it")
	s.Notice(told(5, 0, time.Second), nobody)
	assert.Equal(t, time.Minute, fresh(put(alice, 5, "pages.retrieve", 2*time.Minute-time.Second)), "the event may precede what the API shows")
	assert.Equal(t, 10*time.Minute, fresh(put(alice, 5, "pages.retrieve", 2*time.Minute)))
	s.Notice(Notice{Workspace: "", All: true, At: start.Add(3 * time.Minute), Arrived: start.Add(3 * time.Minute)}, nobody)
	assert.Equal(t, time.Minute, fresh(put(alice, 6, "pages.retrieve", 4*time.Minute)), "nobody knows what was told")
	assert.Equal(t, 10*time.Minute, fresh(put(alice, 6, "pages.retrieve", 5*time.Minute)))

	s.Notice(told(7, time.Hour, 6*time.Minute), nobody) // by a clock that is ahead
	assert.Equal(t, 10*time.Minute, fresh(put(alice, 7, "pages.retrieve", 8*time.Minute)))

	s.Hear(told(10, 6*time.Minute, 6*time.Minute).drop()) // by another replica
	assert.Equal(t, time.Minute, fresh(put(alice, 10, "pages.retrieve", 7*time.Minute)))
	s.Hear(Notice{All: true, At: start.Add(9 * time.Minute), Arrived: start.Add(9 * time.Minute)}.drop())
	assert.Equal(t, time.Minute, fresh(put(alice, 11, "pages.retrieve", 10*time.Minute)))
}

// Of more workspaces than can be remembered it counts for all that something
// happened in one.
func TestNoticed_losesAreBounded(t *testing.T) {
	x := newNoticed()
	near := func(workspace string) bool { return x.near(nil, start.Add(time.Minute), workspace) }
	for n := range maxLosses {
		x.note(Notice{Workspace: fmt.Sprint(n), All: true, At: start})
	}
	x.note(Notice{Workspace: "0", All: true, At: start})
	assert.True(t, near("0") && near("999") && near(""))
	assert.False(t, near("home"))
	x.note(Notice{Workspace: "one more", All: true, At: start.Add(-time.Hour)})
	assert.LessOrEqual(t, len(x.losses), maxLosses)
	assert.True(t, near("0") && near("home") && near("one more"))
	assert.False(t, x.near(nil, start.Add(2*time.Minute), "home"))
}

// What is forgotten of events counts as told of everything.
func TestNoticed_isBounded(t *testing.T) {
	x := newNoticed()
	for n := range maxNoticed + 1 {
		x.note(told(n, 0, 0))
	}
	assert.Equal(t, maxNoticed, x.byTag.Len())
	assert.True(t, x.near(shows(maxNoticed+5), start.Add(time.Minute), "home"))
	assert.False(t, x.near(shows(maxNoticed+5), start.Add(2*time.Minute), "home"))
}
