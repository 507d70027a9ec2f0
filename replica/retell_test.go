package replica

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/cache/disk"
	"notionproxy/cache/seal"
	"notionproxy/replica/redistest"
)

// What a replica could not tell before its end, it tells at its next start: to
// those who live, and to whoever finds the entry in Redis.
func TestUntold_isToldByTheNextProcess(t *testing.T) {
	for name, c := range map[string]struct {
		write func(*storing)
		kept  bool // in trouble it may serve
	}{
		"a write":                  {write: func(a *storing) { a.wrote(1, true) }},
		"one that may have failed": {write: func(a *storing) { a.wrote(1, false) }, kept: true},
		"one whose outcome nobody noted": {kept: true, write: func(a *storing) {
			a.Intend(context.Background(), cache.Write{Owner: owner, Tags: tagsOf(1)})
		}},
		"a purge": {write: func(a *storing) {
			a.Purge(cache.Selection{Object: pageID(1)}, time.Now())
			a.Settle(context.Background())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, dir := redistest.Start(t), t.TempDir()
			w := newWire(t, s.Addr())
			a, b := newKeeping(t, w.URL(), dir), newStoring(t, s.URL())
			storingTogether(t, a, b)
			for _, n := range []int{1, 2} {
				b.share(t, s, n)
			}
			w.Cut(true)
			eventually(t, "the cut is seen", func() bool { return !a.State().Connected })
			c.write(a)
			a.stop()
			assertTellsNoPage(t, filepath.Join(dir, "writes.log"))
			w.Cut(false)
			_, fresh := b.look(1, true)
			require.True(t, fresh, "nobody has told")

			a = newKeeping(t, w.URL(), dir)
			eventually(t, "it is told", func() bool { _, fresh := b.look(1, true); return !fresh })
			storingTogether(t, a, b)
			later := newStoring(t, s.URL())
			storingTogether(t, a, b, later)
			for _, r := range []*storing{a, b, later} {
				_, fresh := r.look(1, true)
				_, kept := r.look(1, false)
				assert.False(t, fresh)
				assert.Equal(t, c.kept, kept)
				_, fresh = r.look(2, true)
				assert.True(t, fresh, "nobody wrote there")
			}
		})
	}
}

// assertTellsNoPage looks for a page's id in a file.
func assertTellsNoPage(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotEmpty(t, b)
	id := pageID(1)
	for _, form := range [][]byte{id[:], []byte(hex.EncodeToString(id[:])), []byte(base64.StdEncoding.EncodeToString(id[:])[:16])} {
		assert.False(t, bytes.Contains(b, form))
	}
}

// What was told is not told again: a restart costs the others nothing.
func TestUntold_isToldOnce(t *testing.T) {
	s, dir := redistest.Start(t), t.TempDir()
	a, b := newKeeping(t, s.URL(), dir), newStoring(t, s.URL())
	storingTogether(t, a, b)
	a.wrote(1, true)
	a.Intend(context.Background(), cache.Write{Owner: owner, Tags: tagsOf(1)})()
	a.stop()
	b.put(1, 7, b.Begin(), time.Now())

	a = newKeeping(t, s.URL(), dir)
	storingTogether(t, a, b)
	b.wrote(2, true)
	require.True(t, b.Told(context.Background(), b.last()))
	_, fresh := b.look(1, true)
	assert.True(t, fresh)
}

func openKept(t *testing.T, dir string) *disk.Disk {
	t.Helper()
	d := disk.Open(disk.Options{Dir: dir, MaxBytes: 8 << 20, Secrets: func() (seal.Ring, error) { return keys, nil }})
	t.Cleanup(d.Close)
	return d
}

func newForgetful(t *testing.T, kept *disk.Disk) *Entries {
	t.Helper()
	g, err := New(shortOptions("redis://127.0.0.1:1"))
	require.NoError(t, err)
	g.Keep(kept)
	return g.Entries()
}

// More than can wait for Redis is one thing to tell, in the next process too.
func TestUntold_isBounded(t *testing.T) {
	dir := t.TempDir()
	kept := openKept(t, dir)
	e := newForgetful(t, kept)
	for range mostUntold + 1 {
		e.Drop(cache.Drop{Owner: owner, Certain: true, Tags: tagsOf(1)})
	}
	assert.Len(t, e.untold, 1)
	kept.Close()

	again := newForgetful(t, openKept(t, dir))
	again.g.retell()
	assert.Len(t, again.untold, 1)
	assert.Len(t, again.g.news.untold, 1)
	assert.Equal(t, cache.Everyone, again.mine[again.last].Reach)
}

// What does not open, since the secret is another one, may have been anything.
func TestUntold_thatDoesNotOpenIsADoubt(t *testing.T) {
	dir := t.TempDir()
	kept := openKept(t, dir)
	kept.KeepUntold([]byte("sealed under another secret"))
	kept.Close()
	e := newForgetful(t, openKept(t, dir))

	e.g.retell()

	require.Len(t, e.mine, 1)
	d := e.mine[e.last]
	assert.True(t, d.Reach == cache.Everyone && !d.Certain && d.Which.Owners == nil)
}
