package e2e

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/cache/disk"
	"notionproxy/cache/seal"
	"notionproxy/notion"
	"notionproxy/notiontest"
)

// written is longer than what was stored takes to be on the disk.
const written = 1500 * time.Millisecond

// get reads a page, and returns the answer's status and headers.
func (p *proxy) get(t *testing.T, token, page string) (status int, h http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/v1/pages/"+page, http.NoBody)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Notion-Version", "2025-09-03")
	got, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer got.Body.Close()
	return got.StatusCode, got.Header
}

var leftIn = regexp.MustCompile(`r=(\d+)`)

// left is what an answer says is left of the budget.
func left(t *testing.T, h http.Header) int {
	t.Helper()
	found := leftIn.FindStringSubmatch(h.Get("RateLimit"))
	require.Len(t, found, 2, "RateLimit: %s", h.Get("RateLimit"))
	n, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return n
}

// A program that starts again knows what was stored, which tokens Notion took,
// and what it spent; after a kill it takes for spent what it may have spent.
func TestDisk_aRestartGoesOn(t *testing.T) {
	t.Parallel()
	n := notiontest.New(notiontest.Options{Seed: 10})
	w := makeWorld(n)
	pages := w.makePages(n, "One", 12)
	settings := map[string]string{"CACHE_DIR": t.TempDir(), "CACHE_FRESH_CONTENT": "10m"}
	first := startProxy(t, serve(t, n), settings)
	for _, page := range pages[:10] {
		status, _ := first.get(t, w.Token, page)
		require.Equal(t, http.StatusOK, status)
	}
	time.Sleep(written)
	first.terminate(t)
	first.waitExit(t)

	calls := len(n.Log())
	second := startProxy(t, first.notion, settings)
	for _, page := range pages[:10] {
		_, h := second.get(t, w.Token, page)
		assert.Contains(t, h.Get("Cache-Status"), "hit")
	}
	assert.Len(t, n.Log(), calls, "Notion is not asked")
	_, h := second.get(t, w.Token, pages[10])
	before := left(t, h)
	assert.LessOrEqual(t, before, 171-11, "what the first one spent counts")
	time.Sleep(written)
	second.kill(t)

	third := startProxy(t, first.notion, settings)
	_, h = third.get(t, w.Token, pages[0])
	assert.Contains(t, h.Get("Cache-Status"), "hit")
	_, h = third.get(t, w.Token, pages[11])
	assert.LessOrEqual(t, left(t, h), before-30, "a burst counts as spent")
}

// A token that Notion has refused gets nothing from the disk, whatever happens
// to the program or to Notion.
func TestDisk_aRefusedTokenStaysRefused(t *testing.T) {
	t.Parallel()
	n := notiontest.New(notiontest.Options{Seed: 11, RateLimit: -1})
	w := makeWorld(n)
	settings := onDisk(t.TempDir())
	settings["CACHE_FRESH_CONTENT"] = "1ms"
	first := startProxy(t, serve(t, n), settings)
	status, _ := first.get(t, w.Token, w.Page)
	require.Equal(t, http.StatusOK, status)
	time.Sleep(written)
	n.RevokeToken(w.Token)
	require.Eventually(t, func() bool {
		status, _ = first.get(t, w.Token, w.Page)
		return status == http.StatusUnauthorized
	}, patience, 50*time.Millisecond)
	time.Sleep(written)
	first.kill(t)

	n.Fault(notiontest.Fault{Kind: notiontest.FaultStatus, Status: 503, Code: "service_unavailable"})
	second := startProxy(t, first.notion, settings)
	status, h := second.get(t, w.Token, w.Page)
	assert.NotEqual(t, http.StatusOK, status, h.Get("Cache-Status"))
}

// What an operator purges is gone from the disk too, however soon the program
// is killed, and the rest is not.
func TestDisk_aPurgeSurvivesAKill(t *testing.T) {
	t.Parallel()
	n := notiontest.New(notiontest.Options{Seed: 13, RateLimit: -1})
	w := makeWorld(n)
	settings := onDisk(t.TempDir())
	first := startProxy(t, serve(t, n), settings)
	for _, page := range []string{w.Page, w.Home} {
		status, _ := first.get(t, w.Token, page)
		require.Equal(t, http.StatusOK, status)
	}
	time.Sleep(written)
	first.purge(t, `{"id":"`+w.Page+`"}`)
	first.kill(t)

	second := startProxy(t, first.notion, settings)
	_, h := second.get(t, w.Token, w.Page)
	assert.Contains(t, h.Get("Cache-Status"), "fwd=uri-miss")
	_, h = second.get(t, w.Token, w.Home)
	assert.Contains(t, h.Get("Cache-Status"), "hit")
}

// A purge by bot id reaches what the disk has of tokens that have not come since
// the start, and nothing of another bot's.
func TestDisk_aPurgeByBotReachesTokensThatHaveNotCome(t *testing.T) {
	t.Parallel()
	n := notiontest.New(notiontest.Options{Seed: 14, RateLimit: -1})
	w := makeWorld(n)
	settings := onDisk(t.TempDir())
	first := startProxy(t, serve(t, n), settings)
	status, _ := first.get(t, w.Token, w.Page)
	require.Equal(t, http.StatusOK, status)
	time.Sleep(written)
	first.kill(t)

	second := startProxy(t, first.notion, settings)
	second.purge(t, `{"connection":"00000000-0000-4000-8000-00000000000b"}`)
	_, h := second.get(t, w.Token, w.Page)
	assert.Contains(t, h.Get("Cache-Status"), "hit")
	second.terminate(t)
	second.waitExit(t)

	third := startProxy(t, first.notion, settings)
	third.purge(t, `{"connection":"`+w.Bot+`"}`)
	_, h = third.get(t, w.Token, w.Page)
	assert.Contains(t, h.Get("Cache-Status"), "fwd=uri-miss")
}

// purge has the program forget what is named.
func (p *proxy) purge(t *testing.T, what string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.adminAddress(t)+"/purge", strings.NewReader(what))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	require.Equal(t, http.StatusOK, got.StatusCode)
}

// The directory is looked at where it is asked for, and not read through.
func TestDisk_aLargeFileStartsAsFastAsASmallOne(t *testing.T) {
	if os.Getenv("NOTIONPROXY_LONG") != "1" {
		t.Skip("writes 1 GiB: set NOTIONPROXY_LONG=1")
	}
	n := notiontest.New(notiontest.Options{Seed: 12, RateLimit: -1})
	w := makeWorld(n)
	settings := onDisk(t.TempDir())
	settings["CACHE_DISK_SIZE"] = "2GiB"
	first := startProxy(t, serve(t, n), settings)
	status, _ := first.get(t, w.Token, w.Page)
	require.Equal(t, http.StatusOK, status)
	time.Sleep(written)
	first.terminate(t)
	first.waitExit(t)

	measure := func() time.Duration {
		best := time.Hour
		for range 3 {
			start := time.Now()
			p := startProxy(t, first.notion, settings)
			_, h := p.get(t, w.Token, w.Page)
			best = min(best, time.Since(start))
			assert.Contains(t, h.Get("Cache-Status"), "hit")
			p.terminate(t)
			p.waitExit(t)
		}
		return best
	}
	small := measure()
	fill(t, settings["CACHE_DIR"], 1<<30)
	large := measure()
	t.Logf("to the first hit: %v with a small file, %v with 1 GiB", small, large)
	assert.Less(t, large, 2*small+200*time.Millisecond)
}

// fill makes the file so large with entries of somebody else.
func fill(t *testing.T, dir string, bytes int64) {
	t.Helper()
	d := disk.Open(disk.Options{Dir: dir, MaxBytes: 2 << 30, Secrets: func() (seal.Ring, error) {
		ring, _, err := seal.ReadOrMake(filepath.Join(dir, "secret"))
		return ring, err
	}})
	defer d.Close()
	op, _ := notion.Named("pages.retrieve")
	now := time.Now()
	for i := 0; d.State().Bytes < bytes; i++ {
		body := make([]byte, 30_000)
		_, _ = rand.Read(body)
		d.Save(&cache.Record{
			Owner: cache.OwnerOf("Bearer x"), Key: cache.KeyOf(fmt.Sprint(i)), Op: op, Born: now, FreshUntil: now.Add(time.Hour),
			KeepUntil: now.Add(time.Hour), Pages: []cache.RecordPage{{Page: &cache.Page{Body: body}}},
		}, "Bearer x")
		if i%500 == 499 {
			time.Sleep(time.Second) // so much goes to the disk at once
		}
	}
}
