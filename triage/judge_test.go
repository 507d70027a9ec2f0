package triage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

var noon = time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC)

const (
	someObject = "2f0a4c1e-8f55-4c39-9d0e-6f7d4b1a2c3d"
	someToken  = "0a1b2c3d"
)

// well is the evidence of an application that asks Notion once a second and is
// answered.
func well() Evidence {
	e := Evidence{At: noon, Began: noon.Add(-2 * time.Hour), ServeStale: "auto", StatusPaged: true}
	e.Claims = Claims{Verdict: "clear", Description: "All Systems Operational", Read: noon.Add(-20 * time.Second)}
	e.Connections = []Connection{{Name: someToken, Callers: []string{"shop"}, Accepted: noon.Add(-time.Second)}}
	for i := range e.Windows {
		n := int64(60 * spans[i].minutes)
		e.Windows[i] = Window{
			Minutes: spans[i].minutes, Since: noon.Add(-time.Duration(spans[i].minutes) * time.Minute),
			Requests: n, Calls: n, Asked: n, Good: n, LastGood: noon.Add(-time.Second), Latency: Latency{Count: n, P50: 180, P95: 420, Max: 900},
			Kinds: map[string]int64{"ok": n}, Statuses: map[string]int64{}, Codes: map[string]int64{}, Reasons: map[string]int64{}, Details: map[string]int64{},
		}
		e.Connections[0].Windows[i] = e.Windows[i]
	}
	return e
}

// fail has n calls of the last minute end so in place of well.
func (e *Evidence) fail(kind string, n int64) {
	for i := range e.Windows {
		w := &e.Windows[i]
		w.Good, w.Failed, w.Unserved = w.Good-n, w.Failed+n, w.Unserved+n
		w.Kinds["ok"] -= n
		w.Kinds[kind] += n
		w.LastFailure = noon.Add(-time.Second)
		if w.FirstFailure.IsZero() {
			w.FirstFailure = noon.Add(-40 * time.Second)
		}
	}
	e.Spells.Failing = noon.Add(-40 * time.Second)
}

// nothing has no good answer since 40 seconds.
func (e *Evidence) nothing(kind string) {
	for i := range e.Windows {
		e.Windows[i].LastGood = noon.Add(-41 * time.Second)
	}
	e.fail(kind, 30)
	e.Windows[0].Good, e.Windows[0].Asked = 0, e.Windows[0].Failed
}

func (e *Evidence) claim() {
	e.Claims.Verdict, e.Claims.Said = "incident", noon.Add(-30*time.Second)
	e.Claims.Concerns = []string{"incident: API errors (investigating)"}
}

func (e *Evidence) count(group func(*Window) map[string]int64, word string, n int64) {
	for i := range e.Windows {
		group(&e.Windows[i])[word] += n
	}
}

func ofCodes(w *Window) map[string]int64    { return w.Codes }
func ofDetails(w *Window) map[string]int64  { return w.Details }
func ofReasons(w *Window) map[string]int64  { return w.Reasons }
func ofStatuses(w *Window) map[string]int64 { return w.Statuses }

// A cause makes something wrong.
type cause struct {
	name  string
	class Class
	make  func(*Evidence)
}

// causes have one of each kind that can be there beside any other.
var causes = []cause{
	{"outage", NotionDown, func(e *Evidence) { e.nothing("failed") }},
	{"name not found", NetworkIssue, func(e *Evidence) { e.fail("dns", 10) }},
	{"brownout", NotionSide, func(e *Evidence) { e.fail("failed", 6) }},
	{"expired token", TokenExpired, func(e *Evidence) {
		e.Connections = append(e.Connections, Connection{
			Name: "99999999", Accepted: noon.Add(-10 * time.Minute), RefusedOn: noon.Add(-time.Minute), Refused: noon.Add(-2 * time.Second),
		})
		e.count(ofCodes, "unauthorized", 20)
	}},
	{"429s", RateLimited, func(e *Evidence) {
		e.count(ofReasons, "public_api_request_rate_limit", 12)
		e.count(ofCodes, "rate_limited", 12)
		e.Spells.Limited = noon.Add(-20 * time.Second)
	}},
	{"renamed property", SchemaChanged, func(e *Evidence) {
		e.Rejections = append(e.Rejections, Rejection{
			Connection: someToken, Operation: "data_sources.query", Object: someObject, Code: "validation_error", Count: 4,
			Message: "Could not find property with name or id: …", Property: "Status", Drifted: true,
			Explained: "`Status` was renamed to `State` 12 minutes ago.", First: noon.Add(-time.Minute), Last: noon.Add(-time.Second),
		})
	}},
	{"unshared page", PagesUnshared, func(e *Evidence) {
		e.Refusals = append(e.Refusals, Refusal{
			Connection: someToken, Operation: "pages.retrieve", Object: someObject, Status: 404, Code: "object_not_found", Count: 5,
			First: noon.Add(-time.Minute), Last: noon.Add(-time.Second), Seen: noon.Add(-2 * time.Minute),
		})
	}},
	{"no right", APIError, func(e *Evidence) {
		e.Refusals = append(e.Refusals, Refusal{
			Connection: someToken, Operation: "users.list", Status: 403, Code: "restricted_resource", Count: 2,
			First: noon.Add(-time.Minute), Last: noon.Add(-time.Second),
		})
	}},
	{"nonsense", IntegrationSide, func(e *Evidence) {
		e.Rejections = append(e.Rejections, Rejection{
			Connection: someToken, Operation: "search", Code: "validation_error", Count: 9, Message: "body failed validation: body.filter should be defined",
			First: noon.Add(-time.Minute), Last: noon.Add(-time.Second),
		})
	}},
}

func classesOf(v Verdict) (list []Class) {
	for _, f := range v.Findings {
		list = append(list, f.Class)
	}
	return list
}

func TestJudge_eachCauseAlone(t *testing.T) {
	for _, c := range causes {
		t.Run(c.name, func(t *testing.T) {
			e := well()
			c.make(&e)
			v := Judge(e)
			assert.Equal(t, []Class{c.class}, classesOf(v))
			assert.Equal(t, c.class, v.Class)
			f := v.First()
			assert.NotEqual(t, Low, f.Confidence)
			assert.False(t, f.Since.IsZero(), "since when")
			assert.NotEmpty(t, f.Headline)
			assert.NotEmpty(t, f.Impact)
			assert.NotEmpty(t, f.Evidence)
			assert.NotEmpty(t, f.Advice.Steps)
			assert.NotEmpty(t, f.Advice.Donts)
			assert.Len(t, v.RuledOut, len(tree)-1, "all others are ruled out")
			assert.Equal(t, 1, taken(v), "one branch is taken")
		})
	}
}

func taken(v Verdict) (n int) {
	for _, b := range v.Tree {
		if b.Taken {
			n++
		}
	}
	return n
}

func TestJudge_everyPairIsTold_theWorseFirst(t *testing.T) {
	for i, a := range causes {
		for _, b := range causes[i+1:] {
			t.Run(a.name+" and "+b.name, func(t *testing.T) {
				e := well()
				a.make(&e)
				b.make(&e)
				want := []Class{a.class, b.class}
				if a.class == NotionDown && b.class == NotionSide {
					want = want[:1] // more of the same
				}
				slices.SortStableFunc(want, func(x, y Class) int { return x.rank() - y.rank() })
				assert.Equal(t, want, classesOf(Judge(e)))
				assert.Equal(t, 1, taken(Judge(e)))
			})
		}
	}
}

// branches are evidence, and what it comes to.
var branches = map[string]struct {
	make       func(*Evidence)
	want       Class
	confidence Confidence
}{
	"all is well":                       {func(*Evidence) {}, OK, High},
	"nobody asked":                      {func(e *Evidence) { e.Windows = [4]Window{} }, OK, Low},
	"all from store":                    {func(e *Evidence) { e.Windows = [4]Window{{Requests: 9}, {Requests: 9}} }, OK, Medium},
	"two failures of sixty":             {func(e *Evidence) { e.fail("failed", 2) }, OK, High},
	"the page says so, we see nothing":  {(*Evidence).claim, OK, Medium},
	"the page says so, nobody asks":     {func(e *Evidence) { e.claim(); e.Windows = [4]Window{} }, NotionSide, Low},
	"the page says so, one failure":     {func(e *Evidence) { e.claim(); e.fail("failed", 1) }, NotionSide, High},
	"outage, the page says all is well": {func(e *Evidence) { e.nothing("failed") }, NotionDown, High},
	"outage, the page says so":          {func(e *Evidence) { e.claim(); e.nothing("edge") }, NotionDown, High},
	"outage, the page cannot be read": {func(e *Evidence) {
		e.Claims = Claims{Verdict: "unknown", Problem: "x", Read: noon.Add(-time.Minute)}
		e.nothing("failed")
	}, NotionDown, High},
	"nothing is answered":                  {func(e *Evidence) { e.nothing("timeout") }, NotionDown, High},
	"nothing is answered, nor by the page": {func(e *Evidence) { e.Claims = Claims{Verdict: "unknown", Problem: "x"}; e.nothing("timeout") }, NetworkIssue, High},
	"nothing is answered, nor a probe": {func(e *Evidence) {
		e.nothing("timeout")
		e.Probes = &ProbeRun{At: noon, Probes: []Probe{{Name: ProbeTCP, Detail: "No connection."}}}
	}, NetworkIssue, High},
	"failures that are over": {func(e *Evidence) { e.fail("failed", 30); e.Windows[0].GoodSince = 12 }, OK, Medium},
	"reads are down, writes go on": {func(e *Evidence) {
		e.fail("failed", 2)
		e.Windows[0].GoodSince, e.Windows[0].LeftAlone = 20, noon.Add(-2*time.Second)
		e.Windows[0].Families = []Family{{Name: "content", Asked: 2, Failed: 2}, {Name: "writes", Asked: 58}}
	}, NotionSide, Low},
	"few failures, and a pause":    {func(e *Evidence) { e.fail("failed", 4); e.Windows[0].GoodSince = 12 }, NotionSide, Low},
	"a connection refused, twice":  {func(e *Evidence) { e.nothing("connect") }, NetworkIssue, High},
	"pages of something between":   {func(e *Evidence) { e.fail("edge", 20); e.Windows[0].Foreign, e.Windows[1].Foreign = 20, 20 }, NetworkIssue, High},
	"one token of many is refused": {causes[3].make, TokenExpired, High},
	"a token that was never taken": {func(e *Evidence) { causes[3].make(e); e.Connections[1].Accepted = time.Time{} }, TokenExpired, Medium},
	"a mistyped token, beside 429s": {func(e *Evidence) {
		causes[3].make(e)
		e.Connections[1].Accepted = time.Time{}
		e.Connections[1].Windows[1].Codes = map[string]int64{"unauthorized": 1}
		causes[4].make(e)
	}, RateLimited, High},
	"a mistyped token that is left alone": {func(e *Evidence) {
		gone := noon.Add(-5 * time.Minute)
		e.Connections = append(e.Connections, Connection{Name: "99999999", Asked: gone, RefusedOn: gone, Refused: gone})
		e.probe(Probe{Name: ProbeToken, Status: 401, Code: "unauthorized", Connection: "99999999"})
	}, OK, High},
	"a token taken again":      {func(e *Evidence) { causes[3].make(e); e.Connections[1].Accepted = noon }, OK, High},
	"a token refused long ago": {func(e *Evidence) { causes[3].make(e); e.Connections[1].Refused = noon.Add(-5 * time.Minute) }, OK, High},
	"every token is refused": {func(e *Evidence) {
		causes[3].make(e)
		c := e.Connections[1]
		c.Name = "8"
		e.Connections = []Connection{c, e.Connections[1]}
	}, TokenExpired, Low},
	"one 429 that nobody noticed":   {func(e *Evidence) { e.count(ofReasons, "unsaid", 1) }, OK, High},
	"one refused by us":             {func(e *Evidence) { e.count(ofDetails, "queue_too_long", 1) }, RateLimited, Medium},
	"blocked":                       {func(e *Evidence) { e.Windows[1].Reasons["public_api_request_blocked"] = 1 }, RateLimited, Medium},
	"a page asked for once":         {func(e *Evidence) { causes[6].make(e); e.Refusals[0].Count = 1 }, PagesUnshared, Medium},
	"a page read again":             {func(e *Evidence) { causes[6].make(e); e.Refusals[0].Seen = noon }, OK, High},
	"a page that is none":           {func(e *Evidence) { causes[6].make(e); e.Refusals[0].Between = 3 }, IntegrationSide, Medium},
	"a page never seen, once":       {func(e *Evidence) { causes[6].make(e); e.Refusals[0].Seen, e.Refusals[0].Count = time.Time{}, 1 }, OK, High},
	"a page never seen, again":      {func(e *Evidence) { causes[6].make(e); e.Refusals[0].Seen = time.Time{} }, PagesUnshared, Low},
	"pages never seen, many":        {manyUnheardOf, IntegrationSide, Medium},
	"a property, not yet explained": {func(e *Evidence) { causes[5].make(e); e.Rejections[0].Drifted, e.Rejections[0].Explained = false, "" }, SchemaChanged, Medium},
	"a property that never was":     {func(e *Evidence) { causes[5].make(e); e.Rejections[0].Drifted = false }, IntegrationSide, Medium},
	"a schema lacks what is expected": {func(e *Evidence) {
		e.Schemas = []Schema{{DataSource: someObject, Expected: true, Missing: []string{"Due"}, Seen: noon}}
	}, SchemaChanged, High},
	"a schema has more than expected": {func(e *Evidence) {
		e.Schemas = []Schema{{DataSource: someObject, Expected: true, Unexpected: []string{"Due"}, Seen: noon}}
	}, OK, High},
	"writes collide":               {func(e *Evidence) { e.count(ofStatuses, "409", 5) }, APIError, Medium},
	"refused by the proxy":         {func(e *Evidence) { e.count(ofDetails, "bad_request", 10) }, IntegrationSide, High},
	"nonsense, twice":              {func(e *Evidence) { causes[8].make(e); e.Rejections[0].Count = 2 }, OK, High},
	"errors that nothing explains": {func(e *Evidence) { e.Windows[0].Unserved = 9 }, Unknown, Low},
	"slow":                         {func(e *Evidence) { e.Windows[0].Slow = 40 }, NotionSide, Medium},
	"clients give up":              {func(e *Evidence) { e.Windows[0].GaveUp = 40 }, NotionSide, Medium},
	"search alone fails":           {searchFails, NotionSide, Low},
	"a probe sees 401 without traffic": {func(e *Evidence) {
		e.Windows = [4]Window{}
		e.probe(Probe{Name: ProbeToken, Status: 401, Code: "unauthorized"})
	}, TokenExpired, High},
	"a probe sees 503 without traffic": {func(e *Evidence) {
		e.Windows = [4]Window{}
		e.probe(Probe{Name: ProbeToken, Status: 503, Kind: "failed"})
	}, NotionDown, Medium},
	"a probe sees 429 without traffic":  {func(e *Evidence) { e.Windows = [4]Window{}; e.probe(Probe{Name: ProbeToken, Status: 429}) }, RateLimited, Medium},
	"a probe finds no name, no traffic": {func(e *Evidence) { e.Windows = [4]Window{}; e.probe(Probe{Name: ProbeDNS}) }, NetworkIssue, Medium},
}

func TestJudge_branches(t *testing.T) {
	for name, tt := range branches {
		t.Run(name, func(t *testing.T) {
			e := well()
			tt.make(&e)
			v := Judge(e)
			assert.Equal(t, tt.want, v.Class, "%+v", v.Findings)
			assert.Equal(t, tt.confidence, v.First().Confidence, "%+v", v.First())
		})
	}
}

func (e *Evidence) probe(p Probe) { e.Probes = &ProbeRun{At: noon, Probes: []Probe{p}} }

func manyUnheardOf(e *Evidence) {
	for i := range 6 {
		e.Refusals = append(e.Refusals, Refusal{Object: fmt.Sprint(i), Status: 404, Count: 1, First: noon, Last: noon})
	}
}

func searchFails(e *Evidence) {
	e.Windows[0].Requests, e.Windows[0].Asked, e.Windows[0].Good = 600, 600, 600
	e.fail("failed", 4)
	e.Windows[0].Families = []Family{{Name: "content", Asked: 596}, {Name: "search", Asked: 4, Failed: 4}}
}

func TestJudge_changesNothing(t *testing.T) {
	e := well()
	for _, c := range causes {
		c.make(&e)
	}
	before := fmt.Sprintf("%#v", e)
	Judge(e)
	assert.Equal(t, before, fmt.Sprintf("%#v", e))
}

func TestJudge_whoSpentTheBudget(t *testing.T) {
	e := well()
	e.count(ofDetails, "hold", 5)
	e.Spenders = []Spender{{Caller: "shop", Calls: 50, Share: 0.9}}
	f := Judge(e).First()
	assert.Equal(t, RateLimited, f.Class)
	assert.Contains(t, f.Headline, "not by what goes through this proxy")
	assert.Contains(t, f.Advice.Steps[0].Do, "another program with the same token")

	e.Windows[0].Calls = 170
	f = Judge(e).First()
	assert.Contains(t, f.Advice.Steps[0].Do, "Slow down", "it is us")
	e.Windows[0].Calls, e.Began = 9, e.At.Add(-20*time.Second)
	assert.Contains(t, Judge(e).First().Advice.Steps[0].Do, "Slow down", "what was spent before the start is not known")
}

func TestJudge_saysNothingOfWhatWasNotLate(t *testing.T) {
	e := well()
	e.Windows[0].Slow = 40
	said := strings.Join(Judge(e).First().Evidence, " ")
	assert.Contains(t, said, "40 were answered only after 3 s or more.")
	assert.NotContains(t, said, "0 clients")
}

func TestClaims_lagIsTold(t *testing.T) {
	lag := 900.0
	e := well()
	e.claim()
	e.Claims.LagS = &lag
	e.nothing("failed")
	assert.Contains(t, strings.Join(Judge(e).First().Evidence, " "), "we saw it there 15 minutes after our first failure")
	lag = -120
	assert.Contains(t, strings.Join(Judge(e).First().Evidence, " "), "it said so 2 minutes before our first failure")
}

func TestPublic_namesNobody(t *testing.T) {
	e := well()
	for _, c := range causes {
		c.make(&e)
	}
	e.Loops = []Loop{{Connection: someToken, Caller: "runaway", Operation: "pages.retrieve", Times: 99}}
	e.Spenders = []Spender{{Connection: someToken, Caller: "runaway", Calls: 9, Share: 0.9}}
	e.Schemas = []Schema{{DataSource: someObject, Expected: true, Missing: []string{"Salary"}, Current: []string{"Bonus"}}}
	e.Drift = []DriftEvent{{DataSource: someObject, Property: "Status", Text: "`Status` was removed."}}
	e.probe(Probe{Name: ProbeToken, Bot: "Payroll", Workspace: "ACME", Connection: someToken, Detail: "Connected as Payroll in ACME."})
	r := Report{Verdict: Judge(e), Evidence: e, Events: []TimelineEntry{{Text: "runaway"}}, Incidents: []Incident{{ID: "runaway"}}}
	whole, public := fmt.Sprintf("%+v", r), fmt.Sprintf("%+v", r.Public())
	for _, name := range []string{someToken, "99999999", someObject, strings.ReplaceAll(someObject, "-", ""), "runaway", "Salary", "Bonus", "Status`", "Payroll", "ACME", "shop"} {
		assert.Contains(t, whole+strings.ReplaceAll(whole, "-", ""), name)
		assert.NotContains(t, public, name)
	}
	assert.Equal(t, classesOf(r.Verdict), classesOf(r.Public().Verdict))
}
