package e2e

import (
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
	"notionproxy/replica/redistest"
)

// A proxy is killed before it could tell the others of a write: since Redis was
// away, or since it did not know yet what had become of it. The next one with
// its directory tells them.
func TestReplicas_hearOfAWriteWhoseProxyWasKilled(t *testing.T) {
	for name, write := range map[string]func(*set, *redistest.Server, string){
		"Redis was away": (*set).writeAside,
		"under way":      (*set).writeUnheard,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redis := redistest.Start(t)
			s := startSet(t, redis.URL(), map[string]string{"CACHE_DIR": t.TempDir(), "CACHE_FRESH_CONTENT": "10m"})
			page := s.pages[0]
			before := s.get(1, page).title
			require.Equal(t, before, s.get(2, page).title)

			write(s, redis, page)
			require.Eventually(t, func() bool { return s.replicas(1).Together && s.replicas(2).Together }, patience, 20*time.Millisecond)
			require.Equal(t, before, s.get(1, page).title, "nobody has told")
			require.Equal(t, before, s.get(2, page).title)

			s.proxies[0] = s.start(0)
			for i := range s.proxies {
				assert.Eventually(t, func() bool { return s.get(i, page).title == "Told late" }, patience, 20*time.Millisecond)
			}
			s.dumpTellsNothing(redis)
		})
	}
}

// writeAside writes while Redis is away, and kills the writer.
func (s *set) writeAside(redis *redistest.Server, page string) {
	redis.Pause()
	defer redis.Resume()
	require.Eventually(s.t, func() bool { return !s.replicas(0).Together }, patience, 10*time.Millisecond)
	require.Equal(s.t, http.StatusOK, s.rename(0, page, "Told late"))
	s.proxies[0].kill(s.t)
}

// writeUnheard kills the writer after Notion has carried the write out, and
// before it has said so.
func (s *set) writeUnheard(_ *redistest.Server, page string) {
	s.notion.Fault(notiontest.Fault{Writes: true, Lag: time.Minute})
	defer s.notion.ClearFaults()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		r, err := http.NewRequest(http.MethodPatch, s.proxies[0].url+"/v1/pages/"+page,
			strings.NewReader(`{"properties":{"title":{"title":[{"text":{"content":"Told late"}}]}}}`))
		if !assert.NoError(s.t, err) {
			return
		}
		r.Header.Set("Authorization", "Bearer "+testToken)
		r.Header.Set("Notion-Version", "2025-09-03")
		r.Header.Set("Content-Type", "application/json")
		if answer, err := s.client.Do(r); err == nil {
			_ = answer.Body.Close()
		}
	}()
	require.Eventually(s.t, func() bool { return s.notion.Calls("pages.update") > 0 }, patience, 10*time.Millisecond)
	time.Sleep(100 * time.Millisecond) // what is counted may not be carried out yet
	s.proxies[0].kill(s.t)
	<-gone
}

// A proxy is killed again and again while clients write through it, Redis being
// there or not. When its next process has joined the others, none of them takes
// anything for true that it had written.
func TestReplicas_believeNothingThatAKilledOneWrote(t *testing.T) {
	rounds := 4
	if os.Getenv("NOTIONPROXY_LONG") == "1" {
		rounds = 60
	}
	t.Parallel()
	redis := redistest.Start(t)
	s := startSet(t, redis.URL(), map[string]string{"CACHE_DIR": t.TempDir(), "CACHE_FRESH_CONTENT": "10m"})
	c := &crashWorld{t: t, notion: s.proxies[0].notion, token: testToken}
	for _, id := range s.pages[:8] {
		c.pages = append(c.pages, &versioned{id: id})
		c.write(t.Context(), c.notion, c.pages[len(c.pages)-1])
	}
	for i := range s.proxies { // what was read before those
		s.proxies[i].purge(t, `{"all":true}`)
	}
	s.readAll(c)
	s.notion.Fault(notiontest.Fault{Writes: true, Lag: 300 * time.Millisecond, Probability: 0.2})
	random := rand.New(rand.NewPCG(3, 4))
	kept := 0
	for round := range rounds {
		if round%2 == 0 {
			redis.Pause()
			require.Eventually(t, func() bool { return !s.replicas(0).Together }, patience, 10*time.Millisecond)
		}
		c.load(s.proxies[0], time.Duration(random.IntN(700))*time.Millisecond)
		redis.Resume()
		s.proxies[0] = s.start(0)
		s.waitTogether()
		time.Sleep(time.Second) // that is how long news may take
		kept += s.readAll(c)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("%d rounds: %d reads, %d writes (%d without an answer), %d pages were stored elsewhere still",
		rounds, c.reads.Load(), c.writes.Load(), c.unanswered.Load(), kept)
}

// readAll reads all pages at all proxies, and counts what Notion was not asked
// for.
func (s *set) readAll(c *crashWorld) (hits int) {
	before := c.fromDisk.Load()
	for _, p := range s.proxies {
		for _, page := range c.pages {
			c.read(s.t.Context(), p.url, page, true)
		}
	}
	return int(c.fromDisk.Load() - before)
}
