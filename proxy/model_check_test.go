package proxy_test

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"notionproxy/exchange"
	"notionproxy/notiontest"
)

// check holds an answer to a read against the rules.
func (m *model) check(r *read, a *reply) {
	m.tell("      -> %d %s %s age=%v stored=%v %s", a.status, a.x.Outcome, a.x.Detail, a.x.Age, a.x.Stored, a.x.UpstreamOutcome)
	switch a.x.Outcome {
	case exchange.Hit:
		m.tally.hit++
	case exchange.Stale:
		m.tally.stale++
	case exchange.Miss:
		m.tally.miss++
	case exchange.Shared:
		m.tally.shared++
	default:
		m.tally.other++
	}
	switch {
	case a.x.Outcome == exchange.Left:
	case r.wants == "no-store" && a.x.Outcome == exchange.Pass && m.sick > 0: // passed on as it came
	case a.status == 200:
		m.checkAnswer(r, a)
	case a.status == 304:
		m.checkNotModified(r, a)
	default:
		m.checkError(r, a)
	}
}

// checkAnswer checks a 200.
func (m *model) checkAnswer(r *read, a *reply) {
	c := m.fetched(r, a)
	if c == nil {
		return
	}
	stored := a.x.Outcome == exchange.Hit || a.x.Outcome == exchange.Stale
	if stored {
		m.checkAge(r, a, c)
		m.checkToken(r, a, c)
		m.checkPurge(r, a, c)
	}
	if a.x.Outcome == exchange.Hit {
		m.checkFresh(r, a, c)
	}
	m.checkWishes(r, a, c)
	m.checkMarks(r, a, c)
	m.checkPlace(r, a)
	m.checkPending(r, a, c)
	if r.size > 0 {
		l := m.list(a)
		if len(l.Results) > r.size {
			m.breaks(7, "%d rows on a page of %d", len(l.Results), r.size)
		}
		if r.walk == nil && !l.HasMore {
			there := map[string]bool{}
			for _, row := range l.Results {
				there[row.ID] = true
			}
			m.members(r, r.step, c.At, false, func(id string) bool { return there[id] })
		}
	}
	if r.walk == nil && (stored || a.x.Stored) {
		m.checkOrder(r, a, c)
		m.mu.Lock()
		r.by.tagged[r.key()] = tagged{a.header.Get("ETag"), a.body}
		r.by.kept[r.key()] = keep{r.writes, r.upset, c.At, answered(r, a)}
		m.mu.Unlock()
	}
}

func (r *read) key() string {
	return r.version + r.method + " " + strings.ToLower(strings.ReplaceAll(r.target, "-", "")) + " " + r.body
}

// fetched finds the call of Notion's that brought an answer, and checks that
// it is whole and was made with the reader's token, for this question.
func (m *model) fetched(r *read, a *reply) *notiontest.Call {
	i := strings.LastIndex(a.body, `"request_id":"`)
	if i < 0 || !json.Valid([]byte(a.body)) || strings.Contains(a.body[:min(40, len(a.body))], `"object":"error"`) {
		m.breaks(4, "this is no whole answer of Notion's: %.300s", a.body)
		return nil
	}
	id, _, _ := strings.Cut(a.body[i+len(`"request_id":"`):], `"`)
	m.mu.Lock()
	c := m.calls[id]
	m.mu.Unlock()
	switch {
	case c == nil:
		m.breaks(4, "Notion never gave answer %q", id)
	case c.Token != "ntn_"+r.by.name:
		m.breaks(1, "%s got what was fetched with %s", r.by.name, c.Token)
	case c.Status != 200 || c.Op != r.op || r.on != nil && !strings.Contains(strings.ToLower(strings.ReplaceAll(c.Path, "-", "")), strings.ReplaceAll(r.on.id, "-", "")):
		m.breaks(1, "%s got the answer to %s %s (%d)", r.target, c.Method, c.Path, c.Status)
	case c.Version != cmp.Or(r.version, "2025-09-03"):
		m.breaks(1, "%s got the answer of version %s, not %s", r.target, c.Version, r.version)
	case r.size > 0 && !strings.Contains(strings.ReplaceAll(c.Path+string(c.Body), `"`, ""), "page_size"+sizeSign(r)+strconv.Itoa(r.size)):
		m.breaks(7, "%s %s got the answer to %s %s", r.target, r.body, c.Path, c.Body)
	default:
		return c
	}
	return nil
}

func sizeSign(r *read) string {
	if r.method == "POST" {
		return ":"
	}
	return "="
}

// fetchedQuietly is the call that brought an answer which was checked; an empty
// one if there is none.
func (m *model) fetchedQuietly(a *reply) *notiontest.Call {
	_, rest, _ := strings.Cut(a.body, `"request_id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.calls[id]; c != nil {
		return c
	}
	return &notiontest.Call{At: time.Now()}
}

// answered is when the client had its answer.
func answered(r *read, a *reply) time.Time { return r.at.Add(a.took) }

// checkAge: Age tells how long ago the first page of the snapshot was fetched.
func (m *model) checkAge(r *read, a *reply, c *notiontest.Call) {
	born := c.At
	if r.walk != nil {
		born = r.walk.born
	}
	age, err := strconv.Atoi(a.header.Get("Age"))
	off := answered(r, a).Sub(born) - time.Duration(age)*time.Second
	if r.walk != nil && r.walk.killed {
		return // it may be a page of a later walk
	}
	if err != nil || off < -time.Second || off > 2*time.Second {
		m.breaks(9, "Age is %q, but it was fetched %v before", a.header.Get("Age"), answered(r, a).Sub(born))
	}
}

// checkToken: nothing stored for a token or an object that Notion refused.
func (m *model) checkToken(r *read, a *reply, c *notiontest.Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := r.by
	switch {
	case r.refused && t.accepted < t.refused && c.Seq < t.refused:
		m.breaks(2, "%s got a stored answer although Notion's last word was 401 (call %d)", t.name, t.refused)
	case c.Seq < t.confirmed && t.confirmed <= r.call:
		m.breaks(2, "%s got what was fetched (call %d) before its refusal was confirmed (call %d)", t.name, c.Seq, t.confirmed)
	}
	if r.on == nil {
		return
	}
	bare := strings.ReplaceAll(r.on.id, "-", "")
	for _, capability := range []string{"", capabilityOf(r.op)} {
		if d, ok := t.denied[bare+capability]; ok && d.step < r.step && d.call <= r.call && c.Seq < d.call {
			m.breaks(2, "%s got what was fetched (call %d) before Notion refused it (call %d, step %d)", t.name, c.Seq, d.call, d.step)
		}
	}
}

// checkFresh: a hit is no older than its class allows, the token was accepted
// of late, its links live, and Notion's index had caught up.
func (m *model) checkFresh(r *read, a *reply, c *notiontest.Call) {
	m.mu.Lock()
	idle := r.at.Sub(r.by.acceptedAt)
	m.mu.Unlock()
	if idle > 10*time.Minute {
		m.breaks(2, "a hit although Notion accepted the token %v ago", idle)
	}
	if expiry, ok := firstExpiry(a.body); ok && !expiry.After(r.at.Add(5*time.Minute)) {
		m.breaks(8, "a hit with a link that dies at %s", expiry)
	}
	age, most := r.at.Sub(c.At), m.freshFor(r)
	if strings.HasPrefix(r.wants, "max-stale") && most > 0 {
		most += 2*time.Minute + 1
	}
	if age >= most && r.walk == nil {
		m.breaks(10, "a hit %v after it was fetched", age)
	}
	if r.walk == nil {
		m.checkLag(r, a, c)
		m.checkCursor(r, a)
	}
}

// checkCursor: nobody begins on a list whose cursor Notion has refused.
func (m *model) checkCursor(r *read, a *reply) {
	if r.size == 0 {
		return
	}
	next := m.list(a).NextCursor
	m.mu.Lock()
	defer m.mu.Unlock()
	if step, ok := r.by.buried[grave{next, strconv.Itoa(r.size)}]; ok && step < r.step {
		m.breaks(7, "a hit that leads to a cursor which Notion refused in step %d", step)
	}
}

func (m *model) freshFor(r *read) time.Duration {
	switch r.op {
	case "search":
		return 0
	case "users.list":
		return 15 * time.Minute
	case "data_sources.retrieve", "databases.retrieve":
		return 5 * time.Minute
	}
	return m.fresh
}

// checkLag: what is fetched within 5 s after a write is fresh no longer than
// these.
func (m *model) checkLag(r *read, a *reply, c *notiontest.Call) {
	for _, k := range marks(a.body) {
		if k.history >= len(m.things) {
			continue
		}
		for _, v := range m.things[k.history].versions {
			if v.ended > 0 && !c.At.Before(v.when) && c.At.Before(v.when.Add(5*time.Second)) && !r.at.Before(v.when.Add(5*time.Second)) &&
				!strings.HasPrefix(r.wants, "max-stale") {
				m.breaks(6, "a hit %v after a write, fetched %v after it: Notion's index may have lagged", r.at.Sub(v.when), c.At.Sub(v.when))
			}
		}
	}
}

func firstExpiry(body string) (time.Time, bool) {
	const key = `"expiry_time":"`
	i := strings.Index(body, key)
	if i >= 0 {
		value, _, _ := strings.Cut(body[i+len(key):], `"`)
		at, err := time.Parse(time.RFC3339, value)
		return at, err == nil
	}
	const date = "X-Amz-Date="
	if i = strings.Index(body, date); i < 0 || len(body) < i+len(date)+16 {
		return time.Time{}, false
	}
	at, err := time.Parse("20060102T150405Z", body[i+len(date):i+len(date)+16])
	return at.Add(time.Hour), err == nil
}

// checkWishes: who asks for no stored answer gets none.
func (m *model) checkWishes(r *read, a *reply, c *notiontest.Call) {
	switch {
	case r.wants == "no-cache" && (a.x.Outcome == exchange.Hit || a.x.Outcome == exchange.Shared && c.Seq <= r.call):
		m.breaks(9, "no-cache got a %s of call %d", a.x.Outcome, c.Seq)
	case r.wants == "no-store" && (a.x.Outcome == exchange.Hit || a.x.Outcome == exchange.Stale || a.x.Stored):
		m.breaks(9, "no-store got a %s, stored: %v", a.x.Outcome, a.x.Stored)
	case r.wants == "max-age=20" && a.x.Outcome == exchange.Hit && r.walk == nil && r.at.Sub(c.At) > 20*time.Second:
		m.breaks(9, "max-age=20 got a hit of age %v", r.at.Sub(c.At))
	}
}

// checkMarks: nothing in an answer is older than a write that was answered
// before the read began; what a write may have overwritten says so.
func (m *model) checkMarks(r *read, a *reply, c *notiontest.Call) {
	began := r.step
	if r.walk != nil {
		began = r.walk.step // who is half-way through finishes the snapshot
	}
	if strings.HasSuffix(a.x.Detail, "snapshot") {
		m.tally.snapshot++
	}
	suspect := a.x.Outcome == exchange.Stale && a.x.Detail == "maybe-overwritten"
	if suspect {
		m.tally.suspect++
	}
	m.checkVersions(r, a, a.body, began)
	if suspect || a.x.Outcome == exchange.Miss {
		return
	}
	for _, k := range marks(a.body) {
		if k.history < len(m.things) {
			m.checkMaybes(r, a, c, m.things[k.history], began)
		}
	}
}

// checkVersions: nothing in a body is older than a write that was answered
// before the given step, when the read began.
func (m *model) checkVersions(r *read, a *reply, body string, began int) {
	for _, k := range marks(body) {
		if k.history >= len(m.things) {
			m.breaks(4, "nobody ever wrote %s", stampOf(k.history, k.version))
			return
		}
		h := m.things[k.history]
		if h.space != r.by.space {
			m.breaks(1, "%s sees %s of another workspace", r.by.name, stampOf(k.history, k.version))
		}
		if oldest := h.versions[h.written(began)].number; k.version < oldest {
			m.breaks(6, "%s shows %s, but version %d was written and answered before (%s)", r.target, stampOf(k.history, k.version), oldest, a.x.Outcome)
		}
	}
}

// checkNotModified: 304 says that the client has what it would be told, and its
// links live.
func (m *model) checkNotModified(r *read, a *reply) {
	m.tally.unchanged++
	if r.tag == "" || r.had.etag != r.tag {
		m.breaks(9, "a 304 that nobody asked for")
		return
	}
	if expiry, ok := firstExpiry(r.had.body); ok && !expiry.After(r.at.Add(5*time.Minute)) {
		m.breaks(8, "a 304 for what has a link that dies at %s", expiry)
	}
	m.checkVersions(r, a, r.had.body, r.step)
	m.checkPlace(r, &reply{body: r.had.body, x: a.x})
}

// checkOrder: nobody is taken back to what was stored before what is stored.
func (m *model) checkOrder(r *read, a *reply, c *notiontest.Call) {
	if c.Seq < r.newest {
		m.breaks(6, "%s of call %d, after one of call %d", a.x.Outcome, c.Seq, r.newest)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r.by.newest[r.key()] = max(c.Seq, r.by.newest[r.key()])
}

// checkMaybes: what a write may have overwritten is never fresh, and never
// joined.
func (m *model) checkMaybes(r *read, a *reply, c *notiontest.Call, h *history, began int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range h.maybes {
		knows := w.by == r.by || w.by.knownAt > 0 && w.by.knownAt <= w.seq && r.by.knownAt > 0 && r.by.knownAt <= w.seq
		if w.ended < began && c.Seq <= w.seq && knows && r.walk == nil {
			m.breaks(6, "%s of call %d, unmarked: a write of step %d may have changed %s", a.x.Outcome, c.Seq, w.ended, stampOf(h.number, 0))
		}
	}
}

// checkPlace: a page says where it is, and whether it is in the trash.
func (m *model) checkPlace(r *read, a *reply) {
	if r.op != "pages.retrieve" && r.op != "blocks.retrieve" || r.on.where == nil || r.version == oldVersion && r.on.kind == "row" {
		return
	}
	var o struct {
		Parent struct {
			Page   string `json:"page_id"`
			Block  string `json:"block_id"`
			Source string `json:"data_source_id"`
		} `json:"parent"`
		Trash bool `json:"in_trash"`
	}
	_ = json.Unmarshal([]byte(a.body), &o) // it is valid
	place := o.Parent.Page + o.Parent.Block + o.Parent.Source
	if o.Trash {
		place = ""
	}
	h := r.on.where
	for _, v := range h.versions[h.written(r.step):] {
		if v.place == place {
			return
		}
	}
	m.breaks(6, "%s is told to be in %q, which was over before step %d (%s)", r.on.id, place, r.step, a.x.Outcome)
}

// checkError checks what is no 200: it has Notion's shape, and is not given
// where a good answer is kept.
func (m *model) checkError(r *read, a *reply) {
	var e struct{ Object, Code string }
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || e.Object != "error" || e.Code == "" {
		m.breaks(9, "a %d that is no error of Notion's shape: %.200s", a.status, a.body)
	}
	failed := map[string]bool{"failed": true, "edge": true, "cut": true, "reset": true, "timeout": true, "malformed": true, "overloaded": true}
	if r.walk != nil || !failed[a.x.UpstreamOutcome] || r.wants != "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := r.by.kept[r.key()]
	if r.on != nil && !r.by.dead[strings.ReplaceAll(r.on.id, "-", "")].Before(k.at) {
		return // a list goes with its cursors
	}
	if ok && k.at.Before(answered(r, a)) && !m.small && m.writing == 0 && r.by.knownAt > 0 && k.writes == r.by.space.writes && k.upset == r.by.upset && !r.refused && r.by.confirmed == 0 && time.Since(k.born) < 23*time.Hour {
		m.breaks(5, "%s got %d (%s), but an answer of %s ago is kept", r.by.name, a.status, a.x.UpstreamOutcome, time.Since(k.born))
	}
}
