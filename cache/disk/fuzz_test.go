package disk

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever stands in the file, a head is read within its bounds or not at all,
// and one that reads encodes to what was read.
func FuzzCut(f *testing.F) {
	r := recordOf(f, alice, "Plans", tag(1), tag(2))
	f.Add(append(headOf(secret(f, "s"), r, 7).append(nil), "sealed"...))
	f.Fuzz(func(t *testing.T, value []byte) {
		h, open, sealed, ok := cut(value)
		if !ok {
			return
		}
		require.Equal(t, len(value), len(open)+len(sealed))
		for i := range h.tagCount() {
			_ = h.tag(i)
		}
		again, _, _, ok := cut(h.append(nil))
		require.True(t, ok)
		assert.Equal(t, h.seq, again.seq)
		assert.Equal(t, h.named, again.named)
		assert.Equal(t, h.tags, again.tags)
	})
}

// A log is read whole or refused.
func FuzzLog(f *testing.F) {
	e := eventOf(secret(f, "s"), drop(alice, true, tag(1)))
	e.seq = 1
	path := filepath.Join(f.TempDir(), "log")
	l, err := createLog(path, pair{1}, 1, []event{e, {kind: ended, intent: 3}, {kind: heard, place: "here"}, {kind: untold, intent: 4, news: []byte("odd")}, {kind: told, intent: 4}})
	require.NoError(f, err)
	l.close()
	good, err := os.ReadFile(path)
	require.NoError(f, err)
	f.Add(good[logHead:])
	f.Fuzz(func(t *testing.T, frames []byte) {
		path := filepath.Join(t.TempDir(), "log")
		require.NoError(t, os.WriteFile(path, append(append([]byte{}, good[:logHead]...), frames...), 0o600))
		l, events, err := openLog(path, pair{1})
		if err != nil {
			return
		}
		defer l.close()
		var again []byte
		for _, e := range events {
			again = appendFrame(again, e)
		}
		assert.Len(t, again, len(frames))
	})
}
