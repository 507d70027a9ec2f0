package together

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// A read is one that was sent through a replica.
type read struct {
	op, method, target, body string

	by    *token
	on    *object // what it names
	at    int     // the replica
	wants string  // Cache-Control
	list  bool    // it is all of a list, or a page
	walk  *walk   // that it is a further page of
	seq   int     // Notion's newest call when it began
}

// aRead is a random one by somebody, now and then about what belongs to others.
func (w *world) aRead(r *rand.Rand) *read {
	t := w.tokens[r.IntN(len(w.tokens))]
	s := t.space
	if r.IntN(50) == 0 {
		s = w.spaces[r.IntN(len(w.spaces))]
	}
	x := &read{by: t, method: "GET", at: r.IntN(replicas)}
	switch r.IntN(8) {
	case 0, 1:
		x.on = s.pick(r, "row", "row", "page")
		x.op, x.target = "pages.retrieve", "/v1/pages/"+x.on.id
	case 2:
		x.on = s.pick(r, "block")
		x.op, x.target = "blocks.retrieve", "/v1/blocks/"+x.on.id
	case 3, 4:
		x.on = s.pick(r, "page")
		x.op, x.target, x.list = "blocks.children.list", "/v1/blocks/"+x.on.id+"/children?page_size=100", true
	case 5, 6:
		x.on = s.pick(r, "table")
		x.op, x.method, x.target, x.list = "data_sources.query", "POST", "/v1/data_sources/"+x.on.id+"/query", true
		x.body = `{"page_size":100}`
	default:
		x.on = s.pick(r, "table")
		x.op, x.target = "data_sources.retrieve", "/v1/data_sources/"+x.on.id
	}
	switch r.IntN(25) {
	case 0:
		x.wants = "no-cache"
	case 1:
		x.wants = "only-if-cached"
	}
	return x
}

// ask reads and checks the answer.
func (w *world) ask(ctx context.Context, r *read) *reply {
	w.mu.Lock()
	r.seq = w.newest
	w.tally.reads++
	w.mu.Unlock()
	h := http.Header{}
	if r.wants != "" {
		h.Set("Cache-Control", r.wants)
	}
	a := w.do(ctx, r.at, r.by.name, r.method, r.target, r.body, h)
	w.check(r, a)
	return a
}

// A listed is an answer that is a list, as far as the model reads it.
type listed struct {
	Results []struct {
		ID string `json:"id"`
	} `json:"results"`
	HasMore    bool   `json:"has_more"`
	NextCursor string `json:"next_cursor"`
}

// A walk is a client that goes through a list page by page, each at any replica.
type walk struct {
	by     *token
	on     *object
	cursor string
	start  time.Time // when it began
	at     int       // where
	stale  bool      // the first page was kept for want of better
	born   time.Time // when that was fetched
	seen   map[string]int
	pages  int
}

// walks goes through a list.
func (w *world) walks(r *rand.Rand) {
	t := w.tokens[r.IntN(len(w.tokens))]
	k := &walk{by: t, on: t.space.pick(r, "table", "page"), at: r.IntN(replicas), start: time.Now(), seen: map[string]int{}}
	at, size := k.at, 2+r.IntN(2)
	for k.pages < 30 {
		x := k.page(at, size)
		a := w.ask(context.Background(), x)
		if a.status != 200 {
			return // the client gives up
		}
		var l listed
		if json.Unmarshal([]byte(a.body), &l) != nil {
			return // which was noticed
		}
		if k.pages++; k.pages == 1 {
			k.born, k.stale = w.fetchedAt(a), a.x.Outcome == "stale"
		}
		for _, row := range l.Results {
			k.seen[row.ID]++
		}
		if k.cursor = l.NextCursor; k.cursor == "" {
			w.arrived(k)
			return
		}
		time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
		if r.IntN(2) == 0 {
			at = r.IntN(replicas)
		}
	}
}

// page is the read of the next page.
func (k *walk) page(at, size int) *read {
	x := &read{by: k.by, on: k.on, at: at, list: true}
	if k.cursor != "" {
		x.walk = k
	}
	if k.on.kind == "table" {
		x.op, x.method, x.target = "data_sources.query", "POST", "/v1/data_sources/"+k.on.id+"/query"
		x.body = fmt.Sprintf(`{"page_size":%d}`, size)
		if k.cursor != "" {
			x.body = fmt.Sprintf(`{"page_size":%d,"start_cursor":%q}`, size, k.cursor)
		}
		return x
	}
	x.op, x.method, x.target = "blocks.children.list", "GET", fmt.Sprintf("/v1/blocks/%s/children?page_size=%d", k.on.id, size)
	if k.cursor != "" {
		x.target += "&start_cursor=" + k.cursor
	}
	return x
}

// lists says what kind of objects a read lists.
func (r *read) lists() string {
	if r.op == "data_sources.query" {
		return "row"
	}
	return "block"
}

func bare(id string) string { return strings.ReplaceAll(id, "-", "") }

func readAll(r *http.Response) string {
	b, _ := io.ReadAll(r.Body)
	return string(b)
}
