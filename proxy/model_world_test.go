package proxy_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/notiontest"
)

// A model is a world and all that is known of it.
type model struct {
	*world
	seed   uint64
	step   int
	rng    *rand.Rand // of this step alone
	spaces []*space
	tokens []*token
	things []*history
	jobs   []*job
	walks  []*walk
	asked  []*read
	sick   int // faults in force
	fresh  time.Duration
	small  bool // what is kept may be evicted

	mu      sync.Mutex // what Notion's calls tell
	writing int        // writes under way: any of them may have dropped something a moment ago
	calls   map[string]*notiontest.Call
	newest  int // call
	dead    int // the newest call whose cursors have died
	purged  map[*object]purge

	bad   *violation
	told  []string
	tally tally
}

// A purge is an operator's, in a step, when that call was Notion's newest.
type purge struct{ step, call int }

// A space is a workspace: a home page with pages and two tables below it.
type space struct {
	name    string
	pages   []*object // that have blocks
	tables  []*object // data sources
	objects []*object // everything that can be written
	writes  int       // begun or ended, so that what they dropped isn't missed
}

// An object is a page, a row, a block, a toggle with blocks in it, a table or a
// comment.
type object struct {
	kind  string
	id    string
	space *space
	title *history // or the text
	note  *history // of rows
	where *history // of what comes and goes; nil for what stays
	tag   *history // of tables: the name of a property
	table string   // the database around a data source
	busy  bool     // a write of it is under way
	full  bool     // of pages: a write of all that is on it is
	page  *object  // of toggles: what it stands on

	pending []pending
}

// A pending write is one that Notion accepted with 202: it ends by itself.
type pending struct{ from, seen, until time.Time }

// A token is a caller's, and what Notion said to it. It is guarded by the
// model's lock.
type token struct {
	name, bot string
	space     *space
	revoked   bool

	acceptedAt                   time.Time
	accepted, refused, confirmed int // newest calls, by number
	knownAt                      int // call that told its workspace; 0 if none
	upset                        int // how often anything was refused
	denied                       map[string]denial
	dead                         map[string]time.Time // when Notion last refused a cursor into an object
	buried                       map[grave]int        // the step in which it refused a cursor
	hidden                       map[string]time.Time // when an object was last shared or un-shared
	kept                         map[string]keep
	tagged                       map[string]tagged // what it has, by question
	newest                       map[string]int    // call whose stored answer it got, by question
}

// A tagged answer is one that a client has, and its validator.
type tagged struct{ etag, body string }

// A denial is Notion's 404 or 403 to a token, for an object.
type denial struct{ call, step int }

// A keep is an answer that should be there if Notion fails.
type keep struct {
	writes, upset int
	born          time.Time
	at            time.Time // when it was there for certain
}

func newModel(t *testing.T, seed uint64) *model {
	w := newWorld(t, notiontest.Options{Seed: seed, RateLimit: -1, LogCalls: 100})
	m := &model{world: w, seed: seed, calls: map[string]*notiontest.Call{}, purged: map[*object]purge{}, fresh: time.Minute}
	m.limits.Quota = limiter.Quota{PerMinute: 1_000_000, Burst: 1_000_000}
	switch seed % 8 {
	case 3: // the usual pace, so that calls wait
		m.limits.Quota = limiter.Quota{}
	case 5, 6: // so long that links die before
		m.fresh = 2 * time.Hour
		policies := cache.DefaultPolicies()
		policies[notion.Content] = cache.Policy{Fresh: m.fresh, Keep: 24 * time.Hour}
		m.options.Cache.Policies = policies
	case 7: // so small that much is evicted
		m.small = true
		m.options.Cache.MaxBytes = 256 << 10
	}
	m.rng = rand.New(rand.NewPCG(seed, 0))
	for _, a := range [][3]string{{"alice", "", "home"}, {"anna", "alice", "home"}, {"bob", "", "home"}, {"carol", "", "away"}} {
		m.addCaller(a[0], a[1], a[2])
	}
	for _, s := range m.spaces {
		m.addToken("root-"+s.name, "", s.name)
		m.furnish(s)
	}
	w.notion.Observe(m.observe)
	w.start()
	return m
}

func (m *model) close() {
	for _, j := range m.jobs {
		j.cancel()
	}
	m.notion.ClearFaults()
	time.Sleep(3 * time.Minute) // what runs behind clients' backs ends by itself
	m.world.close()
}

func (m *model) addCaller(name, bot, workspace string) {
	if name != "alice" {
		m.addToken(name, bot, workspace)
	}
	var in *space
	for _, s := range m.spaces {
		if s.name == workspace {
			in = s
		}
	}
	if in == nil {
		in = &space{name: workspace}
		m.spaces = append(m.spaces, in)
	}
	m.tokens = append(m.tokens, &token{
		name: name, bot: m.bots[name], space: in,
		denied: map[string]denial{}, dead: map[string]time.Time{}, buried: map[grave]int{}, hidden: map[string]time.Time{}, kept: map[string]keep{},
		tagged: map[string]tagged{}, newest: map[string]int{},
	})
}

func (m *model) history(s *space, place string) *history {
	h := &history{number: len(m.things), space: s, last: 1, versions: []version{{number: 1, place: place}}}
	m.things = append(m.things, h)
	return h
}

// furnish makes what there is in a workspace at first.
func (m *model) furnish(s *space) {
	home := m.notion.CreatePage(m.workspaces[s.name], "Home", nil)
	for range 2 {
		p := &object{kind: "page", space: s, title: m.history(s, "")}
		p.id = m.notion.CreatePage(home, p.title.stamp(), nil)
		s.pages = append(s.pages, p)
		s.objects = append(s.objects, p)
	}
	for i, p := range s.pages {
		for range 5 + 6*i {
			m.grow(s, "block", p.id)
		}
		m.notion.CreateImage(p.id, "team.png")
		m.nest(s, p)
		m.grow(s, "subpage", p.id)
		m.grow(s, "comment", p.id)
	}
	for i := range 2 {
		d := &object{kind: "table", space: s, title: m.history(s, ""), tag: m.history(s, "")}
		d.table, d.id = m.notion.CreateDatabase(home, "Table", notiontest.Column{Name: "Name", Type: "title"},
			notiontest.Column{Name: "Note", Type: "rich_text"}, notiontest.Column{Name: d.tag.stamp(), Type: "checkbox"})
		m.notion.SetTitle(d.id, d.title.stamp())
		s.tables = append(s.tables, d)
		s.objects = append(s.objects, d)
		for range 14 - 9*i {
			m.grow(s, "row", d.id)
		}
	}
}

// nest makes a toggle with blocks in it: what they say is in the page's text.
func (m *model) nest(s *space, page *object) {
	o := &object{kind: "toggle", space: s, title: m.history(s, ""), page: page}
	o.id = m.notion.CreateBlock(page.id, "toggle", o.title.stamp())
	s.objects = append(s.objects, o)
	for range 2 {
		m.grow(s, "block", o.id)
	}
}

// grow makes an object in a place behind the proxy's back.
func (m *model) grow(s *space, kind, place string) *object {
	o := &object{kind: kind, space: s, title: m.history(s, ""), where: m.history(s, place)}
	switch kind {
	case "block":
		o.id = m.notion.CreateBlock(place, "paragraph", o.title.stamp())
	case "subpage":
		o.id = m.notion.CreatePage(place, o.title.stamp(), nil)
	case "row":
		o.note = m.history(s, "")
		o.id = m.notion.CreatePage(place, o.title.stamp(), map[string]any{"Note": o.note.stamp()})
	case "comment":
		o.id = m.notion.CreateComment(place, o.title.stamp())
	}
	s.objects = append(s.objects, o)
	return o
}

func (m *model) token(name string) *token {
	for _, t := range m.tokens {
		if "ntn_"+t.name == name {
			return t
		}
	}
	return nil
}

// observe learns from a call of Notion's what it means for its token.
func (m *model) observe(c notiontest.Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.newest = max(m.newest, c.Seq)
	m.tally.calls = m.newest
	if c.RequestID != "" {
		m.calls[c.RequestID] = &c
	}
	t := m.token(c.Token)
	if t == nil {
		return
	}
	clean := c.Fault == "" || c.Fault == string(notiontest.FaultStatus) || c.Fault == string(notiontest.FaultDelay)
	switch {
	case c.Status == 401 && clean:
		t.refused = max(t.refused, c.Seq)
		t.upset++
		if c.Op == "users.me" {
			t.confirmed = max(t.confirmed, c.Seq)
		}
	case c.Status/100 == 2, c.Status == 403, c.Status == 404, c.Status == 409:
		t.accepted = max(t.accepted, c.Seq)
		t.acceptedAt = time.Now()
		if c.Op == "users.me" && c.Status == 200 && c.Fault == "" && t.knownAt == 0 {
			t.knownAt = c.Seq
		}
	}
	if c.Status == 400 {
		for _, id := range namedBy(c.Path) {
			t.dead[id] = time.Now()
		}
		if g, ok := graveOf(c.Path + string(c.Body)); ok && c.Fault == "" {
			t.buried[g] = m.step
		}
	}
	if clean && (c.Status == 404 && c.Code == "object_not_found" || c.Status == 403 && c.Code == "restricted_resource") {
		t.upset++
		capability := ""
		if c.Status == 403 {
			capability = capabilityOf(c.Op)
		}
		for _, id := range namedBy(c.Path) {
			t.denied[id+capability] = denial{c.Seq, m.step}
		}
	}
}

// A grave is a cursor that Notion refused, with the size of pages that was asked
// for: one that comes with another size than it was given out for belongs to no
// list, and its refusal says nothing of any.
type grave struct{ cursor, size string }

// What Notion's cursors and sizes look like.
var (
	aCursor   = regexp.MustCompile(`s:[0-9a-f-]{36}:[0-9a-f-]{36}`)
	aPageSize = regexp.MustCompile(`page_size\W{1,3}([0-9]+)`)
)

// graveOf reads the cursor and the size in a call.
func graveOf(call string) (grave, bool) {
	cursor, size := aCursor.FindString(call), aPageSize.FindStringSubmatch(call)
	if cursor == "" || size == nil {
		return grave{}, false
	}
	return grave{cursor, size[1]}, true
}

func capabilityOf(op string) string {
	if strings.HasPrefix(op, "comments.") {
		return "comments"
	}
	return "content"
}

// namedBy lists the ids in a path and query, without dashes.
func namedBy(target string) []string {
	var ids []string
	for _, part := range strings.FieldsFunc(target, func(r rune) bool { return strings.ContainsRune("/?&=", r) }) {
		if bare := strings.ReplaceAll(part, "-", ""); len(bare) == 32 {
			ids = append(ids, strings.ToLower(bare))
		}
	}
	return ids
}

// breaks records the first violation.
func (m *model) breaks(rule int, format string, args ...any) {
	if m.bad == nil {
		m.bad = &violation{step: m.step, rule: rule, what: fmt.Sprintf(format, args...)}
	}
}

func (m *model) tell(format string, args ...any) {
	m.told = append(m.told, fmt.Sprintf("%5d  %8s  ", m.step, time.Since(midnight).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

// midnight is when every bubble begins.
var midnight = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (m *model) story() string { return strings.Join(m.told, "\n") }

// A job is a request under way while other things happen.
type job struct {
	cancel context.CancelFunc
	done   chan *reply
	finish func(*reply)
}

// start sends a request and goes on.
func (m *model) start(send func(context.Context) *reply, finish func(*reply)) *job {
	ctx, cancel := context.WithCancel(context.Background())
	j := &job{cancel: cancel, done: make(chan *reply, 1), finish: finish}
	m.jobs = append(m.jobs, j)
	go func() { j.done <- send(ctx) }()
	return j
}

// collect takes in what has been answered by now.
func (m *model) collect() {
	synctest.Wait()
	jobs := m.jobs
	m.jobs = nil // what is taken in may begin another
	for _, j := range jobs {
		select {
		case r := <-j.done:
			j.cancel()
			j.finish(r)
		default:
			m.jobs = append(m.jobs, j)
		}
	}
}
