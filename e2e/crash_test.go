package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// onDisk are settings with a cache that outlives the program, in which stored
// answers stay fresh for long, so that what is wrong with them would show.
func onDisk(dir string) map[string]string {
	return map[string]string{
		"CACHE_DIR": dir, "CACHE_DISK_SIZE": "64MiB", "CACHE_FRESH_CONTENT": "10m",
		"LIMITER_PER_MINUTE": "1000000", "LIMITER_BURST": "100000",
	}
}

// The program is killed again and again, at any moment, while clients read and
// write. Whoever reads after a write was answered sees it, from the disk as
// from Notion; and what a write may have changed whose answer nobody got is
// never taken for fresh.
func TestCrash_nothingWrongIsServedAfterAKill(t *testing.T) {
	rounds := 8
	if os.Getenv("NOTIONPROXY_LONG") == "1" {
		rounds = 200
	}
	t.Parallel()
	n := notiontest.New(notiontest.Options{Seed: 9, RateLimit: -1})
	w := makeWorld(n)
	c := &crashWorld{t: t, notion: serve(t, n), token: w.Token}
	for _, id := range w.makePages(n, "v0", 12) {
		c.pages = append(c.pages, &versioned{id: id})
	}
	for _, p := range c.pages {
		c.write(t.Context(), c.notion, p) // titles that are a version and no more
	}
	// Some writes are carried out long before anybody hears of it.
	n.Fault(notiontest.Fault{Writes: true, Lag: 300 * time.Millisecond, Probability: 0.2})
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	for round := range rounds {
		proxy := startProxy(t, c.notion, onDisk(dir))
		for _, p := range c.pages {
			c.read(t.Context(), proxy.url, p, true)
		}
		c.load(proxy, time.Duration(random.IntN(1500))*time.Millisecond)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("%d rounds: %d reads, %d writes (%d without an answer), %d of %d first reads from the disk",
		rounds, c.reads.Load(), c.writes.Load(), c.unanswered.Load(), c.fromDisk.Load(), rounds*len(c.pages))
	assert.Greater(t, c.fromDisk.Load(), int64(rounds), "or there was nothing to be wrong")
	c.tellsNothing(dir)
}

// A versioned page has its version as its title.
type versioned struct {
	id string

	mu       sync.RWMutex // held for a write, and shared by reads
	tried    int          // the version that was written last, answered or not
	answered int          // the last one that was
}

type crashWorld struct {
	t      *testing.T
	notion string
	token  string
	pages  []*versioned

	reads, writes, unanswered, fromDisk atomic.Int64
}

// load has clients read and write for a while, and kills the program under
// them.
func (c *crashWorld) load(p *proxy, length time.Duration) {
	ctx, cancel := context.WithCancel(c.t.Context())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { c.repeat(ctx, func(page *versioned) { c.read(ctx, p.url, page, false) }) })
	}
	for range 2 {
		all.Go(func() { c.repeat(ctx, func(page *versioned) { c.write(ctx, p.url, page) }) })
	}
	time.Sleep(length)
	p.kill(c.t)
	cancel()
	all.Wait()
}

func (c *crashWorld) repeat(ctx context.Context, do func(*versioned)) {
	for ctx.Err() == nil {
		do(c.pages[rand.IntN(len(c.pages))])
		time.Sleep(time.Duration(rand.IntN(4)) * time.Millisecond)
	}
}

// write writes the page's next version.
func (c *crashWorld) write(ctx context.Context, url string, p *versioned) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tried++
	body := fmt.Sprintf(`{"properties":{"title":{"title":[{"text":{"content":"v%d"}}]}}}`, p.tried)
	c.writes.Add(1)
	status, _, _ := c.do(ctx, http.MethodPatch, url, p.id, body)
	if status != http.StatusOK {
		c.unanswered.Add(1)
		return
	}
	p.answered = p.tried
}

// read reads the page, and holds what comes against what Notion has.
func (c *crashWorld) read(ctx context.Context, url string, p *versioned, first bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	status, cached, body := c.do(ctx, http.MethodGet, url, p.id, "")
	if status == 0 {
		return // it was killed meanwhile
	}
	c.reads.Add(1)
	got := versionIn(body)
	hit := strings.Contains(cached, "hit")
	if first && hit {
		c.fromDisk.Add(1)
	}
	assert.Equal(c.t, http.StatusOK, status, body)
	assert.GreaterOrEqual(c.t, got, p.answered, "a write that was answered is not seen: %s", cached)
	if hit && !strings.Contains(cached, "maybe-overwritten") {
		_, _, truth := c.do(context.WithoutCancel(ctx), http.MethodGet, c.notion, p.id, "")
		assert.Equal(c.t, versionIn(truth), got, "an answer that was taken for fresh: %s", cached)
	}
}

// do makes one request. The status is 0 where none was answered.
func (c *crashWorld) do(ctx context.Context, method, url, page, body string) (status int, cached, answer string) {
	r, err := http.NewRequestWithContext(ctx, method, url+"/v1/pages/"+page, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, "", ""
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Notion-Version", "2025-09-03")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", ""
	}
	defer got.Body.Close()
	b, err := io.ReadAll(got.Body)
	if err != nil {
		return 0, "", ""
	}
	return got.StatusCode, got.Header.Get("Cache-Status"), string(b)
}

// versionIn is the version that a page's title says, -1 where it says none.
func versionIn(body string) int {
	var page struct {
		Properties struct {
			Title struct {
				Title []struct {
					Text string `json:"plain_text"`
				} `json:"title"`
			} `json:"title"`
		} `json:"properties"`
	}
	v := -1
	if json.Unmarshal([]byte(body), &page) == nil && len(page.Properties.Title.Title) == 1 {
		_, _ = fmt.Sscanf(page.Properties.Title.Title[0].Text, "v%d", &v)
	}
	return v
}

// tellsNothing looks through the files for what they must not hold.
func (c *crashWorld) tellsNothing(dir string) {
	files, err := os.ReadDir(dir)
	require.NoError(c.t, err)
	for _, file := range files {
		b, err := os.ReadFile(filepath.Join(dir, file.Name()))
		require.NoError(c.t, err)
		for _, secret := range append(secrets, c.pages[0].id, strings.ReplaceAll(c.pages[0].id, "-", ""), "plain_text") {
			assert.False(c.t, bytes.Contains(b, []byte(secret)), "%s holds %q", file.Name(), secret)
		}
	}
}
