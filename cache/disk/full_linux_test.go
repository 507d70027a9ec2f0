package disk

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A disk that runs full costs what is on it, and nothing else.
func TestAFullDisk(t *testing.T) {
	w := newWorld(t)
	if err := syscall.Mount("tmpfs", w.dir, "tmpfs", 0, "size=16m"); err != nil {
		skip(t, "needs the right to mount a tmpfs")
	}
	t.Cleanup(func() { _ = syscall.Unmount(w.dir, syscall.MNT_DETACH) })
	w.max = 1 << 30
	d := w.open()
	for i := range 150 {
		w.saveBig(d, i)
	}
	assert.Empty(t, w.warnings(), "it keeps to what the disk has")
	assert.NotNil(t, d.current())

	hog := filepath.Join(w.dir, "hog")
	require.ErrorIs(t, os.WriteFile(hog, make([]byte, 16<<20), 0o600), syscall.ENOSPC)
	for i := range 100 {
		w.saveBig(d, i)
		d.Drop(drop(alice, true, tag(byte(i))))
		d.Settle(t.Context())
	}
	w.waitForEnd(d)
	for i := range 20 {
		d.turnOn()
		w.saveBig(d, i)
		w.waitForEnd(d)
	}
	assert.NotEmpty(t, w.warnings())
	assert.Less(t, len(w.warnings()), 8, "%v", w.warnings())
	assert.Contains(t, strings.Join(w.warnings(), "\n"), "no space left")

	require.NoError(t, os.Remove(hog))
	if d.current() == nil {
		d.turnOn()
	}
	w.assertWorks(d)
	d.Close()
}

func (w *world) saveBig(d *Disk, i int) {
	r := recordOf(w.t, alice, string(rune('a'+i)))
	r.Pages[0].Page.Body = make([]byte, 200_000)
	d.Save(r, alice)
	d.flush(false)
}

// skip skips a test for want of something on this machine; with
// NOTIONPROXY_REQUIRE_ALL=1 it fails instead.
func skip(t *testing.T, why string) {
	if os.Getenv("NOTIONPROXY_REQUIRE_ALL") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}
