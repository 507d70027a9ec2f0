package notion

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ids of a small workspace that tests share. Page home is at the top; in it
// are a block with another one nested in it, a page and a database. The
// database's data source has two rows, one of which relates to a row of another
// database elsewhere.
const (
	homeID       = "11111111-0000-4000-8000-000000000001"
	subID        = "11111111-0000-4000-8000-000000000002"
	elsewhereID  = "11111111-0000-4000-8000-000000000003"
	blockID      = "22222222-0000-4000-8000-000000000001"
	nestedID     = "22222222-0000-4000-8000-000000000002"
	rowBlockID   = "22222222-0000-4000-8000-000000000003"
	tableID      = "33333333-0000-4000-8000-000000000001"
	otherTableID = "33333333-0000-4000-8000-000000000002"
	sourceID     = "44444444-0000-4000-8000-000000000001"
	otherID      = "44444444-0000-4000-8000-000000000002"
	rowID        = "55555555-0000-4000-8000-000000000001"
	siblingID    = "55555555-0000-4000-8000-000000000002"
	relatedID    = "66666666-0000-4000-8000-000000000001"
	newID        = "77777777-0000-4000-8000-000000000001"
	viewID       = "88888888-0000-4000-8000-000000000001"
	commentID    = "88888888-0000-4000-8000-000000000002"
	discussionID = "88888888-0000-4000-8000-000000000003"
	templateID   = "88888888-0000-4000-8000-000000000004"
	userID       = "99999999-0000-4000-8000-000000000001"
)

const workspaceParent = `{"type":"workspace","workspace":true}`

func inPage(id string) string  { return fmt.Sprintf(`{"type":"page_id","page_id":%q}`, id) }
func inBlock(id string) string { return fmt.Sprintf(`{"type":"block_id","block_id":%q}`, id) }
func inTable(id string) string { return fmt.Sprintf(`{"type":"database_id","database_id":%q}`, id) }
func inSource(source, table string) string {
	return fmt.Sprintf(`{"type":"data_source_id","data_source_id":%q,"database_id":%q}`, source, table)
}

func pageBody(id, parent string) string {
	return fmt.Sprintf(`{"object":"page","id":%q,"created_by":%s,"last_edited_by":%s,"parent":%s,"in_trash":false,`+
		`"properties":{"title":{"id":"title","type":"title","title":[]}},"url":"https://app.notion.com/p/x","request_id":"36f88c15-5fe0-408b-93e6-962c5a166474"}`,
		id, user(userID), user(userID), parent)
}

func blockBody(id, sort, parent string) string {
	return fmt.Sprintf(`{"object":"block","id":%q,"parent":%s,"created_by":%s,"has_children":false,"in_trash":false,"type":%q,%q:{}}`,
		id, parent, user(userID), sort, sort)
}

func tableBody(id, source, parent string) string {
	return fmt.Sprintf(`{"object":"database","id":%q,"title":[],"parent":%s,"is_inline":true,"in_trash":false,"data_sources":[{"id":%q,"name":"Rows"}],"request_id":"36f88c15-5fe0-408b-93e6-962c5a166474"}`,
		id, parent, source)
}

// sourceBody is a data source with a relation to another one.
func sourceBody(id, table, tableParent, toSource, toTable string) string {
	return fmt.Sprintf(`{"object":"data_source","id":%q,"parent":%s,"database_parent":%s,"title":[],"properties":{"Name":{"id":"title","name":"Name","type":"title","title":{}},`+
		`"Status":{"id":"st","type":"status","status":{"options":[{"id":"aaaaaaaa-0000-4000-8000-000000000001","name":"Done"}],"groups":[{"id":"aaaaaaaa-0000-4000-8000-000000000002","option_ids":["aaaaaaaa-0000-4000-8000-000000000001"]}]}},`+
		`"Rel":{"id":"rel1","type":"relation","relation":{"database_id":%q,"data_source_id":%q,"type":"dual_property","dual_property":{"synced_property_id":"x","synced_property_name":"y"}}}},"request_id":"36f88c15-5fe0-408b-93e6-962c5a166474"}`,
		id, inTable(table), tableParent, toTable, toSource)
}

func commentBody(id, discussion, parent string) string {
	return fmt.Sprintf(`{"object":"comment","id":%q,"parent":%s,"discussion_id":%q,"created_by":%s,"rich_text":[]}`, id, parent, discussion, user(userID))
}

func viewBody(id, table, source string) string {
	return fmt.Sprintf(`{"object":"view","id":%q,"parent":%s,"data_source_id":%q,"type":"table","name":"All","request_id":"36f88c15-5fe0-408b-93e6-962c5a166474"}`, id, inTable(table), source)
}

func markdownBody(id string) string {
	return fmt.Sprintf(`{"object":"page_markdown","id":%q,"markdown":"# Plans","truncated":false,"unknown_block_ids":[],"request_id":"36f88c15-5fe0-408b-93e6-962c5a166474"}`, id)
}

const noMore = `"has_more":false,"next_cursor":null`

// A stored answer of a test's cache.
type stored struct{ name, method, target, body string }

// workspaceReads is one answer to each sort of read, by the newest version
// unless its name says otherwise.
func workspaceReads() []stored {
	oldRow := strings.Replace(rowBody(rowID, "", tableID, relatedID), inSource("", tableID), inTable(tableID), 1)
	return []stored{
		{"old query", "POST", "/v1/databases/" + tableID + "/query", listBody(noMore, oldRow)},
		{"old row", "GET", "/v1/pages/" + rowID, oldRow},

		{"home", "GET", "/v1/pages/" + homeID, pageBody(homeID, workspaceParent)},
		{"home children", "GET", "/v1/blocks/" + homeID + "/children", listBody(noMore,
			blockBody(blockID, "toggle", inPage(homeID)), blockBody(subID, "child_page", inPage(homeID)), blockBody(tableID, "child_database", inPage(homeID)))},
		{"home markdown", "GET", "/v1/pages/" + homeID + "/markdown", markdownBody(homeID)},
		{"block", "GET", "/v1/blocks/" + blockID, blockBody(blockID, "toggle", inPage(homeID))},
		{"block children", "GET", "/v1/blocks/" + blockID + "/children", listBody(noMore, blockBody(nestedID, "toggle", inBlock(blockID)))},
		{"nested", "GET", "/v1/blocks/" + nestedID, blockBody(nestedID, "toggle", inBlock(blockID))},
		{"nested children", "GET", "/v1/blocks/" + nestedID + "/children", listBody(noMore)},
		{"sub", "GET", "/v1/pages/" + subID, pageBody(subID, inPage(homeID))},
		{"sub children", "GET", "/v1/blocks/" + subID + "/children", listBody(noMore)},
		{"sub markdown", "GET", "/v1/pages/" + subID + "/markdown", markdownBody(subID)},
		{"elsewhere", "GET", "/v1/pages/" + elsewhereID, pageBody(elsewhereID, workspaceParent)},
		{"elsewhere children", "GET", "/v1/blocks/" + elsewhereID + "/children", listBody(noMore)},
		{"elsewhere markdown", "GET", "/v1/pages/" + elsewhereID + "/markdown", markdownBody(elsewhereID)},

		{"table", "GET", "/v1/databases/" + tableID, tableBody(tableID, sourceID, inPage(homeID))},
		{"source", "GET", "/v1/data_sources/" + sourceID, sourceBody(sourceID, tableID, inPage(homeID), otherID, otherTableID)},
		{"query", "POST", "/v1/data_sources/" + sourceID + "/query", listBody(noMore, rowBody(rowID, sourceID, tableID, relatedID), rowBody(siblingID, sourceID, tableID, relatedID))},
		{"empty query", "POST", "/v1/data_sources/" + sourceID + "/query", listBody(noMore)},
		{"templates", "GET", "/v1/data_sources/" + sourceID + "/templates", `{"templates":[{"id":"` + templateID + `","name":"Meeting","is_default":false}],"has_more":false,"next_cursor":null}`},
		{"row", "GET", "/v1/pages/" + rowID, rowBody(rowID, sourceID, tableID, relatedID)},
		{"row property", "GET", "/v1/pages/" + rowID + "/properties/rel1", `{"object":"list","results":[{"object":"property_item","type":"relation","id":"rel1","relation":{"id":"` + relatedID + `"}}],"has_more":false,"next_cursor":null,"type":"property_item","property_item":{"id":"rel1","type":"relation","relation":{},"next_url":null}}`},
		{"row children", "GET", "/v1/blocks/" + rowID + "/children", listBody(noMore, blockBody(rowBlockID, "paragraph", inPage(rowID)))},
		{"row markdown", "GET", "/v1/pages/" + rowID + "/markdown", markdownBody(rowID)},
		{"sibling", "GET", "/v1/pages/" + siblingID, rowBody(siblingID, sourceID, tableID, relatedID)},

		{"other table", "GET", "/v1/databases/" + otherTableID, tableBody(otherTableID, otherID, inPage(elsewhereID))},
		{"other source", "GET", "/v1/data_sources/" + otherID, sourceBody(otherID, otherTableID, inPage(elsewhereID), sourceID, tableID)},
		{"other query", "POST", "/v1/data_sources/" + otherID + "/query", listBody(noMore, rowBody(relatedID, otherID, otherTableID, rowID))},
		{"related", "GET", "/v1/pages/" + relatedID, rowBody(relatedID, otherID, otherTableID, rowID)},

		{"row comments", "GET", "/v1/comments?block_id=" + rowID, listBody(noMore, commentBody(commentID, discussionID, inPage(rowID)))},
		{"block comments", "GET", "/v1/comments?block_id=" + blockID, listBody(noMore)},
		{"comment", "GET", "/v1/comments/" + commentID, commentBody(commentID, discussionID, inPage(rowID))},
		{"table views", "GET", "/v1/views?database_id=" + tableID, listBody(noMore, `{"object":"view","id":"`+viewID+`"}`)},
		{"source views", "GET", "/v1/views?data_source_id=" + sourceID, listBody(noMore, `{"object":"view","id":"`+viewID+`"}`)},
		{"view", "GET", "/v1/views/" + viewID, viewBody(viewID, tableID, sourceID)},
		{"other views", "GET", "/v1/views?data_source_id=" + otherID, listBody(noMore)},
		{"search", "POST", "/v1/search", listBody(noMore)},
		{"users", "GET", "/v1/users", listBody(noMore, user(userID))},
	}
}

// A memory is a cache as far as tags go: what it learnt, and the tags of what
// it holds.
type memory struct {
	t       *testing.T
	parents map[ID]ID
	tags    map[string][]Tag
}

func remember(t *testing.T, reads ...stored) *memory {
	t.Helper()
	m := &memory{t, map[ID]ID{}, map[string][]Tag{}}
	for _, r := range reads {
		path, query, _ := strings.Cut(r.target, "?")
		match := Classify(r.method, path)
		require.True(t, match.Op.Stored(), r.name)
		s, err := Inspect([]byte(r.body))
		require.NoError(t, err, r.name)
		m.tags[r.name] = ReadTags(match, match.QueryIDs(query), &s, m.parent)
		require.Len(t, m.tags[r.name], len(setOf(m.tags[r.name])), "a tag comes twice")
		m.learn(&s)
	}
	return m
}

func (m *memory) parent(id ID) (ID, bool) {
	above, ok := m.parents[id]
	return above, ok
}

func (m *memory) learn(s *Survey) {
	for _, e := range s.Parents {
		m.parents[e.Child] = e.Parent
	}
}

// stale returns the names of what a write makes stale, in order. An answer
// that is empty did not come.
func (m *memory) stale(method, target, request, answer string) []string {
	m.t.Helper()
	path, query, _ := strings.Cut(target, "?")
	match := Classify(method, path)
	var ansBody []byte
	if answer != "" {
		ansBody = []byte(answer)
	}
	touched := Touches(match, match.QueryIDs(query), []byte(request), ansBody, m.parent)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.tags)) {
		if slices.ContainsFunc(m.tags[name], func(tag Tag) bool { return slices.Contains(touched, tag) }) {
			names = append(names, name)
		}
	}
	return names
}
