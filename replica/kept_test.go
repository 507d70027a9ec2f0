package replica

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/cache/disk"
	"notionproxy/cache/seal"
	"notionproxy/replica/redistest"
)

// newKeeping is a storing replica with a disk between its memory and Redis.
// stop ends it in good order.
func newKeeping(t *testing.T, url, dir string) *storing {
	t.Helper()
	o := shortOptions(url)
	g, err := New(o)
	require.NoError(t, err)
	kept := disk.Open(disk.Options{
		Dir: dir, MaxBytes: 8 << 20, Patience: time.Minute,
		Secrets: func() (seal.Ring, error) { return keys, nil },
	})
	g.Keep(kept)
	e := g.Entries()
	s := &storing{Group: g, Store: cache.New(cache.Options{
		MaxBytes: 8 << 20, Backing: cache.Stack(kept, e), Workspace: func(cache.Owner) string { return "space" }, Bot: func(cache.Owner) string { return "bot" },
		LastWrite: kept.LastWrite(),
	})}
	e.Attach(s.Store)
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { g.Run(ctx) })
	s.stop = sync.OnceFunc(func() { cancel(); run.Wait(); kept.Close() })
	t.Cleanup(s.stop)
	return s
}

// share stores page n until Redis has it, which may be away for a moment where
// the machine is busy.
func (s *storing) share(t *testing.T, server *redistest.Server, n int) {
	t.Helper()
	q := question(n)
	at, _ := s.entries.key(q.Owner, q.Key)
	eventually(t, "it is in Redis", func() bool {
		s.put(n, 7, s.Begin(), time.Now())
		return server.Say("EXISTS", at) == ":1"
	})
}

// onDiskAlone takes what is stored of page n out of Redis.
func (s *storing) onDiskAlone(t *testing.T, server *redistest.Server, n int) {
	t.Helper()
	q := question(n)
	at, _ := s.entries.key(q.Owner, q.Key)
	eventually(t, "it is in Redis", func() bool { return server.Say("EXISTS", at) == ":1" })
	server.Say("DEL", at)
}

// A replica that starts again takes nothing for fresh that a write may have
// overwritten while it was away, whatever became of the news of it.
func TestKept_isDoubtedWhereTheNewsAreLost(t *testing.T) {
	for name, lose := range map[string]func(s *redistest.Server, stream string){
		"another Redis":        func(s *redistest.Server, _ string) { s.Kill(); s.Restart() },
		"one that was emptied": func(s *redistest.Server, _ string) { s.Say("FLUSHALL") },
		"only the last is left": func(s *redistest.Server, stream string) {
			s.Say("XTRIM", stream, "MAXLEN", "1")
		},
		"none is left":        func(s *redistest.Server, stream string) { s.Say("XTRIM", stream, "MAXLEN", "0") },
		"maybe in a failover": func(s *redistest.Server, _ string) { s.Say("DEBUG", "CHANGE-REPL-ID") },
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := redistest.Start(t, "--enable-debug-command", "local"), t.TempDir()
			a, b := newKeeping(t, s.URL(), dir), newStoring(t, s.URL())
			storingTogether(t, a, b)
			b.wrote(2, true)
			for _, n := range []int{1, 4} {
				a.put(n, 7, a.Begin(), time.Now())
				a.onDiskAlone(t, s, n)
			}
			a.stop()

			b.wrote(1, true)
			b.wrote(2, true)
			lose(s, b.streamKey())
			storingTogether(t, b)
			a = newKeeping(t, s.URL(), dir)
			storingTogether(t, a, b)

			_, fresh := a.look(1, true)
			assert.False(t, fresh, "it was written to")
			_, fresh = a.look(4, true)
			_, kept := a.look(4, false)
			assert.False(t, fresh, "who knows whether it was")
			assert.True(t, kept, "in trouble it may serve")

			a.put(3, 7, a.Begin(), time.Now())
			_, fresh = a.look(3, true)
			assert.True(t, fresh, "what is read from now on is as fresh as ever")
		})
	}
}

// What nobody wrote to while a replica was away is as fresh as if it had been
// there all the time.
func TestKept_isFreshWhereNoNewsAreLost(t *testing.T) {
	for name, written := range map[string]bool{"others wrote elsewhere": true, "nobody wrote": false} {
		t.Run(name, func(t *testing.T) {
			s, dir := redistest.Start(t), t.TempDir()
			a, b := newKeeping(t, s.URL(), dir), newStoring(t, s.URL())
			storingTogether(t, a, b)
			a.put(1, 7, a.Begin(), time.Now())
			a.onDiskAlone(t, s, 1)
			a.stop()

			if written {
				b.wrote(2, true)
			}
			a = newKeeping(t, s.URL(), dir)
			storingTogether(t, a, b)

			v, ok := a.look(1, true)
			assert.True(t, ok && v == 7)
		})
	}
}

// Writes from before an entry was read, which a replica hears of anew when it
// starts, say nothing against it.
func TestKept_isSparedByTheNewsFromBeforeIt(t *testing.T) {
	for name, own := range map[string]bool{"of another": false, "of its own": true} {
		t.Run(name, func(t *testing.T) {
			s, dir := redistest.Start(t), t.TempDir()
			a, b := newKeeping(t, s.URL(), dir), newStoring(t, s.URL())
			storingTogether(t, a, b)
			writer := b
			if own {
				writer = a
			}
			writer.wrote(1, true)
			writer.wrote(2, true)
			a.put(1, 7, a.Begin(), time.Now())
			a.put(2, 7, a.Begin(), time.Now())
			a.onDiskAlone(t, s, 1)
			a.onDiskAlone(t, s, 2)
			a.stop()
			b.wrote(2, true)

			a = newKeeping(t, s.URL(), dir)
			storingTogether(t, a, b)

			v, ok := a.look(1, false)
			assert.True(t, ok && v == 7)
			_, ok = a.look(2, false)
			assert.False(t, ok, "but those from after it do")
		})
	}
}

// What Notion carries out later may happen after the end of the process that
// had heard of it.
func TestKept_isNotSparedByWhatWasStillToCome(t *testing.T) {
	s, dir := redistest.Start(t), t.TempDir()
	a, b := newKeeping(t, s.URL(), dir), newStoring(t, s.URL())
	storingTogether(t, a, b)
	now := time.Now()
	b.Accepted(cache.Write{Owner: owner, Tags: tagsOf(1), Certain: true}, "task", now, now.Add(time.Second))
	require.True(t, b.Told(context.Background(), b.last()))
	a.put(1, 7, a.Begin(), time.Now())
	a.onDiskAlone(t, s, 1)
	a.stop()

	a = newKeeping(t, s.URL(), dir)
	storingTogether(t, a, b)

	_, fresh := a.look(1, true)
	_, kept := a.look(1, false)
	assert.False(t, fresh)
	assert.True(t, kept)
}

// While the news from before are heard anew, the disk goes on knowing that it
// has heard later ones.
func TestKeepPlace_isNotSetBack(t *testing.T) {
	kept := disk.Open(disk.Options{
		Dir: t.TempDir(), MaxBytes: 8 << 20, Secrets: func() (seal.Ring, error) { return keys, nil },
	})
	defer kept.Close()
	g, err := New(shortOptions("redis://127.0.0.1:1"))
	require.NoError(t, err)
	g.Keep(kept)
	const history, another = "0123456789abcdef0123456789abcdef01234567", "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0"
	g.news.known = place{history, 10}
	for _, c := range []struct{ heard, kept place }{
		{place{history, 4}, place{}},
		{place{history, 10}, place{history, 10}},
		{place{history, 12}, place{history, 12}},
		{place{another, 4}, place{another, 4}},
	} {
		g.news.history, g.news.heard = c.heard.history, c.heard.number
		g.keepPlace()
		assert.Equal(t, c.kept, lastPlace(kept))
	}
}
