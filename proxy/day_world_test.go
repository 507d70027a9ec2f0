package proxy_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"notionproxy/notion"
	"notionproxy/notiontest"
	"notionproxy/statuspage"
)

const (
	dayObjects     = 300
	dayCallers     = 20
	dayConnections = 2

	// dayLatency is no round number, so that little happens in the same instant.
	// What does may happen in either order, and from then on the same seed gives
	// another day, often not for some hours.
	dayLatency = 200*time.Millisecond + 1013*time.Nanosecond

	longestHold = 30 * time.Second // that a 429 asks for
	longestWait = 20 * time.Second // of a call in the proxy

	dayPages, daySources, daySearches, dayUsers = 225, 15, 30, 30 // 300 together
)

// A day is a world, twenty callers, and all that goes wrong in 24 hours.
type day struct {
	*world
	seed   uint64
	direct *directClient // nil: the callers go through the proxy
	began  time.Time
	phases []*phase
	reads  []dayRead // by rank: the first is read most
	pages  []dayPage
	page   atomic.Value // what the status page shows: a word of statusPages
	watch  *statuspage.Watcher

	mu      sync.Mutex
	calls   map[string]time.Time // when the call with that request id arrived
	arrived []dayCall            // reads
	limited []dayCall            // all that were answered 429
	dials   []time.Duration
	answers []dayAnswer
	written []*dayWrite
	known   map[dayKey]time.Time // what is kept, and when it was fetched
	touched map[string]*touched
	placed  map[string]bool      // pages of which an answer has shown what table they are in
	refused map[string]time.Time // tokens, since the first 401
	wrong   []string
	ages    int
}

// A dayRead is something that is read, and the objects whose writes concern it.
type dayRead struct {
	method, target, body, family string
	shows                        string
}

type dayPage struct{ id, source string }

type dayCall struct {
	connection, family string
	at                 time.Duration
	status             int
}

// A phase is a disturbance.
type phase struct {
	name       string
	at, length time.Duration
	faults     []notiontest.Fault
	dial       func(context.Context) error
	reset      bool          // connections that are open are lost
	down       []string      // families that get no answer at all
	heals      bool          // nothing is down, but answers should be fresh again after it
	retryAfter time.Duration // told with each answer; zero: Notion may be asked at once when it is over
	continues  bool          // the next one follows at once
	goesOn     bool          // it follows the last one at once
	status     string        // of statusPages; empty means that all is well
	revoke     string        // a token
}

var allReads = []string{"content", "search", "other"}

func edge(op string) notiontest.Fault {
	return notiontest.Fault{Op: op, Kind: notiontest.FaultEdge, Status: 502}
}

// phasesOf are the disturbances of a day, 100 minutes apart.
func phasesOf(t *testing.T, seed uint64) []*phase {
	family := &phase{name: "search down", faults: []notiontest.Fault{edge("search")}, down: []string{"search"}}
	if seed%2 == 0 {
		family = &phase{name: "content down", faults: []notiontest.Fault{edge("pages.retrieve,blocks.*,data_sources.*,databases.*")}, down: []string{"content"}}
	}
	lost := notiontest.Fault{Kind: notiontest.FaultEdge, Status: 502, Writes: true, Probability: 0.5, Carried: true}
	list := []*phase{
		{name: "outage: refused", length: 20 * time.Minute, dial: notiontest.Refused, down: allReads, continues: true},
		{name: "outage: 502", length: 20 * time.Minute, faults: []notiontest.Fault{lost, edge("")}, down: allReads, goesOn: true},
		{name: "brownout of 20 s", faults: []notiontest.Fault{{Kind: notiontest.FaultDelay, Delay: 20 * time.Second}}, heals: true},
		{name: "30 % of calls 502", faults: []notiontest.Fault{{Kind: notiontest.FaultEdge, Status: 502, Probability: 0.3}}, heals: true},
		family,
		{name: "edge HTML with 200", faults: []notiontest.Fault{{Kind: notiontest.FaultHTML}}, down: allReads},
		{name: "cut bodies", faults: []notiontest.Fault{{Kind: notiontest.FaultCut}}, down: allReads},
		{name: "429 storm", faults: []notiontest.Fault{{Kind: notiontest.FaultLimit, Reason: notiontest.ReasonConnection, RetryAfter: "30"}}, retryAfter: longestHold, heals: true},
		{name: "DNS failure", dial: func(context.Context) error { return &net.DNSError{Err: "no such host", Name: "api.notion.com"} }, down: allReads},
		{name: "reset connections", faults: []notiontest.Fault{{Kind: notiontest.FaultReset}}, reset: true, down: allReads},
		{name: "status page: incident, all well", status: "incident"},
		{name: "status page: well, all down", faults: []notiontest.Fault{edge("")}, down: allReads},
		{name: "status page in HTML", length: 20 * time.Minute, status: "html", heals: true},
		{name: "token refused", revoke: "carol"},
	}
	if only := os.Getenv("DAY_ONLY"); only != "" {
		list = dayOfOne(t, list, only)
	}
	at := time.Hour
	for _, p := range list {
		if p.length == 0 {
			p.length = 10 * time.Minute
		}
		p.at = at
		if at += p.length; !p.continues {
			at += 85 * time.Minute
		}
	}
	return list
}

// dayOfOne are the disturbances of a day on which the same thing happens again
// and again, in place of all but the last.
func dayOfOne(t *testing.T, list []*phase, name string) []*phase {
	i := slices.IndexFunc(list, func(p *phase) bool { return p.name == name })
	require.GreaterOrEqual(t, i, 0, "a disturbance by that name")
	for k := range list[:len(list)-1] {
		same := *list[i]
		same.continues, same.goesOn = false, false
		list[k] = &same
	}
	return list
}

func newDay(t *testing.T, seed uint64, direct bool) *day {
	d := &day{
		world: newWorld(t, notiontest.Options{Seed: seed, Latency: dayLatency, LogCalls: 10}), seed: seed,
		phases: phasesOf(t, seed), calls: map[string]time.Time{}, known: map[dayKey]time.Time{},
		touched: map[string]*touched{}, placed: map[string]bool{}, refused: map[string]time.Time{},
	}
	for _, a := range [][2]string{{"anna", "alice"}, {"bob", ""}, {"carol", "bob"}, {"dave", "bob"}, {"root", ""}} {
		d.addToken(a[0], a[1], "home")
	}
	d.furnish(rand.New(rand.NewPCG(seed, 0)))
	d.notion.Observe(d.arrives)
	d.page.Store("clear")
	d.watch = statuspage.New(statuspage.Options{Transport: (*statusSite)(d), Random: lengths(seed, 1)})
	d.options.Random, d.limits.Random = lengths(seed, 2), lengths(seed, 3)
	d.options.Incident = d.watch.Concern
	if direct {
		d.direct = newDirectClient(d.pipe)
		return d
	}
	d.world.start()
	return d
}

// lengths returns random lengths that are the same for the same seed.
func lengths(seed, stream uint64) func(below time.Duration) time.Duration {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, stream<<32))
	return func(below time.Duration) time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(rng.Int64N(int64(below)))
	}
}

// furnish makes what is read, and shuffles what is read most.
func (d *day) furnish(rng *rand.Rand) {
	space := d.workspaces["home"]
	sources := make([]string, daySources)
	for i := range sources {
		_, sources[i] = d.notion.CreateDatabase(space, fmt.Sprintf("Table %d", i))
		d.reads = append(d.reads, dayRead{"POST", "/v1/data_sources/" + sources[i] + "/query", `{"page_size":50}`, "content", sources[i]})
	}
	for i := range dayPages {
		p := dayPage{source: sources[i%daySources]}
		p.id = d.notion.CreatePage(p.source, fmt.Sprintf("Page %d", i), nil)
		d.pages = append(d.pages, p)
		target := "/v1/pages/" + p.id
		if i%3 == 0 {
			target = "/v1/blocks/" + p.id + "/children"
		}
		d.reads = append(d.reads, dayRead{"GET", target, "", "content", p.id})
	}
	for i := range daySearches {
		d.reads = append(d.reads, dayRead{"POST", "/v1/search", fmt.Sprintf(`{"query":"Page 1%d","page_size":10}`, i), "search", "search"})
	}
	for i := range dayUsers {
		id := d.notion.AddUser(space, fmt.Sprintf("Person %d", i), fmt.Sprintf("p%d@example.test", i))
		d.reads = append(d.reads, dayRead{"GET", "/v1/users/" + id, "", "other", "users"})
	}
	rng.Shuffle(len(d.reads), func(i, j int) { d.reads[i], d.reads[j] = d.reads[j], d.reads[i] })
}

// arrives notes a call at Notion.
func (d *day) arrives(c notiontest.Call) {
	path, _, _ := strings.Cut(c.Path, "?")
	op := notion.Classify(c.Method, path).Op
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.RequestID != "" {
		d.calls[c.RequestID] = c.At
	}
	bot, at := d.bots[strings.TrimPrefix(c.Token, "ntn_")], c.At.Sub(d.began)
	if op.Kind == notion.Read {
		d.arrived = append(d.arrived, dayCall{bot, string(op.Family), at, c.Status})
	}
	if c.Status == http.StatusTooManyRequests {
		d.limited = append(d.limited, dayCall{bot, string(op.Family), at, c.Status})
	}
}

// live lets the day pass.
func (d *day) live() {
	d.began = time.Now()
	ctx, cancel := context.WithCancel(context.Background())
	var callers sync.WaitGroup
	go d.watch.Run(ctx)
	for i := range dayCallers {
		callers.Go(func() { d.caller(i) })
	}
	for _, p := range d.phases {
		time.Sleep(time.Until(d.began.Add(p.at)))
		d.disturb(p)
		time.Sleep(p.length)
		d.notion.ClearFaults()
		d.pipe.OnDial(nil)
		d.page.Store("clear")
	}
	callers.Wait()
	cancel()
	if d.direct != nil {
		d.direct.close()
		return
	}
	d.countStamps()
	synctest.Wait()
}

func (d *day) disturb(p *phase) {
	for _, f := range p.faults {
		d.notion.Fault(f)
	}
	if p.dial != nil {
		d.pipe.OnDial(func(ctx context.Context) error {
			d.mu.Lock()
			d.dials = append(d.dials, time.Since(d.began))
			d.mu.Unlock()
			return p.dial(ctx)
		})
	}
	if p.dial != nil || p.reset {
		d.pipe.ResetAll()
	}
	if p.status != "" {
		d.page.Store(p.status)
	}
	if p.revoke != "" {
		d.notion.RevokeToken("ntn_" + p.revoke)
	}
}

// phaseAt is the disturbance at a time of the day, -1 for none, and whether
// one is on, has just been, or is about to begin within soon.
func (d *day) phaseAt(at, soon time.Duration) (index int, busy bool) {
	index = -1
	for i, p := range d.phases {
		if at >= p.at && at < p.at+p.length {
			index = i
		}
		busy = busy || at+soon >= p.at && at < p.at+p.length+3*time.Minute
	}
	return index, busy
}

// A statusSite is Notion's status page on that day.
type statusSite day

var statusPages = map[string][2]string{ // type, body
	"clear": {"application/json", `{"status":{"indicator":"none"},"components":[{"name":"Notion API","status":"operational"}]}`},
	"incident": {"application/json", `{"status":{"indicator":"major"},"components":[{"name":"Notion API","status":"major_outage"}],` +
		`"incidents":[{"name":"API errors","status":"investigating","impact":"major"}]}`},
	"html": {"text/html", "<!doctype html><title>Notion is down</title>"},
}

// RoundTrip implements http.RoundTripper.
func (s *statusSite) RoundTrip(r *http.Request) (*http.Response, error) {
	page := statusPages[s.page.Load().(string)]
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {page[0]}}, Request: r,
		Body: io.NopCloser(strings.NewReader(page[1])),
	}, nil
}
