package cache

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notion"
)

// bots are whose tokens alice's and bob's are.
func bots(o Owner) string { return map[Owner]string{alice: "hers", bob: "his"}[o] }

// stock has three pages and a list for alice, and one page for bob.
func stock(t testing.TB) *Store {
	s := New(Options{MaxBytes: 1 << 20, Bot: bots})
	for n := range 3 {
		require.True(t, s.Put(answer(t, alice, n, 100, start)))
	}
	require.True(t, s.Put(children(t, alice, 7, 2, start)))
	require.True(t, s.Put(answer(t, bob, 2, 100, start)))
	return s
}

// children is what a list of the blocks in block n brought, which shows page
// shown.
func children(t testing.TB, o Owner, n, shown int, at time.Time) Answer {
	a := answer(t, o, 1000+n, 100, at)
	a.Op = operation(t, "blocks.children.list")
	a.Tags = []notion.Tag{{Role: notion.Lists, ID: id(n)}, {Role: notion.Shows, ID: id(shown)}}
	a.Named = []notion.ID{id(n)}
	return a
}

func TestPurge_removesWhatIsMeantAndNothingElse(t *testing.T) {
	for name, c := range map[string]struct {
		which Selection
		gone  int
	}{
		"everything":                {Selection{}, 5},
		"what shows an object":      {Selection{Object: id(2)}, 3},
		"what lists it":             {Selection{Object: id(7)}, 1},
		"an object nobody knows":    {Selection{Object: id(99)}, 0},
		"an operation":              {Selection{Operation: "pages.retrieve"}, 4},
		"an owner":                  {Selection{Owners: []string{"nobody's", hex.EncodeToString(bob[:4])}}, 1},
		"a bot":                     {Selection{Owners: []string{"nobody's"}, Bot: "his"}, 1},
		"another bot":               {Selection{Owners: []string{"nobody's"}, Bot: "nobody's"}, 0},
		"a bot or an owner":         {Selection{Owners: []string{hex.EncodeToString(bob[:4])}, Bot: "hers"}, 5},
		"what a bot has":            {Selection{Bot: "his"}, 1},
		"an object of a bot":        {Selection{Object: id(2), Bot: "hers"}, 2},
		"an object in an operation": {Selection{Object: id(2), Operation: "blocks.children.list"}, 1},
		"an object of an owner":     {Selection{Object: id(2), Owners: []string{"nobody's", hex.EncodeToString(bob[:4])}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := stock(t)
			listed, total := s.Entries(c.which, 0, 10, start)
			assert.Equal(t, c.gone, total, "it lists what it would purge")
			assert.Len(t, listed, c.gone)

			assert.Equal(t, c.gone, s.Purge(c.which, start))
			assert.Equal(t, int64(5-c.gone), s.Stats().Entries)
			assert.Equal(t, int64(c.gone), s.Stats().Purged)
			check(t, s)
		})
	}
}

// Whose a token is that nobody has asked yet, nobody knows: it may be the one
// that is meant.
func TestPurge_byBotTakesThoseThatMayBeIts(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	require.True(t, s.Put(answer(t, alice, 1, 100, start)))
	assert.Equal(t, 1, s.Purge(Selection{Bot: "hers"}, start))
}

// Without this a read that was under way would bring back, a moment later,
// what somebody had good reason to purge.
func TestPurge_aReadThatLeftBeforeStoresNothingOfIt(t *testing.T) {
	for name, c := range map[string]struct {
		which          Selection
		stored, joined bool
	}{
		"everything":        {Selection{}, false, false},
		"the object":        {Selection{Object: id(2)}, false, false},
		"the operation":     {Selection{Operation: "pages.retrieve"}, false, false},
		"the owner":         {Selection{Owners: []string{hex.EncodeToString(alice[:])}}, false, false},
		"the bot":           {Selection{Bot: "hers"}, false, false},
		"another object":    {Selection{Object: id(1)}, true, false},
		"another operation": {Selection{Operation: "search"}, true, false},
		"another owner":     {Selection{Owners: []string{hex.EncodeToString(bob[:])}}, true, true},
		"another bot":       {Selection{Bot: "his"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{MaxBytes: 1 << 20, Bot: bots})
			late := answer(t, alice, 2, 100, start)
			late.Ticket = s.Begin()
			s.Purge(c.which, start.Add(time.Second))
			assert.Equal(t, c.joined, !s.Overtaken(late.Ticket, alice), "nobody joins what may bring it back")
			assert.Equal(t, c.stored, s.Put(late))

			next := answer(t, alice, 2, 100, start.Add(2*time.Second))
			next.Ticket = s.Begin()
			assert.False(t, s.Overtaken(next.Ticket, alice))
			assert.True(t, s.Put(next), "the next one does")
		})
	}
}

// A further page may show what the first did not.
func TestPurge_aPageThatLeftBeforeIsNotAddedToItsChain(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	first := children(t, alice, 7, 1, start)
	first.Page.Next = "c1"
	require.True(t, s.Put(first))
	second := children(t, alice, 7, 2, start)
	second.Question.Cursor = "c1"
	second.Ticket = s.Begin()
	s.Purge(Selection{Object: id(2)}, start)
	assert.False(t, s.Put(second))
	_, kept := s.Lookup(first.Question, start)
	assert.True(t, kept, "the first page has nothing to do with it")
}

// Of a reading that a write has retired nobody knows what it shows.
func TestPurge_byObjectTakesOlderReadingsToo(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	first := children(t, alice, 7, 1, start)
	first.Page.Next = "c1"
	require.True(t, s.Put(first))
	s.Wrote(Write{Owner: alice, Tags: first.Tags, Certain: true}, start)
	require.Equal(t, int64(1), s.Stats().Entries)
	assert.Equal(t, 1, s.Purge(Selection{Object: id(99)}, start))
	check(t, s)
}

func TestPurge_ofEverythingForgetsCursorsAndParents(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	a := children(t, alice, 7, 1, start)
	a.Page.Next, a.Edges = "c1", []notion.Edge{{Child: id(1), Parent: id(7)}}
	require.True(t, s.Put(a))
	next := a.Question
	next.Cursor = "c1"
	s.Purge(Selection{Operation: "search"}, start)
	_, ok := s.Handout(next, start)
	assert.True(t, ok)

	s.Purge(Selection{}, start)
	_, ok = s.Handout(next, start)
	assert.False(t, ok)
	_, ok = s.Parent(t.Context(), id(1))
	assert.False(t, ok)
}

func TestEntries_tellWhatIsReadMostFirst(t *testing.T) {
	s := stock(t)
	for n, reads := range []int{1, 5, 3} {
		for range reads {
			s.Lookup(answer(t, alice, n, 0, start).Question, start)
		}
	}
	list, total := s.Entries(Selection{Operation: "pages.retrieve"}, 0, 2, start)
	assert.Equal(t, 4, total)
	require.Len(t, list, 2)
	e := list[0]
	assert.Equal(t, []notion.ID{id(1)}, e.Objects)
	assert.Equal(t, int64(5), e.Reads)
	assert.Equal(t, alice, e.Owner)
	assert.Equal(t, 1, e.Pages)
	assert.Greater(t, e.Bytes, int64(100))
	assert.Equal(t, start, e.Born)
	assert.Equal(t, start.Add(time.Minute), e.FreshUntil)
	assert.Equal(t, start.Add(24*time.Hour), e.KeepUntil)
	assert.Equal(t, int64(3), list[1].Reads)

	list, _ = s.Entries(Selection{Operation: "pages.retrieve"}, 2, 10, start)
	require.Len(t, list, 2, "the rest")
	assert.Equal(t, int64(1), list[0].Reads)
	list, total = s.Entries(Selection{}, 100, 10, start)
	assert.Empty(t, list)
	assert.Equal(t, 5, total)
}
