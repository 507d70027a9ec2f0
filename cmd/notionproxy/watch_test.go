package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notionproxy/config"
)

// watching runs watch over all until the test's bubble ends.
func watching(t *testing.T, all ...reloader) (hup chan os.Signal, logged *observer.ObservedLogs) {
	t.Helper()
	core, logged := observer.New(zap.InfoLevel)
	hup = make(chan os.Signal)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cancel()
		synctest.Wait()
	})
	go watch(ctx, zap.New(core), hup, all)
	return hup, logged
}

// write replaces what path holds, as an editor does.
func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func openToken(t *testing.T, path string) *secretFile {
	t.Helper()
	f, err := openSecretFile("notion.token_file", path, 0)
	require.NoError(t, err)
	return f
}

func TestWatch_takesANewTokenWithinTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "token")
		write(t, path, "ntn_old\n")
		token := openToken(t, path)
		_, logged := watching(t, token)
		assert.Equal(t, "ntn_old", token.Value())

		write(t, path, "ntn_new\n")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Equal(t, "ntn_new", token.Value())
		assert.Equal(t, 1, logged.Len())
		assert.Equal(t, map[string]any{"setting": "notion.token_file"}, logged.All()[0].ContextMap())
	})
}

// Kubernetes replaces a mounted Secret by swapping a symlink to its folder: the
// file itself is never written.
func TestWatch_followsTheSymlinksOfAConfigMap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		for version, token := range map[string]string{"..1": "ntn_old", "..2": "ntn_new"} {
			require.NoError(t, os.Mkdir(filepath.Join(dir, version), 0o700))
			write(t, filepath.Join(dir, version, "token"), token)
		}
		require.NoError(t, os.Symlink("..1", filepath.Join(dir, "..data")))
		require.NoError(t, os.Symlink(filepath.Join("..data", "token"), filepath.Join(dir, "token")))
		token := openToken(t, filepath.Join(dir, "token"))
		watching(t, token)

		require.NoError(t, os.Symlink("..2", filepath.Join(dir, "..next")))
		require.NoError(t, os.Rename(filepath.Join(dir, "..next"), filepath.Join(dir, "..data")))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Equal(t, "ntn_new", token.Value())
	})
}

func TestWatch_keepsTheTokenWhileTheFileIsBad(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"gone":      os.Remove,
		"empty":     func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"two words": func(path string) error { return os.WriteFile(path, []byte("Bearer ntn_canary"), 0o600) },
		"binary":    func(path string) error { return os.WriteFile(path, []byte{0xff, 0}, 0o600) },
		"huge":      func(path string) error { return os.Truncate(path, 1<<30) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "token")
				write(t, path, "ntn_old\n")
				token := openToken(t, path)
				hup, logged := watching(t, token)

				require.NoError(t, spoil(path))
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Equal(t, "ntn_old", token.Value())
				assert.Equal(t, 1, logged.Len(), "one line, not one every two seconds")
				assert.NotContains(t, logged.All()[0].ContextMap()["error"], "canary")

				hup <- syscall.SIGHUP
				synctest.Wait()
				assert.Equal(t, 2, logged.Len(), "once more for who asks")

				write(t, path, "ntn_new\n")
				time.Sleep(2 * time.Second)
				synctest.Wait()
				assert.Equal(t, "ntn_new", token.Value())
			})
		})
	}
}

type countingReloader struct{ calls int }

func (c *countingReloader) name() string { return "counting" }

func (c *countingReloader) reload() (bool, error) {
	c.calls++
	return false, errors.New("as always")
}

func TestWatch_looksAtOnceAfterAHangup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &countingReloader{}
		hup, _ := watching(t, r)
		synctest.Wait()
		assert.Zero(t, r.calls)

		hup <- syscall.SIGHUP
		synctest.Wait()
		assert.Equal(t, 1, r.calls)
	})
}

func TestWatch_keepsTheAdminTokenRatherThanAShortOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	write(t, path, "canary-of-sixteen-and-more\n")
	token, err := openSecretFile("admin.token_file", path, config.MinAdminToken)
	require.NoError(t, err)
	write(t, path, "letmein\n")
	_, err = token.reload()
	assert.ErrorContains(t, err, "less than 16 characters")
	assert.NotContains(t, err.Error(), "letmein")
	assert.Equal(t, "canary-of-sixteen-and-more", token.Value())
}
