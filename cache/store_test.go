package cache

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notion"
)

var (
	start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	alice = OwnerOf("Bearer alice")
	bob   = OwnerOf("Bearer bob")
)

func operation(t testing.TB, name string) *notion.Operation {
	op, ok := notion.Named(name)
	require.True(t, ok)
	return op
}

// id makes an id of a number.
func id(n int) (id notion.ID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n)+1)
	return id
}

// answer is what a read of page n brought.
func answer(t testing.TB, o Owner, n, bytes int, at time.Time) Answer {
	return Answer{
		Question: Question{Owner: o, Key: KeyOf(string(o[:]), fmt.Sprint(n))},
		Op:       operation(t, "pages.retrieve"),
		Born:     at,
		Page:     NewPage(make([]byte, bytes), false, &notion.Survey{}),
		Tags:     []notion.Tag{{Role: notion.Shows, ID: id(n)}},
		Named:    []notion.ID{id(n)},
	}
}

// check holds the store's own books against what is in it.
func check(t testing.TB, s *Store) {
	t.Helper()
	var bytes int64
	for _, c := range s.recent.Keys() {
		bytes += c.bytes
		assert.NotNil(t, s.owners[c.owner])
		if !c.retired {
			assert.Same(t, c, s.current[c.key])
		}
	}
	assert.Equal(t, bytes+int64(len(s.owners))*ownerOverhead, s.bytes)
	assert.LessOrEqual(t, len(s.current), s.recent.Len())
	for tag, n := range s.tags {
		for ; n != nil; n = n.next {
			assert.True(t, s.recent.Contains(n.chain), "tag %v leads to an entry that is gone", tag)
		}
	}
	for _, c := range s.cursors {
		assert.True(t, s.recent.Contains(c), "a cursor leads to an entry that is gone")
	}
	if s.recent.Len() == 0 {
		assert.Zero(t, s.bytes)
		assert.Empty(t, s.tags)
		assert.Empty(t, s.owners)
	}
}

func TestStore_neverHoldsMoreThanItMay(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	for n := range 10_000 {
		s.Put(answer(t, alice, n, 1000, start))
		require.LessOrEqual(t, s.bytes, int64(1<<20))
	}
	check(t, s)
	assert.Greater(t, s.Stats().Entries, int64(300))
	_, ok := s.Lookup(answer(t, alice, 9_999, 0, start).Question, start)
	assert.True(t, ok, "the newest is there")
	_, ok = s.Lookup(answer(t, alice, 0, 0, start).Question, start)
	assert.False(t, ok, "the oldest is not")
}

func TestStore_oneTokenCannotCrowdOutTheOthers(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	for n := range 100 {
		s.Put(answer(t, bob, n, 1000, start))
	}
	for n := range 10_000 {
		s.Put(answer(t, alice, n, 1000, start))
	}
	for n := range 100 {
		_, ok := s.Lookup(answer(t, bob, n, 0, start).Question, start)
		require.True(t, ok, n)
	}
	for n := range 500 {
		s.Put(answer(t, bob, n, 1000, start))
	}
	assert.InDelta(t, 1<<19, s.owners[alice].bytes, 10_000, "half, once others want the rest")
	check(t, s)
}

func TestStore_whatIsReadIsKept(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	for n := range 10_000 {
		s.Put(answer(t, alice, n, 1000, start))
		_, ok := s.Lookup(answer(t, alice, 0, 0, start).Question, start)
		require.True(t, ok)
	}
}

func TestStore_booksAreRightAfterEverythingThatCanHappen(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	for n := range 50 {
		s.Put(answer(t, alice, n, 100, start))
		s.Put(answer(t, bob, n, 100, start))
		s.Put(answer(t, alice, n, 200, start))
	}
	check(t, s)
	s.Wrote(Write{Owner: alice, Tags: []notion.Tag{{Role: notion.Shows, ID: id(7)}}, Certain: true}, start)
	check(t, s)
	for _, o := range []Owner{alice, bob} {
		_, ok := s.Lookup(answer(t, o, 7, 0, start).Question, start)
		assert.False(t, ok, "nobody's workspace is known: all lose it")
	}
	s.DropNamed(alice, []notion.ID{id(8)}, "")
	_, ok := s.Lookup(answer(t, alice, 8, 0, start).Question, start)
	assert.False(t, ok)
	_, ok = s.Lookup(answer(t, bob, 8, 0, start).Question, start)
	assert.True(t, ok, "a refusal is one token's")
	check(t, s)
	s.DropOwner(alice)
	check(t, s)
	assert.Equal(t, int64(49), s.Stats().Entries)
	s.Sweep(start.Add(25 * time.Hour))
	assert.Zero(t, s.Stats().Entries)
	check(t, s)
}

func TestStore_hotFormsAreKeptAndCounted(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	a := answer(t, alice, 1, 100, start)
	a.Page = NewPage(make([]byte, 100), true, &notion.Survey{})
	require.True(t, s.Put(a))
	before := s.bytes
	f, _ := s.Lookup(a.Question, start)
	s.KeepPlain(f, make([]byte, 5000))
	assert.Nil(t, f.Page.Plain(), "once is not hot")
	s.KeepPlain(f, make([]byte, 5000))
	assert.Len(t, f.Page.Plain(), 5000)
	assert.Equal(t, before+5000, s.bytes)
	check(t, s)
	s.DropOwner(alice)
	check(t, s)
	s.KeepPlain(f, make([]byte, 10))
	check(t, s)
}

func TestStore_aReadThatAWriteOvertookIsNotStored(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	a := answer(t, alice, 1, 100, start)
	a.Ticket = s.Begin()
	s.Wrote(Write{Owner: bob, Tags: a.Tags, Certain: true}, start)
	assert.False(t, s.Put(a))
	assert.True(t, s.Overtaken(a.Ticket, alice))
	a.Ticket, a.Born = s.Begin(), start.Add(10*time.Second)
	assert.False(t, s.Overtaken(a.Ticket, alice))
	assert.True(t, s.Put(a))
	f, _ := s.Lookup(a.Question, a.Born)
	assert.Equal(t, time.Minute, f.Left(a.Born))
}

func TestStore_whatIsReadRightAfterAWriteIsFreshForFiveSeconds(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	a := answer(t, alice, 1, 100, start.Add(2*time.Second))
	s.Wrote(Write{Owner: alice, Tags: a.Tags, Certain: true}, start)
	a.Ticket = s.Begin()
	require.True(t, s.Put(a))
	f, _ := s.Lookup(a.Question, a.Born)
	assert.Equal(t, 3*time.Second, f.Left(a.Born))
}

func TestStore_forgottenWritesStoreNothing(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	a := answer(t, alice, 1, 100, start)
	a.Ticket = s.Begin()
	for n := range maxWrites + 1 {
		s.Wrote(Write{Owner: bob, Tags: []notion.Tag{{Role: notion.Shows, ID: id(n + 10)}}, Certain: true}, start)
	}
	assert.False(t, s.Put(a), "one of those that are forgotten may have touched it")
}

func TestReach_whomAWriteConcerns(t *testing.T) {
	cases := []struct {
		what            string
		writer, reader  string // workspaces; "" is not known
		own             bool
		certain, maybe_ bool // whether a certain, and a doubtful write concerns the reader
	}{
		{"the same token", "", "", true, true, true},
		{"the same workspace", "w", "w", false, true, true},
		{"another workspace", "w", "v", false, false, false},
		{"the reader's is not known", "w", "", false, true, false},
		{"the writer's is not known", "", "w", false, true, false},
		{"neither is known", "", "", false, true, false},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			reader := bob
			if c.own {
				reader = alice
			}
			assert.Equal(t, c.certain, reach{owner: alice, workspace: c.writer, certain: true}.covers(reader, c.reader))
			assert.Equal(t, c.maybe_, reach{owner: alice, workspace: c.writer}.covers(reader, c.reader))
		})
	}
}

func TestKeyOf_partsDoNotRunTogether(t *testing.T) {
	lists := [][]string{{"ab", "c"}, {"a", "bc"}, {"abc"}, {"abc", ""}, {"", "abc"}, {"a", "b", "c"}, {}, {""}, {"", ""}}
	seen := map[Key][]string{}
	for _, l := range lists {
		k := KeyOf(l...)
		assert.NotContains(t, seen, k, "%q and %q have one key", l, seen[k])
		seen[k] = l
	}
}

func TestAsk_whatIsInTheKey(t *testing.T) {
	header := func(pairs ...string) http.Header {
		h := http.Header{"Notion-Version": {"2025-09-03"}, "Content-Type": {"application/json"}}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	const path = "/v1/data_sources/0f1e2d3c4b5a69788796a5b4c3d2e1f0/query"
	ask := func(o Owner, path, query string, h http.Header, body string) Question {
		q, ok := Ask(o, notion.Classify("POST", path), query, h, []byte(body))
		require.True(t, ok)
		return q
	}
	base := ask(alice, path, "filter_properties=a", header(), `{"page_size":10}`)
	same := []Question{
		ask(alice, "/v1/data_sources/0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0/query", "filter_properties=a", header(), `{"page_size":10}`),
		ask(alice, path, "filter_properties=%61", header(), ` { "page_size" : 10 , "start_cursor": null } `),
		ask(alice, path, "filter_properties=a", header("Content-Type", "application/json; charset=UTF-8", "User-Agent", "x"), `{"page_size":10}`),
	}
	for i, q := range same {
		assert.Equal(t, base, q, i)
	}
	others := []Question{
		ask(bob, path, "filter_properties=a", header(), `{"page_size":10}`),
		ask(alice, path, "", header(), `{"page_size":10}`),
		ask(alice, path, "filter_properties=a&filter_properties=b", header(), `{"page_size":10}`),
		ask(alice, path, "filter_properties=a", header("Notion-Version", "2026-03-11"), `{"page_size":10}`),
		ask(alice, path, "filter_properties=a", header("Notion-Beta", "x"), `{"page_size":10}`),
		ask(alice, path, "filter_properties=a", header(), `{"page_size":11}`),
		ask(alice, path, "filter_properties=a", header(), `{"page_size":10.0}`),
		ask(alice, "/v1/data_sources/0f1e2d3c4b5a69788796a5b4c3d2e1f1/query", "filter_properties=a", header(), `{"page_size":10}`),
	}
	for i, q := range others {
		assert.NotEqual(t, base.Key, q.Key, i)
	}
	next := ask(alice, path, "filter_properties=a", header(), `{"page_size":10,"start_cursor":"c"}`)
	assert.Equal(t, base.Key, next.Key, "all pages of one read have one key")
	assert.Equal(t, "c", next.Cursor)
	assert.NotEqual(t, base.Flight(), next.Flight())
}

// BenchmarkAsk runs for each hit.
func BenchmarkAsk(b *testing.B) {
	const id = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
	h := http.Header{
		"Accept": {"*/*"}, "Accept-Encoding": {"gzip"}, "Authorization": {"Bearer ntn_x"}, "Content-Type": {"application/json"},
		"Notion-Version": {"2026-03-11"}, "User-Agent": {"notionhq-client/5.26.0"},
	}
	query := []byte(`{"filter":{"property":"Status","status":{"equals":"Done"}},"page_size":100}`)
	for name, x := range map[string]struct {
		m     notion.Match
		query string
		body  []byte
	}{
		"get":  {notion.Classify("GET", "/v1/blocks/"+id+"/children"), "page_size=100", nil},
		"post": {notion.Classify("POST", "/v1/data_sources/"+id+"/query"), "", query},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Ask(alice, x.m, x.query, h, x.body)
			}
		})
	}
}

// A page of a chain whose first page shows nothing that the write touched.
func TestStore_anOvertakenPageRetiresItsChain(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	first := answer(t, alice, 1, 100, start)
	first.Page.Next = "c"
	require.True(t, s.Put(first))
	second := answer(t, alice, 2, 100, start)
	second.Question = Question{Owner: alice, Key: first.Question.Key, Cursor: "c"}
	second.Ticket = s.Begin()
	s.Wrote(Write{Owner: alice, Tags: second.Tags, Certain: true}, start)
	_, ok := s.Lookup(first.Question, start)
	require.True(t, ok, "nothing that it shows was touched")
	assert.True(t, s.Put(second), "for those who are half-way through")
	_, ok = s.Lookup(first.Question, start)
	assert.False(t, ok, "nobody else begins on it")
	f, ok := s.Lookup(second.Question, start)
	assert.True(t, ok && f.Snapshot)
	check(t, s)
	s.DropOwner(alice)
	check(t, s)
}

func TestStore_allPagesBecomeStaleTogether(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	first := answer(t, alice, 1, 100, start)
	first.Page.Next = "c"
	require.True(t, s.Put(first))
	second := answer(t, alice, 2, 100, start)
	second.Question = Question{Owner: alice, Key: first.Question.Key, Cursor: "c"}
	second.Page.LinkExpiry = start.Add(LinkMargin + 20*time.Second)
	require.True(t, s.Put(second))
	f, _ := s.Lookup(first.Question, start)
	assert.Equal(t, 20*time.Second, f.Left(start), "a link of the second page dies then")
}

// Tasks without a name are as many as there are.
func TestStore_writesToComeAreKeptApart(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	until := start.Add(2 * time.Minute)
	a, b := answer(t, alice, 1, 100, start.Add(time.Minute)), answer(t, alice, 2, 100, start.Add(time.Minute))
	s.Accepted(Write{Owner: alice, Tags: a.Tags}, "", start, until)
	s.Accepted(Write{Owner: alice, Tags: b.Tags}, "", start, until)
	a.Ticket, b.Ticket = s.Begin(), s.Begin()
	assert.False(t, s.Put(a))
	assert.False(t, s.Put(b))
	s.Finished("", start.Add(time.Minute))
	again := answer(t, alice, 1, 100, start.Add(time.Minute))
	again.Ticket = s.Begin()
	assert.False(t, s.Put(again), "no task has that name")
	later := answer(t, alice, 2, 100, until)
	later.Ticket = s.Begin()
	assert.True(t, s.Put(later), "after two minutes it is over")
	assert.False(t, s.Put(a), "but not for what was read before")
}

func TestStore_moreWritesToComeThanAreRemembered(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	until := start.Add(2 * time.Minute)
	for n := range maxPending + 10 {
		s.Accepted(Write{Owner: bob, Tags: []notion.Tag{{Role: notion.Shows, ID: id(n + 10)}}}, "", start, until)
	}
	assert.Len(t, s.writes.pending, maxPending+1)
	a := answer(t, bob, 1, 100, start.Add(time.Minute))
	a.Ticket = s.Begin()
	assert.False(t, s.Put(a), "one of those may touch it")
	a = answer(t, bob, 1, 100, until)
	assert.True(t, s.Put(a))
}

func TestStore_aSlowAnswerDoesNotReplaceANewerOne(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	old, fresh := answer(t, alice, 1, 100, start), answer(t, alice, 1, 200, start)
	old.Ticket, fresh.Ticket = s.Begin(), s.Begin()
	require.True(t, s.Put(fresh))
	assert.False(t, s.Put(old))
	f, _ := s.Lookup(old.Question, start)
	assert.Len(t, f.Page.Body, 200)
	check(t, s)
}

func TestStore_whatWritesTouchedIsBounded(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	for n := range 100 {
		tags := make([]notion.Tag, 10_000)
		for i := range tags {
			tags[i] = notion.Tag{Role: notion.Shows, ID: id(n*10_000 + i)}
		}
		s.Wrote(Write{Owner: alice, Tags: tags, Certain: true}, start)
	}
	assert.LessOrEqual(t, s.writes.tags, maxWriteTags)
	assert.Len(t, s.writes.ended, 20)
	assert.NotZero(t, s.writes.forgotten)
}

// A cursor that was there before would lead round in circles for ever, and past
// 10,000 rows Notion gives no more.
func TestStore_whereAWalkEnds(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 24})
	page := func(n int, cursor, next string, rows int) Answer {
		a := answer(t, alice, n, 100, start)
		a.Question = Question{Owner: alice, Key: KeyOf("list"), Cursor: cursor}
		a.Page.Next, a.Page.Rows = next, make([]notion.ID, rows)
		return a
	}
	require.True(t, s.Put(page(1, "", "a", 10)))
	require.True(t, s.Put(page(2, "a", "b", 10)))
	require.True(t, s.Put(page(3, "b", "a", 10)))
	assert.Equal(t, []string{"a", "b"}, s.current[KeyOf("list")].cursors, "the third leads back")
	require.True(t, s.Put(page(4, "", "c", 9_999)))
	require.True(t, s.Put(page(5, "c", "d", 1)))
	_, ok := s.Lookup(Question{Owner: alice, Key: KeyOf("list"), Cursor: "c"}, start)
	assert.True(t, ok)
	assert.False(t, s.Put(page(6, "d", "e", 1)), "there can't be more")
	check(t, s)
}
