package proxy_test

import (
	"context"
	"math/rand/v2"
	"testing/synctest"
	"time"

	"notionproxy/notiontest"
)

// A step is one thing that happens, and how often it does.
type step struct {
	often int
	do    func(*model)
}

var modelStep = []step{
	{48, func(m *model) { m.ask(m.aRead()) }},
	{14, (*model).advance},
	{11, (*model).writeNow},
	{7, (*model).editBehind},
	{4, (*model).readSlowly},
	{3, (*model).writeSlowly},
	{6, (*model).wait},
	{2, (*model).breakNotion},
	{4, (*model).mend},
	{2, (*model).shareOrNot},
	{1, (*model).revokeOrNot},
	{1, (*model).restrictOrNot},
	{1, (*model).killCursors},
	{1, (*model).writeInDoubt},
	{1, (*model).askOtherwise},
	{1, (*model).crowd},
	{1, (*model).leave},
	{1, (*model).reload},
	{2, (*model).overtake},
	{1, (*model).refuseMeanwhile},
	{1, (*model).halfWay},
	{1, (*model).purge},
	{1, (*model).doubtToken},
}

// take does the step that the seed and its number choose.
func (m *model) take() {
	m.rng = rand.New(rand.NewPCG(m.seed, uint64(m.step)))
	m.tally.steps++
	total := 0
	for _, s := range modelStep {
		total += s.often
	}
	n := m.rng.IntN(total)
	for _, s := range modelStep {
		if n -= s.often; n < 0 {
			s.do(m)
			break
		}
	}
	m.collect()
}

func (m *model) writeNow() {
	if w := m.aWrite(); w != nil {
		m.wrote(w, m.sendWrite(context.Background(), w))
	}
}

// editBehind changes something as people do in the app.
func (m *model) editBehind() {
	s := m.spaces[m.rng.IntN(len(m.spaces))]
	o := m.pick(s, "row", "row", "block", "subpage", "page", "toggle", "table")
	if o == nil || m.locked(o) {
		return
	}
	m.tell("somebody edits %s %s", o.kind, o.id)
	switch n := m.rng.IntN(6); {
	case o.kind == "toggle", o.kind == "block" && n < 4:
		m.notion.SetText(o.id, o.title.behind(""))
	case o.where == nil || n < 3:
		m.notion.SetTitle(o.id, o.title.behind(""))
	case n == 3 && o.kind == "row":
		m.notion.SetProperty(o.id, "Note", o.note.behind(""))
	case o.where.newest().place != "":
		o.where.behind("")
		m.notion.Trash(o.id)
	default:
		o.where.behind(o.where.versions[len(o.where.versions)-2].place)
		m.notion.Restore(o.id)
	}
}

// readSlowly begins a read whose answer may come after other things happened.
func (m *model) readSlowly() {
	r := m.aRead()
	if m.rng.IntN(3) > 0 {
		m.slow(r.op, r.by)
	}
	m.begin(r)
	m.start(func(ctx context.Context) *reply { return m.send(ctx, r) }, func(a *reply) { m.check(r, a) })
}

// slow has the token's next such call carried out at once, and answered late; it
// returns by how much.
func (m *model) slow(op string, t *token) time.Duration {
	d := time.Duration(1+m.rng.IntN(8)) * time.Second
	m.tell("the next %s of %s is answered %v late", op, t.name, d)
	m.notion.Fault(notiontest.Fault{Op: op, Token: "ntn_" + t.name, Times: 1, Lag: d})
	return d
}

// writeSlowly begins a write that takes its time, before it is carried out or
// after.
func (m *model) writeSlowly() {
	w := m.aWrite()
	if w == nil {
		return
	}
	d := time.Duration(1+m.rng.IntN(8)) * time.Second
	f := notiontest.Fault{Writes: true, Token: "ntn_" + w.by.name, Times: 1, Lag: d}
	if m.rng.IntN(2) == 0 {
		f.Lag, f.Delay = 0, d
	}
	m.tell("which takes %v", d)
	m.notion.Fault(f)
	m.start(func(ctx context.Context) *reply { return m.sendWrite(ctx, w) }, func(a *reply) { m.wrote(w, a) })
}

// afterwards sends a request after a while.
func (m *model) afterwards(d time.Duration, send func(context.Context) *reply, finish func(*reply)) *job {
	ctx, cancel := context.WithCancel(context.Background())
	j := &job{cancel: cancel, done: make(chan *reply, 1), finish: finish}
	go func() {
		time.Sleep(d)
		j.done <- send(ctx)
	}()
	return j
}

var waits = []time.Duration{
	100 * time.Millisecond, 100 * time.Millisecond, time.Second, time.Second, 2 * time.Second, 4 * time.Second, 6 * time.Second,
	20 * time.Second, 61 * time.Second, 2 * time.Minute, 6 * time.Minute, 11 * time.Minute,
}

func (m *model) wait() {
	d := waits[m.rng.IntN(len(waits))]
	if m.fresh > time.Minute && m.rng.IntN(3) == 0 {
		d = 56 * time.Minute // until links are about to die
	}
	m.tell("%v pass", d)
	time.Sleep(d)
}

// ills are the ways in which Notion fails. None of them strikes the model's
// own looks.
var ills = []notiontest.Fault{
	{Kind: notiontest.FaultStatus, Status: 500}, {Kind: notiontest.FaultStatus, Status: 503}, {Kind: notiontest.FaultStatus, Status: 529},
	{Kind: notiontest.FaultEdge, Status: 502}, {Kind: notiontest.FaultEdge, Status: 504, Carried: true}, {Kind: notiontest.FaultEdge, Status: 401},
	{Kind: notiontest.FaultEdge, Status: 403}, {Kind: notiontest.FaultEdge, Status: 404},
	{Kind: notiontest.FaultSaved, Writes: true}, {Kind: notiontest.FaultHTML}, {Kind: notiontest.FaultError200}, {Kind: notiontest.FaultBadJSON},
	{Kind: notiontest.FaultEmpty}, {Kind: notiontest.FaultCut}, {Kind: notiontest.FaultCutChunked}, {Kind: notiontest.FaultBadGzip},
	{Kind: notiontest.FaultReset}, {Kind: notiontest.FaultReset, Carried: true}, {Kind: notiontest.FaultResetBody}, {Kind: notiontest.FaultResetHeaders},
	{Kind: notiontest.FaultHang}, {Kind: notiontest.FaultHang, Carried: true}, {Kind: notiontest.FaultHangBody},
	{Kind: notiontest.FaultPartial}, {Kind: notiontest.FaultLong},
	{Kind: notiontest.FaultLimit, RetryAfter: "3"}, {Kind: notiontest.FaultLimit, RetryAfter: "40"},
	{Kind: notiontest.FaultStatus, Status: 401, Code: "unauthorized"},
}

var illOps = []string{"", "pages.*", "blocks.*", "data_sources.*", "users.me", "pages.retrieve", "data_sources.query,blocks.children.list"}

func (m *model) breakNotion() {
	f := ills[m.rng.IntN(len(ills))]
	f.Op, f.Times = illOps[m.rng.IntN(len(illOps))], m.rng.IntN(7)
	m.sick++
	m.tell("Notion falls ill: %s %d carried=%v, for %q, %d times", f.Kind, f.Status, f.Carried, f.Op, f.Times)
	only := m.rng.IntN(2 * len(m.tokens))
	for i, t := range m.tokens {
		if only >= len(m.tokens) || only == i {
			f.Token = "ntn_" + t.name
			m.notion.Fault(f)
		}
	}
}

func (m *model) mend() {
	m.tell("Notion is well")
	m.sick = 0
	m.notion.ClearFaults()
}

// shareOrNot shows an object to a bot, or hides it.
func (m *model) shareOrNot() {
	t := m.tokens[m.rng.IntN(len(m.tokens))]
	o := m.pick(t.space, "row", "page", "table", "subpage")
	if o == nil {
		return
	}
	m.hide(o, t, m.rng.IntN(2) == 0)
}

func (m *model) hide(o *object, t *token, hide bool) {
	m.tell("%s %s is hidden from %s: %v", o.kind, o.id, t.name, hide)
	if hide {
		m.notion.Unshare(t.bot, o.id)
	} else {
		m.notion.Share(t.bot, o.id)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, other := range m.tokens {
		if other.bot == t.bot {
			other.hidden[o.id] = time.Now()
		}
	}
}

func (m *model) revokeOrNot() {
	t := m.tokens[m.rng.IntN(len(m.tokens))]
	for _, other := range m.tokens {
		if other.revoked {
			t = other // not more than one at a time
		}
	}
	t.revoked = !t.revoked
	m.tell("%s is revoked: %v", t.name, t.revoked)
	if t.revoked {
		m.notion.RevokeToken("ntn_" + t.name)
	} else {
		m.notion.AddToken("ntn_"+t.name, t.bot)
	}
}

// restrictOrNot takes capabilities from a bot, or gives it all.
func (m *model) restrictOrNot() {
	t := m.tokens[m.rng.IntN(len(m.tokens))]
	without := []notiontest.Capability{0, 0, notiontest.ReadComments, notiontest.ReadContent}[m.rng.IntN(4)]
	m.tell("%s may do all but %b", t.name, without)
	m.notion.Restrict(t.bot, without)
}

func (m *model) killCursors() {
	m.tell("all cursors die")
	m.notion.KillCursors()
	m.mu.Lock()
	m.dead = m.newest
	m.mu.Unlock()
	for _, w := range m.walks {
		w.killed = true
	}
}

// doubts are the ways in which nobody knows whether a write was carried out.
var doubts = []notiontest.Fault{
	{Kind: notiontest.FaultSaved}, {Kind: notiontest.FaultStatus, Status: 500}, {Kind: notiontest.FaultEdge, Status: 504, Carried: true},
	{Kind: notiontest.FaultReset, Carried: true}, {Kind: notiontest.FaultReset}, {Kind: notiontest.FaultHang, Carried: true},
}

// loses has the answer to a write get lost.
func (m *model) loses(w *write) {
	f := doubts[m.rng.IntN(len(doubts))]
	f.Writes, f.Times, f.Token = true, 1, "ntn_"+w.by.name
	m.notion.Fault(f)
}

// writeInDoubt has a write's answer lost, and then reads fail: what was kept
// from before may go out, but says what it is.
func (m *model) writeInDoubt() {
	w := m.aWrite()
	if w == nil {
		return
	}
	m.loses(w)
	m.wrote(w, m.sendWrite(context.Background(), w))
	m.collect()
	for n, i := 0, len(m.asked)-1; i >= 0 && n < 4; i-- {
		if r := *m.asked[i]; r.by.space == w.by.space {
			r.wants = ""
			m.notion.Fault(notiontest.Fault{Kind: notiontest.FaultEdge, Op: r.op, Times: 3, Token: "ntn_" + r.by.name})
			m.ask(&r)
			n++
		}
	}
}

// askOtherwise takes a cursor of one read for another, with pages of another
// size. What Notion says to that is not checked, only that nobody gets a page of
// the first.
func (m *model) askOtherwise() {
	for _, w := range m.walks {
		if w.cursor == "" {
			continue
		}
		other := *w
		other.size++
		m.ask(m.pageOf(&other))
		return
	}
}

// crowd asks the same many times at once: that costs one call.
func (m *model) crowd() {
	r := m.aRead()
	if len(m.jobs) > 0 || m.sick > 0 || r.by.revoked {
		return
	}
	r.wants = ""
	m.notion.ClearFaults()
	m.tell("six times at once:")
	before := m.notion.Calls(r.op)
	m.slow(r.op, r.by)
	step := m.step
	for range 6 {
		same := *r
		m.begin(&same)
		m.start(func(ctx context.Context) *reply { return m.send(ctx, &same) }, func(a *reply) { m.check(&same, a) })
	}
	synctest.Wait()
	if calls := m.notion.Calls(r.op) - before; calls > 1 {
		m.bad = &violation{step: step, rule: 15, what: "six identical reads at once cost more than one call"}
	}
}

// leave has a client go away in the middle.
func (m *model) leave() {
	if len(m.jobs) == 0 {
		return
	}
	m.tell("somebody leaves")
	m.jobs[m.rng.IntN(len(m.jobs))].cancel()
}
