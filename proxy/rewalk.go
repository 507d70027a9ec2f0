package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"notionproxy/cache"
	"notionproxy/notion"
	"notionproxy/upstream"
)

// deadCursor says whether Notion refused the cursor of a. Cursors belong to
// sessions (2026-04-22), so that one from a stored page may be dead although
// the client did nothing wrong.
func deadCursor(a *ask, r *result) bool {
	return a.question.Cursor != "" && r.answer != nil && r.answer.Status == http.StatusBadRequest &&
		r.answer.Kind == upstream.Rejected && r.answer.Error.Code == notion.CodeValidationError &&
		strings.Contains(r.answer.Error.Message, "start_cursor")
}

// maxWalk bounds a walk: Notion gives at most 10,000 rows for one query.
const maxWalk = 101

// rewalk asks for the whole read again, from its first page on, and resumes
// after the last row that the client was given before the cursor died. It
// returns nil where it can't: the client gets Notion's 400 then. Each call of
// it is one of the caller's, in its lane and on its budget.
func (p *Proxy) rewalk(ctx context.Context, a *ask, failed *result) *result {
	handout, ok := p.store.Handout(a.question, time.Now())
	if !ok || !p.affords(a, handout) {
		return nil
	}
	w := newWalk(p, a, handout, result{queued: failed.queued, took: failed.took, calls: failed.calls})
	seen := map[string]bool{}
	for cursor := ""; len(seen) < maxWalk && !seen[cursor]; cursor = w.next {
		seen[cursor] = true
		r := w.page(ctx, cursor)
		if r == nil {
			return nil
		}
		if to, known := w.resumes(r); known {
			return w.answer(to)
		}
	}
	return nil
}

// affords says whether the caller's budget has room for the walk.
func (p *Proxy) affords(a *ask, h cache.Handout) bool {
	pages := h.Position/max(1, pageSize(a)) + 2
	return pages <= maxWalk && pages <= p.limiter.Budget(a.state.budget).Left
}

// A walk is a read that is asked for anew, page by page.
type walk struct {
	proxy  *Proxy
	ask    *ask
	total  result // what all calls cost together
	next   string // cursor of the page after this one
	passed int    // rows before this one

	has      map[notion.ID]int // rows that the client has, by their number; not always all
	last     int               // number of the last one
	position int               // how many it has

	// Where the client may go on: behind the last of its rows that is still
	// there, or by the number of rows it has.
	newest     int // number of that row; -1 while there is none
	byRow      place
	byPosition place
}

// A place is a row of a page that was walked to.
type place struct {
	page *result // nil: not found yet
	row  int     // may be just behind the page's last
}

func (p place) isBehind() bool { return p.page != nil && p.row == len(p.page.page.Rows) }

func newWalk(p *Proxy, a *ask, h cache.Handout, spent result) *walk {
	w := &walk{proxy: p, ask: a, total: spent, has: map[notion.ID]int{}, last: len(h.Before), newest: -1, position: h.Position}
	if h.LastRow.IsZero() {
		return w
	}
	for i, row := range h.Before {
		w.has[row] = i
	}
	w.has[h.LastRow] = w.last
	return w
}

// page asks for one page and stores it.
func (w *walk) page(ctx context.Context, cursor string) *result {
	b := *w.ask
	b.question.Cursor = cursor
	b.patience -= w.total.queued
	if !b.setCursor(cursor) || b.patience < 0 {
		return nil
	}
	r := w.proxy.forward(ctx, ctx, &b, nil)
	w.total.queued += r.queued
	w.total.took += r.took
	w.total.calls += r.calls
	if r.page == nil {
		return nil
	}
	w.next = r.page.Next
	return r
}

// resumes takes in a page, and says whether it is known now where to go on: at
// the first row that the client lacks. That is behind the last row that it has;
// where that one has gone, behind the last that has not, which is known at the
// end.
func (w *walk) resumes(r *result) (to place, known bool) {
	if w.byRow.isBehind() {
		w.byRow = place{r, 0}
	}
	rows := r.page.Rows
	for i, row := range rows {
		if n, ok := w.has[row]; ok && n > w.newest {
			w.newest, w.byRow = n, place{r, i + 1}
		}
	}
	end := w.next == ""
	if skip := w.left() - w.passed; w.byPosition.page == nil && (skip < len(rows) || end) {
		w.byPosition = place{r, min(max(0, skip), len(rows))}
	}
	w.passed += len(rows)
	if w.newest < 0 {
		return w.byPosition, end
	}
	return w.byRow, end || w.newest == w.last && !w.byRow.isBehind()
}

// left is how many of the rows that the client has should still be there if none
// of those that are known is: better a row twice than never.
func (w *walk) left() int { return w.position - len(w.has) }

// answer makes the page that the client gets: the rest of a page from a place on.
func (w *walk) answer(to place) *result {
	r := to.page
	out := *r
	out.calls, out.queued, out.took, out.stored = w.total.calls, w.total.queued, w.total.took, false
	body, ok := dropRows(r.answer.Plain, to.row)
	if !ok {
		return nil
	}
	survey, err := notion.Inspect(body)
	if err != nil {
		return nil
	}
	answer := *r.answer
	answer.Body, answer.Plain, answer.Gzip, answer.Survey = body, body, false, survey
	out.answer, out.page = &answer, cache.NewPage(body, false, &survey)
	return &out
}

// dropRows takes the first n elements out of a list's results.
func dropRows(body []byte, n int) ([]byte, bool) {
	if n == 0 {
		return body, true
	}
	var list struct {
		Results []json.RawMessage `json:"results"`
	}
	if json.Unmarshal(body, &list) != nil || n > len(list.Results) {
		return nil, false
	}
	start, end, ok := span(body, "results")
	if !ok {
		return nil, false
	}
	rest := list.Results[n:]
	out := slices.Clone(body[:start])
	out = append(out, '[')
	out = append(out, bytes.Join(asBytes(rest), []byte(","))...)
	out = append(out, ']')
	return append(out, body[end:]...), true
}

func asBytes(raw []json.RawMessage) [][]byte {
	out := make([][]byte, len(raw))
	for i, r := range raw {
		out[i] = r
	}
	return out
}

// span is where the value of a top-level key stands in body.
func span(body []byte, key string) (start, end int, ok bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	if _, err := d.Token(); err != nil {
		return 0, 0, false
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return 0, 0, false
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return 0, 0, false
		}
		if name == key {
			end := int(d.InputOffset())
			return end - len(value), end, true
		}
	}
	return 0, 0, false
}

// setCursor puts a cursor into a's request, or takes it out.
func (a *ask) setCursor(cursor string) bool {
	if a.match.Op.Paging == notion.PagedByQuery {
		a.query = queryWithCursor(a.query, cursor)
		return true
	}
	fields := map[string]json.RawMessage{}
	if len(bytes.TrimSpace(a.body)) > 0 && json.Unmarshal(a.body, &fields) != nil {
		return false
	}
	delete(fields, "start_cursor")
	if cursor != "" {
		fields["start_cursor"], _ = json.Marshal(cursor)
	}
	body, err := json.Marshal(fields)
	a.body = body
	return err == nil
}

// queryWithCursor changes nothing but the cursor: the order of other
// parameters and their escapes stay the client's.
func queryWithCursor(raw, cursor string) string {
	var kept []string
	for pair := range strings.SplitSeq(raw, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(key); pair != "" && (err != nil || name != "start_cursor") {
			kept = append(kept, pair)
		}
	}
	if cursor != "" {
		kept = append(kept, "start_cursor="+url.QueryEscape(cursor))
	}
	return strings.Join(kept, "&")
}

// pageSize is how many rows a's pages have; Notion's default is 100.
func pageSize(a *ask) int {
	var size struct {
		PageSize json.Number `json:"page_size"`
	}
	if a.match.Op.Paging == notion.PagedByQuery {
		values, _ := url.ParseQuery(a.query)
		size.PageSize = json.Number(values.Get("page_size"))
	} else {
		_ = json.Unmarshal(a.body, &size) // a body that is no JSON never gets here
	}
	if n, err := size.PageSize.Int64(); err == nil && n > 0 && n <= 100 {
		return int(n)
	}
	return 100
}
