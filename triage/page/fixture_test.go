package page

import (
	"context"
	"time"

	"notionproxy/triage"
)

// noon is when all of these tests happen.
var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// fixed is a Source that tells the same for ever.
type fixed struct {
	report triage.Report
	probed int
	err    error
}

func (f *fixed) Report(time.Time) triage.Report { return f.report }

func (f *fixed) Incident(id string) (triage.Incident, bool) {
	for _, i := range f.report.Incidents {
		if i.ID == id {
			return i, true
		}
	}
	return triage.Incident{}, false
}

func (f *fixed) Probe(context.Context) (triage.ProbeRun, error) {
	f.probed++
	return triage.ProbeRun{At: noon}, f.err
}

// nasty is a name that would do harm where it is not escaped.
const nasty = `<img src=x onerror=alert(1)>"'&` + "\x1b[2J\u202e"

// outage is a report with something of everything.
func outage() triage.Report {
	since := noon.Add(-7 * time.Minute)
	first := triage.Finding{
		Class: triage.NotionDown, Confidence: triage.High, Since: since,
		Headline: "Notion answers nothing: 212 of 214 calls failed in 5 minutes",
		Impact:   "Reads get answers up to 14 minutes old; writes fail.",
		Evidence: []string{"208 answers were 502 pages of Notion's edge, 4 calls took over 60 s.", "All families of operations fail, so it is no single object.", "`" + nasty + "` is a name."},
		Advice: triage.Advice{
			Steps: []triage.Step{
				{Do: "Turn fallback mode on, so that stored answers go out at once", Commands: []triage.Command{{For: "here", Text: "notionproxy mode --serve-stale always"}}},
				{Do: "Tell users that data may be old", Links: []triage.Link{{Text: "Notion's status page", URL: "https://www.notion-status.com/"}}},
			},
			Donts: []string{"Do not restart the application: what it keeps would be gone.", "Do not rotate the token: it is good."},
		},
	}
	second := triage.Finding{
		Class: triage.RateLimited, Confidence: triage.Medium, Since: since.Add(time.Minute),
		Headline: "nightly-sync spends most of the budget", Evidence: []string{"171 of 171 calls of the last minute, 160 of them by nightly-sync."},
		Advice: triage.Advice{Steps: []triage.Step{{Do: "Stop nightly-sync"}}},
	}
	lag := 540.0
	incident := triage.Incident{
		ID: "20270301-1153-a1b2", Start: since, Detected: since.Add(20 * time.Second), Class: triage.NotionDown, Worst: triage.NotionDown, Severity: triage.P2,
		Timeline: []triage.TimelineEntry{
			{At: since, Kind: triage.FirstFailure, Text: "data_sources.query failed with 502"},
			{At: since.Add(20 * time.Second), Kind: triage.Detection, Text: "notion-side, with medium confidence"},
			{At: since.Add(30 * time.Second), Kind: triage.BreakerOpened, Text: "content is left alone"},
			{At: since.Add(31 * time.Second), Kind: triage.FallbackBegan, Text: "stored answers go out"},
		},
		Figures: triage.Figures{Requests: 1840, Affected: 960, FromStore: 901, Unserved: 59, Refused: 12, LostWrites: 3, WorstAgeS: 840, Callers: []string{"web", nasty}},
		Finding: first,
	}
	old := incident
	old.ID, old.Start, old.Detected, old.End = "20270228-0310-77aa", noon.Add(-33*time.Hour), noon.Add(-33*time.Hour+40*time.Second), noon.Add(-32*time.Hour)
	old.Class, old.Worst, old.Severity = triage.TokenExpired, triage.TokenExpired, triage.P3
	r := triage.Report{
		Classification: triage.NotionDown, NotionStatus: "Partial System Outage", NotionStatusAt: noon.Add(-40 * time.Second),
		AuthStatus: "authenticated", AuthStatusAt: noon.Add(-8 * time.Minute), LatencyMS: 60012, LatencyAt: noon.Add(-time.Minute), At: noon,
		Verdict: triage.Verdict{
			At: noon, Class: triage.NotionDown, Findings: []triage.Finding{first, second},
			RuledOut: []triage.RuledOut{{Class: triage.NetworkIssue, Why: "Notion's edge answers: 208 answers have a cf-ray."}, {Class: triage.TokenExpired, Why: "No 401 in the last hour."}},
			Tree: []triage.Branch{
				{Class: triage.NotionSide, Question: "Does Notion's status page show an incident, or do calls fail as only Notion can make them?", Yes: true, Answer: "212 of 214 calls failed with 502 or took over 60 s.", Taken: true},
				{Class: triage.TokenExpired, Question: "Does Notion answer 401?", Answer: "No 401 in the last hour."},
				{Class: triage.RateLimited, Question: "Does Notion answer 429?", Yes: true, Answer: "11 in 5 minutes."},
				{Class: triage.PagesUnshared, Question: "Are there 404s on what could be read before?", Answer: "None."},
				{Class: triage.SchemaChanged, Question: "Are there 400s?", Answer: "2, by one caller."},
				{Class: triage.NetworkIssue, Question: "Do calls not reach Notion?", Answer: "All were answered."},
			},
		},
		Evidence: triage.Evidence{
			At: noon, Began: noon.Add(-5 * time.Hour), ServeStale: "auto", StatusPaged: true,
			Refusals:   []triage.Refusal{{Connection: "1f2e3d4c", Operation: "pages.retrieve", Object: "7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f11", Status: 404, Code: "object_not_found", Caller: "web", Count: 3, First: since, Last: noon, Seen: noon.Add(-26 * time.Hour)}},
			Rejections: []triage.Rejection{{Connection: "1f2e3d4c", Operation: "data_sources.query", Object: "7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f12", Code: "validation_error", Message: "Could not find property with name or id: …", Caller: "web", Count: 2, First: since, Last: noon, Property: "Status", Explained: "Status was renamed to State 12 minutes ago"}},
			Spenders:   []triage.Spender{{Connection: "1f2e3d4c", Caller: "nightly-sync", Requests: 210, Calls: 160, Share: .93}, {Connection: "1f2e3d4c", Caller: nasty, Requests: 90, Calls: 11, Share: .07}},
			Loops:      []triage.Loop{{Connection: "1f2e3d4c", Caller: "nightly-sync", Operation: "pages.retrieve", Times: 88, Reached: 70, Since: since}},
			Claims: triage.Claims{Verdict: "incident", Description: "Partial System Outage", Concerns: []string{"Notion API: partial outage"}, Read: noon.Add(-40 * time.Second), LagS: &lag,
				Incidents: []triage.Claim{{Name: "Elevated API errors", Status: "investigating", Impact: "major", Link: "https://www.notion-status.com/incidents/1", Started: since.Add(9 * time.Minute), Update: "We are looking into it."}}},
			Probes: &triage.ProbeRun{At: noon.Add(-2 * time.Minute), TookMS: 2310, Probes: []triage.Probe{
				{Name: "dns", OK: true, TookMS: 12, Detail: "api.notion.com has 6 addresses"}, {Name: "tcp", OK: true, TookMS: 18, Detail: "connected"},
				{Name: "token", TookMS: 2300, Status: 502, Detail: "Notion's edge answered 502", Connection: "1f2e3d4c", Bot: "Acme sync", Workspace: nasty},
				{Name: "query", Skipped: true, Detail: "no test database is set"}}},
			Drift:   []triage.DriftEvent{{DataSource: "7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f12", Change: triage.Renamed, Property: "Status", To: "State", Seen: noon.Add(-12 * time.Minute), Text: "Status was renamed to State"}},
			Schemas: []triage.Schema{{DataSource: "7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f12", Seen: noon, Expected: true, Missing: []string{"Status"}, Unexpected: []string{"State"}, Current: []string{"Name", "State"}}},
		},
		Budget:    []triage.Budget{{Connection: "1f2e3d4c", Calls: 171, Limit: 180, Held: noon.Add(20 * time.Second)}},
		Stored:    triage.Stored{Entries: 4120, Bytes: 31 << 20, Ages: []triage.AgeBand{{UpToS: 60, Entries: 3}, {UpToS: 3600, Entries: 3000}, {Entries: 1117}}},
		Events:    incident.Timeline,
		Incidents: []triage.Incident{incident, old},
	}
	for i, minutes := range []int{1, 5, 15, 60} {
		n := int64(minutes)
		r.Evidence.Windows[i] = triage.Window{Minutes: minutes, Requests: 260 * n, Asked: 43 * n, Failed: 42 * n, Slow: n, Stale: 200 * n, Trouble: 200 * n, Unserved: 12 * n,
			Kinds: map[string]int64{"ok": 1, "edge": 40 * n}, Statuses: map[string]int64{"502": 40 * n}, Codes: map[string]int64{"service_unavailable": 40 * n},
			Details: map[string]int64{"breaker": 20}, Reasons: map[string]int64{"integration": 11}, Latency: triage.Latency{Count: 40, P50: 310, P95: 60000, Max: 60012},
			Families: []triage.Family{{Name: "content", Asked: 40 * n, Failed: 40 * n}, {Name: "search", Asked: 3 * n, Failed: 2 * n, Slow: 1}}}
	}
	r.Evidence.Connections = []triage.Connection{{Name: "1f2e3d4c", Windows: r.Evidence.Windows, Callers: []string{"web", "nightly-sync"}, Accepted: noon.Add(-8 * time.Minute)}}
	for i := range 60 {
		p := triage.Point{At: noon.Add(time.Duration(i-60) * 5 * time.Second), Seconds: 5, Requests: 20, Calls: int64(8 + i%5), P50MS: 280, P95MS: 900}
		if i > 30 {
			p.Failed, p.Stale, p.Unserved, p.P95MS = p.Calls, 15, 1, 4000
		}
		r.Recent = append(r.Recent, p)
		p.At, p.Seconds = noon.Add(time.Duration(i-60)*time.Minute), 60
		r.Hour = append(r.Hour, p)
	}
	return r
}

// calm is a report on a day on which nothing is wrong.
func calm() triage.Report {
	r := outage()
	r.Classification, r.NotionStatus = triage.OK, "All Systems Operational"
	r.Verdict = triage.Verdict{At: noon, Class: triage.OK, Findings: []triage.Finding{{Class: triage.OK, Confidence: triage.High, Headline: "All is well: 214 of 214 calls answered in 5 minutes"}}}
	r.Incidents = r.Incidents[1:]
	return r
}
