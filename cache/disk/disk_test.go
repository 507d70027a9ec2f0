package disk

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"notionproxy/cache"
	"notionproxy/cache/seal"
	"notionproxy/notion"
)

// bbolt never lets go of a file in which a fault has broken a transaction off.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("notionproxy/cache/disk.(*Disk).leave"))
}

const alice, bob = "Bearer ntn_alice", "Bearer ntn_bob"

// A world is a directory, and what was warned of.
type world struct {
	t    testing.TB
	dir  string
	ring seal.Ring
	max  int64

	mu    sync.Mutex
	lines []string
}

func newWorld(t testing.TB) *world {
	return &world{t: t, dir: t.TempDir(), ring: seal.Ring{secret(t, "s")}, max: 64 << 20}
}

func secret(t testing.TB, fill string) *seal.Keys {
	k, err := seal.NewKeys([]byte(strings.Repeat(fill, 32)))
	require.NoError(t, err)
	return k
}

func (w *world) warn(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, line)
}

func (w *world) warnings() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string{}, w.lines...)
}

func (w *world) open() *Disk {
	d := Open(Options{Dir: w.dir, MaxBytes: w.max, Secrets: func() (seal.Ring, error) { return w.ring, nil }, Warn: w.warn, Patience: time.Minute})
	w.t.Cleanup(func() {
		if d.life.Err() == nil {
			d.Close()
		}
	})
	return d
}

// crash ends d as kill -9 would: nothing is written any more.
func (w *world) crash(d *Disk) {
	f := d.current()
	d.mu.Lock()
	d.file = nil
	d.mu.Unlock()
	d.Close()
	if f != nil {
		f.close()
	}
}

func recordOf(t testing.TB, authorization, title string, tags ...notion.Tag) *cache.Record {
	op, ok := notion.Named("pages.retrieve")
	require.True(t, ok)
	now := time.Now().Round(0)
	return &cache.Record{
		Owner: cache.OwnerOf(authorization), Key: cache.KeyOf(authorization, title), Op: op, Born: now, FreshUntil: now.Add(time.Minute),
		KeepUntil: now.Add(24 * time.Hour), Named: []notion.ID{{7, 7, 7}}, Tags: tags,
		Pages: []cache.RecordPage{{Page: &cache.Page{Body: []byte(`{"title":"` + title + `"}`), ETag: `W/"e"`}}},
	}
}

func wanted(r *cache.Record, authorization string) cache.Wanted {
	return cache.Wanted{Question: cache.Question{Owner: r.Owner, Key: r.Key}, Authorization: authorization}
}

func (w *world) load(d *Disk, r *cache.Record) (*cache.Record, bool) {
	return d.Load(context.Background(), wanted(r, authorizations[r.Owner]))
}

var authorizations = map[cache.Owner]string{cache.OwnerOf(alice): alice, cache.OwnerOf(bob): bob}

func tag(n byte) notion.Tag { return notion.Tag{Role: notion.Shows, ID: notion.ID{n, 0xab, 0xcd}} }

func drop(authorization string, certain bool, tags ...notion.Tag) cache.Drop {
	return cache.Drop{Owner: cache.OwnerOf(authorization), Certain: certain, Tags: tags, At: time.Now()}
}

func (w *world) assertKept(d *Disk, r *cache.Record, suspect bool, what string) {
	w.t.Helper()
	got, ok := w.load(d, r)
	if assert.True(w.t, ok, what) {
		assert.Equal(w.t, suspect, got.Suspect, what)
		assert.Equal(w.t, r.Pages[0].Page.Body, got.Pages[0].Page.Body, what)
		assert.True(w.t, r.Born.Equal(got.Born), what)
	}
}

func (w *world) assertGone(d *Disk, r *cache.Record, what string) {
	w.t.Helper()
	_, ok := w.load(d, r)
	assert.False(w.t, ok, what)
}

func TestAnEntrySurvivesACleanEndAndACrash(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	assert.False(t, d.Unclean(), "nobody was there before")
	r := recordOf(t, alice, "Plans", tag(1))
	d.Save(r, alice)
	w.assertKept(d, r, false, "before it is written")
	d.flush(false)
	w.assertKept(d, r, false, "after it is written")
	d.Close()

	d = w.open()
	assert.False(t, d.Unclean())
	w.assertKept(d, r, false, "after a clean end")
	w.crash(d)

	d = w.open()
	assert.True(t, d.Unclean())
	w.assertKept(d, r, false, "after a crash")
	assert.Empty(t, w.warnings())
}

func TestOnlyWhoseItIsGetsIt(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	r := recordOf(t, alice, "Plans")
	d.Save(r, alice)
	d.flush(false)
	_, ok := d.Load(context.Background(), wanted(r, bob))
	assert.False(t, ok, "the wrong token")
	r.Owner = cache.OwnerOf(bob)
	w.assertGone(d, r, "the wrong owner")
}

func TestAWriteWhoseEndIsNotKnownMakesSuspect(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	before := recordOf(t, alice, "before", tag(1))
	d.Save(before, alice)
	d.Intend(context.Background(), drop(alice, false, tag(1)))
	ended := d.Intend(context.Background(), drop(alice, false, tag(2)))
	during, other := recordOf(t, alice, "during", tag(1)), recordOf(t, alice, "other", tag(2))
	d.Save(during, alice)
	d.Save(other, alice)
	ended()
	w.assertKept(d, during, false, "while the write is under way, memory knows better")
	d.flush(false)
	w.crash(d)

	d = w.open()
	w.assertKept(d, before, true, "kept before the write left")
	w.assertKept(d, during, true, "kept while it was under way")
	w.assertKept(d, other, false, "whose write has ended")
}

// Until a write that Notion carries out later is over, nothing is fresh for
// longer.
func TestTheLastWriteIsKnownAfterACrash(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	assert.True(t, d.LastWrite().IsZero())
	d.Drop(drop(alice, true, tag(1)))
	pending := drop(alice, false, tag(2))
	pending.At = time.Now().Add(2 * time.Minute)
	d.Drop(pending)
	d.Drop(drop(alice, true, tag(3)))
	d.Settle(t.Context())
	w.crash(d)
	d = w.open()
	assert.WithinRange(t, d.LastWrite(), pending.At, pending.At.Add(time.Second))
}

func TestAStopOfTheMachineMakesAllSuspect(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	r := recordOf(t, alice, "Plans", tag(1))
	d.Save(r, alice)
	d.Close()
	w.rewriteState(func(s *state) { s.Boot[0] ^= 1 })
	require.NoError(t, os.Truncate(logPath(w.dir), int64(logHead)), "and the log did not reach the disk")

	d = w.open()
	w.assertKept(d, r, true, "after the stop")
	w.crash(d)
	d = w.open()
	w.assertKept(d, r, true, "and ever after")
}

func TestOldAndUnknownEntriesAreNotServed(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	old, unborn := recordOf(t, alice, "old"), recordOf(t, alice, "unborn")
	old.KeepUntil = time.Now().Add(-time.Second)
	unborn.Born = time.Now().Add(time.Hour)
	d.Save(old, alice)
	d.Save(unborn, alice)
	d.flush(false)
	w.assertGone(d, old, "past its keep time")
	w.assertGone(d, unborn, "from the future")
	assert.Equal(t, 2, w.count(d, usedBucket))
	d.flush(true)
	assert.Equal(t, 1, w.count(d, usedBucket), "the sweeper takes what is old")

	r := recordOf(t, alice, "Plans")
	d.Save(r, alice)
	want := wanted(r, alice)
	want.After = r.Born
	_, ok := d.Load(context.Background(), want)
	assert.False(t, ok, "what is at hand already")
}

func TestARefusedTokensEntriesAreDeleted(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	d.Save(recordOf(t, alice, "1"), alice)
	d.Save(recordOf(t, alice, "2"), alice)
	d.Save(recordOf(t, bob, "3"), bob)
	d.Save(recordOf(t, bob, "4", tag(1)), bob)
	d.flush(false)
	d.Drop(cache.Drop{Owner: cache.OwnerOf(alice), Reach: cache.Own, Certain: true})
	d.flush(false)
	assert.Equal(t, 2, w.count(d, usedBucket))
	assert.Equal(t, 2, w.count(d, orderBucket))
	d.Drop(purge(cache.Selection{Object: tag(1).ID}))
	d.flush(false)
	assert.Equal(t, 1, w.count(d, usedBucket), "what shows another object")
	d.Save(recordOf(t, bob, "5"), bob)
	d.Drop(purge(cache.Selection{}))
	d.flush(false)
	assert.Zero(t, w.count(d, usedBucket))
	assert.Zero(t, w.count(d, entriesBucket))
}

func TestAccessAndTreeComeBack(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	owner := cache.OwnerOf(alice)
	want := cache.Access{Bot: "b", Workspace: "w", AcceptedAt: time.Now().Round(0).UTC(), Suspended: true, Budget: []byte{1}}
	d.KeepAccess(owner, want)
	d.Learn([]notion.Edge{{Child: notion.ID{1}, Parent: notion.ID{2}}})
	check := func() {
		got, ok := d.Access(context.Background(), owner)
		assert.True(t, ok)
		assert.Equal(t, want, got)
		parent, ok := d.Parent(context.Background(), notion.ID{1})
		assert.True(t, ok)
		assert.Equal(t, notion.ID{2}, parent)
		_, ok = d.Parent(context.Background(), notion.ID{3})
		assert.False(t, ok)
	}
	check()
	d.flush(false)
	check()
	w.crash(d)
	d = w.open()
	check()
}

func TestASecretIsRotated(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	r := recordOf(t, alice, "Plans", tag(1))
	other := recordOf(t, alice, "Other", tag(2))
	d.Save(r, alice)
	d.Save(other, alice)
	d.Close()
	w.ring = seal.Ring{secret(t, "n"), w.ring[0]}
	d = w.open()
	w.assertKept(d, r, false, "sealed with the older secret")
	d.Drop(drop(alice, true, tag(1)))
	w.assertGone(d, r, "a drop reaches what an older secret named")
	w.assertKept(d, other, false, "and no more")
	d.Save(other, alice)
	d.Close()
	w.ring = w.ring[:1]
	d = w.open()
	w.assertKept(d, other, false, "sealed anew")
	w.assertGone(d, r, "without the older secret")
}

func TestTheFileKeepsToItsBound(t *testing.T) {
	w := newWorld(t)
	w.max = 4 << 20
	d := w.open()
	first, second := recordOf(t, alice, "first"), recordOf(t, alice, "second")
	d.Save(first, alice)
	d.Save(second, alice)
	d.flush(false)
	big := strings.Repeat("x", 100_000)
	var last *cache.Record
	for i := range 200 {
		last = recordOf(t, alice, fmt.Sprintf("%d", i))
		last.Pages[0].Page.Body = []byte(big + fmt.Sprint(i))
		d.Save(last, alice)
		d.flush(false)
		require.Empty(t, w.warnings())
	}
	w.assertKept(d, last, false, "the newest is kept")
	w.assertGone(d, first, "the oldest has gone")
	info, err := os.Stat(entriesPath(w.dir))
	require.NoError(t, err)
	assert.LessOrEqual(t, info.Size(), w.max)
	assert.Greater(t, w.count(d, usedBucket), 10)
	assert.Equal(t, w.count(d, usedBucket), w.count(d, orderBucket))
	assert.Empty(t, w.warnings())
}

// What is kept tells nothing to whoever has the files and the secret: no title,
// no id, no token, in no spelling.
func TestTheFilesTellNothing(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	id := notion.ID{0xde, 0xad, 0xbe, 0xef, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x11, 0x22, 0x33, 0x44}
	r := recordOf(t, alice, "canary-title", notion.Tag{Role: notion.Shows, ID: id})
	r.Named = []notion.ID{id}
	d.Save(r, alice)
	d.Learn([]notion.Edge{{Child: id, Parent: id}})
	d.KeepAccess(r.Owner, cache.Access{Bot: id.String(), Workspace: "canary-workspace"})
	d.Drop(drop(alice, true, notion.Tag{Role: notion.Lists, ID: id}))
	d.Drop(cache.Drop{Owner: r.Owner, Reach: cache.Own, Certain: true, Named: []notion.ID{{9}, id}})
	d.Intend(context.Background(), drop(alice, false, notion.Tag{Role: notion.Under, ID: id}))
	d.Save(r, alice)
	d.flush(false)
	d.Close()
	var all []byte
	for _, path := range []string{entriesPath(w.dir), logPath(w.dir)} {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		all = append(all, b...)
	}
	require.Greater(t, len(all), 4096)
	assertTellsNothing(t, all, []string{
		"canary-title", alice, "ntn_alice", id.String(), string(id[:]), "canary-workspace",
		string(r.Owner[:]), string(r.Key[:]), strings.Repeat("s", 32),
	})
}
