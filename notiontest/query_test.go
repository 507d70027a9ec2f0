package notiontest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// shop is a world with a data source that has one property of every common
// type, and four rows: full, other, bare (a title only) and last.
type shop struct {
	*world
	ds                      string
	full, other, bare, tail string
}

func newShop(t *testing.T) *shop {
	w := newWorld(t, notiontest.Options{RateLimit: -1})
	s := &shop{world: w}
	_, s.ds = w.CreateDatabase(w.Page, "Shop",
		notiontest.Column{Name: "Text", Type: "rich_text"},
		notiontest.Column{Name: "Number", Type: "number"},
		notiontest.Column{Name: "Check", Type: "checkbox"},
		notiontest.Column{Name: "Select", Type: "select", Options: []string{"Small", "Large"}},
		notiontest.Column{Name: "Multi", Type: "multi_select", Options: []string{"red", "blue"}},
		notiontest.Column{Name: "Status", Type: "status", Options: []string{"Open", "Busy", "Done"}},
		notiontest.Column{Name: "Date", Type: "date"},
		notiontest.Column{Name: "People", Type: "people"},
		notiontest.Column{Name: "Relation", Type: "relation", Target: w.DataSource},
		notiontest.Column{Name: "URL", Type: "url"},
		notiontest.Column{Name: "Email", Type: "email"},
		notiontest.Column{Name: "Phone", Type: "phone_number"},
		notiontest.Column{Name: "Files", Type: "files"},
		notiontest.Column{Name: "ID", Type: "unique_id"},
		notiontest.Column{Name: "Made", Type: "created_time"},
		notiontest.Column{Name: "Edited", Type: "last_edited_time"},
		notiontest.Column{Name: "Maker", Type: "created_by"},
	)
	today := time.Now().UTC()
	s.full = w.CreatePage(s.ds, "full", map[string]any{"Text": "Green apples", "Number": 3.5, "Check": true, "Select": "Small",
		"Multi": []string{"red", "blue"}, "Status": "Done", "Date": day(today), "People": []string{w.People[0]},
		"Relation": []string{w.Rows[0]}, "URL": "https://a.example/x", "Email": "a@b.example", "Phone": "+1 555", "Files": "a.pdf"})
	s.other = w.CreatePage(s.ds, "other", map[string]any{"Text": "Pears", "Number": 10, "Select": "Large", "Multi": []string{"blue"},
		"Status": "Open", "Date": day(today.AddDate(0, 0, -20)), "People": []string{w.People[1]}, "Relation": []string{w.Rows[1]}})
	s.bare = w.CreatePage(s.ds, "bare", nil)
	s.tail = w.CreatePage(s.ds, "last", map[string]any{"Number": -1.0, "Status": "Busy", "Date": day(today.AddDate(0, 0, 3)) + "T10:00:00.000Z"})
	return s
}

func day(t time.Time) string { return t.Format("2006-01-02") }

func (s *shop) query(body string) got {
	return s.do("POST", "/v1/data_sources/"+s.ds+"/query", body)
}

func TestQuery_filters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		for _, tc := range []struct{ filter, want string }{
			{`{"property":"Name","title":{"equals":"full"}}`, "[full]"},
			{`{"property":"Name","title":{"does_not_equal":"full"}}`, "[other bare last]"},
			{`{"property":"Name","title":{"contains":"A"}}`, "[bare last]"},
			{`{"property":"Name","title":{"does_not_contain":"a"}}`, "[full other]"},
			{`{"property":"Name","title":{"starts_with":"b"}}`, "[bare]"},
			{`{"property":"Name","title":{"ends_with":"er"}}`, "[other]"},
			{`{"property":"Text","rich_text":{"contains":"apple"}}`, "[full]"},
			{`{"property":"Text","rich_text":{"is_empty":true}}`, "[bare last]"},
			{`{"property":"Text","rich_text":{"is_not_empty":true}}`, "[full other]"},
			{`{"property":"Number","number":{"equals":10}}`, "[other]"},
			{`{"property":"Number","number":{"does_not_equal":10}}`, "[full bare last]"},
			{`{"property":"Number","number":{"greater_than":3.5}}`, "[other]"},
			{`{"property":"Number","number":{"greater_than_or_equal_to":3.5}}`, "[full other]"},
			{`{"property":"Number","number":{"less_than":3.5}}`, "[last]"},
			{`{"property":"Number","number":{"less_than_or_equal_to":3.5}}`, "[full last]"},
			{`{"property":"Number","number":{"is_empty":true}}`, "[bare]"},
			{`{"property":"Check","checkbox":{"equals":true}}`, "[full]"},
			{`{"property":"Check","checkbox":{"does_not_equal":true}}`, "[other bare last]"},
			{`{"property":"Select","select":{"equals":"Large"}}`, "[other]"},
			{`{"property":"Select","select":{"equals":["Large","Small"]}}`, "[full other]"},
			{`{"property":"Select","select":{"does_not_equal":"Large"}}`, "[full bare last]"},
			{`{"property":"Select","select":{"is_empty":true}}`, "[bare last]"},
			{`{"property":"Multi","multi_select":{"contains":"red"}}`, "[full]"},
			{`{"property":"Multi","multi_select":{"does_not_contain":"red"}}`, "[other bare last]"},
			{`{"property":"Multi","multi_select":{"is_not_empty":true}}`, "[full other]"},
			{`{"property":"Status","status":{"equals":"Open"}}`, "[other]"},
			{`{"property":"Status","status":{"is_empty":true}}`, "[bare]"},
			{`{"property":"Date","date":{"equals":"today"}}`, "[full]"},
			{`{"property":"Date","date":{"equals":"2000-01-01"}}`, "[full]"},
			{`{"property":"Date","date":{"before":"today"}}`, "[other]"},
			{`{"property":"Date","date":{"after":"today"}}`, "[last]"},
			{`{"property":"Date","date":{"on_or_after":"yesterday"}}`, "[full last]"},
			{`{"property":"Date","date":{"on_or_before":"one_week_ago"}}`, "[other]"},
			{`{"property":"Date","date":{"after":"2000-01-04T09:00:00Z"}}`, "[last]"},
			{`{"property":"Date","date":{"after":"2000-01-04T11:00:00Z"}}`, "[]"},
			{`{"property":"Date","date":{"past_week":{}}}`, "[full]"},
			{`{"property":"Date","date":{"past_month":{}}}`, "[full other]"},
			{`{"property":"Date","date":{"next_week":{}}}`, "[full last]"},
			{`{"property":"Date","date":{"this_week":{}}}`, "[full]"}, // 2000-01-01 was a Saturday
			{`{"property":"Date","date":{"is_empty":true}}`, "[bare]"},
			{`{"property":"People","people":{"contains":"` + s.People[1] + `"}}`, "[other]"},
			{`{"property":"People","people":{"contains":"me"}}`, "[]"},
			{`{"property":"People","people":{"is_empty":true}}`, "[bare last]"},
			{`{"property":"Relation","relation":{"contains":"` + s.Rows[0] + `"}}`, "[full]"},
			{`{"property":"Relation","relation":{"is_empty":true}}`, "[bare last]"},
			{`{"property":"URL","url":{"starts_with":"https://a"}}`, "[full]"},
			{`{"property":"Email","email":{"ends_with":"b.example"}}`, "[full]"},
			{`{"property":"Phone","phone_number":{"is_not_empty":true}}`, "[full]"},
			{`{"property":"Files","files":{"is_not_empty":true}}`, "[full]"},
			{`{"property":"ID","unique_id":{"greater_than":2}}`, "[bare last]"},
			{`{"property":"Made","created_time":{"equals":"today"}}`, "[full other bare last]"},
			{`{"property":"Maker","created_by":{"contains":"` + s.People[0] + `"}}`, "[full other bare last]"},
			{`{"timestamp":"created_time","created_time":{"past_week":{}}}`, "[full other bare last]"},
			{`{"timestamp":"last_edited_time","last_edited_time":{"before":"2000-01-01"}}`, "[]"},
			{`{"and":[{"property":"Number","number":{"greater_than":0}},{"property":"Check","checkbox":{"equals":false}}]}`, "[other]"},
			{`{"or":[{"property":"Name","title":{"equals":"bare"}},{"property":"Check","checkbox":{"equals":true}}]}`, "[full bare]"},
			{`{"and":[{"or":[{"property":"Name","title":{"equals":"bare"}},{"property":"Check","checkbox":{"equals":true}}]},{"property":"Number","number":{"is_empty":true}}]}`, "[bare]"},
			{`null`, "[full other bare last]"},
		} {
			g := s.query(`{"filter":` + tc.filter + `}`)
			require.Equal(t, 200, g.status, "%s: %s", tc.filter, g.text)
			assert.Equal(t, tc.want, fmt.Sprint(g.titles()), tc.filter)
		}
	})
}

func TestQuery_relativeDatesMoveWithTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		const body = `{"filter":{"property":"Date","date":{"equals":"today"}}}`
		assert.Equal(t, []string{"full"}, s.query(body).titles())
		time.Sleep(3 * 24 * time.Hour)
		assert.Equal(t, []string{"last"}, s.query(body).titles())
	})
}

func TestQuery_sorts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		time.Sleep(time.Minute)
		s.SetProperty(s.bare, "Text", "Apples")
		for _, tc := range []struct{ sorts, want string }{
			{``, "[full other bare last]"},
			{`{"property":"Name","direction":"ascending"}`, "[bare full last other]"},
			{`{"property":"Name","direction":"descending"}`, "[other last full bare]"},
			{`{"property":"Number","direction":"ascending"}`, "[last full other bare]"},
			{`{"property":"Number","direction":"descending"}`, "[other full last bare]"}, // the empty one is last either way
			{`{"property":"Status","direction":"ascending"}`, "[other last full bare]"},  // in the order of the options
			{`{"property":"Select","direction":"descending"}`, "[other full bare last]"},
			{`{"property":"Date","direction":"ascending"}`, "[other full last bare]"},
			{`{"property":"Check","direction":"descending"}`, "[full other bare last]"},
			{`{"property":"ID","direction":"descending"}`, "[last bare other full]"},
			{`{"timestamp":"last_edited_time","direction":"descending"}`, "[bare full other last]"},
			{`{"property":"Text","direction":"ascending"},{"property":"Name","direction":"descending"}`, "[bare full other last]"},
			{`{"property":"Check","direction":"ascending"},{"property":"Number","direction":"descending"}`, "[other last bare full]"},
		} {
			g := s.query(`{"sorts":[` + tc.sorts + `]}`)
			require.Equal(t, 200, g.status, g.text)
			assert.Equal(t, tc.want, fmt.Sprint(g.titles()), tc.sorts)
		}
	})
}

func TestQuery_filterPropertiesNarrowsThePages(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	id := w.ok("GET", "/v1/pages/"+w.Rows[0], "").at("properties", "Status", "id").(string)
	g := w.ok("POST", "/v1/data_sources/"+w.DataSource+"/query?filter_properties=title&filter_properties="+id, "")
	assert.Len(t, g.at("results", 0, "properties"), 2)
	g = w.ok("GET", "/v1/pages/"+w.Rows[0]+"?filter_properties="+id, "")
	assert.Len(t, g.at("properties"), 1)
	assert.Equal(t, "status", g.at("properties", "Status", "type"))
}

func TestQuery_showsTheTrashWhenAsked(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	path := "/v1/data_sources/" + w.DataSource + "/query"
	w.ok("PATCH", "/v1/pages/"+w.Rows[2], `{"in_trash":true}`)
	assert.Len(t, w.ok("POST", path, "").list(), 11)
	assert.Equal(t, false, w.ok("POST", path, `{"page_size":11}`).at("has_more"))
	assert.Equal(t, []string{"Task 3"}, w.ok("POST", path, `{"in_trash":true}`).titles())
}

func TestPages_followACursorToTheEnd(t *testing.T) {
	n := notiontest.New(notiontest.Options{})
	w := &world{t: t, Notion: n, Demo: n.Demo(notiontest.DemoOptions{Rows: 250}), via: n, version: v2025, token: notiontest.DemoToken}
	path := "/v1/data_sources/" + w.DataSource + "/query"
	var titles []string
	cursor := "null"
	for calls := 1; ; calls++ {
		g := w.ok("POST", path, `{"page_size":100,"start_cursor":`+cursor+`}`)
		titles = append(titles, g.titles()...)
		if g.at("has_more") == false {
			assert.Nil(t, g.at("next_cursor"))
			assert.Equal(t, 3, calls)
			break
		}
		next := g.at("next_cursor").(string)
		assert.Regexp(t, `^s:[0-9a-f-]{36}:[0-9a-f-]{36}$`, next)
		cursor = `"` + next + `"`
	}
	require.Len(t, titles, 250)
	for i, title := range titles {
		assert.Equal(t, fmt.Sprint("Task ", i+1), title)
	}
}

func TestCursor_isASnapshotThatCanDie(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	path := "/v1/data_sources/" + w.DataSource + "/query"
	first := w.ok("POST", path, `{"page_size":5}`)
	next := `{"page_size":5,"start_cursor":"` + first.at("next_cursor").(string) + `"}`

	w.CreatePage(w.DataSource, "Task 0", nil)
	w.Trash(w.Rows[6])
	assert.Equal(t, []string{"Task 6", "Task 8", "Task 9", "Task 10"}, w.ok("POST", path, next).titles(), "a short page is not the end")
	assert.Equal(t, []string{"Task 6", "Task 8", "Task 9", "Task 10"}, w.ok("POST", path, next).titles(), "a cursor can be used again")

	_, ds := w.CreateDatabase(w.Page, "Else")
	assert.Equal(t, 400, w.do("POST", "/v1/data_sources/"+ds+"/query", next).status, "a cursor is good for one read only")
	w.AddToken("ntn_stranger", w.AddConnection(notiontest.ConnectionOptions{Workspace: w.Workspace}))
	assert.Equal(t, 400, w.with("ntn_stranger").do("POST", path, next).status, "and for one connection")

	w.KillCursors()
	g := w.do("POST", path, next)
	assert.Equal(t, 400, g.status)
	assert.Equal(t, "validation_error", g.at("code"))
	assert.Equal(t, "The start_cursor provided is invalid: "+first.at("next_cursor").(string), g.at("message"))
}

func TestCursor_diesWhenItsTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{CursorTTL: 10 * time.Minute})
		cursor := w.ok("GET", "/v1/blocks/"+w.Page+"/children?page_size=2", "").at("next_cursor").(string)
		path := "/v1/blocks/" + w.Page + "/children?page_size=2&start_cursor=" + cursor
		time.Sleep(10*time.Minute - 1)
		w.ok("GET", path, "")
		time.Sleep(time.Nanosecond)
		assert.Equal(t, 400, w.do("GET", path, "").status)
	})
}

func TestQuery_endsAtTheCapAndSaysSo(t *testing.T) {
	w := newWorld(t, notiontest.Options{QueryCap: 10})
	path := "/v1/data_sources/" + w.DataSource + "/query"
	first := w.ok("POST", path, `{"page_size":6}`)
	assert.Nil(t, first.at("request_status"))
	g := w.ok("POST", path, `{"page_size":6,"start_cursor":"`+first.at("next_cursor").(string)+`"}`)
	assert.Len(t, g.list(), 4)
	assert.Equal(t, false, g.at("has_more"))
	assert.Equal(t, map[string]any{"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}, g.at("request_status"))
}

func TestQuery_capIsTenThousand(t *testing.T) {
	w := newWorld(t, notiontest.Options{RateLimit: -1})
	_, ds := w.CreateDatabase(w.Page, "Big")
	for i := range 10_001 {
		w.CreatePage(ds, fmt.Sprint(i), nil)
	}
	rows, cursor := 0, ""
	for {
		g := w.ok("POST", "/v1/data_sources/"+ds+"/query", `{"page_size":100`+cursor+`}`)
		rows += len(g.list())
		if g.at("has_more") == false {
			assert.Equal(t, "incomplete", g.at("request_status", "type"))
			break
		}
		cursor = `,"start_cursor":"` + g.at("next_cursor").(string) + `"`
	}
	assert.Equal(t, 10_000, rows)
}
