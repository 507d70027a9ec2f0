package notiontest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/notiontest"
)

func TestError_isNotionsOwn(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	query := "/v1/data_sources/" + w.DataSource + "/query"
	for _, tc := range []struct {
		what, method, path, body string
		status                   int
		code, message            string
	}{
		{"unknown path", "GET", "/v1/nothing", "", 400, "invalid_request_url", "Invalid request URL."},
		{"wrong method", "DELETE", "/v1/search", "", 400, "invalid_request_url", "Invalid request URL."},
		{"bad uuid", "GET", "/v1/pages/12345678-1234-1234-1234-123456789abc", "", 400, "validation_error",
			"path failed validation: path.page_id should be a valid uuid, instead was `\"12345678-1234-1234-1234-123456789abc\"`."},
		{"nil uuid", "GET", "/v1/pages/00000000-0000-0000-0000-000000000000", "", 404, "object_not_found", "Could not find page with ID"},
		{"a database as a page", "GET", "/v1/pages/" + w.Database, "", 400, "validation_error", "is a database, not a page"},
		{"a data source as a database", "GET", "/v1/databases/" + w.DataSource, "", 404, "object_not_found", "Could not find database"},
		{"a database as a data source", "GET", "/v1/data_sources/" + w.Database, "", 404, "object_not_found", "Could not find data source"},
		{"not JSON", "POST", query, `{"page_size":`, 400, "invalid_json", "Error parsing JSON body."},
		{"page size 0", "POST", query, `{"page_size":0}`, 400, "validation_error", "body.page_size should be ≥ `1`, instead was `0`."},
		{"page size 101", "POST", query, `{"page_size":101}`, 400, "validation_error", "body.page_size should be ≤ `100`, instead was `101`."},
		{"page size in a query", "GET", "/v1/users?page_size=101", "", 400, "validation_error", "query.page_size should be ≤ `100`"},
		{"dead cursor", "POST", query, `{"start_cursor":"s:a:b"}`, 400, "validation_error", "The start_cursor provided is invalid: s:a:b"},
		{"cursor of old", "GET", "/v1/users?start_cursor=" + w.Page, "", 400, "validation_error", "The start_cursor provided is invalid: "},
		{"unknown filter property", "POST", query, `{"filter":{"property":"Nope","number":{"equals":1}}}`, 400, "validation_error", "Could not find property with name or id: Nope"},
		{"unknown sort property", "POST", query, `{"sorts":[{"property":"Nope","direction":"ascending"}]}`, 400, "validation_error", "Could not find sort property with name or id: Nope"},
		{"filter of the wrong type", "POST", query, `{"filter":{"property":"Estimate","rich_text":{"equals":"1"}}}`, 400, "validation_error", "database property number does not match filter rich_text"},
		{"filters nested too deep", "POST", query, `{"filter":{"and":[{"or":[{"and":[]}]}]}}`, 400, "validation_error", "should be not present"},
		{"unknown property id", "GET", "/v1/pages/" + w.Rows[0] + "?filter_properties=nope", "", 400, "validation_error", "Could not find property with name or id: nope"},
		{"no parent", "POST", "/v1/pages", `{}`, 400, "validation_error", "body.parent should be defined, instead was `undefined`."},
		{"unknown property written", "PATCH", "/v1/pages/" + w.Rows[0], `{"properties":{"Nope":{"number":1}}}`, 400, "validation_error", "Nope is not a property that exists."},
		{"property of another type", "PATCH", "/v1/pages/" + w.Rows[0], `{"properties":{"Estimate":{"checkbox":true}}}`, 400, "validation_error", "Estimate is expected to be number."},
		{"a computed property written", "PATCH", "/v1/pages/" + w.Rows[0], `{"properties":{"ID":{"unique_id":{"number":1}}}}`, 400, "validation_error", "cannot be written"},
		{"unknown status option", "PATCH", "/v1/pages/" + w.Rows[0], `{"properties":{"Status":{"status":{"name":"Nope"}}}}`, 400, "validation_error", "Status option"},
		{"comma in an option", "PATCH", "/v1/pages/" + w.Rows[0], `{"properties":{"Priority":{"select":{"name":"a,b"}}}}`, 400, "validation_error", "commas not allowed"},
		{"text too long", "PATCH", "/v1/blocks/" + w.Blocks[1], `{"paragraph":{"rich_text":[{"text":{"content":"` + strings.Repeat("x", 2001) + `"}}]}}`, 400, "validation_error", "should be ≤ `2000`, instead was `2001`."},
		{"too many blocks", "PATCH", "/v1/blocks/" + w.Page + "/children", `{"children":[` + strings.Repeat(`{"divider":{}},`, 100) + `{"divider":{}}]}`, 400, "validation_error", "should be ≤ `100`, instead was `101`."},
		{"nesting too deep", "PATCH", "/v1/blocks/" + w.Page + "/children",
			`{"children":[{"toggle":{"rich_text":[],"children":[{"toggle":{"rich_text":[],"children":[{"toggle":{"rich_text":[],"children":[{"divider":{}}]}}]}}]}}]}`, 400, "validation_error", "children should be not present"},
		{"body too large", "POST", "/v1/search", `{"query":"` + strings.Repeat("x", 500<<10) + `"}`, 400, "validation_error", "500KB"},
		{"comments of nothing", "GET", "/v1/comments", "", 400, "validation_error", "query.block_id should be defined"},
	} {
		g := w.do(tc.method, tc.path, tc.body)
		assert.Equal(t, tc.status, g.status, "%s: %s", tc.what, g.text)
		assert.Equal(t, tc.code, g.at("code"), tc.what)
		assert.Contains(t, g.at("message"), tc.message, tc.what)
		assert.Equal(t, "error", g.at("object"))
		assert.InDelta(t, tc.status, g.at("status"), 0)
		assert.Equal(t, g.header.Get("X-Notion-Request-Id"), g.at("request_id"))
		if tc.status == 404 {
			assert.Equal(t, w.Bot, g.at("additional_data", "integration_id"), tc.what)
		}
	}
}

func TestError_inHeadersIsNotionsOwn(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	for _, tc := range []struct {
		what, header, value string
		status              int
		code                string
	}{
		{"no token", "Authorization", "", 401, "unauthorized"},
		{"a strange token", "Authorization", "Bearer nope", 401, "unauthorized"},
		{"another scheme", "Authorization", "Basic " + notiontest.DemoToken, 401, "unauthorized"},
		{"no version", "Notion-Version", "", 400, "missing_version"},
		{"an unknown version", "Notion-Version", "2020-01-01", 400, "validation_error"},
		{"an unknown beta", "Notion-Beta", "nope", 400, "invalid_beta"},
		{"a known beta", "Notion-Beta", "notion-as-code-2026-07-31", 200, ""},
	} {
		r := w.request("GET", "/v1/users/me", "")
		r.Header.Set(tc.header, tc.value)
		if tc.value == "" {
			r.Header.Del(tc.header)
		}
		g := w.send(r)
		assert.Equal(t, tc.status, g.status, tc.what)
		code, _ := g.at("code").(string)
		assert.Equal(t, tc.code, code, tc.what)
	}
	r := w.request("GET", "/v1/users/me", "")
	r.Header.Del("Notion-Version")
	assert.Equal(t, "Notion-Version header failed validation: Notion-Version header should be defined, instead was `undefined`.", w.send(r).at("message"))
}

func TestAccess_takenAwayShowsAtOnce(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	row := "/v1/pages/" + w.Rows[0]
	w.Unshare(w.Bot, w.Page)
	g := w.do("GET", row, "")
	assert.Equal(t, 404, g.status, "what is below goes with it")
	assert.Equal(t, w.Bot, g.at("additional_data", "integration_id"))
	assert.Empty(t, w.ok("POST", "/v1/search", "").list())
	w.Share(w.Bot, w.DataSource)
	w.ok("GET", row, "")
	assert.Equal(t, 404, w.do("GET", "/v1/pages/"+w.Page, "").status)

	w.RevokeToken(w.Token)
	g = w.do("GET", row, "")
	assert.Equal(t, 401, g.status)
	assert.Equal(t, "API token is invalid.", g.at("message"))
}

func TestAccess_ofASharedOnlyConnectionIsWhatIsShared(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	bot := w.AddConnection(notiontest.ConnectionOptions{Workspace: w.Workspace, Name: "Guest", SharedOnly: true})
	w.AddToken("ntn_guest", bot)
	guest := w.with("ntn_guest")
	assert.Equal(t, 404, guest.do("GET", "/v1/pages/"+w.Rows[0], "").status)
	w.Share(bot, w.Rows[0])
	guest.ok("GET", "/v1/pages/"+w.Rows[0], "")
	assert.Equal(t, 404, guest.do("GET", "/v1/pages/"+w.Rows[1], "").status)
	assert.Equal(t, 404, guest.do("POST", "/v1/data_sources/"+w.DataSource+"/query", "").status)
}

func TestAccess_endsAtTheWorkspace(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	other := w.AddConnection(notiontest.ConnectionOptions{Workspace: w.AddWorkspace("Other")})
	w.AddToken("ntn_elsewhere", other)
	assert.Equal(t, 404, w.with("ntn_elsewhere").do("GET", "/v1/pages/"+w.Page, "").status)
	assert.Equal(t, 404, w.with("ntn_elsewhere").do("GET", "/v1/users/"+w.People[0], "").status)
	assert.Len(t, w.with("ntn_elsewhere").ok("GET", "/v1/users", "").list(), 1)
}

func TestCapability_missingIs403(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	for _, tc := range []struct {
		without      notiontest.Capability
		method, path string
		body         string
	}{
		{notiontest.ReadContent, "GET", "/v1/pages/" + w.Page, ""},
		{notiontest.UpdateContent, "PATCH", "/v1/pages/" + w.Page, "{}"},
		{notiontest.InsertContent, "PATCH", "/v1/blocks/" + w.Page + "/children", `{"children":[]}`},
		{notiontest.ReadComments, "GET", "/v1/comments?block_id=" + w.Page, ""},
		{notiontest.InsertComments, "POST", "/v1/comments", `{"parent":{"page_id":"` + w.Page + `"},"rich_text":[]}`},
		{notiontest.ReadUsers, "GET", "/v1/users", ""},
	} {
		w.Restrict(w.Bot, 0)
		assert.Equal(t, 200, w.do(tc.method, tc.path, tc.body).status, tc.path)
		w.Restrict(w.Bot, tc.without)
		g := w.do(tc.method, tc.path, tc.body)
		assert.Equal(t, 403, g.status, tc.path)
		assert.Equal(t, "restricted_resource", g.at("code"))
		assert.Equal(t, "Insufficient permissions for this endpoint.", g.at("message"))
		w.ok("GET", "/v1/users/me", "")
	}
	w.Restrict(w.Bot, notiontest.ReadEmails)
	assert.Equal(t, map[string]any{}, w.ok("GET", "/v1/users/"+w.People[0], "").at("person"))
	w.Restrict(w.Bot, 0)
	assert.Equal(t, map[string]any{"email": "ada@acme.example"}, w.ok("GET", "/v1/users/"+w.People[0], "").at("person"))
}

func TestLimit_ofBlocksIs403ForWritesOnly(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	w.LimitBlocks(w.Workspace, 1)
	g := w.do("PATCH", "/v1/blocks/"+w.Page+"/children", `{"children":[{"divider":{}}]}`)
	assert.Equal(t, 403, g.status)
	assert.Equal(t, "1", g.at("additional_data", "block_limit"))
	w.ok("GET", "/v1/blocks/"+w.Page+"/children", "")
}

func TestNotion_answersHEADLikeGETWithoutABody(t *testing.T) {
	overPipe(t, func(t *testing.T, w *world, _ *http.Transport) {
		g := w.do(http.MethodHead, "/v1/pages/"+w.Page, "")
		assert.Equal(t, 200, g.status)
		assert.Empty(t, g.text)
		assert.NotEmpty(t, g.header.Get("Etag"))
	})
}
