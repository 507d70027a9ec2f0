package notion

import (
	"encoding/json"
	"fmt"
	"strings"
)

// idAt makes the n-th id of some sort.
func idAt(sort string, n int) string {
	return fmt.Sprintf("%s-0000-4000-8000-%012d", sort, n)
}

func mustID(s string) ID {
	id, ok := ParseID(s)
	if !ok {
		panic("no id: " + s)
	}
	return id
}

// signedURL is a link as Notion signs them, at a time such as
// 20260627T165954Z.
func signedURL(file, at, signature string) string {
	return "https://prod-files-secure.s3.us-west-2.amazonaws.com/ws/" + file + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Credential=ASIAZI2LB466%2F20260627%2Fus-west-2%2Fs3%2Faws4_request&X-Amz-Date=" + at + "&X-Amz-Expires=3600&X-Amz-Security-Token=IQoJb3JpZ2luX2VjEHwaCXVzLXdlc3QtMiJHMEUC&X-Amz-Signature=" + signature + "&X-Amz-SignedHeaders=host&x-amz-checksum-mode=ENABLED&x-id=GetObject"
}

func fileObject(file, at, expiry, signature string) string {
	return fmt.Sprintf(`{"type":"file","file":{"url":%q,"expiry_time":%q}}`, signedURL(file, at, signature), expiry)
}

func user(id string) string { return fmt.Sprintf(`{"object":"user","id":%q}`, id) }

// rowBody is a row of a data source as versions from 2025-09-03 on show it.
func rowBody(id, source, table string, related ...string) string {
	relation := make([]string, len(related))
	for i, r := range related {
		relation[i] = fmt.Sprintf(`{"id":%q}`, r)
	}
	return fmt.Sprintf(`{"object":"page","id":%q,"created_time":"2026-05-28T09:12:00.000Z","last_edited_time":"2026-06-27T16:59:00.000Z",`+
		`"created_by":%s,"last_edited_by":%s,"cover":null,"icon":{"type":"emoji","emoji":"📌"},`+
		`"parent":{"type":"data_source_id","data_source_id":%q,"database_id":%q},"in_trash":false,"is_archived":false,"is_locked":false,`+
		`"properties":{"Status":{"id":"%%3B%%40Zq","type":"status","status":{"id":"aaaaaaaa-0000-4000-8000-000000000001","name":"In progress","color":"blue"}},`+
		`"Owner":{"id":"BPpL","type":"people","people":[{"object":"user","id":%q,"name":"Ada Lovelace","avatar_url":null,"type":"person","person":{"email":"ada@example.test"}}]},`+
		`"Project":{"id":"rel1","type":"relation","relation":[%s],"has_more":false},`+
		`"Due":{"id":"due%%60","type":"date","date":{"start":"2026-07-01","end":null,"time_zone":null}},`+
		`"Notes":{"id":"n%%3Dt","type":"rich_text","rich_text":[{"type":"text","text":{"content":"Call the supplier about the \"blue\" boxes, Größe XL, and write it down.\nTwice.","link":null},"annotations":{"bold":false,"italic":false,"strikethrough":false,"underline":false,"code":false,"color":"default"},"plain_text":"Call the supplier about the \"blue\" boxes, Größe XL, and write it down.\nTwice.","href":null}]},`+
		`"Points":{"id":"pts","type":"number","number":13.5},"Done":{"id":"dn","type":"checkbox","checkbox":false},`+
		`"Name":{"id":"title","type":"title","title":[{"type":"text","text":{"content":"Order boxes","link":null},"annotations":{"bold":false,"italic":false,"strikethrough":false,"underline":false,"code":false,"color":"default"},"plain_text":"Order boxes","href":null}]}},`+
		`"url":"https://app.notion.com/p/Order-boxes-%s","public_url":null}`,
		id, user(userID), user(userID), source, table, userID, strings.Join(relation, ","), strings.ReplaceAll(id, "-", ""))
}

// listBody is a list answer. more is what stands between the results and the
// request id, such as `"has_more":false,"next_cursor":null`.
func listBody(more string, results ...string) string {
	return `{"object":"list","results":[` + strings.Join(results, ",") + `],` + more +
		`,"request_id":"36f88c15-5fe0-408b-93e6-962c5a166474"}`
}

// queryBody is a query's answer of n rows, some 2.5 KB each.
func queryBody(n int) []byte {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = rowBody(idAt("55555555", i), sourceID, tableID, idAt("66666666", i), idAt("66666666", i/2))
	}
	return []byte(listBody(`"next_cursor":null,"has_more":false,"type":"page_or_data_source","page_or_data_source":{}`, rows...))
}

// quoted writes text as a JSON string.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}
