//go:build unix

package disk

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/notion"
)

// benchRecord is a query of a hundred rows: 30 KB that do not compress, and
// some 300 tags.
func benchRecord(b *testing.B, n int) *cache.Record {
	r := recordOf(b, alice, fmt.Sprint(n))
	body := make([]byte, 30_000)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(body)
	r.Pages[0].Page.Body = body
	for i := range 300 {
		r.Tags = append(r.Tags, notion.Tag{Role: notion.Shows, ID: notion.ID{byte(i), byte(i >> 8), byte(n)}})
	}
	return r
}

// cpu reports the processor's time besides the clock's, which on a machine that
// others use too is the truer one. Call what it returns at the end.
func cpu(b *testing.B) func() {
	spent := func() int64 {
		var u syscall.Rusage
		require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		return u.Utime.Nano() + u.Stime.Nano()
	}
	before := spent()
	return func() { b.ReportMetric(float64(spent()-before)/float64(b.N), "cpu-ns/op") }
}

// BenchmarkLoad is a hit from the disk, without what comes after it.
func BenchmarkLoad(b *testing.B) {
	w := newWorld(b)
	d := w.open()
	records := make([]*cache.Record, 100)
	for i := range records {
		records[i] = benchRecord(b, i)
		d.Save(records[i], alice)
	}
	d.flush(false)
	for i := range 1000 { // and some writes since
		d.Drop(drop(bob, true, notion.Tag{Role: notion.Lists, ID: notion.ID{byte(i), byte(i >> 8), 9}}))
	}
	ctx, i := context.Background(), 0
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		i++
		_, ok := d.Load(ctx, wanted(records[i%len(records)], alice))
		require.True(b, ok)
	}
}

// BenchmarkReadAndUnseal is the least that a hit from the disk can cost: a
// file of 30 KB, read and unsealed.
func BenchmarkReadAndUnseal(b *testing.B) {
	block, err := aes.NewCipher(make([]byte, 32))
	require.NoError(b, err)
	box, err := cipher.NewGCMWithRandomNonce(block)
	require.NoError(b, err)
	path := b.TempDir() + "/sealed"
	require.NoError(b, os.WriteFile(path, box.Seal(nil, nil, make([]byte, 30_000), nil), 0o600))
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		sealed, err := os.ReadFile(path)
		require.NoError(b, err)
		_, err = box.Open(sealed[:0], nil, sealed, nil)
		require.NoError(b, err)
	}
}
