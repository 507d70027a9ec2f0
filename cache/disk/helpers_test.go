package disk

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

// rewriteState changes what a closed file says of itself.
func (w *world) rewriteState(change func(*state)) {
	db, err := bolt.Open(entriesPath(w.dir), 0o600, nil)
	require.NoError(w.t, err)
	defer db.Close()
	require.NoError(w.t, db.Update(func(tx *bolt.Tx) error {
		var s state
		if err := s.load(tx); err != nil {
			return err
		}
		change(&s)
		return s.save(tx)
	}))
}

// count is how many keys a bucket has.
func (w *world) count(d *Disk, bucket []byte) (n int) {
	require.NoError(w.t, d.current().db.View(func(tx *bolt.Tx) error {
		n = tx.Bucket(bucket).Stats().KeyN
		return nil
	}))
	return n
}

// assertTellsNothing looks for secrets, raw and in the usual spellings.
func assertTellsNothing(t *testing.T, all []byte, secrets []string) {
	t.Helper()
	for _, s := range secrets {
		for spelling, text := range map[string]string{
			"raw": s, "hex": hex.EncodeToString([]byte(s)), "escaped": url.QueryEscape(s),
			"base64": base64.RawStdEncoding.EncodeToString([]byte(s)), "base64url": base64.RawURLEncoding.EncodeToString([]byte(s)),
		} {
			assert.False(t, bytes.Contains(all, []byte(text)), "%q %s", s, spelling)
		}
	}
}
