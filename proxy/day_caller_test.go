package proxy_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// A dayKey is what one token reads.
type dayKey struct {
	token string
	read  int
}

// touched tells of the writes of an object.
type touched struct {
	busy    int       // under way
	dropped time.Time // when the last one ended that was carried out for certain
	suspect time.Time // when the last one ended that may have been
}

type dayAnswer struct {
	start, took time.Duration
	born        time.Duration // when Notion was asked for it
	phase       int           // -1: none
	token       string
	target      string
	family      string
	write       bool
	known       bool
	suspect     bool
	status      int
	outcome     string
	detail      string
	upstream    string
	calls       int
}

type dayWrite struct {
	stamp   string
	page    string
	appends bool
	status  int
	found   int // times
}

var dayTokens = []string{"alice", "anna", "bob", "carol"}

// caller is one of those who read and write, until the day is over.
func (d *day) caller(i int) {
	rng := rand.New(rand.NewPCG(d.seed, uint64(i)+1))
	zipf := rand.NewZipf(rng, 1.2, 8, dayObjects-1)
	token := dayTokens[i%len(dayTokens)]
	for n := 0; ; n++ {
		time.Sleep(d.pause(rng))
		now := time.Since(d.began)
		if now > 24*time.Hour-5*time.Minute {
			return
		}
		if token == "carol" && i < 8 {
			token = d.replaced(token)
		}
		if rng.Float64() < 0.03 {
			d.write(token, fmt.Sprintf("stamp-%d-%d.", i, n), d.pages[rng.IntN(len(d.pages))], rng.IntN(2) == 0)
			continue
		}
		d.read(token, int(zipf.Uint64()))
	}
}

// pause is how long a caller does something else: less while something goes
// wrong, which is what the day is about.
func (d *day) pause(rng *rand.Rand) time.Duration {
	mean := 10 * time.Second
	if _, busy := d.phaseAt(time.Since(d.began), 3*time.Minute); !busy {
		mean = 3 * time.Minute
	}
	return mean/2 + time.Duration(rng.Int64N(int64(mean)))
}

// replaced is the token that a caller uses once its own was refused.
func (d *day) replaced(token string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.refused[token].IsZero() {
		return "dave"
	}
	return token
}

// ask sends a request the day's way.
func (d *day) ask(token, method, target, body string) *reply {
	if d.direct != nil {
		return d.direct.do(token, method, target, body)
	}
	r := d.do(context.Background(), token, method, target, body, nil)
	d.prune()
	return r
}

// prune forgets the records of what has been looked at.
func (d *day) prune() {
	d.world.mu.Lock()
	defer d.world.mu.Unlock()
	if len(d.seen) > 400 {
		d.seen = append(d.seen[:0:0], d.seen[len(d.seen)-200:]...)
	}
}

func (d *day) read(token string, rank int) {
	what, key := d.reads[rank], dayKey{token, rank}
	start := time.Now()
	before := d.isKnown(key, start)
	r := d.ask(token, what.method, what.target, what.body)
	a := d.answer(start, token, what.target, r)
	a.family = what.family
	d.mu.Lock()
	defer d.mu.Unlock()
	if token == "carol" {
		d.noteRefusal(token, start, r)
	}
	after := d.knownLocked(key, time.Now())
	a.known = before && after && (token != "carol" || a.start < d.phases[len(d.phases)-1].at)
	a.suspect = !d.known[key].After(d.touch(what.shows).suspect)
	if a.suspect && d.heldLately(token, time.Now()) {
		// Notion is well and has only asked us to wait, which is no reason to
		// show somebody what his own write may have overwritten.
		a.known = false
	}
	if r.status == 200 {
		d.place(what)
		a.born = d.checkAge(r, start).Sub(d.began)
		d.learn(key, r, d.began.Add(a.born))
	}
	d.answers = append(d.answers, a)
}

// heldLately says whether Notion told the token's connection to stay away, now
// or so short a time ago that those who had to wait may still queue: nobody
// waits for longer than longestWait.
func (d *day) heldLately(token string, now time.Time) bool {
	for _, c := range slices.Backward(d.limited) {
		if now.Sub(d.began)-c.at > longestHold+longestWait {
			return false
		}
		if c.connection == d.bots[token] {
			return true
		}
	}
	return false
}

func (d *day) answer(start time.Time, token, target string, r *reply) dayAnswer {
	a := dayAnswer{
		start: start.Sub(d.began), took: r.took, token: token, target: target, status: r.status,
		outcome: string(r.x.Outcome), detail: r.x.Detail, upstream: r.x.UpstreamOutcome, calls: r.x.Calls,
	}
	a.phase, _ = d.phaseAt(a.start, 0)
	return a
}

func (d *day) noteRefusal(token string, start time.Time, r *reply) {
	since := d.refused[token]
	switch {
	case r.status == 401 && since.IsZero():
		d.refused[token] = time.Now()
	case r.status == 200 && !since.IsZero() && start.After(since):
		d.wrong = append(d.wrong, fmt.Sprintf("%v: %s got an answer after its 401", time.Since(d.began), token))
	}
}

func (d *day) touch(object string) *touched {
	t := d.touched[object]
	if t == nil {
		t = &touched{}
		d.touched[object] = t
	}
	return t
}

func (d *day) isKnown(key dayKey, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.knownLocked(key, now)
}

// knownLocked says whether the proxy must have something for key: it was
// fetched, is within its keep time, and no write has dropped it.
func (d *day) knownLocked(key dayKey, now time.Time) bool {
	born, ok := d.known[key]
	t := d.touch(d.reads[key.read].shows)
	return ok && now.Sub(born) < 24*time.Hour-time.Minute && t.busy == 0 && born.After(t.dropped)
}

// learn notes that an answer is kept.
func (d *day) learn(key dayKey, r *reply, born time.Time) {
	if r.x.Stored || r.header.Get("Age") != "" {
		if born.After(d.known[key]) {
			d.known[key] = born
		}
	}
}

// checkAge compares the age told with the time since the call that brought the
// answer, and returns when that arrived at Notion.
func (d *day) checkAge(r *reply, start time.Time) time.Time {
	_, id, _ := strings.Cut(r.body[max(0, len(r.body)-80):], `"request_id":"`)
	id, _, _ = strings.Cut(id, `"`)
	born, ok := d.calls[id]
	told, stored := r.header["Age"]
	if d.direct != nil {
		return born
	}
	age := time.Since(born)
	switch {
	case !ok:
		d.wrong = append(d.wrong, fmt.Sprintf("an answer that Notion did not give: %.100q", r.body))
	case stored && told[0] != strconv.Itoa(int(age/time.Second)):
		d.wrong = append(d.wrong, fmt.Sprintf("%v: told an age of %s, which is %v (%s)", start.Sub(d.began), told[0], age, r.header.Get("Cache-Status")))
	case !stored && r.x.Outcome != "shared" && born.Before(start):
		d.wrong = append(d.wrong, fmt.Sprintf("%v: no age told, but it is %v (%s)", start.Sub(d.began), age, r.header.Get("Cache-Status")))
	case strings.HasPrefix(r.x.Detail, "incident") && age >= 15*time.Minute:
		d.wrong = append(d.wrong, fmt.Sprintf("%v: an answer of %v on the status page's word", start.Sub(d.began), age))
	}
	d.ages++
	return born
}

func (d *day) write(token, stamp string, p dayPage, appends bool) {
	method, target := "PATCH", "/v1/pages/"+p.id
	body := `{"properties":{"title":{"title":[{"text":{"content":"` + stamp + `"}}]}}}`
	if appends {
		target = "/v1/blocks/" + p.id + "/children"
		body = `{"children":[{"paragraph":{"rich_text":[{"text":{"content":"` + stamp + `"}}]}}]}`
	}
	concerns := []string{p.id, p.source, "search"}
	d.mu.Lock()
	for _, o := range concerns {
		d.touch(o).busy++
	}
	d.mu.Unlock()

	start := time.Now()
	r := d.ask(token, method, target, body)
	a := d.answer(start, token, target, r)
	a.write, a.family = true, "writes"

	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range concerns {
		t := d.touch(o)
		t.busy--
		if r.status/100 == 2 || saysDone(r.x) {
			t.dropped = time.Now()
		} else if r.status >= 500 {
			t.suspect = time.Now()
		}
	}
	if saysDone(r.x) && r.status/100 != 2 && !appends && !d.placed[p.id] {
		d.dropSources()
	}
	d.answers = append(d.answers, a)
	d.written = append(d.written, &dayWrite{stamp: stamp, page: p.id, appends: appends, status: r.status})
}

// place notes of which pages an answer showed what table they are in.
func (d *day) place(what dayRead) {
	for _, p := range d.pages {
		if p.source == what.shows || what.target == "/v1/pages/"+p.id {
			d.placed[p.id] = true
		}
	}
}

// dropSources notes that the rows of every table may have changed: Notion has
// said that a write is done, and neither its broken answer nor an earlier one
// tells in which of them.
func (d *day) dropSources() {
	for _, p := range d.pages {
		d.touch(p.source).dropped = time.Now()
	}
}

// countStamps looks up in Notion how often each appended stamp is there.
func (d *day) countStamps() {
	byPage := map[string]string{}
	for _, w := range d.written {
		if !w.appends {
			continue
		}
		text, ok := byPage[w.page]
		if !ok {
			time.Sleep(500 * time.Millisecond)
			r := d.behind("root", "GET", "/v1/blocks/"+w.page+"/children?page_size=100", "", nil)
			require.Equal(d.t, 200, r.status)
			require.Contains(d.t, r.body, `"has_more":false`)
			text = r.body
			byPage[w.page] = text
		}
		w.found = strings.Count(text, `"content":"`+w.stamp+`"`)
	}
}
