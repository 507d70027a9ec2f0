package notion

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is in and around the row, as versions see it that know no data sources,
// and as those do that know them.
var (
	theQueries  = []string{"empty query", "old query", "query"}
	theRow      = []string{"old row", "row", "row markdown", "row property"}
	theContents = []string{"row children", "row comments", "row markdown"}
)

func all(lists ...[]string) []string { return slices.Concat(lists...) }

// TestTouches_makesStale goes through the writes of the API: what
// each write makes stale of the workspace, all of it and nothing else. Search
// follows every change of content.
func TestTouches_makesStale(t *testing.T) {
	row := rowBody(rowID, sourceID, tableID, relatedID)
	oldRow := pageBody(rowID, inTable(tableID))
	source := sourceBody(sourceID, tableID, inPage(homeID), newID, newID)
	related := []string{"related", "other query"} // the other end of the row's relation
	schema := all(theQueries, theRow, []string{"row children", "row comments", "comment", "sibling", "source", "table", "templates",
		"source views", "table views", "view", "other source", "home", "home children", "home markdown", "search"})
	for _, x := range []struct {
		what, method, target string
		request, answer      string
		stale                []string
	}{
		{"PATCH page: a row", "PATCH", "/v1/pages/" + rowID, `{"properties":{"Points":{"number":1}}}`, row,
			all(theRow, theQueries, related, []string{"search"})},
		{"PATCH page by an old version", "PATCH", "/v1/pages/" + rowID, `{"properties":{"Points":{"number":1}}}`, oldRow,
			all(theRow, theQueries, related, []string{"search"})},
		{"PATCH page: a relation that wasn't there", "PATCH", "/v1/pages/" + siblingID, `{"properties":{"Project":{"relation":[{"id":"` + rowID + `"}]}}}`, rowBody(siblingID, sourceID, tableID, rowID),
			all(theRow, theQueries, []string{"sibling", "search"})},
		{"PATCH page: a title", "PATCH", "/v1/pages/" + subID, `{"properties":{"title":[]}}`, pageBody(subID, inPage(homeID)),
			[]string{"sub", "sub markdown", "home", "home children", "home markdown", "search"}},
		{"PATCH page at the top", "PATCH", "/v1/pages/" + elsewhereID, `{"icon":null}`, pageBody(elsewhereID, workspaceParent),
			[]string{"elsewhere", "elsewhere markdown", "search"}},
		{"PATCH page: erase_content", "PATCH", "/v1/pages/" + rowID, `{"erase_content":true}`, row,
			all(theRow, theContents, theQueries, related, []string{"comment", "search"})},

		{"POST page: a row", "POST", "/v1/pages", `{"parent":{"data_source_id":"` + sourceID + `"},"properties":{}}`, rowBody(newID, sourceID, tableID),
			all(theQueries, []string{"search"})},
		{"POST page by an old version", "POST", "/v1/pages", `{"parent":{"database_id":"` + tableID + `"},"properties":{}}`, pageBody(newID, inTable(tableID)),
			all(theQueries, []string{"search"})},
		{"POST page: a row with a relation", "POST", "/v1/pages", `{"parent":{"data_source_id":"` + otherID + `"},"properties":{"Rel":{"relation":[{"id":"` + rowID + `"}]}}}`, rowBody(newID, otherID, otherTableID, rowID),
			all(theRow, []string{"query", "old query", "other query", "search"})},
		{"POST page in a page", "POST", "/v1/pages", `{"parent":{"page_id":"` + subID + `"}}`, pageBody(newID, inPage(subID)),
			[]string{"sub", "sub children", "sub markdown", "home children", "home markdown", "search"}},

		{"POST page that mentions another", "POST", "/v1/pages", `{"parent":{"page_id":"` + subID + `"},"children":[{"link_to_page":{"page_id":"` + elsewhereID + `"}}]}`, pageBody(newID, inPage(subID)),
			[]string{"sub", "sub children", "sub markdown", "home children", "home markdown", "search"}},

		{"move a page", "POST", "/v1/pages/" + subID + "/move", `{"parent":{"page_id":"` + elsewhereID + `"}}`, pageBody(subID, inPage(elsewhereID)),
			[]string{"sub", "sub children", "sub markdown", "home", "home children", "home markdown", "elsewhere", "elsewhere children", "elsewhere markdown", "search"}},
		{"move a row", "POST", "/v1/pages/" + rowID + "/move", `{"parent":{"data_source_id":"` + otherID + `"}}`, rowBody(rowID, otherID, otherTableID),
			all(theRow, theContents, theQueries, related, []string{"comment", "search"})},
		{"trash a row", "PATCH", "/v1/pages/" + rowID, `{"in_trash":true}`, row,
			all(theRow, theContents, theQueries, related, []string{"comment", "search"})},
		{"restore a row, by an old version", "PATCH", "/v1/pages/" + rowID, `{"archived":false}`, oldRow,
			all(theRow, theContents, theQueries, related, []string{"comment", "search"})},

		{"PATCH block", "PATCH", "/v1/blocks/" + blockID, `{"toggle":{"rich_text":[]}}`, blockBody(blockID, "toggle", inPage(homeID)),
			[]string{"block", "home", "home children", "home markdown", "search"}},
		{"PATCH block further down", "PATCH", "/v1/blocks/" + nestedID, `{"toggle":{"rich_text":[]}}`, blockBody(nestedID, "toggle", inBlock(blockID)),
			[]string{"nested", "block", "block children", "block comments", "home", "home children", "home markdown", "search"}},
		{"PATCH block in a row", "PATCH", "/v1/blocks/" + rowBlockID, `{"paragraph":{"rich_text":[]}}`, blockBody(rowBlockID, "paragraph", inPage(rowID)),
			all(theRow, theContents, theQueries, []string{"home markdown", "search"})},
		{"DELETE block", "DELETE", "/v1/blocks/" + blockID, ``, blockBody(blockID, "toggle", inPage(homeID)),
			[]string{"block", "block children", "block comments", "nested", "nested children", "home", "home children", "home markdown", "search"}},
		{"DELETE block: a page", "DELETE", "/v1/blocks/" + subID, ``, blockBody(subID, "child_page", inPage(homeID)),
			[]string{"sub", "sub children", "sub markdown", "home", "home children", "home markdown", "search"}},
		{"DELETE block: a row", "DELETE", "/v1/blocks/" + rowID, ``, blockBody(rowID, "child_page", inSource(sourceID, tableID)),
			all(theRow, theContents, theQueries, related, []string{"comment", "search"})},
		{"append", "PATCH", "/v1/blocks/" + homeID + "/children", `{"children":[]}`, listBody(noMore, blockBody(newID, "paragraph", inPage(homeID))),
			[]string{"home", "home children", "home markdown", "search"}},
		{"append to a row", "PATCH", "/v1/blocks/" + rowID + "/children", `{"children":[]}`, listBody(noMore, blockBody(newID, "paragraph", inPage(rowID))),
			all(theRow, theContents, theQueries, []string{"home markdown", "search"})},
		{"append further down", "PATCH", "/v1/blocks/" + nestedID + "/children", `{"children":[]}`, listBody(noMore, blockBody(newID, "paragraph", inBlock(nestedID))),
			[]string{"nested", "nested children", "block", "block children", "block comments", "home", "home children", "home markdown", "search"}},
		{"append to a synced copy", "PATCH", "/v1/blocks/" + newID + "/children", `{"children":[]}`, listBody(noMore, blockBody(templateID, "paragraph", inBlock(nestedID))),
			[]string{"nested", "nested children", "block", "block children", "block comments", "home", "home children", "home markdown",
				"elsewhere markdown", "row markdown", "sub markdown", "search"}}, // where the copy is isn't known

		{"POST meeting notes", "POST", "/v1/blocks/meeting_notes", `{"parent":{"page_id":"` + homeID + `"}}`, blockBody(newID, "meeting_notes", inPage(homeID)),
			[]string{"home", "home children", "home markdown", "search"}},

		{"PATCH markdown", "PATCH", "/v1/pages/" + homeID + "/markdown", `{"type":"insert_content","insert_content":{"content":"x"}}`, markdownBody(homeID),
			[]string{"home", "home children", "home markdown", "block", "block children", "block comments", "nested", "nested children", "search"}},
		{"PATCH markdown of a row", "PATCH", "/v1/pages/" + rowID + "/markdown", `{"type":"insert_content","insert_content":{"content":"x"}}`, markdownBody(rowID),
			all(theRow, theContents, theQueries, []string{"home markdown", "search"})},
		{"PATCH markdown that may delete pages", "PATCH", "/v1/pages/" + elsewhereID + "/markdown", `{"type":"replace_content","replace_content":{"new_str":"","allow_deleting_content":true}}`, markdownBody(elsewhereID),
			[]string{"elsewhere", "elsewhere children", "elsewhere markdown", "other table", "other source", "other query", "other views", "related", "search"}},

		{"PATCH data source", "PATCH", "/v1/data_sources/" + sourceID, `{"properties":{"Old":null}}`, source, schema},
		{"PATCH data source: a relation to another", "PATCH", "/v1/data_sources/" + otherID, `{"properties":{"Rel":{"relation":{"data_source_id":"` + sourceID + `"}}}}`, sourceBody(otherID, otherTableID, inPage(elsewhereID), sourceID, tableID),
			without(all(schema, []string{"other table", "other query", "other views", "related", "elsewhere", "elsewhere children", "elsewhere markdown"}), "home", "home markdown")},
		{"PATCH database", "PATCH", "/v1/databases/" + tableID, `{"title":[]}`, tableBody(tableID, sourceID, inPage(homeID)), schema},
		{"PATCH database by an old version", "PATCH", "/v1/databases/" + tableID, `{"properties":{"Old":null}}`, `{"object":"database","id":"` + tableID + `","parent":` + inPage(homeID) + `,"properties":{}}`,
			schema},
		{"POST data source", "POST", "/v1/data_sources", `{"parent":{"database_id":"` + tableID + `"}}`, sourceBody(newID, tableID, inPage(homeID), idAt("77777777", 2), idAt("77777777", 3)),
			[]string{"table", "table views", "home", "home children", "home markdown", "other source", "search"}},
		{"POST database", "POST", "/v1/databases", `{"parent":{"page_id":"` + homeID + `"}}`, tableBody(newID, newID, inPage(homeID)),
			[]string{"home", "home children", "home markdown", "search"}},
		{"POST database with a relation", "POST", "/v1/databases", `{"parent":{"page_id":"` + homeID + `"},"initial_data_source":{"properties":{"Rel":{"relation":{"data_source_id":"` + otherID + `"}}}}}`, tableBody(newID, newID, inPage(homeID)),
			[]string{"home", "home children", "home markdown", "other table", "other source", "other query", "other views", "related", "source", "search"}},
		{"POST data source with a relation", "POST", "/v1/data_sources", `{"parent":{"database_id":"` + tableID + `"}}`, sourceBody(newID, tableID, inPage(homeID), otherID, idAt("77777777", 3)),
			[]string{"table", "table views", "home", "home children", "home markdown", "other table", "other source", "other query", "other views", "related", "source", "search"}},
		{"PATCH database with a relation, by an old version", "PATCH", "/v1/databases/" + tableID, `{"properties":{"Rel":{"relation":{"database_id":"` + otherTableID + `"}}}}`, `{"object":"database","id":"` + tableID + `","parent":` + inPage(homeID) + `,"properties":{}}`,
			all(schema, []string{"other table", "other query", "other views", "related"})},
		{"DELETE block: a database", "DELETE", "/v1/blocks/" + tableID, ``, blockBody(tableID, "child_database", inPage(homeID)),
			schema},

		{"POST comment", "POST", "/v1/comments", `{"parent":{"page_id":"` + rowID + `"}}`, commentBody(newID, newID, inPage(rowID)), theContents},
		{"POST comment on a block", "POST", "/v1/comments", `{"parent":{"block_id":"` + blockID + `"}}`, commentBody(newID, newID, inBlock(blockID)), []string{"block children", "block comments"}},
		{"POST comment: a reply", "POST", "/v1/comments", `{"discussion_id":"` + discussionID + `"}`, commentBody(newID, discussionID, inPage(rowID)), all(theContents, []string{"comment"})},
		{"PATCH comment", "PATCH", "/v1/comments/" + commentID, `{"rich_text":[]}`, commentBody(commentID, discussionID, inPage(rowID)), all(theContents, []string{"comment"})},
		{"DELETE comment", "DELETE", "/v1/comments/" + commentID, ``, `{"object":"comment","id":"` + commentID + `"}`, all(theContents, []string{"comment"})},

		{"POST view", "POST", "/v1/views", `{"data_source_id":"` + sourceID + `"}`, viewBody(newID, tableID, sourceID), []string{"source views", "table views", "view", "other source"}},
		{"POST view in a page", "POST", "/v1/views", `{"parent":{"page_id":"` + homeID + `"}}`, ``, []string{"home", "home children", "home markdown"}},
		{"PATCH view", "PATCH", "/v1/views/" + viewID, `{"name":"x"}`, viewBody(viewID, tableID, sourceID), []string{"source views", "table views", "view", "other source"}},
		{"DELETE view", "DELETE", "/v1/views/" + viewID, ``, `{"object":"view","id":"` + viewID + `"}`, []string{"source views", "table views", "view", "other source"}},

		{"an async write", "PATCH", "/v1/pages/" + homeID + "/markdown", `{"type":"replace_content","allow_async":true}`, `{"object":"async_task","id":"task_0123456789abcdef0123456789abcdef","status":"queued"}`,
			[]string{"home", "home children", "home markdown", "block", "block children", "block comments", "nested", "nested children", "search"}},
		{"an operation that isn't known", "POST", "/v1/strange/" + subID, `{"and":["` + blockID + `"]}`, `{"ok":true}`,
			[]string{"sub", "sub children", "sub markdown", "block", "block children", "block comments", "nested", "nested children", "home", "home children", "home markdown", "search"}},
		{"the same, under another key", "POST", "/v1/strange", `{"target":"` + subID + `"}`, `{}`,
			[]string{"sub", "sub children", "sub markdown", "home", "home children", "home markdown", "search"}},
		{"the same, told by the answer", "POST", "/v1/strange", `{}`, `{"changed":{"page":{"id":"` + subID + `"}}}`,
			[]string{"sub", "sub children", "sub markdown", "home", "home children", "home markdown", "search"}},
		{"the same, of a page that stands in another", "POST", "/v1/strange", `{}`, `{"object":"odd","id":"` + newID + `","parent":` + inPage(elsewhereID) + `}`,
			[]string{"elsewhere", "elsewhere children", "elsewhere markdown", "other table", "other source", "other query", "other views", "related", "search"}},
	} {
		m := remember(t, workspaceReads()...)
		assert.ElementsMatch(t, unique(x.stale), m.stale(x.method, x.target, x.request, x.answer), x.what)
	}
}

func unique(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

func without(names []string, out ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(out, n) })
}

// A write that timed out may have been carried out: what it made stale then
// must be found from the request and from what was learnt.
func TestTouches_whatAWriteMayHaveTouched(t *testing.T) {
	for _, x := range []struct {
		what, method, target, request string
		stale                         []string
	}{
		{"PATCH page", "PATCH", "/v1/pages/" + rowID, `{"properties":{"Points":{"number":1}}}`, all(theRow, theQueries)},
		{"PATCH page: a title", "PATCH", "/v1/pages/" + subID, `{"properties":{"title":[]}}`, []string{"sub", "home children", "home markdown"}},
		{"POST page", "POST", "/v1/pages", `{"parent":{"type":"data_source_id","data_source_id":"` + sourceID + `"}}`, theQueries},
		{"POST page in a page", "POST", "/v1/pages", `{"parent":{"page_id":"` + subID + `"}}`, []string{"sub", "sub children", "sub markdown", "home markdown"}},
		{"move", "POST", "/v1/pages/" + subID + "/move", `{"parent":{"page_id":"` + elsewhereID + `"}}`, []string{"sub", "home children", "home markdown", "elsewhere children", "elsewhere markdown"}},
		{"PATCH block", "PATCH", "/v1/blocks/" + nestedID, `{"toggle":{}}`, []string{"nested", "block children", "home", "home markdown"}},
		{"DELETE block", "DELETE", "/v1/blocks/" + blockID, ``, []string{"block", "block children", "nested", "nested children", "home", "home children", "home markdown"}},
		{"append", "PATCH", "/v1/blocks/" + nestedID + "/children", `{"children":[]}`, []string{"nested", "nested children", "block children", "home", "home markdown"}},
		{"PATCH markdown", "PATCH", "/v1/pages/" + rowID + "/markdown", `{}`, all(theRow, theContents, theQueries)},
		{"PATCH data source", "PATCH", "/v1/data_sources/" + sourceID, `{"properties":{}}`, all(theRow, theQueries, []string{"source", "sibling", "table", "view", "source views", "home children", "home markdown"})},
		{"PATCH database", "PATCH", "/v1/databases/" + tableID, `{"title":[]}`, all(theRow, theQueries, []string{"source", "sibling", "table", "view", "source views", "home children", "home markdown"})},
		{"POST comment", "POST", "/v1/comments", `{"parent":{"page_id":"` + rowID + `"}}`, []string{"row comments"}},
		{"POST comment: a reply", "POST", "/v1/comments", `{"discussion_id":"` + discussionID + `"}`, []string{"row comments", "comment"}},
		{"DELETE comment", "DELETE", "/v1/comments/" + commentID, ``, []string{"row comments", "comment"}},
		{"DELETE view", "DELETE", "/v1/views/" + viewID, ``, []string{"view", "source views", "table views"}},
	} {
		for _, answer := range []string{"", `{"object":"page","id":`, `{"object":"error","status":503,"code":"service_unavailable"}`} {
			m := remember(t, workspaceReads()...)
			assert.Subset(t, m.stale(x.method, x.target, x.request, answer), x.stale, x.what)
		}
		m := remember(t, workspaceReads()...)
		assert.NotContains(t, m.stale(x.method, x.target, x.request, ""), "users", x.what)
		if strings.HasPrefix(x.what, "POST page") {
			assert.NotContains(t, m.stale(x.method, x.target, x.request, ""), "other query", x.what)
		}
		if !strings.Contains(x.what, "P data") {
			assert.NotContains(t, m.stale(x.method, x.target, x.request, ""), "other table", x.what)
		}
	}
}

// An old version was the last to say what the row stands in.
func TestTouches_whatAWriteMayHaveTouchedOfADatabase(t *testing.T) {
	m := remember(t, workspaceReads()...)
	m.learn(&Survey{Parents: []Edge{{mustID(rowID), mustID(tableID)}}})
	assert.Contains(t, m.stale("PATCH", "/v1/blocks/"+rowID+"/children", `{}`, listBody(noMore, blockBody(newID, "paragraph", inPage(rowID)))), "empty query")
	stale := m.stale("PATCH", "/v1/pages/"+rowID, `{"properties":{}}`, "")
	assert.Subset(t, stale, all(theRow, theQueries))
	assert.NotContains(t, stale, "sibling")
	assert.NotContains(t, stale, "elsewhere markdown")
}

// A data source may be of any database that an old version shows.
func TestTouches_whatAWriteMayHaveTouchedOfOldVersions(t *testing.T) {
	m := remember(t,
		stored{"old table", "GET", "/v1/databases/" + tableID, `{"object":"database","id":"` + tableID + `","parent":` + inPage(homeID) + `,"properties":{}}`},
		stored{"old row", "GET", "/v1/pages/" + rowID, pageBody(rowID, inTable(tableID))},
		stored{"row", "GET", "/v1/pages/" + relatedID, rowBody(relatedID, otherID, otherTableID)},
		stored{"table", "GET", "/v1/databases/" + otherTableID, tableBody(otherTableID, otherID, inPage(homeID))})
	assert.Equal(t, []string{"old row", "old table"}, m.stale("PATCH", "/v1/data_sources/"+sourceID, `{"properties":{}}`, ""))
	assert.Equal(t, []string{"old row", "old table"}, m.stale("POST", "/v1/data_sources", `{"parent":{"database_id":"`+newID+`"},"properties":{"Rel":{"relation":{"data_source_id":"`+sourceID+`"}}}}`, ""))
	assert.Empty(t, m.stale("PATCH", "/v1/data_sources/"+sourceID, `{"properties":{}}`, sourceBody(sourceID, newID, inPage(elsewhereID), newID, newID)), "the answer tells")
}

// An answer that says that the write failed may name what was saved all the
// same (503, seen in 2026).
func TestTouches_whatAnErrorSaysWasSaved(t *testing.T) {
	m := remember(t, workspaceReads()...)
	saved := m.stale("POST", "/v1/comments", `{}`, `{"object":"error","status":503,"additional_data":{"committed_resource_id":"`+subID+`","committed_child_ids":["`+nestedID+`"]}}`)
	assert.Subset(t, saved, []string{"sub", "nested"})
}

// Tasks, uploads, reads and OAuth leave every answer alone.
func TestTouches_nothing(t *testing.T) {
	m := remember(t, workspaceReads()...)
	for _, x := range []string{"POST /v1/file_uploads", "POST /v1/file_uploads/" + rowID + "/send", "POST /v1/file_uploads/" + rowID + "/complete",
		"POST /v1/views/" + viewID + "/queries", "DELETE /v1/views/" + viewID + "/queries/" + rowID,
		"POST /v1/oauth/token", "POST /v1/search", "GET /v1/pages/" + rowID} {
		method, target, _ := strings.Cut(x, " ")
		assert.Empty(t, m.stale(method, target, `{"id":"`+rowID+`"}`, `{"object":"page","id":"`+rowID+`"}`), x)
	}
}

func TestTouches_whatTheQueryNames(t *testing.T) {
	tags := Touches(Classify("POST", "/v1/strange"), []ID{mustID(subID)}, nil, nil, nil)
	assert.Subset(t, tags, []Tag{{Shows, mustID(subID)}, {Lists, mustID(subID)}, {Under, mustID(subID)}})
}

// What is new is in no answer yet, but may be in one that is under way.
func TestTouches_whatIsNew(t *testing.T) {
	for target, answer := range map[string]string{
		"/v1/pages":                rowBody(newID, sourceID, tableID),
		"/v1/databases":            tableBody(newID, sourceID, inPage(homeID)),
		"/v1/data_sources":         sourceBody(newID, tableID, inPage(homeID), otherID, otherTableID),
		"/v1/comments":             commentBody(newID, discussionID, inPage(homeID)),
		"/v1/views":                viewBody(newID, tableID, sourceID),
		"/v1/blocks/meeting_notes": blockBody(newID, "meeting_notes", inPage(homeID)),
	} {
		tags := Touches(Classify("POST", target), nil, nil, []byte(answer), nil)
		assert.Contains(t, tags, Tag{Shows, mustID(newID)}, target)
	}
	assert.Contains(t, Touches(Classify("POST", "/v1/blocks/meeting_notes"), nil, nil, nil, nil), Tag{Role: Holds})
}

// A tag without an id hits more than the object: none comes by accident.
func TestTouches_onlyWhatIsThere(t *testing.T) {
	for _, tag := range Touches(Classify("POST", "/v1/comments"), nil, []byte(`{"parent":{}}`), []byte(commentBody(newID, discussionID, inPage(homeID))), nil) {
		assert.False(t, tag.ID.IsZero(), tag)
	}
}

// What was learnt may go round in circles, or have no end.
func TestTouches_endsInCircles(t *testing.T) {
	block, page := mustID(blockID), mustID(homeID)
	circle := func(id ID) (ID, bool) {
		if id == block {
			return page, true
		}
		return block, true
	}
	tags := Touches(Classify("DELETE", "/v1/blocks/"+blockID), nil, nil, nil, circle)
	assert.Contains(t, tags, Tag{Holds, page})
}

func TestTouches_climbs64Levels(t *testing.T) {
	parents := map[ID]ID{}
	for n := range 70 {
		parents[mustID(idAt("22222222", n))] = mustID(idAt("22222222", n+1))
	}
	parent := func(id ID) (ID, bool) { above, ok := parents[id]; return above, ok }
	tags := Touches(Classify("DELETE", "/v1/blocks/"+idAt("22222222", 0)), nil, nil, nil, parent)
	assert.Contains(t, tags, Tag{Holds, mustID(idAt("22222222", 64))})
	assert.NotContains(t, tags, Tag{Holds, mustID(idAt("22222222", 66))})
}

// A synced copy's children say that they stand in the original.
func TestTouches_syncedCopies(t *testing.T) {
	m := remember(t, stored{"copy", "GET", "/v1/blocks/" + newID + "/children", listBody(noMore, blockBody(rowBlockID, "paragraph", inBlock(nestedID)))})
	assert.Equal(t, []string{"copy"}, m.stale("PATCH", "/v1/blocks/"+nestedID+"/children", `{}`, listBody(noMore, blockBody(newID, "paragraph", inBlock(nestedID)))))
	assert.Empty(t, m.stale("PATCH", "/v1/blocks/"+blockID+"/children", `{}`, listBody(noMore, blockBody(newID, "paragraph", inBlock(blockID)))))
}

// The other end of a relation, which need not show it yet, or any more.
func TestTouches_relations(t *testing.T) {
	m := remember(t, stored{"related", "GET", "/v1/pages/" + relatedID, rowBody(relatedID, otherID, otherTableID)})
	assert.Equal(t, []string{"related"}, m.stale("PATCH", "/v1/pages/"+rowID, `{"properties":{"Rel":{"relation":[{"id":"`+relatedID+`"}]}}}`, ""))
	assert.Equal(t, []string{"related"}, m.stale("PATCH", "/v1/pages/"+rowID, `{"properties":{"Points":{"number":1}}}`, rowBody(rowID, sourceID, tableID, relatedID)))
	assert.Empty(t, m.stale("PATCH", "/v1/pages/"+rowID, `{"properties":{"Points":{"number":1}}}`, rowBody(rowID, sourceID, tableID)))
}

// Every operation is either a read, or known to touch something, or known not
// to, or touches all that it names.
func TestTouches_coversTheTable(t *testing.T) {
	for name := range touching {
		op, ok := Named(name)
		require.True(t, ok, name)
		assert.True(t, op.IsWrite(), name)
	}
	for name := range untouching {
		_, ok := Named(name)
		assert.True(t, ok, name)
	}
}

// What a refusal names is found by these tags, whatever the read.
func TestReadTags_showOrListWhatTheRequestNames(t *testing.T) {
	id := mustID(rowID)
	for _, op := range Operations() {
		if !op.Stored() {
			continue
		}
		path := regexp.MustCompile(`{\w+}`).ReplaceAllString(op.Path, rowID)
		m := Classify(op.Method, path)
		require.Equal(t, op.Name, m.Op.Name)
		var queryIDs []ID
		if len(op.IDQueryKeys) > 0 {
			queryIDs = []ID{id}
		}
		tags := ReadTags(m, queryIDs, &Survey{}, nil)
		if strings.Contains(op.Path, "{") || queryIDs != nil {
			assert.True(t, slices.Contains(tags, Tag{Shows, id}) || slices.Contains(tags, Tag{Lists, id}), op.Name)
		}
	}
}

// Notion may understand a request that we don't: then it may have asked for
// anything.
func TestTouches_aRequestThatWeCannotRead(t *testing.T) {
	m := remember(t, workspaceReads()...)
	row := rowBody(rowID, sourceID, tableID, relatedID)
	assert.Subset(t, m.stale("PATCH", "/v1/pages/"+rowID, "{\"erase_content\":true,\"x\":\"\xff\"}", row), theContents)
	assert.Subset(t, m.stale("PATCH", "/v1/blocks/"+blockID, "\x1f\x8b", ""), []string{"block children", "nested children"})
	assert.Subset(t, m.stale("POST", "/v1/pages", "\x1f\x8b", ""), theQueries)
	assert.Subset(t, m.stale("PATCH", "/v1/pages/"+elsewhereID+"/markdown", "\x1f\x8b", ""), []string{"other table"})
}
