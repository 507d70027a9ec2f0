package cache

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notion"
)

// A shelf is a Backing that keeps records as they come, and what it was told.
type shelf struct {
	records map[Key]*Record
	drops   []Drop
	edges   []notion.Edge
	used    []Key
	loading func() // while something is loaded
}

func (s *shelf) Load(_ context.Context, w Wanted) (*Record, bool) {
	r := s.records[w.Question.Key]
	if s.loading != nil {
		s.loading()
	}
	return r, r != nil && r.Born.After(w.After)
}
func (s *shelf) Save(r *Record, _ string)                      { s.records[r.Key] = r }
func (s *shelf) Used(_ Owner, key Key)                         { s.used = append(s.used, key) }
func (s *shelf) Drop(d Drop)                                   { s.drops = append(s.drops, d) }
func (s *shelf) Intend(_ context.Context, d Drop) (end func()) { return func() {} }
func (s *shelf) Settle(context.Context)                        {}
func (s *shelf) Learn(edges []notion.Edge)                     { s.edges = append(s.edges, edges...) }
func (s *shelf) Parent(_ context.Context, child notion.ID) (notion.ID, bool) {
	i := slices.IndexFunc(s.edges, func(e notion.Edge) bool { return e.Child == child })
	if i < 0 {
		return notion.ID{}, false
	}
	return s.edges[i].Parent, true
}

// restarted is a store that begins with what another one has kept.
func restarted(t *testing.T, before func(*Store)) (*Store, *shelf) {
	kept := &shelf{records: map[Key]*Record{}}
	before(New(Options{MaxBytes: 1 << 20, Backing: kept}))
	require.NotEmpty(t, kept.records)
	return New(Options{MaxBytes: 1 << 20, Backing: kept}), kept
}

func TestRecall_bringsAChainBack(t *testing.T) {
	born := time.Now()
	first := answer(t, alice, 1, 100, born)
	first.Page.Next, first.Page.Rows = "c1", []notion.ID{id(10), id(11)}
	second := answer(t, alice, 2, 100, born)
	second.Question, second.Page.Rows = first.Question, []notion.ID{id(12)}
	second.Question.Cursor = "c1"
	s, _ := restarted(t, func(s *Store) {
		require.True(t, s.Put(first))
		require.True(t, s.Put(second))
	})
	_, ok := s.Lookup(first.Question, born)
	require.False(t, ok)
	s.Recall(t.Context(), second.Question, "", born)
	for _, q := range []Question{first.Question, second.Question} {
		found, ok := s.Lookup(q, born)
		require.True(t, ok)
		assert.True(t, found.Fresh(born, NoWants()))
		assert.False(t, found.Fresh(born.Add(time.Minute), NoWants()), "as old as it is")
	}
	out, ok := s.Handout(second.Question, born)
	require.True(t, ok, "a client that is half-way through can go on")
	assert.Equal(t, Handout{LastRow: id(11), Position: 2}, Handout{LastRow: out.LastRow, Position: out.Position})
	check(t, s)
}

func TestRecall_whatHappenedMeanwhileCounts(t *testing.T) {
	born := time.Now()
	a := answer(t, alice, 1, 100, born)
	for name, c := range map[string]struct {
		meanwhile     func(*Store)
		kept, suspect bool
	}{
		"nothing":       {func(*Store) {}, true, false},
		"a write":       {func(s *Store) { s.Wrote(Write{Owner: bob, Tags: a.Tags, Certain: true}, born) }, false, false},
		"maybe a write": {func(s *Store) { s.Wrote(Write{Owner: alice, Tags: a.Tags}, born) }, true, true},
		"a refusal":     {func(s *Store) { s.DropNamed(alice, a.Named, "") }, false, false},
		"a purge":       {func(s *Store) { s.Purge(Selection{}, born) }, false, false},
		"heard from another process": {func(s *Store) {
			s.Hear(Drop{Owner: bob, Tags: a.Tags, Certain: true, At: born})
		}, false, false},
		"all is doubted": {func(s *Store) { s.Hear(Drop{Reach: Everyone, At: born}) }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, kept := restarted(t, func(s *Store) { require.True(t, s.Put(a)) })
			kept.loading = func() { c.meanwhile(s) }
			s.Recall(t.Context(), a.Question, "", born)
			found, ok := s.Lookup(a.Question, born)
			require.Equal(t, c.kept, ok)
			assert.Equal(t, c.suspect, ok && found.Suspect)
			check(t, s)
		})
	}
}

func TestRecall_refusesWhatIsNotTheQuestionsOrNotOfThisTime(t *testing.T) {
	born := time.Now()
	a := answer(t, alice, 1, 100, born)
	for name, spoil := range map[string]func(*Record){
		"another owner's":     func(r *Record) { r.Owner = bob },
		"another question's":  func(r *Record) { r.Key = KeyOf("x") },
		"from the future":     func(r *Record) { r.Born = born.Add(time.Second) },
		"past its keep time":  func(r *Record) { r.KeepUntil = born },
		"past today's policy": func(r *Record) { r.Born = born.Add(-25 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			s, kept := restarted(t, func(s *Store) { require.True(t, s.Put(a)) })
			spoil(kept.records[a.Question.Key])
			s.Recall(t.Context(), a.Question, "", born)
			_, ok := s.Lookup(a.Question, born)
			assert.False(t, ok)
		})
	}
}

func TestBacking_isToldOfEverything(t *testing.T) {
	now := time.Now()
	kept := &shelf{records: map[Key]*Record{}}
	s := New(Options{MaxBytes: 1 << 20, Backing: kept})
	a := answer(t, alice, 1, 100, now)
	a.Edges = []notion.Edge{{Child: id(5), Parent: id(6)}}
	require.True(t, s.Put(a))
	require.True(t, s.Put(a))
	assert.Len(t, kept.edges, 1, "what is known is not news")
	s.Lookup(a.Question, now)
	s.Sweep(now)
	s.Sweep(now)
	assert.Equal(t, []Key{a.Question.Key}, kept.used)

	s.DropDead(a.Question, now)
	s.Wrote(Write{Owner: alice, Tags: a.Tags, Certain: true}, now)
	s.Wrote(Write{Owner: alice}, now)
	s.DropNamed(alice, nil, "")
	s.DropNamed(alice, []notion.ID{id(1)}, "")
	s.DropOwner(alice)
	s.Purge(Selection{Operation: "search"}, now)
	require.Len(t, kept.drops, 5, "drops that hit nothing are none")
	assert.Equal(t, a.Question.Key, kept.drops[0].Key)
	assert.Equal(t, "search", kept.drops[4].Which.Operation)

	parent, ok := New(Options{MaxBytes: 1 << 20, Backing: kept}).Parent(t.Context(), id(5))
	assert.True(t, ok)
	assert.Equal(t, id(6), parent)
}

func TestLastWrite_nothingReadRightAfterItIsFreshForLong(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20, LastWrite: start})
	early, later := answer(t, alice, 1, 100, start.Add(time.Second)), answer(t, alice, 2, 100, start.Add(6*time.Second))
	require.True(t, s.Put(early))
	require.True(t, s.Put(later))
	found, _ := s.Lookup(early.Question, start)
	assert.Equal(t, start.Add(5*time.Second), found.FreshUntil)
	found, _ = s.Lookup(later.Question, start)
	assert.Equal(t, start.Add(66*time.Second), found.FreshUntil)
}

func TestStack_asksFartherOnesForWhatIsFresh(t *testing.T) {
	now := time.Now()
	record := func(age time.Duration) *Record {
		return &Record{Key: KeyOf("q"), Born: now.Add(-age), FreshUntil: now.Add(time.Minute - age)}
	}
	w := Wanted{Question: Question{Key: KeyOf("q")}}
	for name, c := range map[string]struct{ near, far, want *Record }{
		"near and fresh":       {record(time.Second), record(0), record(time.Second)},
		"near and stale":       {record(time.Hour), record(time.Second), record(time.Second)},
		"both stale":           {record(time.Hour), record(2 * time.Hour), record(time.Hour)},
		"far only":             {nil, record(time.Hour), record(time.Hour)},
		"near only, and stale": {record(time.Hour), nil, record(time.Hour)},
		"nowhere":              {nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := &shelf{records: map[Key]*Record{}}, &shelf{records: map[Key]*Record{}}
			if c.near != nil {
				near.Save(c.near, "")
			}
			if c.far != nil {
				far.Save(c.far, "")
			}
			got, ok := Stack(near, far).Load(t.Context(), w)
			assert.Equal(t, c.want != nil, ok)
			assert.Equal(t, c.want, got)
		})
	}
}
