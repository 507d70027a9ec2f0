package triage

import (
	"context"
	"sync"
	"time"

	"notionproxy/exchange"
	"notionproxy/ledger"
	"notionproxy/statuspage"
)

// Options of a Triage. The functions but for FetchSchema must answer from
// memory; nil means that nobody knows.
type Options struct {
	Page   func(now time.Time) statuspage.Reading // nil: Notion's status page is not read
	Spent  func(now time.Time) ledger.Report
	Budget func(connection string) Budget
	Stored func() Stored
	Mode   func() (serveStale string)

	TokenLent bool // the proxy lends a token of its own
	TokenFile bool // from a file that it watches

	// Prober looks at Notion. Without a Notion URL in it, nothing is probed.
	Prober Prober

	// FetchSchema has a schema read anew; the answer comes by way of Schema.
	// It returns Notion's status, 0 where there was no answer. It may wait.
	FetchSchema func(ctx context.Context, ref SchemaRef) (status int)

	// Expect has the names of properties that applications need, by data
	// source (or by database, under versions before 2025-09-03).
	Expect map[string][]string

	// Dir is where incidents are kept; empty: in memory.
	Dir string

	// Notify takes notices of incidents, in order. It must not wait.
	Notify func(Notice)

	// Warn takes what goes wrong in triage itself, in a sentence. nil: nobody.
	Warn func(string)
}

const (
	tickEvery   = 5 * time.Second
	keepEvery   = time.Minute     // an open incident, whether or not it changed
	resumeAfter = 5 * time.Minute // a later start does not take up an open incident
	reportEvery = time.Second
	probeEvery  = 10 * time.Second
	fetchLimit  = 30 * time.Second
)

// A Triage watches. It is safe for concurrent use.
type Triage struct {
	o       Options
	watch   *watch
	schemas *schemas
	answers chan SchemaAnswer
	fetches sync.WaitGroup

	ticking sync.Mutex // one tick at a time; guards journal and kept
	journal *journal   // nil: in memory alone
	kept    time.Time  // when the open incident was last kept

	mu      sync.Mutex
	tracker tracker
	last    Evidence // of the last tick
	said    time.Time
	report  Report // of less than a second ago, or the next one is made
	probes  *ProbeRun
	probed  time.Time // when the last run of probes began
}

// New makes a Triage and reads what incidents are kept. Run keeps it going.
func New(o Options) (*Triage, error) {
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if o.Notify == nil {
		o.Notify = func(Notice) {}
	}
	now := time.Now()
	t := &Triage{o: o, watch: newWatch(now), schemas: newSchemas(o.Expect), answers: make(chan SchemaAnswer, 64)}
	if o.Dir == "" {
		return t, nil
	}
	j, records, err := openJournal(o.Dir)
	if err != nil {
		return nil, err
	}
	t.journal = j
	for _, r := range records {
		t.tracker.incidents = append(t.tracker.incidents, r.Incident)
	}
	t.tracker.resume(records, now)
	return t, nil
}

// resume ends incidents that were left open by a process that ended: the last
// is taken up again, if that was a short time ago.
func (t *tracker) resume(records []record, now time.Time) {
	for n := range t.incidents {
		i := &t.incidents[n]
		if !i.Open() || n == len(t.incidents)-1 && now.Sub(records[n].Updated) < resumeAfter {
			continue
		}
		i.End = records[n].Updated
		i.log(TimelineEntry{i.End, Recovery, "The proxy ended; what came after is not known."})
	}
	if i := t.open(); i != nil {
		i.log(TimelineEntry{now, Relapse, "The proxy was started anew."})
		t.before = i.Figures
	}
}

// Add takes a finished request; it is an exchange.Reader.
func (t *Triage) Add(x *exchange.Exchange) {
	t.watch.Add(x)
	if x.UpstreamStatus == 400 && x.UpstreamOutcome == "rejected" {
		t.reject(x)
	}
}

// reject has the schema asked for anew that a rejected call may rely on.
func (t *Triage) reject(x *exchange.Exchange) {
	r := Rejection{Connection: x.Connection, Operation: x.Operation, Object: idText(x.Object), Code: x.Code, Message: x.Problem, named: x.Property}
	if r.Code == "validation_error" && (r.named != 0 || speaksOfProperty(r.Message) || t.schemas.driftedOf(r.Object, x.Start)) {
		t.schemas.want(r)
	}
}

// Schema takes an answer with a schema. It does not wait: while too many come
// at once, some are left out.
func (t *Triage) Schema(a SchemaAnswer) {
	select {
	case t.answers <- a:
	default:
	}
}

// Run judges every five seconds until ctx ends, and keeps what it found.
func (t *Triage) Run(ctx context.Context) {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			t.tick(ctx, time.Now())
		case a := <-t.answers:
			t.schemas.learn(a)
		case <-ctx.Done():
			t.fetches.Wait()
			t.close(time.Now())
			return
		}
	}
}

// tick judges, moves the incidents on, keeps and tells what changed.
func (t *Triage) tick(ctx context.Context, now time.Time) {
	t.ticking.Lock()
	defer t.ticking.Unlock()
	t.fetch(ctx, now)
	e := t.evidence(now)
	v := Judge(e)
	since := func(from time.Time) tally { return t.watch.since(from, now) }
	t.mu.Lock()
	m := moment{e: e, v: v, news: news(&t.last, &e), total: t.watch.counted(), since: since, callers: t.watch.callersSince}
	if t.last.At.IsZero() {
		m.news = nil
	}
	notices := t.tracker.step(m)
	t.last = e
	t.mu.Unlock()
	t.keep(notices, now)
	for _, n := range notices {
		t.o.Notify(n)
		t.lookInto(ctx, n)
	}
}

// lookInto probes Notion when an incident opens of which probes can tell more.
func (t *Triage) lookInto(ctx context.Context, n Notice) {
	class := n.Incident.Class
	if n.Transition != Opened || t.o.Prober.Notion == nil || class != NetworkIssue && class != NotionDown && class != Unknown {
		return
	}
	t.fetches.Go(func() {
		_, _ = t.Probe(ctx) // one that was made a moment ago does as well
	})
}

// fetch has the schemas read anew that are due.
func (t *Triage) fetch(ctx context.Context, now time.Time) {
	if t.o.FetchSchema == nil {
		return
	}
	for _, ref := range t.schemas.due(now) {
		t.fetches.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, fetchLimit)
			defer cancel()
			if status := t.o.FetchSchema(ctx, ref); status == 404 && ref.Version == "" && !ref.Database {
				ref.Database = true // settings may name a database
				t.o.FetchSchema(ctx, ref)
			}
		})
	}
}

// keep writes down what changed; an open incident also now and then.
func (t *Triage) keep(notices []Notice, now time.Time) {
	if t.journal == nil {
		return
	}
	t.mu.Lock()
	all := t.tracker.newest(maxIncidents)
	t.mu.Unlock()
	if len(notices) == 0 && (len(all) == 0 || !all[0].Open() || now.Sub(t.kept) < keepEvery) {
		return
	}
	t.kept = now
	oldestFirst := make([]Incident, 0, len(all))
	for n := len(all) - 1; n >= 0; n-- {
		oldestFirst = append(oldestFirst, all[n])
	}
	if err := t.journal.keep(all[0], now, oldestFirst); err != nil {
		t.o.Warn(err.Error())
	}
}

// close keeps the open incident as it stands.
func (t *Triage) close(now time.Time) {
	t.ticking.Lock()
	defer t.ticking.Unlock()
	t.kept = time.Time{}
	t.keep(nil, now)
	if t.journal != nil {
		if err := t.journal.close(); err != nil {
			t.o.Warn(err.Error())
		}
	}
}

// Incidents are those that are kept, newest first.
func (t *Triage) Incidents() []Incident {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tracker.newest(maxIncidents)
}

// Incident is the one with that id.
func (t *Triage) Incident(id string) (Incident, bool) {
	for _, i := range t.Incidents() {
		if i.ID == id {
			return i, true
		}
	}
	return Incident{}, false
}

// Probe looks at Notion, all ways at once, in less than ten seconds. Within
// ten seconds after the last run began it returns what that brought, and
// ErrProbedJustNow.
func (t *Triage) Probe(ctx context.Context) (ProbeRun, error) {
	t.mu.Lock()
	if !t.probed.IsZero() && time.Since(t.probed) < probeEvery {
		defer t.mu.Unlock()
		if t.probes == nil {
			return ProbeRun{}, ErrProbedJustNow
		}
		return *t.probes, ErrProbedJustNow
	}
	t.probed = time.Now()
	t.mu.Unlock()
	if t.o.Prober.Notion == nil {
		return ProbeRun{At: time.Now(), Probes: []Probe{}}, nil
	}
	run := t.o.Prober.Run(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.probes, t.report = &run, Report{}
	return run, nil
}
