package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
	"notionproxy/replica/redistest"
)

// A set is three proxies that are one, in front of one Notion.
type set struct {
	t       *testing.T
	notion  *notiontest.Notion
	world   *world
	pages   []string
	proxies []*proxy
	start   func(i int) *proxy // starts one as it was started
	client  *http.Client
}

func startSet(t *testing.T, redisURL string, settings map[string]string) *set {
	t.Helper()
	n := notiontest.New(notiontest.Options{Seed: 7, RateLimit: -1})
	w := makeWorld(n)
	s := &set{t: t, notion: n, world: w, pages: w.makePages(n, "Harbour canary", 20), client: &http.Client{Timeout: 30 * time.Second}}
	all := map[string]string{
		"REDIS_URL": redisURL, "CACHE_SECRET_FILE": filepath.Join(t.TempDir(), "secret"), "REDIS_MAX_REPLICAS": "3",
		"LIMITER_PER_MINUTE": "100000", "LIMITER_BURST": "1000", "STATUS_PAGE_URL": "http://127.0.0.1:1/none",
	}
	for name, value := range settings {
		all[name] = value
	}
	url := serve(t, n)
	s.start = func(i int) *proxy {
		own := maps.Clone(all)
		if dir := all["CACHE_DIR"]; dir != "" {
			own["CACHE_DIR"] = filepath.Join(dir, strconv.Itoa(i)) // each its own
		}
		return startProxy(t, url, own)
	}
	for i := range 3 {
		s.proxies = append(s.proxies, s.start(i))
	}
	s.waitTogether()
	require.Equal(t, http.StatusOK, s.get(0, s.world.Page).status)
	require.Eventually(t, func() bool { // Notion takes the token: all get to know that
		return strings.Contains(s.get(1, s.world.Page).cache, "hit") && strings.Contains(s.get(2, s.world.Page).cache, "hit")
	}, patience, 20*time.Millisecond)
	require.LessOrEqual(t, n.Calls("users.me"), 1)
	return s
}

// waitTogether waits until the replicas are one.
func (s *set) waitTogether() {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		for i := range s.proxies {
			if r := s.replicas(i); !r.Together || r.Live != len(s.proxies) || r.BehindMS > 1000 {
				return false
			}
		}
		return true
	}, 90*time.Second, 50*time.Millisecond, "the replicas do not become one")
}

// long skips a test that takes minutes: after a Redis that may have forgotten
// something, each replica goes on alone for one.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("NOTIONPROXY_LONG") != "1" {
		t.Skip("takes minutes: set NOTIONPROXY_LONG=1")
	}
}

type replicas struct {
	Together    bool  `json:"together"`
	Live        int   `json:"live"`
	BehindMS    int64 `json:"behind_ms"`
	RedisErrors int   `json:"redis_errors"`
}

// replicas is what a proxy says of the others.
func (s *set) replicas(i int) replicas {
	var health struct {
		Replicas replicas `json:"replicas"`
	}
	answer, err := s.client.Get(s.proxies[i].url + "/health")
	if err != nil {
		return replicas{}
	}
	defer answer.Body.Close()
	_ = json.NewDecoder(answer.Body).Decode(&health)
	return health.Replicas
}

// A seen is what a read of a page brought.
type seen struct {
	status int
	title  string
	cache  string // Cache-Status
	took   time.Duration
}

func (s *set) get(i int, page string) seen {
	start := time.Now()
	answer := s.do(i, http.MethodGet, "/v1/pages/"+page, "")
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	assert.NoError(s.t, err)
	return seen{answer.StatusCode, titleIn(body), answer.Header.Get("Cache-Status"), time.Since(start)}
}

// rename writes a page's title.
func (s *set) rename(i int, page, title string) int {
	body := fmt.Sprintf(`{"properties":{"title":{"title":[{"text":{"content":%q}}]}}}`, title)
	answer := s.do(i, http.MethodPatch, "/v1/pages/"+page, body)
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

func (s *set) do(i int, method, path, body string) *http.Response {
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.proxies[i].url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	request.Header.Set("Authorization", "Bearer "+testToken)
	request.Header.Set("Notion-Version", "2025-09-03")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := s.client.Do(request)
	require.NoError(s.t, err)
	return answer
}

// titleIn is the page's title.
func titleIn(body []byte) string {
	var page struct {
		Properties struct {
			Title struct {
				Title []struct {
					Text string `json:"plain_text"`
				} `json:"title"`
			} `json:"title"`
		} `json:"properties"`
	}
	if json.Unmarshal(body, &page) != nil || len(page.Properties.Title.Title) == 0 {
		return ""
	}
	return page.Properties.Title.Title[0].Text
}

func TestReplicas_shareWhatTheyKnowAndForgetTogether(t *testing.T) {
	redis := redistest.Start(t)
	s := startSet(t, redis.URL(), nil)

	page := s.pages[0]
	first := s.get(0, page)
	require.Equal(t, http.StatusOK, first.status)
	require.Eventually(t, func() bool { return strings.Contains(s.get(1, page).cache, "hit") }, patience, 20*time.Millisecond)
	calls := s.notion.Calls("pages.retrieve")
	third := s.get(2, page)
	assert.Contains(t, third.cache, "hit", "the third has it from Redis")
	assert.Equal(t, calls, s.notion.Calls("pages.retrieve"), "and Notion is not asked")

	// Whoever writes, whoever reads: nobody sees what was before. Where the
	// others' word takes longer than the 50 ms that the writer waits for it,
	// as on a busy machine, they may for a second.
	late := 0
	for i := range 60 {
		page, title := s.pages[i%5], fmt.Sprintf("Harbour canary, edition %d", i)
		require.Equal(t, http.StatusOK, s.rename(i%3, page, title))
		for k := range s.proxies {
			if s.get(k, page).title != title {
				late++
				require.NotEqual(t, i%3, k, "the writer's own replica is never late")
				assert.Eventually(t, func() bool { return s.get(k, page).title == title }, 1500*time.Millisecond, 10*time.Millisecond)
			}
		}
	}
	t.Log(late, "of 180 reads came before the word")
	assert.Less(t, late, 18)
	s.dumpTellsNothing(redis)
}

// What many ask at once at several replicas is one call, and a token that one
// of them knows is known to all.
func TestReplicas_askOnce(t *testing.T) {
	redis := redistest.Start(t)
	s := startSet(t, redis.URL(), nil)
	rounds := 0
	for ; s.askAll() && rounds < 5; rounds++ {
		t.Log("Redis was too slow meanwhile: each replica asks for itself then")
	}
	require.Less(t, rounds, 5, "Redis is too slow on this machine")
}

// askAll reads all pages everywhere, as never before, and counts calls. It says
// whether that proves nothing, since Redis failed.
func (s *set) askAll() (failed bool) {
	s.waitTogether()
	errors := s.redisErrors()
	s.pages = s.world.makePages(s.notion, "Harbour canary", 20)
	s.notion.ResetCalls()
	var all sync.WaitGroup
	for _, page := range s.pages {
		for i := range s.proxies {
			for range 3 {
				all.Go(func() { assert.Equal(s.t, http.StatusOK, s.get(i, page).status) })
			}
		}
	}
	all.Wait()
	if s.redisErrors() > errors {
		return true
	}
	assert.LessOrEqual(s.t, s.notion.Calls("pages.retrieve"), len(s.pages)*11/10, "180 reads of 20 pages")
	s.t.Log(s.notion.Calls("pages.retrieve"), "calls for 180 reads of", len(s.pages), "pages")
	return false
}

// redisErrors is how often Redis has failed the replicas.
func (s *set) redisErrors() (n int) {
	for i := range s.proxies {
		n += s.replicas(i).RedisErrors
	}
	return n
}

// dumpTellsNothing looks for what nobody should read in Redis.
func (s *set) dumpTellsNothing(redis *redistest.Server) {
	dump := redis.Dump()
	require.Contains(s.t, string(dump), "entry:", "there is something in it")
	canaries := []string{testToken, "Bearer", "Harbour", "canary", s.world.Bot, s.world.workspace, s.world.Page, "pages.retrieve", "plain_text"}
	canaries = append(canaries, s.pages...)
	for _, canary := range canaries {
		plain := strings.ReplaceAll(canary, "-", "")
		forms := []string{canary, plain, hex.EncodeToString([]byte(canary)), base64.StdEncoding.EncodeToString([]byte(canary))[:len(canary)]}
		if raw, err := hex.DecodeString(plain); err == nil {
			forms = append(forms, string(raw), base64.StdEncoding.EncodeToString(raw)[:16])
		}
		for _, form := range forms {
			assert.False(s.t, bytes.Contains(dump, []byte(form)), "the dump holds %q as %q", canary, form)
		}
	}
}

// Readers at all replicas get answers whatever happens to Redis: no error, and
// nothing that a write made untrue while Redis was well.
func TestReplicas_serveWhateverHappensToRedis(t *testing.T) {
	long(t)
	redis := redistest.Start(t)
	s := startSet(t, redis.URL(), nil)
	for _, page := range s.pages {
		for i := range s.proxies {
			require.Equal(t, http.StatusOK, s.get(i, page).status)
		}
	}
	readers := s.startReaders()
	for name, fault := range map[string]func(){
		"killed, and back empty": func() { redis.Kill(); time.Sleep(time.Second); redis.Restart() },
		"paused":                 func() { redis.Pause(); time.Sleep(2 * time.Second); redis.Resume() },
		"flushed":                func() { redis.Say("FLUSHALL") },
		"out of memory": func() {
			redis.Say("CONFIG", "SET", "maxmemory", "1mb")
			time.Sleep(time.Second)
			redis.Say("CONFIG", "SET", "maxmemory", "0")
		},
		"without its scripts": func() { redis.Say("SCRIPT", "FLUSH") },
	} {
		t.Log(name)
		fault()
		time.Sleep(500 * time.Millisecond)
	}
	readers.stop()
	readers.check(t)

	s.waitTogether()
	for i := range 9 {
		title := fmt.Sprintf("Harbour canary, after all %d", i)
		require.Equal(t, http.StatusOK, s.rename(i%3, s.pages[0], title))
		for k := range s.proxies {
			assert.Equal(t, title, s.get(k, s.pages[0]).title)
		}
	}
}

func TestReplicas_serveInAFailover(t *testing.T) {
	long(t)
	pair := redistest.StartPair(t)
	s := startSet(t, pair.URL(), nil)
	for _, page := range s.pages {
		for i := range s.proxies {
			s.get(i, page)
		}
	}
	readers := s.startReaders()
	pair.Master.Kill()
	time.Sleep(5 * time.Second)
	readers.stop()
	readers.check(t)
	s.waitTogether()
	assert.Equal(t, http.StatusOK, s.rename(0, s.pages[0], "Harbour canary, on the copy"))
	assert.Equal(t, "Harbour canary, on the copy", s.get(1, s.pages[0]).title)
}

// replicaReaders read pages that all replicas know.
type replicaReaders struct {
	end       chan struct{}
	run       sync.WaitGroup
	reads     atomic.Int64
	budget    atomic.Int64 // refused for budget
	bad       sync.Map     // other answers
	mu        sync.Mutex
	durations []time.Duration
}

func (s *set) startReaders() *replicaReaders {
	r := &replicaReaders{end: make(chan struct{})}
	for i := range s.proxies {
		r.run.Go(func() {
			for k := 0; ; k++ {
				select {
				case <-r.end:
					return
				case <-time.After(5 * time.Millisecond):
				}
				r.note(s.get(i, s.pages[k%len(s.pages)]))
			}
		})
	}
	return r
}

func (r *replicaReaders) note(a seen) {
	r.reads.Add(1)
	switch {
	case a.status == http.StatusOK && strings.Contains(a.title, "canary"):
	case a.status == http.StatusTooManyRequests:
		r.budget.Add(1)
	default:
		r.bad.Store(fmt.Sprint(a), true)
	}
	if strings.Contains(a.cache, "; hit") {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.durations = append(r.durations, a.took)
	}
}

func (r *replicaReaders) stop() { close(r.end); r.run.Wait() }

func (r *replicaReaders) check(t *testing.T) {
	t.Helper()
	r.bad.Range(func(a, _ any) bool { t.Errorf("a reader got %v", a); return true })
	assert.Greater(t, r.reads.Load(), int64(300))
	t.Logf("%d reads, %d refused for budget, %d hits", r.reads.Load(), r.budget.Load(), len(r.durations))
}

// A token that Notion refuses at one replica is refused by all, and nothing
// stored goes out to it any more.
func TestReplicas_refuseTogether(t *testing.T) {
	redis := redistest.Start(t)
	s := startSet(t, redis.URL(), nil)
	for i := range s.proxies {
		require.Equal(t, http.StatusOK, s.get(i, s.pages[0]).status)
	}

	s.notion.RevokeToken(testToken)
	require.Equal(t, http.StatusUnauthorized, s.get(0, s.pages[1]).status)
	for i := range s.proxies {
		require.Eventually(t, func() bool { return s.get(i, s.pages[0]).status == http.StatusUnauthorized }, patience, 10*time.Millisecond)
	}
	calls := len(s.notion.Log())
	for i := range s.proxies {
		assert.Equal(t, http.StatusUnauthorized, s.get(i, s.pages[0]).status)
	}
	assert.Len(t, s.notion.Log(), calls, "and Notion is not asked")
}
