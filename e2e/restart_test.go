package e2e

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wide settings leave the budget out of a test, and ask Notion every second.
var wide = map[string]string{
	"CACHE_FRESH_CONTENT": "1s",
	"LIMITER_PER_MINUTE":  "1000000",
	"LIMITER_BURST":       "100000",
}

func TestSDK_readsOnWhileNotionIsKilledAndRestarted(t *testing.T) {
	need(t, node, sdkModule)
	t.Parallel()
	first := startNotion(t, "127.0.0.1:0", "Before")
	p := startProxy(t, "http://"+first.addr, wide)
	r := &readers{client: startSDK(t, p.url), stop: make(chan struct{})}
	_, r.pages = processWorld()
	for _, known := range r.client.readAll(r.pages) {
		require.Empty(t, known.Error)
	}

	r.all.Go(r.run)
	r.wait(t, "reads before", func() bool { return r.count("Before") > 100 })
	first.kill()
	p.log.wait(t, 100, "100 stale answers", answered("pages.retrieve", "stale"))
	startNotion(t, first.addr, "After")
	r.wait(t, "fresh reads after", func() bool { return r.count("After") > 100 })
	close(r.stop)
	r.all.Wait()

	for _, bad := range r.bad() {
		t.Errorf("a read failed: %v %s", bad.Statuses, bad.Error)
	}
	t.Logf("%d reads, %d with what was known before", r.count(""), r.count("Before"))
}

// readers read known pages, 50 a second, until they are stopped.
type readers struct {
	client *sdk
	pages  []string
	stop   chan struct{}
	all    sync.WaitGroup

	mu      sync.Mutex
	replies []reply
}

func (r *readers) run() {
	tick := time.NewTicker(time.Second / 50)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-r.stop:
			return
		case <-tick.C:
			r.all.Go(func() { r.read(r.pages[i%len(r.pages)]) })
		}
	}
}

func (r *readers) read(page string) {
	got := r.client.do(readPage(page))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.replies = append(r.replies, got)
}

// count counts the answers so far in which a text stands.
func (r *readers) count(text string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, got := range r.replies {
		if strings.Contains(got.Body, text) {
			n++
		}
	}
	return n
}

// bad are the reads that were not answered at the first attempt.
func (r *readers) bad() []reply {
	r.mu.Lock()
	defer r.mu.Unlock()
	var bad []reply
	for _, got := range r.replies {
		if got.Error != "" || !assert.ObjectsAreEqual([]int{200}, got.Statuses) {
			bad = append(bad, got)
		}
	}
	return bad
}

func (r *readers) wait(t *testing.T, what string, fits func() bool) {
	t.Helper()
	require.Eventually(t, fits, 90*time.Second, 50*time.Millisecond, what)
}
