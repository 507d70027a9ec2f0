package upstream

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever passes an answer on sees its own, however many others do the same,
// and what is kept stays as it is.
func TestRecycle_mixesUpNoAnswers(t *testing.T) {
	bodyOf := func(path string) string {
		return strings.Repeat(`{"object":"page","path":"`+path+`"}`, 1+len(path)*300)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body := bodyOf(r.URL.Path)
		if strings.HasSuffix(r.URL.Path, "even") {
			w.Header().Set("Content-Length", strconv.Itoa(len(body))) // else it comes in chunks
		}
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	base, err := url.Parse(server.URL)
	require.NoError(t, err)
	c := New(Options{URL: base})
	defer c.Close()

	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			kept := map[string]*Answer{}
			for n := range 20 {
				path := fmt.Sprintf("/v1/pages/%d-%d-%s%s", i, n, strings.Repeat("x", n), [2]string{"even", "odd"}[n%2])
				passing := n%3 > 0
				a := c.Fetch(t.Context(), &Request{Method: http.MethodGet, Path: path, Header: http.Header{}, Passing: passing}, Unpacked)
				assert.Equal(t, OK, a.Kind)
				assert.Equal(t, bodyOf(path), string(a.Body))
				if a.Recycle(); !passing {
					kept[path] = a
				}
				assert.Equal(t, passing, a.Body == nil)
			}
			for path, a := range kept {
				assert.Equal(t, bodyOf(path), string(a.Body))
			}
		})
	}
	all.Wait()
}
