package disk

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"notionproxy/cache"
)

// stocked is a directory with entries in it, and what they are.
func stocked(t *testing.T, w *world) []*cache.Record {
	d := w.open()
	var records []*cache.Record
	for i := range 50 {
		r := recordOf(t, alice, strings.Repeat("x", 5000)+string(rune('a'+i)), tag(byte(i)))
		records = append(records, r)
		d.Save(r, alice)
	}
	d.Close()
	return records
}

// assertServesNoneWrong loads all of them: each is what it was, or missing.
func (w *world) assertServesNoneWrong(d *Disk, records []*cache.Record) (kept int) {
	w.t.Helper()
	for _, r := range records {
		if got, ok := w.load(d, r); ok {
			kept++
			assert.Equal(w.t, r.Pages[0].Page.Body, got.Pages[0].Page.Body)
		}
	}
	return kept
}

// worksAgain says that d keeps what is new, from now on or after a moment.
func (w *world) assertWorks(d *Disk) {
	w.t.Helper()
	if d.current() == nil {
		d.turnOn()
	}
	r := recordOf(w.t, bob, "new")
	d.Save(r, bob)
	d.flush(false)
	w.assertKept(d, r, false, "what is new")
	w.assertKept(d, r, false, "what is new, from the file")
}

func TestDamage_atRest(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, dir string){
		"random bytes from the beginning": func(t *testing.T, dir string) { scribble(t, entriesPath(dir), 0, 8192) },
		"zeros in place of the file":      func(t *testing.T, dir string) { overwrite(t, entriesPath(dir), make([]byte, 65536)) },
		"half of it":                      func(t *testing.T, dir string) { halve(t, entriesPath(dir)) },
		"a few bytes of it":               func(t *testing.T, dir string) { overwrite(t, entriesPath(dir), []byte("abc")) },
		"an empty file":                   func(t *testing.T, dir string) { overwrite(t, entriesPath(dir), nil) },
		"a text": func(t *testing.T, dir string) {
			overwrite(t, entriesPath(dir), []byte(strings.Repeat("text\n", 10000)))
		},
		"another program's bbolt": foreign,
		"no log":                  func(t *testing.T, dir string) { require.NoError(t, os.Remove(logPath(dir))) },
		"a short log":             func(t *testing.T, dir string) { require.NoError(t, os.Truncate(logPath(dir), 3)) },
		"random bytes in the log": func(t *testing.T, dir string) { scribble(t, logPath(dir), 0, 10) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			records := stocked(t, w)
			damage(t, w.dir)
			d := w.open()
			// What is missing from half a file shows when it is asked for.
			assert.True(t, d.Unclean() || name == "an empty file" || name == "half of it")
			w.assertServesNoneWrong(d, records)
			d.flush(true)
			w.waitForEnd(d)
			w.assertWorks(d)
			assert.LessOrEqual(t, len(w.warnings()), 2)
			files, err := filepath.Glob(entriesPath(w.dir) + ".damaged*")
			require.NoError(t, err)
			assert.LessOrEqual(t, len(files), 1)
		})
	}
}

// Single pages that are wrong are found when they are read, or never matter.
func TestDamage_anywhere(t *testing.T) {
	for seed := range uint64(12) {
		w := newWorld(t)
		records := stocked(t, w)
		info, err := os.Stat(entriesPath(w.dir))
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(seed, 1))
		for range 1 + random.IntN(8) {
			scribble(t, entriesPath(w.dir), random.Int64N(info.Size()), 1+random.IntN(600))
		}
		d := w.open()
		w.assertServesNoneWrong(d, records)
		for _, r := range records[:10] {
			d.Drop(drop(alice, true, r.Tags...))
			w.assertGone(d, r, "dropped")
		}
		d.flush(true)
		w.assertServesNoneWrong(d, records)
		for range 3 { // some of it shows when something is written
			w.waitForEnd(d)
			d.turnOn()
			d.Save(recordOf(t, bob, "other"), bob)
			d.flush(false)
		}
		w.waitForEnd(d)
		w.assertWorks(d)
		d.Close()
	}
}

// waitForEnd waits until files that are given up are out of the way.
func (w *world) waitForEnd(d *Disk) {
	require.Eventually(w.t, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.leaving == nil
	}, time.Minute, time.Millisecond)
}

// The kernel faults whoever looks at a mapped page that the file has not any
// more.
func TestDamage_whileItRuns(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, dir string){
		"the file is cut to nothing": func(t *testing.T, dir string) { require.NoError(t, os.Truncate(entriesPath(dir), 0)) },
		"the file is cut":            func(t *testing.T, dir string) { require.NoError(t, os.Truncate(entriesPath(dir), 8192)) },
		"random bytes":               func(t *testing.T, dir string) { scribble(t, entriesPath(dir), 0, 200_000) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			records := stocked(t, w)
			d := w.open()
			require.Equal(t, len(records), w.assertServesNoneWrong(d, records))
			damage(t, w.dir)
			w.assertServesNoneWrong(d, records)
			d.Save(records[0], alice)
			d.flush(true)
			w.waitForEnd(d)
			w.assertWorks(d)
			assert.LessOrEqual(t, len(w.warnings()), 2, "that it is off, and that it is on: %v", w.warnings())
		})
	}
}

func TestTwoProcessesDoNotShareADirectory(t *testing.T) {
	w := newWorld(t)
	first := w.open()
	r := recordOf(t, alice, "Plans", tag(1))
	first.Save(r, alice)
	first.flush(false)
	second := w.open()
	w.assertGone(second, r, "which is the first one's")
	require.Len(t, w.warnings(), 1)
	assert.Contains(t, w.warnings()[0], "another process uses it")
	w.assertKept(first, r, false, "and stays so")
	first.Close()

	second.turnOn()
	w.assertKept(second, r, false, "when the first has ended")
	third := recordOf(t, alice, "Third", tag(3))
	second.Save(third, alice)
	second.flush(false)
	w.assertKept(second, third, false, "and it is in use")
}

// What happened while another process had the directory is not in its log.
func TestADirectoryThatMissedADropIsBegunAnew(t *testing.T) {
	w := newWorld(t)
	first := w.open()
	r := recordOf(t, alice, "Plans", tag(1))
	first.Save(r, alice)
	first.flush(false)
	second := w.open()
	second.Drop(drop(bob, true, tag(9)))
	first.Close()
	second.turnOn()
	w.assertGone(second, r, "who knows what else was written")
	w.assertWorks(second)
}

// Its drops are forgotten: a look into it that began before would find nothing
// that speaks against what it has.
func TestAFileThatWasGivenUpIsNotLoadedFrom(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	r := recordOf(t, alice, "Plans", tag(1))
	d.Save(r, alice)
	d.flush(false)
	d.Drop(drop(alice, true, tag(1)))
	f := d.current()
	d.mu.Lock()
	d.file, d.drops = nil, newDrops()
	d.mu.Unlock()
	_, ok := d.load(f, w.ring.Newest(), wanted(r, alice))
	assert.False(t, ok)
	f.close()
}

// A drop that the log has no room for, as the program ends or is killed.
func TestWhatMissesADropIsTakenAway(t *testing.T) {
	for name, end := range map[string]func(*Disk){
		"at the end":                 func(d *Disk) { d.Close() },
		"before anybody hears of it": func(d *Disk) { d.Settle(t.Context()) },
		"just before the end":        func(d *Disk) { d.flush(false); d.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				w := newWorld(t)
				d := w.open()
				r := recordOf(t, alice, "Plans", tag(1))
				d.Save(r, alice)
				d.flush(false)
				d.Drop(drop(alice, true, tag(9)))
				d.Settle(t.Context())
				require.NoError(t, d.current().log.f.Close()) // nothing can be written any more
				d.Drop(drop(alice, true, tag(1)))
				end(d)
				_, err := os.Stat(entriesPath(w.dir))
				require.ErrorIs(t, err, os.ErrNotExist)
			}
		})
	}
}

// The program ends although its disk does not answer any more.
func TestADiskThatHasStoppedDoesNotKeepTheProgram(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	d.closePatience = time.Millisecond
	d.logging <- struct{}{} // a write that never returns
	d.Drop(drop(alice, true, tag(1)))
	d.Close()
	assert.Equal(t, []string{"closing the cache directory: the disk does not answer"}, w.warnings())
	<-d.logging
	<-d.done
}

func TestADirectoryThatCannotBeIsDoneWithout(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, "file"), nil, 0o600))
	w.dir = filepath.Join(w.dir, "file", "cache")
	d := w.open()
	r := recordOf(t, alice, "Plans", tag(1))
	d.Save(r, alice)
	d.Drop(drop(alice, true, tag(1)))
	d.Intend(context.Background(), drop(alice, true, tag(1)))()
	d.Settle(context.Background())
	w.assertGone(d, r, "nothing is kept")
	d.turnOn()
	require.Len(t, w.warnings(), 1, "said once")
	assert.Contains(t, w.warnings()[0], "memory only")
	require.NoError(t, os.Remove(filepath.Dir(w.dir)))
	d.turnOn()
	w.assertWorks(d)
	assert.Contains(t, w.warnings()[1], "in use again")
}

func scribble(t *testing.T, path string, at int64, n int) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer f.Close()
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	_, err = f.WriteAt(b, at)
	require.NoError(t, err)
}

func overwrite(t *testing.T, path string, b []byte) {
	require.NoError(t, os.WriteFile(path, b, 0o600))
}

func halve(t *testing.T, path string) {
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, info.Size()/2/4096*4096))
}

func foreign(t *testing.T, dir string) {
	require.NoError(t, os.Remove(entriesPath(dir)))
	db, err := bolt.Open(entriesPath(dir), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("theirs"))
		return err
	}))
	require.NoError(t, db.Close())
}
