package notiontest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

func TestVersion_decidesTheParentOfARow(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	old := map[string]any{"type": "database_id", "database_id": w.Database}
	both := map[string]any{"type": "data_source_id", "data_source_id": w.DataSource, "database_id": w.Database}
	for version, want := range map[string]any{v2022: old, v2025: both, v2026: both} {
		assert.Equal(t, want, w.as(version).ok("GET", "/v1/pages/"+w.Rows[0], "").at("parent"), version)
	}
}

func TestVersion_decidesTheWordForTheTrash(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	for _, path := range []string{"/v1/pages/" + w.Page, "/v1/blocks/" + w.Blocks[0], "/v1/databases/" + w.Database} {
		for version, has := range map[string]bool{v2022: true, v2025: true, v2026: false} {
			g := w.as(version).ok("GET", path, "")
			_, got := g.body["archived"]
			assert.Equal(t, has, got, "archived of %s in %s", path, version)
			assert.Equal(t, false, g.at("in_trash"))
		}
	}
	assert.Equal(t, 200, w.as(v2025).do("PATCH", "/v1/pages/"+w.Page, `{"archived":false}`).status)
	g := w.as(v2026).do("PATCH", "/v1/pages/"+w.Page, `{"archived":false}`)
	assert.Equal(t, 400, g.status)
	assert.Equal(t, "validation_error", g.at("code"))
}

func TestVersion_decidesWhatADatabaseShows(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	g := w.as(v2022).ok("GET", "/v1/databases/"+w.Database, "")
	assert.Equal(t, "number", g.at("properties", "Estimate", "type"))
	assert.Nil(t, g.at("data_sources"))

	for _, version := range []string{v2025, v2026} {
		g := w.as(version).ok("GET", "/v1/databases/"+w.Database, "")
		assert.Nil(t, g.at("properties"))
		assert.Equal(t, []any{map[string]any{"id": w.DataSource, "name": "Tasks"}}, g.at("data_sources"))
		ds := w.as(version).ok("GET", "/v1/data_sources/"+w.DataSource, "")
		assert.Equal(t, "number", ds.at("properties", "Estimate", "type"))
		assert.Equal(t, w.Database, ds.at("parent", "database_id"))
		assert.Equal(t, w.Page, ds.at("database_parent", "page_id"))
	}
}

func TestVersion_decidesWhichPathsThereAre(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	for _, tc := range []struct {
		version, method, path string
		status                int
	}{
		{v2022, "POST", "/v1/databases/" + w.Database + "/query", 200},
		{v2025, "POST", "/v1/databases/" + w.Database + "/query", 400},
		{v2022, "POST", "/v1/data_sources/" + w.DataSource + "/query", 400},
		{v2025, "POST", "/v1/data_sources/" + w.DataSource + "/query", 200},
		{"2021-08-16", "GET", "/v1/databases", 200},
		{v2022, "GET", "/v1/databases", 400},
	} {
		g := w.as(tc.version).do(tc.method, tc.path, "")
		assert.Equal(t, tc.status, g.status, "%s %s in %s", tc.method, tc.path, tc.version)
		if tc.status == 400 {
			assert.Equal(t, "invalid_request_url", g.at("code"))
		}
	}
}

func TestVersion_decidesTheKindsThatSearchFinds(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	for version, kind := range map[string]string{v2022: "database", v2025: "data_source", v2026: "data_source"} {
		g := w.as(version).ok("POST", "/v1/search", `{"filter":{"property":"object","value":"`+kind+`"}}`)
		require.Len(t, g.list(), 1)
		assert.Equal(t, kind, g.at("results", 0, "object"))
		assert.Equal(t, "page_or_"+kind, g.at("type"))
		assert.Equal(t, map[string]any{}, g.at("page_or_"+kind))
	}
	assert.Equal(t, 400, w.as(v2025).do("POST", "/v1/search", `{"filter":{"property":"object","value":"database"}}`).status)
	assert.Equal(t, 400, w.as(v2022).do("POST", "/v1/search", `{"filter":{"property":"object","value":"data_source"}}`).status)
}

func TestVersion_oldOnesRefuseSeveralDataSources(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	second := w.AddDataSource(w.Database, "Archive")
	for _, call := range [][2]string{{"GET", "/v1/databases/" + w.Database}, {"POST", "/v1/databases/" + w.Database + "/query"}} {
		g := w.as(v2022).do(call[0], call[1], "")
		assert.Equal(t, 400, g.status)
		assert.Equal(t, "Databases with multiple data sources are not supported in this API version.", g.at("message"))
		assert.Equal(t, map[string]any{"error_type": "multiple_data_sources_for_database", "database_id": w.Database,
			"child_data_source_ids": []any{w.DataSource, second}, "minimum_api_version": v2025}, g.at("additional_data"))
	}
	assert.Len(t, w.as(v2025).ok("GET", "/v1/databases/"+w.Database, "").at("data_sources"), 2)
}

func TestVersion_decidesWhereAnAppendGoes(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	children := `"children":[{"paragraph":{"rich_text":[{"text":{"content":"new"}}]}}]`
	path := "/v1/blocks/" + w.Page + "/children"
	at := func() int {
		for i := range w.ok("GET", path, "").list() {
			g := w.ok("GET", path, "")
			if g.at("results", i, "paragraph", "rich_text", 0, "plain_text") == "new" {
				w.ok("DELETE", "/v1/blocks/"+g.at("results", i, "id").(string), "")
				return i
			}
		}
		return -1
	}
	last := len(w.ok("GET", path, "").list())

	w.as(v2025).ok("PATCH", path, `{`+children+`,"after":"`+w.Blocks[1]+`"}`)
	assert.Equal(t, 2, at())
	w.as(v2026).ok("PATCH", path, `{`+children+`,"position":{"type":"after_block","after_block":{"id":"`+w.Blocks[0]+`"}}}`)
	assert.Equal(t, 1, at())
	w.as(v2026).ok("PATCH", path, `{`+children+`,"position":{"type":"start"}}`)
	assert.Equal(t, 0, at())
	w.as(v2026).ok("PATCH", path, `{`+children+`}`)
	assert.Equal(t, last, at())
	assert.Equal(t, 400, w.as(v2026).do("PATCH", path, `{`+children+`,"after":"`+w.Blocks[1]+`"}`).status)
}

func TestVersion_decidesTheShapeOfARelation(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	db, ds := w.CreateDatabase(w.Page, "Notes", notiontest.Column{Name: "About", Type: "relation", Target: w.DataSource})
	assert.Equal(t, map[string]any{"database_id": w.Database, "type": "single_property", "single_property": map[string]any{}},
		w.as(v2022).ok("GET", "/v1/databases/"+db, "").at("properties", "About", "relation"))
	assert.Equal(t, map[string]any{"database_id": w.Database, "data_source_id": w.DataSource, "type": "single_property", "single_property": map[string]any{}},
		w.as(v2025).ok("GET", "/v1/data_sources/"+ds, "").at("properties", "About", "relation"))
}

func TestVersion_createsDatabasesInItsOwnTerms(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	parent := `"parent":{"type":"page_id","page_id":"` + w.Page + `"},"title":[{"text":{"content":"New"}}]`
	g := w.as(v2022).ok("POST", "/v1/databases", `{`+parent+`,"properties":{"Name":{"title":{}},"N":{"number":{}}}}`)
	assert.Equal(t, "number", g.at("properties", "N", "type"))
	g = w.as(v2025).ok("POST", "/v1/databases", `{`+parent+`,"initial_data_source":{"properties":{"Name":{"title":{}},"N":{"number":{}}}}}`)
	ds := g.at("data_sources", 0, "id").(string)
	assert.Equal(t, "number", w.ok("GET", "/v1/data_sources/"+ds, "").at("properties", "N", "type"))
	assert.Len(t, w.ok("GET", "/v1/views?database_id="+g.at("id").(string), "").list(), 1, "a database has a view at once")
}
