package e2e

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// The flood: what a process may take is the cap, a quarter more, and 64 MiB.
const (
	floodCap    = 64 << 20
	floodBound  = floodCap + floodCap/4 + 64<<20
	floodTokens = 100_000
)

// floodKeys is how many different reads there are: a million, or fewer while
// somebody works on what they show. 100,000 fill the cap three times over.
func floodKeys(t *testing.T) int {
	text := os.Getenv("NOTIONPROXY_FLOOD_KEYS")
	if text == "" {
		return 1_000_000
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "NOTIONPROXY_FLOOD_KEYS")
	return n
}

// TestFlood_memoryStaysWithinItsBound floods the program with a million
// different reads, with a hundred thousand tokens of one connection that Notion
// accepts, and with as many that nobody ever heard of. A token of another
// connection is served before and after.
func TestFlood_memoryStaysWithinItsBound(t *testing.T) {
	if os.Getenv("NOTIONPROXY_LONG") != "1" {
		t.Skip("takes five minutes: set NOTIONPROXY_LONG=1")
	}
	f := newFlood(t)
	keys := floodKeys(t)
	f.stage("first half of the keys", keys/2, f.readKey, http.StatusOK)
	half := f.anonymous()
	f.stage("second half of the keys", keys/2, func(n int) int { return f.readKey(n + keys/2) }, http.StatusOK)
	assert.InDelta(t, half, f.anonymous(), 16<<20, "what is there for an entry goes with it: more keys take no more memory")
	f.stage("tokens that Notion accepts", floodTokens, f.readAs, http.StatusOK)
	f.stage("the same tokens again", floodTokens, f.readAs, http.StatusOK)
	f.stage("tokens that nobody knows", floodTokens, f.readAsStranger, http.StatusUnauthorized, http.StatusTooManyRequests)
	assert.Equal(t, http.StatusOK, f.read(testToken, f.page(0), impatiently), "it is still there, at once, for those who belong here")
}

// A flood is the program under many requests.
type flood struct {
	*testing.T
	*proxy
	pages    []string
	settings string // file
	client   *http.Client
	peak     atomic.Int64
}

func newFlood(t *testing.T) *flood {
	n := notiontest.New(notiontest.Options{Seed: 7, RateLimit: -1, LogCalls: 1})
	w := makeWorld(n)
	f := &flood{T: t, pages: w.makePages(n, "Many", 100), settings: filepath.Join(t.TempDir(), "settings.yaml")}
	bot := n.AddConnection(notiontest.ConnectionOptions{Workspace: w.workspace})
	for i := range floodTokens {
		n.AddToken(floodToken(i), bot)
	}
	f.write("info")
	f.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: time.Minute}
	f.proxy = startProxy(t, serve(t, n), map[string]string{
		"CONFIG": f.settings, "CACHE_SIZE": strconv.Itoa(floodCap), "STATUS_PAGE_URL": "",
		"LIMITER_PER_MINUTE": "1000000", "LIMITER_BURST": "1000000",
	})
	f.hush()
	require.Equal(t, http.StatusOK, f.read(testToken, "/v1/users", patiently), "the token is accepted")
	go f.watch()
	return f
}

func floodToken(n int) string { return "ntn_flood" + strconv.Itoa(n) }

func (f *flood) write(level string) {
	require.NoError(f, os.WriteFile(f.settings, []byte("log: {level: "+level+"}\n"), 0o600))
}

// hush has the running program write no line for each request from now on.
func (f *flood) hush() {
	f.write("error")
	require.NoError(f, f.cmd.Process.Signal(syscall.SIGHUP))
	time.Sleep(time.Second)
}

// stage sends so many requests over 32 connections, and holds the memory
// against the bound, and what they are answered against what it should be.
func (f *flood) stage(name string, requests int, send func(n int) int, may ...int) {
	start := time.Now()
	f.peak.Store(0)
	var next atomic.Int64
	var statuses [600]atomic.Int64
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for n := int(next.Add(1)); n <= requests; n = int(next.Add(1)) {
				statuses[send(n)].Add(1)
			}
		})
	}
	all.Wait()
	counts := map[int]int64{}
	for status := range statuses {
		if n := statuses[status].Load(); n > 0 {
			counts[status] = n
		}
	}
	peak := max(f.peak.Load(), f.anonymous())
	f.Logf("%s: %d requests in %v, by status %v; RssAnon at most %d MiB, now %d MiB; bound %d MiB",
		name, requests, time.Since(start).Round(time.Second), counts, peak>>20, f.anonymous()>>20, floodBound>>20)
	assert.LessOrEqual(f, peak, int64(floodBound), name)
	assert.Subset(f, may, slices.Collect(maps.Keys(counts)), name)
}

// How long a read waits for its turn, as Prefer has it.
const (
	patiently   = "wait=20"
	impatiently = "wait=0"
)

// readKey reads something that nobody read before.
func (f *flood) readKey(n int) int {
	return f.read(testToken, fmt.Sprintf("%s?key=%d", f.page(n), n), patiently)
}

func (f *flood) readAs(n int) int { return f.read(floodToken(n%floodTokens), f.page(0), patiently) }

func (f *flood) readAsStranger(n int) int {
	return f.read("ntn_stranger"+strconv.Itoa(n), f.page(0), impatiently)
}

func (f *flood) page(n int) string { return "/v1/pages/" + f.pages[n%len(f.pages)] }

// read is the status of an answer, 0 if there is none.
func (f *flood) read(token, target, prefer string) int {
	r, err := http.NewRequestWithContext(f.Context(), http.MethodGet, f.url+target, http.NoBody)
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Prefer", prefer)
	r.Header.Set("Notion-Version", "2025-09-03")
	a, err := f.client.Do(r)
	if err != nil {
		return 0
	}
	defer a.Body.Close()
	_, _ = io.Copy(io.Discard, a.Body) // its end is not what counts
	return a.StatusCode
}

// watch keeps the most memory that was seen.
func (f *flood) watch() {
	for !f.hasExited() {
		if now := f.anonymous(); now > f.peak.Load() {
			f.peak.Store(now)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// anonymous is the program's RssAnon in bytes (proc(5)), 0 once it has ended.
func (f *flood) anonymous() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "RssAnon:")
	line, _, _ := strings.Cut(rest, "\n")
	kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "kB")), 10, 64)
	return kib << 10
}
