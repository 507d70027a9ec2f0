package triage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/notiontest"
	"notionproxy/statuspage"
	"notionproxy/triage"
)

// How soon a verdict must be right, and how soon it must be ok again.
const (
	noticed = 60 * time.Second
	over    = 3 * time.Minute
)

// office is a workspace with a page, a data source and an application that
// reads them.
func (s *scene) office() (page, database, source string, load []request) {
	page = s.notion.CreatePage(s.space, "Home", nil)
	database, source = s.notion.CreateDatabase(s.space, "Tasks",
		notiontest.Column{Name: "Name", Type: "title"}, notiontest.Column{Name: "Status", Type: "select", Options: []string{"open", "done"}})
	s.notion.CreatePage(source, "a task", map[string]any{"Status": "open"})
	load = []request{
		get("shop/1", "/v1/pages/"+page),
		post("shop/1", "/v1/data_sources/"+source+"/query", `{"page_size":10}`),
	}
	return page, database, source, load
}

func TestScenario_outage(t *testing.T) {
	for _, how := range []notiontest.Fault{
		{Kind: notiontest.FaultStatus, Status: 503},
		{Kind: notiontest.FaultEdge, Status: 502},
		{Kind: notiontest.FaultReset},
		{Kind: notiontest.FaultHang},
	} {
		t.Run(fmt.Sprint(how.Kind, how.Status), func(t *testing.T) {
			inScene(t, triage.Options{}, func(s *scene) {
				page, _, _, load := s.office()
				s.every(time.Second, append(load, request{"ntn_app", "shop/1", "PATCH", "/v1/pages/" + page, `{"properties":{}}`})...)
				time.Sleep(2 * time.Minute)
				s.stays(triage.OK, time.Minute)

				mend := s.notion.Fault(how)
				s.becomes(triage.NotionDown, noticed)
				time.Sleep(10 * time.Minute)
				r := s.triage.Report(time.Now())
				assert.Equal(t, triage.NotionDown, r.Classification)
				assert.Equal(t, triage.High, r.Verdict.First().Confidence)
				open := s.incident()
				assert.True(t, open.Open())
				assert.Positive(t, open.Figures.FromStore)
				assert.Positive(t, open.Figures.LostWrites)
				assert.Equal(t, []string{"shop/1"}, open.Figures.Callers)

				mend()
				s.becomes(triage.OK, over)
				time.Sleep(3 * time.Minute)
				assert.Equal(t, triage.OK, s.triage.Report(time.Now()).Classification)
				closed := s.incident()
				assert.False(t, closed.Open())
				assert.Len(t, s.triage.Incidents(), 1)
				assert.InDelta(t, 10.5, closed.Duration(time.Now()).Minutes(), 3)
				assert.Contains(t, s.told(), triage.Closed)
			})
		})
	}
}

func TestScenario_brownout(t *testing.T) {
	inScene(t, triage.Options{}, func(s *scene) {
		_, _, _, load := s.office()
		s.every(time.Second, append(load, post("shop/1", "/v1/search", `{"query":"task"}`))...)
		time.Sleep(3 * time.Minute)
		mend := s.notion.Fault(notiontest.Fault{Kind: notiontest.FaultStatus, Status: 500, Probability: 0.5})
		s.becomes(triage.NotionSide, noticed)
		mend()
		s.becomes(triage.OK, over)

		mend = s.notion.Fault(notiontest.Fault{Kind: notiontest.FaultDelay, Delay: 8 * time.Second})
		s.becomes(triage.NotionSide, noticed)
		assert.Equal(t, "Notion is slow", s.triage.Report(time.Now()).Verdict.First().Headline)
		mend()
		s.becomes(triage.OK, over)
	})
}

func TestScenario_readsAloneAreDown(t *testing.T) {
	inScene(t, triage.Options{}, func(s *scene) {
		page, _, _, load := s.office()
		s.every(time.Second, append(load, request{"ntn_app", "shop/1", "PATCH", "/v1/pages/" + page, `{"properties":{}}`})...)
		time.Sleep(3 * time.Minute)
		mend := s.notion.Fault(notiontest.Fault{Op: "pages.retrieve,data_sources.query", Kind: notiontest.FaultStatus, Status: 503})
		s.becomes(triage.NotionSide, noticed)
		time.Sleep(time.Minute)
		s.stays(triage.NotionSide, 5*time.Minute) // though Notion is hardly asked any more
		assert.Equal(t, "Notion fails for reads of content, and answers the rest", s.triage.Report(time.Now()).Verdict.First().Headline)
		mend()
		s.becomes(triage.OK, over)
	})
}

func TestScenario_expiredToken(t *testing.T) {
	inScene(t, triage.Options{}, func(s *scene) {
		_, _, _, load := s.office()
		other := s.notion.AddConnection(notiontest.ConnectionOptions{Workspace: s.space, Name: "report"})
		s.notion.AddToken("ntn_report", other)
		s.every(5*time.Second, request{"ntn_report", "report/2", "GET", load[0].target, ""})
		stop := s.every(time.Second, load...)
		time.Sleep(3 * time.Minute)
		s.notion.RevokeToken("ntn_app")
		s.becomes(triage.TokenExpired, noticed)
		f := s.triage.Report(time.Now()).Verdict.First()
		assert.Len(t, f.Connections, 1, "one app's expired token is not an outage")
		assert.Equal(t, triage.High, f.Confidence)
		assert.Contains(t, f.Impact, "1 other connection is not affected")
		time.Sleep(10 * time.Minute)
		assert.Equal(t, triage.TokenExpired, s.triage.Report(time.Now()).Classification)

		stop() // the application gets a new token
		s.notion.AddToken("ntn_new", s.bot)
		renewed := slices.Clone(load)
		for i := range renewed {
			renewed[i].token = "ntn_new"
		}
		s.every(time.Second, renewed...)
		s.becomes(triage.OK, over)
	})
}

func TestScenario_aLoopSpendsTheBudget(t *testing.T) {
	inScene(t, triage.Options{}, func(s *scene) {
		page, _, _, load := s.office()
		s.every(time.Second, load[0])
		time.Sleep(time.Minute)
		stop := s.every(100*time.Millisecond, request{"ntn_app", "runaway/3", "GET", "/v1/blocks/" + page + "/children?page_size=1&start_cursor=", ""},
			request{"ntn_app", "runaway/3", "GET", "/v1/file_uploads", ""})
		s.becomes(triage.RateLimited, noticed)
		r := s.triage.Report(time.Now())
		advice := fmt.Sprint(r.Verdict.First().Advice.Steps)
		assert.Contains(t, advice, `"runaway/3"`, "the runaway caller is named")
		assert.NotContains(t, fmt.Sprint(r.Public()), "runaway")
		stop()
		s.becomes(triage.OK, over)
	})
}

func TestScenario_notionLimits(t *testing.T) {
	inScene(t, triage.Options{}, func(s *scene) {
		_, _, _, load := s.office()
		s.every(time.Second, load...)
		time.Sleep(3 * time.Minute)
		mend := s.notion.Fault(notiontest.Fault{Kind: notiontest.FaultLimit, RetryAfter: "30", Reason: "public_api_space_request_rate_limit"})
		s.becomes(triage.RateLimited, noticed)
		mend()
		s.becomes(triage.OK, over)
	})
}

func TestScenario_namesAreNotFound(t *testing.T) {
	inScene(t, triage.Options{}, func(s *scene) {
		_, _, _, load := s.office()
		s.every(time.Second, load...)
		time.Sleep(3 * time.Minute)
		s.loseNames()
		s.claims.Store(nil)
		s.becomes(triage.NetworkIssue, noticed)
		time.Sleep(30 * time.Second)
		assert.Contains(t, fmt.Sprint(s.triage.Report(time.Now()).Verdict.First().Evidence), "Probe dns: api.notion.com is not found (no such host).", "it was looked into by itself")
		time.Sleep(5 * time.Minute)
		r := s.triage.Report(time.Now())
		assert.Equal(t, triage.NetworkIssue, r.Classification)
		assert.Equal(t, "Calls do not reach Notion: its name is not found", r.Verdict.First().Headline)
		s.noNames.Store(false)
		s.becomes(triage.OK, over)
	})
}

func TestScenario_aPropertyIsRenamed(t *testing.T) {
	inScene(t, triage.Options{}, func(s *scene) {
		_, _, source, load := s.office()
		s.every(10*time.Second, append(load, get("shop/1", "/v1/data_sources/"+source))...)
		stop := s.every(time.Second, post("board/1", "/v1/data_sources/"+source+"/query", `{"filter":{"property":"Status","select":{"equals":"open"}}}`))
		time.Sleep(3 * time.Minute)
		s.notion.RenameProperty(source, "Status", "State")
		s.becomes(triage.SchemaChanged, noticed)
		time.Sleep(noticed)
		r := s.triage.Report(time.Now())
		f := r.Verdict.First()
		assert.Equal(t, triage.High, f.Confidence)
		assert.Regexp(t, "`Status` was renamed to `State` [0-9]+ (seconds|minutes|minute) ago", strings.Join(f.Evidence, " "))
		assert.Equal(t, triage.Renamed, r.Evidence.Drift[0].Change)
		assert.NotContains(t, fmt.Sprint(r.Public()), "State`")
		stop()
		s.every(time.Second, post("board/1", "/v1/data_sources/"+source+"/query", `{"filter":{"property":"State","select":{"equals":"open"}}}`))
		s.becomes(triage.OK, over)
	})
}

func TestScenario_whatIsExpectedIsGone(t *testing.T) {
	expect := map[string][]string{}
	inScene(t, triage.Options{Expect: expect}, func(s *scene) {
		_, _, source, load := s.office()
		s.every(time.Second, load...)
		s.restart(map[string][]string{source: {"Name", "Status", "Owner"}})
		s.becomes(triage.SchemaChanged, 2*time.Minute)
		schema := s.triage.Report(time.Now()).Evidence.Schemas[0]
		assert.Equal(t, []string{"Owner"}, schema.Missing)
		assert.Empty(t, schema.Unexpected)
		assert.Equal(t, []string{"Name", "Status"}, schema.Current)
		s.notion.RenameProperty(source, "Status", "Owner")
		time.Sleep(2 * time.Minute)
		schema = s.triage.Report(time.Now()).Evidence.Schemas[0]
		assert.Equal(t, []string{"Status"}, schema.Missing)
	})
}

func TestScenario_aPageIsUnshared(t *testing.T) {
	inScene(t, triage.Options{}, func(s *scene) {
		page, _, _, load := s.office()
		s.every(time.Second, load...)
		time.Sleep(3 * time.Minute)
		s.notion.Unshare(s.bot, page)
		s.becomes(triage.PagesUnshared, noticed)
		time.Sleep(5 * time.Minute)
		f := s.triage.Report(time.Now()).Verdict.First()
		assert.Equal(t, triage.PagesUnshared, f.Class)
		assert.Equal(t, triage.High, f.Confidence)
		assert.Contains(t, strings.Join(f.Evidence, " "), page)
		assert.Equal(t, "https://www.notion.so/"+strings.ReplaceAll(page, "-", ""), f.Advice.Steps[0].Links[0].URL)
		s.notion.Share(s.bot, page)
		s.becomes(triage.OK, over)
	})
}

func TestScenario_anApplicationSendsNonsense(t *testing.T) {
	for name, q := range map[string]request{
		"a filter that is none": post("broken/1", "/v1/search", `{"filter":{"value":"nonsense","property":"object"}}`),
		"no JSON":               {"ntn_app", "broken/1", "POST", "/v1/pages", `{"parent":`},
		"no such path":          get("broken/1", "/v1/nothing/here"),
		"no uuid":               get("broken/1", "/v1/pages/hunter2"),
	} {
		t.Run(name, func(t *testing.T) {
			inScene(t, triage.Options{}, func(s *scene) {
				_, _, _, load := s.office()
				s.every(time.Second, load...)
				time.Sleep(2 * time.Minute)
				stop := s.every(time.Second, q)
				s.becomes(triage.IntegrationSide, noticed)
				assert.NotContains(t, fmt.Sprint(s.triage.Report(time.Now())), "hunter2")
				stop()
				s.becomes(triage.OK, over)
			})
		})
	}
}

func TestScenario_theStatusPageLies(t *testing.T) {
	inScene(t, triage.Options{}, func(s *scene) {
		_, _, _, load := s.office()
		stop := s.every(time.Second, load...)
		time.Sleep(3 * time.Minute)
		s.claims.Store(&statuspage.Page{Indicator: "major", Description: "Partial Outage", Incidents: []statuspage.Incident{{Name: "API errors", Status: "investigating"}}})
		s.stays(triage.OK, 5*time.Minute)
		assert.Contains(t, fmt.Sprint(s.triage.Report(time.Now()).Verdict.RuledOut), "which our calls do not bear out")

		stop() // and with no calls of our own its word is all there is
		s.becomes(triage.NotionSide, 6*time.Minute)
		assert.Equal(t, triage.Low, s.triage.Report(time.Now()).Verdict.First().Confidence)
	})
}

func TestScenario_flappingIsOneIncident(t *testing.T) {
	inScene(t, triage.Options{}, func(s *scene) {
		page, _, _, load := s.office()
		s.every(time.Second, append(load, request{"ntn_app", "shop/1", "PATCH", "/v1/pages/" + page, `{"properties":{}}`})...)
		time.Sleep(3 * time.Minute)
		for range 4 {
			mend := s.notion.Fault(notiontest.Fault{Kind: notiontest.FaultStatus, Status: 500})
			time.Sleep(time.Minute)
			mend()
			s.becomes(triage.OK, over)
			time.Sleep(time.Minute)
		}
		time.Sleep(5 * time.Minute)
		assert.Len(t, s.triage.Incidents(), 1)
		assert.False(t, s.incident().Open())
	})
}
