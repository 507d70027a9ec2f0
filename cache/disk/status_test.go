package disk

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"notionproxy/cache"
	"notionproxy/cache/seal"
)

func TestStatus_comesBack(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	at := time.Now().Add(-time.Minute).Round(0)
	assertIs := func(want string, wantAt time.Time) {
		t.Helper()
		body, got, ok := d.Status(context.Background(), "weather")
		assert.True(t, ok)
		assert.Equal(t, want, string(body))
		assert.True(t, wantAt.Equal(got))
	}
	_, _, ok := d.Status(context.Background(), "weather")
	assert.False(t, ok, "nothing was kept")

	d.KeepStatus("weather", []byte("rain"), at)
	assertIs("rain", at)
	d.flush(false)
	w.crash(d)
	d = w.open()
	assertIs("rain", at)
	_, _, ok = d.Status(context.Background(), "whether")
	assert.False(t, ok, "of something else nothing was kept")

	d.KeepStatus("weather", nil, at.Add(time.Second))
	d.Close()
	w.ring = seal.Ring{secret(t, "n"), w.ring[0]}
	d = w.open()
	assertIs("", at.Add(time.Second))

	d.KeepStatus("weather", []byte("sun"), at.Add(time.Minute))
	d.Drop(cache.Drop{Reach: cache.Everyone, Certain: true, At: time.Now()}) // a purge
	d.Close()
	d = w.open()
	assertIs("sun", at.Add(time.Minute))
}

func TestStatus_isBounded(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	d.KeepStatus("long", make([]byte, maxStatus+1), time.Now())
	_, _, ok := d.Status(context.Background(), "long")
	assert.False(t, ok)
	for i := range 2 * maxStatuses {
		d.KeepStatus(strings.Repeat("x", i), []byte("y"), time.Now())
	}
	assert.Len(t, d.notes.statuses, maxStatuses)
}

func TestStatus_ofAnotherVersionOrDamagedIsMissing(t *testing.T) {
	for name, spoil := range map[string]func(*seal.Keys, seal.Name, []byte) []byte{
		"another version": func(k *seal.Keys, n seal.Name, _ []byte) []byte {
			return k.Own().Seal(make([]byte, 8), append([]byte{statusVersion + 1}, "12345678rain"...), n)
		},
		"cut": func(k *seal.Keys, n seal.Name, _ []byte) []byte {
			return k.Own().Seal(make([]byte, 8), []byte{statusVersion, 1}, n)
		},
		"damaged": func(_ *seal.Keys, _ seal.Name, value []byte) []byte {
			value[len(value)-1] ^= 1
			return value
		},
		"too short": func(*seal.Keys, seal.Name, []byte) []byte { return []byte("1234567") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			d := w.open()
			d.KeepStatus("weather", []byte("rain"), time.Now())
			d.flush(false)
			n := w.ring[0].Name(statusKind, []byte("weather"))
			value := spoil(w.ring[0], n, d.current().get(accessBucket, n[:]))
			require.NoError(t, d.current().db.Update(func(tx *bolt.Tx) error { return tx.Bucket(accessBucket).Put(n[:], value) }))
			_, _, ok := d.Status(context.Background(), "weather")
			assert.False(t, ok)
		})
	}
}

func TestStatus_tellsNothing(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	d.KeepStatus("canary-name", []byte("canary-connection"), time.Now())
	d.Close()
	all, err := os.ReadFile(entriesPath(w.dir))
	require.NoError(t, err)
	assertTellsNothing(t, all, []string{"canary-name", "canary-connection"})
}
