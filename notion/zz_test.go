package notion
import ("testing";"fmt")
func TestZZ(t *testing.T) {
	for i, w := range touches() {
		m := remember(t, workspaceReads()...)
		fmt.Printf("%d %s\n   %q\n", i, w.what, m.stale(w.method, w.target, w.request, w.answer))
	}
}
type tw struct{ what, method, target, request, answer string }
func touches() []tw {
	row := rowBody(rowID, sourceID, tableID, relatedID)
	return []tw{
		{"patch row", "PATCH", "/v1/pages/"+rowID, `{"properties":{"Points":{"number":1}}}`, row},
		{"patch row, nil", "PATCH", "/v1/pages/"+rowID, `{"properties":{"Points":{"number":1}}}`, ""},
		{"patch sub title", "PATCH", "/v1/pages/"+subID, `{"properties":{"title":[]}}`, pageBody(subID, inPage(homeID))},
		{"trash row", "PATCH", "/v1/pages/"+rowID, `{"in_trash":true}`, row},
		{"create row", "POST", "/v1/pages", `{"parent":{"data_source_id":"`+sourceID+`"},"properties":{}}`, rowBody(newID, sourceID, tableID)},
		{"create row, nil", "POST", "/v1/pages", `{"parent":{"data_source_id":"`+sourceID+`"},"properties":{}}`, ""},
		{"create row old", "POST", "/v1/pages", `{"parent":{"database_id":"`+tableID+`"},"properties":{}}`, pageBody(newID, inTable(tableID))},
		{"create page in sub", "POST", "/v1/pages", `{"parent":{"page_id":"`+subID+`"},"properties":{}}`, pageBody(newID, inPage(subID))},
		{"move sub to elsewhere", "POST", "/v1/pages/"+subID+"/move", `{"parent":{"page_id":"`+elsewhereID+`"}}`, pageBody(subID, inPage(elsewhereID))},
		{"append nested", "PATCH", "/v1/blocks/"+nestedID+"/children", `{"children":[]}`, listBody(noMore, blockBody(newID, "paragraph", inBlock(nestedID)))},
		{"append row", "PATCH", "/v1/blocks/"+rowID+"/children", `{"children":[]}`, listBody(noMore, blockBody(newID, "paragraph", inPage(rowID)))},
		{"patch nested", "PATCH", "/v1/blocks/"+nestedID, `{"toggle":{}}`, blockBody(nestedID, "toggle", inBlock(blockID))},
		{"delete block nil", "DELETE", "/v1/blocks/"+blockID, ``, ""},
		{"delete sub", "DELETE", "/v1/blocks/"+subID, ``, blockBody(subID, "child_page", inPage(homeID))},
		{"markdown row", "PATCH", "/v1/pages/"+rowID+"/markdown", `{"type":"insert_content"}`, markdownBody(rowID)},
		{"markdown home", "PATCH", "/v1/pages/"+homeID+"/markdown", `{"type":"insert_content"}`, markdownBody(homeID)},
		{"patch source", "PATCH", "/v1/data_sources/"+sourceID, `{"properties":{}}`, sourceBody(sourceID, tableID, inPage(homeID), sourceID, tableID)},
		{"patch database", "PATCH", "/v1/databases/"+tableID, `{"title":[]}`, tableBody(tableID, sourceID, inPage(homeID))},
		{"create source", "POST", "/v1/data_sources", `{"parent":{"database_id":"`+tableID+`"}}`, sourceBody(newID, tableID, inPage(homeID), newID, tableID)},
		{"create database", "POST", "/v1/databases", `{"parent":{"page_id":"`+homeID+`"}}`, tableBody(newID, newID, inPage(homeID))},
		{"comment", "POST", "/v1/comments", `{"parent":{"page_id":"`+rowID+`"}}`, commentBody(newID, newID, inPage(rowID))},
		{"reply nil", "POST", "/v1/comments", `{"discussion_id":"`+discussionID+`"}`, ""},
		{"view patch", "PATCH", "/v1/views/"+viewID, `{}`, viewBody(viewID, tableID, sourceID)},
		{"view post", "POST", "/v1/views", `{"data_source_id":"`+sourceID+`"}`, viewBody(newID, tableID, sourceID)},
		{"upload", "POST", "/v1/file_uploads", `{}`, `{}`},
		{"unknown", "POST", "/v1/strange/"+rowID, `{}`, `{}`},
	}
}
