package notiontest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"notionproxy/notiontest"
)

// FuzzNotion_answersAnythingInItsOwnShape sends arbitrary requests: the answer
// is always one JSON object, with a status and a request id, and never a panic.
func FuzzNotion_answersAnythingInItsOwnShape(f *testing.F) {
	n := notiontest.New(notiontest.Options{RateLimit: -1, LogCalls: 10})
	d := n.Demo(notiontest.DemoOptions{Rows: 3})
	for _, seed := range [][3]string{
		{"GET", "/v1/pages/" + d.Page, ""},
		{"PATCH", "/v1/pages/" + d.Rows[0], `{"properties":{"Tags":{"multi_select":[{"name":"x"}]},"Due":{"date":{"start":"2027-01-01"}}},"icon":{"emoji":"x"}}`},
		{"POST", "/v1/pages", `{"parent":{"page_id":"` + d.Page + `"},"properties":{"title":[{"text":{"content":"x"}}]},"children":[{"paragraph":{"rich_text":[]}}]}`},
		{"POST", "/v1/pages/" + d.Rows[1] + "/move", `{"parent":{"page_id":"` + d.Page + `"}}`},
		{"PATCH", "/v1/pages/" + d.Page + "/markdown", `{"type":"update_content","update_content":{"content_updates":[{"old_str":"a","new_str":"b"}]}}`},
		{"PATCH", "/v1/pages/" + d.Page + "/markdown", `{"type":"insert_content","insert_content":{"content":"# x\n\t- y\n` + "```" + `","after":"W...e"}}`},
		{"GET", "/v1/blocks/" + d.Page + "/children?page_size=1", ""},
		{"PATCH", "/v1/blocks/" + d.Page + "/children", `{"children":[{"to_do":{"rich_text":[{"text":{"content":"x"}}],"children":[{"divider":{}}]}}],"position":{"type":"start"}}`},
		{"PATCH", "/v1/blocks/" + d.Blocks[0], `{"heading_1":{"rich_text":[{"mention":{"user":{"id":"x"}}}]}}`},
		{"DELETE", "/v1/blocks/" + d.Blocks[1], ""},
		{"POST", "/v1/databases", `{"parent":{"page_id":"` + d.Page + `"},"initial_data_source":{"properties":{"N":{"title":{}},"S":{"status":{}},"R":{"rollup":{"function":"sum","relation_property_name":"X","rollup_property_name":"Y"}}}}}`},
		{"PATCH", "/v1/data_sources/" + d.DataSource, `{"properties":{"Estimate":{"select":{"options":[{"name":"a"}]}},"Done":null,"New":{"formula":{"expression":"prop(\"Link\")"}}}}`},
		{"POST", "/v1/data_sources/" + d.DataSource + "/query", `{"filter":{"or":[{"property":"Due","date":{"past_week":{}}},{"property":"Owner","people":{"contains":"me"}}]},"sorts":[{"property":"ID","direction":"descending"}]}`},
		{"POST", "/v1/data_sources/" + d.DataSource + "/query", `{"filter":{"and":[{"property":"ID","unique_id":{"greater_than":1}},{"timestamp":"created_time","created_time":{"after":"today"}}]}}`},
		{"POST", "/v1/search", `{"query":"x","filter":{"property":"object","value":"page"},"sort":{"timestamp":"last_edited_time","direction":"ascending"}}`},
		{"POST", "/v1/comments", `{"parent":{"page_id":"` + d.Page + `"},"rich_text":[{"text":{"content":"x"}}]}`},
		{"POST", "/v1/views", `{"data_source_id":"` + d.DataSource + `","name":"x","type":"table","filter":{"property":"Done","checkbox":{"equals":true}}}`},
		{"POST", "/v1/file_uploads", `{"mode":"multi_part","number_of_parts":2,"filename":"x"}`},
		{"POST", "/v1/blocks/meeting_notes/query", `{"limit":3}`},
		{"POST", "/v1/sessions", `{"message":"x"}`},
		{"POST", "/v1/agents/query", `{}`},
		{"GET", "/v1/users/%zz", ``},
	} {
		for version := range uint8(3) {
			f.Add(seed[0], seed[1], seed[2], version)
		}
	}
	f.Fuzz(func(t *testing.T, method, target, body string, version uint8) {
		u, err := url.Parse("http://api.notion.com" + target)
		if err != nil || !strings.HasPrefix(target, "/") {
			return
		}
		r := (&http.Request{Method: method, URL: u, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}).WithContext(t.Context())
		r.Header.Set("Authorization", "Bearer "+notiontest.DemoToken)
		r.Header.Set("Notion-Version", []string{v2022, v2025, v2026}[version%3])
		resp, err := n.RoundTrip(r)
		if err != nil {
			t.Fatalf("%v", err)
		}
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatalf("%v", err)
		}
		var o map[string]any
		if method != http.MethodHead && json.Unmarshal(data, &o) != nil {
			t.Fatalf("not a JSON object: %q", data)
		}
		if resp.StatusCode == 500 {
			t.Fatalf("an answer that nobody scripted: %q", data)
		}
	})
}
