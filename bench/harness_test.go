package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var pantryOnce = sync.OnceValue(newPantry)

// listening serves one of our own roles.
func listening(t *testing.T, name string, o serveOptions) *httptest.Server {
	h, err := roles[name](o)
	require.NoError(t, err)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func askedOnce(t *testing.T, server *httptest.Server, r row) error {
	l, err := newLoad(t.Context(), strings.TrimPrefix(server.URL, "http://"), r, pantryOnce(), 2)
	require.NoError(t, err)
	t.Cleanup(l.close)
	n, err := l.run(t.Context(), 0)
	if err == nil {
		assert.Equal(t, 2, n, r)
	}
	return err
}

func TestServers_giveEveryRowWhatItWants(t *testing.T) {
	notion := listening(t, "notion", serveOptions{})
	for _, r := range allRows() {
		beside := listening(t, r.beside, serveOptions{notion: notion.URL, id: r.bareID()})
		assert.NoError(t, askedOnce(t, beside, r), "%v of %s", r, r.beside)
	}
}

func TestLoad_takesNoWrongAnswer(t *testing.T) {
	r := allRows()[0] // packed
	right := r.want(pantryOnce(), r.question(0))
	for what, handler := range map[string]http.HandlerFunc{
		`answered "HTTP/1.1 429 Too Many Requests": "slow down"`: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, "slow down")
		},
		`encoded as "", want "gzip"`: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(right)
		},
		"answered 2 other bytes than Notion did": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "{}")
		},
		"no Content-Length": func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			_, _ = w.Write(right)
		},
		"reading the answer: unexpected EOF": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write(right)
		},
	} {
		server := httptest.NewServer(handler)
		assert.ErrorContains(t, askedOnce(t, server, r), what)
		server.Close()
	}
}

func TestRow_wantsTheRightCacheStatus(t *testing.T) {
	for status, ok := range map[string]map[string]bool{
		"notionproxy; hit; ttl=59":                          {"hit": true},
		"notionproxy; fwd=uri-miss; fwd-status=200; stored": {"miss, stored": true},
		"notionproxy; fwd=uri-miss; fwd-status=200":         {},
		"notionproxy; fwd=request; fwd-status=200":          {"miss, no-store": true},
		"notionproxy; fwd=stale; detail=timeout":            {},
		"":                                                  {},
	} {
		for _, g := range groups {
			if g.unpack {
				continue
			}
			assert.Equal(t, ok[g.name], row{group: g}.cached(reply{cacheStatus: status}) == nil, "%s of %q", g.name, status)
		}
	}
}

func TestRow_asksDistinctQuestionsWhereThatIsMeasured(t *testing.T) {
	hit, miss := row{group: groups[0]}, row{group: groups[2]}
	assert.Equal(t, hit.question(1), hit.question(2))
	assert.NotEqual(t, miss.question(1), miss.question(2))
}

func TestQuestion_isReadFromEveryPath(t *testing.T) {
	for i := range shapes {
		for _, q := range []question{{i, true, 0}, {i, false, 1<<48 - 1}} {
			got, ok := questionIn("/v1/blocks/" + q.id() + "/children")
			assert.True(t, ok)
			assert.Equal(t, q, got)
		}
	}
	for _, path := range []string{"", "/", "/v1/users/me", "/v1/pages/", "/v1/pages/" + strings.Repeat("f", idLength), "/v1/pages/" + question{shape: len(shapes)}.id()} {
		_, ok := questionIn(path)
		assert.False(t, ok, path)
	}
}

func TestTail_keepsTheEnd(t *testing.T) {
	var end tail
	for _, s := range []string{"start ", strings.Repeat("a", tailLength-3), "end"} {
		_, _ = io.WriteString(&end, s)
	}
	assert.Equal(t, strings.Repeat("a", tailLength-3)+"end", end.String())
	_, _ = io.WriteString(&end, strings.Repeat("b", 2*tailLength)+"z")
	assert.Equal(t, strings.Repeat("b", tailLength-1)+"z", end.String())
}

func TestMedian_isTheMiddle(t *testing.T) {
	assert.Equal(t, 3*time.Second, median([]time.Duration{9 * time.Second, time.Second, 3 * time.Second}))
	assert.Equal(t, 2*time.Second, median([]time.Duration{9 * time.Second, time.Second, 3 * time.Second, time.Second}))
	assert.Equal(t, time.Second, median([]time.Duration{time.Second}))
}

func TestResult_isJudgedByItsMedians(t *testing.T) {
	of := func(all ...time.Duration) (samples []sample) {
		for _, each := range all {
			samples = append(samples, sample{requests: 10, cpu: 10 * each, wall: 20 * each})
		}
		return samples
	}
	r := result{row: row{group: group{bound: 1.5}}, base: of(10, 20, 40), proxy: of(40, 30, 20)}
	assert.InDelta(t, 1.5, r.ratio(), 0)
	assert.Equal(t, []float64{4, 1.5, 0.5}, r.ratios())
	assert.Equal(t, "ok", r.verdict())
	r.row.bound = 1.4
	assert.Equal(t, "over", r.verdict())
	r.row.bound = 0
	assert.Empty(t, r.verdict())
	assert.InDelta(t, 0.5, busy(r.base), 0)
}

func TestAllowed_readsWhatTheKernelWrites(t *testing.T) {
	for list, want := range map[string][]int{
		"0-1":      {0, 1},
		"3":        {3},
		"0-1,4":    {0, 1, 4},
		"4,0-1":    {0, 1, 4},
		"0-7,9-10": {0, 1, 2, 3, 4, 5, 6, 7, 9, 10},
		"":         nil,
		"a-b":      nil,
	} {
		assert.Equal(t, want, allowed("Name:\tbench\nCpus_allowed:\tff\nCpus_allowed_list:\t"+list+"\nMems_allowed:\t1\n"), list)
	}
	assert.Nil(t, allowed("Name:\tbench\n"))
}
