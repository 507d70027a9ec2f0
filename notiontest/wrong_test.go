package notiontest_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// replaced yields v with each value in it, at any depth, replaced by each of
// some others.
func replaced(v any, yield func(any)) {
	for _, other := range []any{nil, 1.5, "x", []any{map[string]any{}}, map[string]any{}} {
		yield(other)
	}
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			replaced(inner, func(other any) {
				v[k] = other
				yield(v)
				v[k] = inner
			})
		}
	case []any:
		for i, inner := range v {
			replaced(inner, func(other any) {
				v[i] = other
				yield(v)
				v[i] = inner
			})
		}
	}
}

func TestNotion_survivesValuesOfTheWrongKind(t *testing.T) {
	w := newWorld(t, notiontest.Options{RateLimit: -1, LogCalls: 10})
	related, _ := w.CreateDatabase(w.Page, "Related", notiontest.Column{Name: "To", Type: "relation", Target: w.DataSource})
	row := w.CreatePage(related, "r", map[string]any{"To": []string{w.Rows[0]}})
	text := `[{"text":{"content":"x","link":{"url":"u"}},"annotations":{"bold":true}},{"mention":{"user":{"id":"x"}}},{"equation":{"expression":"e"}}]`
	for i, call := range [][3]string{
		{"POST", "/v1/pages", `{"parent":{"data_source_id":"` + w.DataSource + `"},"properties":{"Name":{"title":` + text + `},"Status":{"status":{"name":"Done"}},"Priority":{"select":{"name":"Low"}},"Estimate":{"number":1},"Due":{"date":{"start":"2027-01-01","end":"2027-01-02"}},"Done":{"checkbox":true},"Tags":{"multi_select":[{"name":"a"}]},"Owner":{"people":[{"id":"` + w.People[0] + `"}]},"Link":{"url":"u"}},"icon":{"external":{"url":"u"}},"cover":{"file_upload":{"id":"x"}},"template":{"type":"default"}}`},
		{"POST", "/v1/pages", `{"parent":{"page_id":"` + w.Page + `"},"properties":{"title":` + text + `},"children":[{"type":"toggle","toggle":{"rich_text":` + text + `,"children":[{"image":{"external":{"url":"u"},"caption":` + text + `}},{"table":{"children":[{"table_row":{"cells":[]}}]}}]}}]}`},
		{"POST", "/v1/pages", `{"parent":{"page_id":"` + w.Page + `"},"markdown":"# x","allow_async":true}`},
		{"PATCH", "/v1/pages/" + row, `{"properties":{"To":{"relation":[{"id":"` + w.Rows[1] + `"}]}},"is_locked":true,"is_archived":false,"erase_content":true,"icon":{"custom_emoji":{"id":"x"}},"template":{"type":"template_id","template_id":"x"}}`},
		{"POST", "/v1/pages/" + row + "/move", `{"parent":{"page_id":"` + w.Page + `"}}`},
		{"PATCH", "/v1/pages/" + w.Page + "/markdown", `{"type":"update_content","update_content":{"content_updates":[{"old_str":"Budget","new_str":"b","replace_all_matches":true}],"allow_deleting_content":false}}`},
		{"PATCH", "/v1/pages/" + w.Page + "/markdown", `{"type":"replace_content_range","replace_content_range":{"content":"b","content_range":"W...e"}}`},
		{"PATCH", "/v1/blocks/" + w.Page + "/children", `{"children":[{"code":{"rich_text":` + text + `,"language":"go","caption":` + text + `}}],"position":{"type":"after_block","after_block":{"id":"` + w.Blocks[0] + `"}}}`},
		{"PATCH", "/v1/blocks/" + w.Blocks[0], `{"heading_1":{"rich_text":` + text + `,"is_toggleable":true},"in_trash":false}`},
		{"PATCH", "/v1/blocks/" + w.Image, `{"image":{"caption":` + text + `,"external":{"url":"u"}}}`},
		{"POST", "/v1/databases", `{"parent":{"page_id":"` + w.Page + `"},"title":` + text + `,"is_inline":true,"initial_data_source":{"properties":{"N":{"title":{}},"S":{"status":{"options":[{"name":"a","color":"red"}]}},"Num":{"number":{"format":"dollar"}},"R":{"relation":{"data_source_id":"` + w.DataSource + `","dual_property":{"synced_property_name":"back"}}},"F":{"formula":{"expression":"prop(\"N\")"}},"U":{"rollup":{"function":"sum","relation_property_name":"R","rollup_property_name":"Estimate"}},"I":{"unique_id":{"prefix":"p"}}}}}`},
		{"PATCH", "/v1/databases/" + related, `{"title":` + text + `,"description":` + text + `,"parent":{"page_id":"` + w.Page + `"},"cover":{"external":{"url":"u"}}}`},
		{"POST", "/v1/data_sources", `{"parent":{"database_id":"` + related + `"},"properties":{"N":{"title":{}}},"title":` + text + `}`},
		{"PATCH", "/v1/data_sources/" + w.DataSource, `{"properties":{"Estimate":{"name":"E","description":"d","number":{"format":"euro"}},"New":{"select":{"options":[{"name":"a","id":"b"}]}},"Link":null},"in_trash":false}`},
		{"POST", "/v1/data_sources/" + w.DataSource + "/query", `{"filter":{"and":[{"or":[{"property":"Name","title":{"contains":"x"}},{"property":"Tags","multi_select":{"contains":["a"]}},{"property":"Due","date":{"on_or_after":"today","past_week":{}}}]},{"timestamp":"created_time","created_time":{"before":"2027-01-01"}}]},"sorts":[{"property":"Name","direction":"descending"},{"timestamp":"created_time","direction":"ascending"}],"page_size":2,"in_trash":true}`},
		{"POST", "/v1/search", `{"query":"x","filter":{"property":"object","value":"page","in_trash":false},"sort":{"timestamp":"last_edited_time","direction":"ascending"},"page_size":5,"start_cursor":"s:a:b"}`},
		{"POST", "/v1/comments", `{"parent":{"page_id":"` + w.Page + `"},"rich_text":` + text + `,"attachments":[{"file_upload_id":"x"}],"display_name":{"type":"custom","custom":{"name":"x"}}}`},
		{"POST", "/v1/views", `{"data_source_id":"` + w.DataSource + `","name":"x","type":"table","filter":{"property":"Done","checkbox":{"equals":true}},"sorts":[{"property":"Name"}],"configuration":{"type":"table"}}`},
		{"POST", "/v1/file_uploads", `{"mode":"multi_part","number_of_parts":2,"filename":"x","content_type":"y"}`},
		{"POST", "/v1/blocks/meeting_notes", `{"title":"x","source":{"type":"file_upload","file_upload_id":"x"},"parent":{"page_id":"` + w.Page + `"}}`},
		{"POST", "/v1/sessions", `{"message":"x","agent_id":"y"}`},
	} {
		t.Run(fmt.Sprint(i, " ", call[0], " ", call[1]), func(t *testing.T) {
			var body any
			require.NoError(t, json.Unmarshal([]byte(call[2]), &body))
			versions, n := []string{v2022, v2025, v2026}, 0
			replaced(body, func(v any) {
				data, err := json.Marshal(v)
				require.NoError(t, err)
				g := w.as(versions[n%3]).do(call[0], call[1], string(data))
				assert.NotEqual(t, 500, g.status)
				n++
			})
			for _, version := range versions {
				for _, path := range []string{"/v1/pages/" + w.Rows[0], "/v1/blocks/" + w.Page + "/children", "/v1/pages/" + w.Page + "/markdown", "/v1/views?database_id=" + w.Database} {
					w.as(version).do("GET", path, "")
				}
				w.as(version).do("POST", "/v1/search", "")
			}
		})
	}
}
