package notiontest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

func TestCalls_areCountedByOperationAndToken(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	w.AddToken("ntn_second", w.Bot)
	w.ok("GET", "/v1/pages/"+w.Page, "")
	w.ok("PATCH", "/v1/pages/"+w.Page, "{}")
	w.with("ntn_second").ok("GET", "/v1/pages/"+w.Page, "")
	w.do("GET", "/v1/nothing", "")
	mend := w.Fault(notiontest.Fault{Kind: notiontest.FaultReset})
	w.do("GET", "/v1/pages/"+w.Page, "")
	mend()

	assert.Equal(t, 3, w.Calls("pages.retrieve"), "also what was never answered")
	assert.Equal(t, 4, w.Calls("pages.*"))
	assert.Equal(t, 1, w.Calls("unknown"))
	assert.Equal(t, 5, w.Calls("*"))
	assert.Equal(t, 1, w.CallsBy("ntn_second"))
	assert.Equal(t, 4, w.CallsBy(w.Token))

	log := w.Log()
	require.Len(t, log, 5)
	assert.Equal(t, "pages.update", log[1].Op)
	assert.Equal(t, "{}", string(log[1].Body))
	assert.Equal(t, w.Bot, log[1].Connection)
	assert.Equal(t, 200, log[1].Status)
	assert.Equal(t, "invalid_request_url", log[3].Code)
	assert.Equal(t, "reset", log[4].Fault)
	assert.Equal(t, 0, log[4].Status)

	w.ResetCalls()
	assert.Zero(t, w.Calls("*"))
	assert.Empty(t, w.Log())
}

func TestLog_keepsTheNewest(t *testing.T) {
	w := newWorld(t, notiontest.Options{LogCalls: 16, RateLimit: -1})
	for range 100 {
		w.ok("GET", "/v1/users/me", "")
	}
	log := w.Log()
	assert.LessOrEqual(t, len(log), 16)
	assert.GreaterOrEqual(t, len(log), 14)
	assert.Equal(t, 100, log[len(log)-1].Seq)
	assert.Equal(t, 100, w.Calls("users.me"))
}

func TestObserve_isToldOfEveryCall(t *testing.T) {
	w := newWorld(t, notiontest.Options{RateLimit: 5})
	var mu sync.Mutex
	var seen []notiontest.Call
	w.Observe(func(c notiontest.Call) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, c)
	})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { w.do("GET", "/v1/users/me", "") })
	}
	all.Wait()
	require.Len(t, seen, 8)
	counted := 0
	for _, c := range seen {
		if c.Counted {
			counted++
		}
		assert.Equal(t, c.Counted, c.Status == 200)
	}
	assert.LessOrEqual(t, counted, 5)
}

func TestStrays_areRefusedAndRemembered(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	w.ok("GET", "/v1/users/me", "")
	assert.Empty(t, w.Strays())
	r := w.request("GET", "/v1/users/me", "")
	r.URL.Host, r.Host = "elsewhere.example", ""
	g := w.send(r)
	require.Error(t, g.err)
	require.Len(t, w.Strays(), 1)
	assert.Equal(t, "elsewhere.example", w.Strays()[0].Host)
	assert.Equal(t, w.Token, w.Strays()[0].Token)
}

func TestControl_breaksMendsAndEdits(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	control := func(method, target string) string {
		rec := httptest.NewRecorder()
		w.Control().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), method, target, nil))
		return rec.Body.String()
	}
	page := func() int { return w.do("GET", "/v1/pages/"+w.Page, "").status }

	for how, status := range map[string]int{"502": 502, "503": 503, "529": 529, "html": 200, "429": 429, "down": 0, "reset": 0, "cut": 200, "saved": 200} {
		assert.Contains(t, control("POST", "/break?how="+how), `"broken":"`+how+`"`)
		g := w.do("GET", "/v1/pages/"+w.Page, "")
		switch how {
		case "reset", "cut":
			require.Error(t, g.err, how)
		default:
			assert.Equal(t, status, g.status, how)
		}
	}
	control("POST", "/break?how=502")
	control("POST", "/break?how=529&op=search")
	control("POST", "/break?how=503&op=search&times=1")
	assert.Equal(t, 502, page())
	assert.Equal(t, 503, w.do("POST", "/v1/search", "").status, "the newest command counts")
	assert.Equal(t, 502, w.do("POST", "/v1/search", "").status, "and takes the place of one for the same calls")
	control("POST", "/mend")
	assert.Equal(t, 200, page())
	assert.Contains(t, control("POST", "/break?how=nonsense"), "error")

	control("POST", "/edit?what=title&id="+w.Page+"&value=Edited")
	assert.Equal(t, "Edited", w.Title(w.Page))
	control("POST", "/edit?what=unshare&id="+w.Page+"&value="+w.Bot)
	assert.Equal(t, 404, page())
	control("POST", "/edit?what=share&id="+w.Page+"&value="+w.Bot)
	control("POST", "/edit?what=rename&id="+w.DataSource+"&value=Estimate&to=Points")
	assert.Equal(t, "number", w.ok("GET", "/v1/data_sources/"+w.DataSource, "").at("properties", "Points", "type"))
	assert.Contains(t, control("POST", "/edit?what=title&id=nonsense&value=x"), "no such object")
	control("POST", "/edit?what=revoke&value="+w.Token)
	assert.Equal(t, 401, page())

	calls := control("GET", "/calls")
	assert.Contains(t, calls, `"pages.retrieve":`)
	assert.NotContains(t, calls, w.Token, "tokens are not shown")
	control("POST", "/calls/reset")
	assert.Contains(t, control("GET", "/calls"), `"total":0`)
}

func TestNotion_isSafeForConcurrentUse(t *testing.T) {
	w := newWorld(t, notiontest.Options{RateLimit: -1})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				g := w.do("PATCH", "/v1/pages/"+w.Rows[i%3], `{"properties":{"Tags":{"multi_select":[{"name":"t`+strings.Repeat("x", i)+`"}]}}}`)
				assert.Equal(t, 200, g.status)
				w.do("POST", "/v1/data_sources/"+w.DataSource+"/query", `{"page_size":5}`)
				w.do("POST", "/v1/search", "")
				w.SetTitle(w.Page, "x")
				w.do("GET", "/v1/blocks/"+w.Page+"/children", "")
				w.do(http.MethodPatch, "/v1/data_sources/"+w.DataSource, `{"properties":{"Estimate":{"number":{"format":"euro"}}}}`)
				w.Calls("*")
			}
		})
	}
	all.Wait()
	assert.Equal(t, 800, w.Calls("*"))
}
