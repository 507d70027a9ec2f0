package notiontest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

func words(s string) string { return `[{"text":{"content":"` + s + `"}}]` }

func TestPage_isCreatedWithWhatWasGiven(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	g := w.ok("POST", "/v1/pages", `{"parent":{"data_source_id":"`+w.DataSource+`"},"icon":{"emoji":"🚀"},"cover":{"external":{"url":"https://x.example/c.png"}},
		"properties":{"Name":{"title":`+words("New")+`},"Tags":{"multi_select":[{"name":"api"},{"name":"fresh"}]},"Due":{"date":{"start":"2027-03-01"}},
		"Owner":{"people":[{"id":"`+w.People[1]+`"}]},"Done":{"checkbox":true}},
		"children":[{"toggle":{"rich_text":`+words("outer")+`,"children":[{"paragraph":{"rich_text":`+words("inner")+`}}]}}]}`)
	id := g.at("id").(string)
	assert.Equal(t, map[string]any{"object": "user", "id": w.Bot}, g.at("created_by"))
	for _, g := range []got{g, w.ok("GET", "/v1/pages/"+strings.ReplaceAll(id, "-", ""), "")} {
		assert.Equal(t, "🚀", g.at("icon", "emoji"))
		assert.Equal(t, "https://x.example/c.png", g.at("cover", "external", "url"))
		assert.Equal(t, "New", g.at("properties", "Name", "title", 0, "plain_text"))
		assert.Equal(t, "fresh", g.at("properties", "Tags", "multi_select", 1, "name"))
		assert.Equal(t, "2027-03-01", g.at("properties", "Due", "date", "start"))
		assert.Equal(t, "grace@acme.example", g.at("properties", "Owner", "people", 0, "person", "email"))
		assert.InDelta(t, 13, g.at("properties", "ID", "unique_id", "number"), 0)
	}
	outer := w.ok("GET", "/v1/blocks/"+id+"/children", "")
	assert.Equal(t, true, outer.at("results", 0, "has_children"))
	inner := w.ok("GET", "/v1/blocks/"+outer.at("results", 0, "id").(string)+"/children", "")
	assert.Equal(t, "inner", inner.at("results", 0, "paragraph", "rich_text", 0, "plain_text"))
	assert.Equal(t, outer.at("results", 0, "id"), inner.at("results", 0, "parent", "block_id"))
	schema := w.ok("GET", "/v1/data_sources/"+w.DataSource, "")
	assert.Len(t, schema.at("properties", "Tags", "multi_select", "options"), 4, "a new option joins the schema")
}

func TestPage_isUpdatedByNameOrID(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	path := "/v1/pages/" + w.Rows[0]
	id := w.ok("GET", path, "").at("properties", "Estimate", "id").(string)
	w.ok("PATCH", path, `{"properties":{"`+id+`":{"number":7.25}}}`)
	assert.InDelta(t, 7.25, w.ok("GET", path, "").at("properties", "Estimate", "number"), 0)
	g := w.ok("PATCH", path, `{"properties":{"Estimate":{"number":null},"Priority":{"select":null}},"is_locked":true,"icon":null}`)
	assert.Nil(t, g.at("properties", "Estimate", "number"))
	assert.Nil(t, g.at("properties", "Priority", "select"))
	assert.Equal(t, true, g.at("is_locked"))
}

func TestPage_inTheTrashIsStillThere(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	path := "/v1/pages/" + w.Rows[0]
	g := w.ok("DELETE", "/v1/blocks/"+w.Rows[0], "")
	assert.Equal(t, "child_page", g.at("type"), "a page's id is a block's id too")
	assert.Equal(t, true, g.at("in_trash"))
	assert.Equal(t, true, w.ok("GET", path, "").at("in_trash"), "200, not 404")
	assert.Equal(t, 400, w.do("PATCH", path, renamed("x")).status)
	assert.Equal(t, false, w.ok("PATCH", path, `{"in_trash":false}`).at("in_trash"))
}

func TestPage_movesBetweenParents(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	_, ds := w.CreateDatabase(w.Page, "Archive", notiontest.Column{Name: "Estimate", Type: "number"})
	g := w.ok("POST", "/v1/pages/"+w.Rows[1]+"/move", `{"parent":{"data_source_id":"`+ds+`"}}`)
	assert.Equal(t, ds, g.at("parent", "data_source_id"))
	assert.Equal(t, "Task 2", g.at("properties", "Name", "title", 0, "plain_text"))
	assert.InDelta(t, 2, g.at("properties", "Estimate", "number"), 0)
	assert.Equal(t, 1, w.CountRows(ds))
	assert.Equal(t, 11, w.CountRows(w.DataSource))
	g = w.ok("POST", "/v1/pages/"+w.Rows[1]+"/move", `{"parent":{"page_id":"`+w.Page+`"}}`)
	assert.Equal(t, "Task 2", g.at("properties", "title", "title", 0, "plain_text"))
	sub := w.CreatePage(w.Page, "Sub", nil)
	assert.Equal(t, 400, w.do("POST", "/v1/pages/"+w.Page+"/move", `{"parent":{"page_id":"`+sub+`"}}`).status, "not below itself")
}

func TestProperty_longOnesNeedTheirOwnRead(t *testing.T) {
	w := newWorld(t, notiontest.Options{RateLimit: -1})
	_, ds := w.CreateDatabase(w.Page, "Notes", notiontest.Column{Name: "About", Type: "relation", Target: w.DataSource}, notiontest.Column{Name: "N", Type: "number"})
	var ids []string
	for i := range 30 {
		ids = append(ids, w.CreatePage(w.DataSource, fmt.Sprint(i), nil))
	}
	page := w.CreatePage(ds, "note", map[string]any{"About": ids, "N": 4.0})
	g := w.ok("GET", "/v1/pages/"+page, "")
	assert.Len(t, g.at("properties", "About", "relation"), 25)
	assert.Equal(t, true, g.at("properties", "About", "has_more"))

	path := "/v1/pages/" + page + "/properties/" + g.at("properties", "About", "id").(string)
	first := w.ok("GET", path+"?page_size=20", "")
	assert.Equal(t, "property_item", first.at("type"))
	assert.Equal(t, "relation", first.at("property_item", "type"))
	assert.Nil(t, first.at("property_item", "next_url"))
	assert.Equal(t, ids[0], first.at("results", 0, "relation", "id"))
	rest := w.ok("GET", path+"?start_cursor="+first.at("next_cursor").(string), "")
	assert.Len(t, rest.list(), 10)
	assert.Equal(t, ids[29], rest.at("results", 9, "relation", "id"))

	one := w.ok("GET", "/v1/pages/"+page+"/properties/"+g.at("properties", "N", "id").(string), "")
	assert.Equal(t, "property_item", one.at("object"))
	assert.InDelta(t, 4, one.at("number"), 0)
	assert.Equal(t, 404, w.do("GET", "/v1/pages/"+page+"/properties/nope", "").status)
}

func TestProperty_idsTravelEncoded(t *testing.T) {
	w := newWorld(t, notiontest.Options{RateLimit: -1})
	for name, v := range w.ok("GET", "/v1/pages/"+w.Rows[0], "").at("properties").(map[string]any) {
		id := v.(map[string]any)["id"].(string)
		assert.Regexp(t, `^([A-Za-z0-9_.~-]|%[0-9A-F]{2})+$`, id)
		assert.Equal(t, 200, w.do("GET", "/v1/pages/"+w.Rows[0]+"/properties/"+id, "").status, name)
	}
}

func TestRelation_dualOnesChangeTheOtherPage(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	db := w.ok("POST", "/v1/databases", `{"parent":{"page_id":"`+w.Page+`"},"initial_data_source":{"properties":{"Name":{"title":{}},
		"Tasks":{"relation":{"data_source_id":"`+w.DataSource+`","dual_property":{"synced_property_name":"Projects"}}},
		"Sum":{"rollup":{"function":"sum","relation_property_name":"Tasks","rollup_property_name":"Estimate"}},
		"Copy":{"formula":{"expression":"prop(\"Name\")"}}}}}`)
	ds := db.at("data_sources", 0, "id").(string)
	project := w.CreatePage(ds, "Project", nil)
	task := "/v1/pages/" + w.Rows[4]

	g := w.ok("PATCH", "/v1/pages/"+project, `{"properties":{"Tasks":{"relation":[{"id":"`+w.Rows[4]+`"},{"id":"`+w.Rows[5]+`"}]}}}`)
	assert.Equal(t, project, w.ok("GET", task, "").at("properties", "Projects", "relation", 0, "id"))
	assert.InDelta(t, 5+6, g.at("properties", "Sum", "rollup", "number"), 0)
	assert.Equal(t, "Project", g.at("properties", "Copy", "formula", "string"))
	w.SetProperty(w.Rows[4], "Estimate", 100.0)
	assert.InDelta(t, 106, w.ok("GET", "/v1/pages/"+project, "").at("properties", "Sum", "rollup", "number"), 0, "rollups follow at once")

	w.ok("PATCH", "/v1/pages/"+project, `{"properties":{"Tasks":{"relation":[]}}}`)
	assert.Empty(t, w.ok("GET", task, "").at("properties", "Projects", "relation"))
}

func TestSchema_changesReachEveryRow(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	g := w.ok("PATCH", "/v1/data_sources/"+w.DataSource, `{"title":`+words("Jobs")+`,"properties":{"Estimate":{"name":"Points"},"Link":null,"Note":{"rich_text":{}}}}`)
	assert.Equal(t, "Jobs", g.at("title", 0, "plain_text"))
	props := w.ok("GET", "/v1/pages/"+w.Rows[0], "").at("properties").(map[string]any)
	assert.Contains(t, props, "Points")
	assert.Contains(t, props, "Note")
	assert.NotContains(t, props, "Estimate")
	assert.NotContains(t, props, "Link")
	assert.Equal(t, 400, w.do("PATCH", "/v1/data_sources/"+w.DataSource, `{"properties":{"Name":null}}`).status, "a title stays")
}

func TestTemplate_fillsThePageLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{AsyncLag: 4 * time.Second})
		template := w.CreatePage(w.DataSource, "Weekly", nil)
		w.CreateBlock(template, "paragraph", "From the template")
		w.AddTemplate(w.DataSource, template)
		g := w.ok("GET", "/v1/data_sources/"+w.DataSource+"/templates", "")
		assert.Equal(t, []any{map[string]any{"id": template, "name": "Weekly", "is_default": true}}, g.at("templates"))
		assert.NotContains(t, g.text, "request_id", "this envelope has none")
		assert.Empty(t, w.ok("GET", "/v1/data_sources/"+w.DataSource+"/templates?name=Other", "").at("templates"))

		page := w.ok("POST", "/v1/pages", `{"parent":{"data_source_id":"`+w.DataSource+`"},"template":{"type":"default"}}`).at("id").(string)
		time.Sleep(4*time.Second - 1)
		assert.Zero(t, w.CountChildren(page))
		time.Sleep(time.Nanosecond)
		assert.Equal(t, 1, w.CountChildren(page))
	})
}

func TestBlock_changesShowInItsPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		time.Sleep(2 * time.Minute)
		g := w.ok("PATCH", "/v1/blocks/"+w.Blocks[2], `{"to_do":{"checked":true}}`)
		assert.Equal(t, true, g.at("to_do", "checked"))
		assert.Equal(t, "Read the handbook", g.at("to_do", "rich_text", 0, "plain_text"), "what was not named stays")
		page := w.ok("GET", "/v1/pages/"+w.Page, "")
		assert.Equal(t, "2000-01-01T00:02:00.000Z", page.at("last_edited_time"))
		assert.Equal(t, w.Bot, page.at("last_edited_by", "id"))

		before := len(w.ok("GET", "/v1/blocks/"+w.Page+"/children", "").list())
		w.ok("DELETE", "/v1/blocks/"+w.Blocks[2], "")
		assert.Len(t, w.ok("GET", "/v1/blocks/"+w.Page+"/children", "").list(), before-1)
		w.ok("PATCH", "/v1/blocks/"+w.Blocks[2], `{"in_trash":false}`)
		assert.Len(t, w.ok("GET", "/v1/blocks/"+w.Page+"/children", "").list(), before)
	})
}

func TestMarkdown_isReadAndEdited(t *testing.T) {
	w := newWorld(t, notiontest.Options{RateLimit: -1})
	page := w.CreatePage(w.Page, "Doc", nil)
	path := "/v1/pages/" + page + "/markdown"
	edit := func(body string) string {
		g := w.ok("PATCH", path, body)
		assert.Equal(t, "page_markdown", g.at("object"))
		return g.at("markdown").(string)
	}
	text := `# One\nplain\n- a\n\tdeeper\n- [x] b\n> q\n` + "```go\\nx := 1\\n```" + `\n---`
	want := strings.ReplaceAll(strings.ReplaceAll(text, `\n`, "\n"), `\t`, "\t")
	assert.Equal(t, want, edit(`{"type":"replace_content","replace_content":{"new_str":"`+text+`"}}`))
	ids := func() string {
		var s []string
		for i := range w.ok("GET", "/v1/blocks/"+page+"/children", "").list() {
			s = append(s, w.ok("GET", "/v1/blocks/"+page+"/children", "").at("results", i, "id").(string)[:4])
		}
		return strings.Join(s, " ")
	}
	before := ids()
	assert.Equal(t, strings.Replace(want, "plain", "fancy", 1), edit(`{"type":"update_content","update_content":{"content_updates":[{"old_str":"plain","new_str":"fancy"}]}}`))
	after := ids()
	assert.Equal(t, before[:4], after[:4], "what was not edited keeps its block")
	assert.Equal(t, before[10:], after[10:])
	assert.NotEqual(t, before[5:9], after[5:9])

	assert.True(t, strings.HasSuffix(edit(`{"type":"insert_content","insert_content":{"content":"end"}}`), "---\nend"))
	assert.True(t, strings.HasPrefix(edit(`{"type":"insert_content","insert_content":{"content":"first","position":{"type":"start"}}}`), "first\n# One"))
	assert.Contains(t, edit(`{"type":"insert_content","insert_content":{"content":"between","after":"fan...cy"}}`), "fancy\nbetween\n- a")
	assert.Contains(t, edit(`{"type":"replace_content_range","replace_content_range":{"content":"X","content_range":"fan...een"}}`), "# One\nX\n- a")
	assert.Equal(t, 400, w.do("PATCH", path, `{"type":"update_content","update_content":{"content_updates":[{"old_str":"absent","new_str":"y"}]}}`).status)
}

func TestMarkdown_deletesPagesOnlyWhenAllowed(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	path := "/v1/pages/" + w.Page + "/markdown"
	assert.Equal(t, 400, w.do("PATCH", path, `{"type":"replace_content","replace_content":{"new_str":"x"}}`).status)
	w.ok("GET", "/v1/databases/"+w.Database, "")
	w.ok("PATCH", path, `{"type":"replace_content","replace_content":{"new_str":"x","allow_deleting_content":true}}`)
	assert.Equal(t, true, w.ok("GET", "/v1/databases/"+w.Database, "").at("in_trash"))
	require.Equal(t, 1, w.CountChildren(w.Page))
}

func TestAsync_writesAreAcceptedAndCarriedOutLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{AsyncLag: 4 * time.Second})
		before := w.CountChildren(w.Page)
		g := w.do("POST", "/v1/pages", `{"parent":{"page_id":"`+w.Page+`"},"markdown":"# Hi","allow_async":true}`)
		assert.Equal(t, 202, g.status)
		assert.Regexp(t, `^task_[0-9a-f]{32}$`, g.at("id"))
		assert.Equal(t, "https://api.notion.com/v1/async_tasks/"+g.at("id").(string), g.at("status_url"))
		task := "/v1/async_tasks/" + g.at("id").(string)
		for _, want := range []string{"queued", "running", "succeeded"} {
			g = w.ok("GET", task, "")
			assert.Equal(t, want, g.at("status"))
			if want != "succeeded" {
				assert.Equal(t, before, w.CountChildren(w.Page))
				assert.InDelta(t, 1, g.at("poll_after_seconds"), 0)
			}
			time.Sleep(2 * time.Second)
		}
		w.ok("GET", "/v1/pages/"+g.at("result", "id").(string), "")
		assert.Equal(t, before+1, w.CountChildren(w.Page))
		assert.Equal(t, 404, w.do("GET", "/v1/async_tasks/task_0", "").status)

		g = w.do("PATCH", "/v1/pages/"+w.Rows[0]+"/markdown", `{"type":"insert_content","insert_content":{"content":"x"},"allow_async":true}`)
		assert.Equal(t, 202, g.status)
		time.Sleep(4*time.Second - 1)
		assert.Zero(t, w.CountChildren(w.Rows[0]))
		time.Sleep(time.Nanosecond)
		assert.Equal(t, 1, w.CountChildren(w.Rows[0]), "carried out though nobody asked")
	})
}
