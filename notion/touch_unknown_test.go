package notion

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Where nothing was learnt of what stands above, everything goes that may show
// the change: all markdown, and for rows all queries.
func TestTouches_unknownAncestors(t *testing.T) {
	var alone []stored
	for _, r := range workspaceReads() {
		if strings.HasSuffix(r.name, "markdown") || r.name == "nested children" || r.name == "row property" {
			alone = append(alone, r)
		}
	}
	m := remember(t, alone...)
	markdown := []string{"elsewhere markdown", "home markdown", "row markdown", "sub markdown"}
	assert.ElementsMatch(t, markdown,
		m.stale("PATCH", "/v1/blocks/"+nestedID, `{"toggle":{}}`, blockBody(nestedID, "toggle", inBlock(blockID))), "the page above the block isn't known")
	assert.ElementsMatch(t, []string{"home markdown"},
		m.stale("PATCH", "/v1/blocks/"+blockID, `{"toggle":{}}`, blockBody(blockID, "toggle", inPage(homeID))), "it is known here")
	assert.ElementsMatch(t, append(markdown, "nested children"),
		m.stale("DELETE", "/v1/blocks/"+nestedID, ``, ""), "nothing is known")
	assert.ElementsMatch(t, []string{"home markdown", "nested children"},
		m.stale("PATCH", "/v1/pages/"+homeID+"/markdown", `{}`, markdownBody(homeID)), "which page the block is in isn't known")
	assert.ElementsMatch(t, []string{"row markdown", "row property", "nested children"},
		m.stale("PATCH", "/v1/pages/"+rowID, `{"erase_content":true}`, pageBody(rowID, workspaceParent)), "the same for a page that is erased")
	assert.ElementsMatch(t, []string{"row property"},
		m.stale("PATCH", "/v1/data_sources/"+sourceID, `{}`, sourceBody(sourceID, tableID, workspaceParent, newID, newID)), "nor which data source the row is in")

	assert.Subset(t, m.stale("POST", "/v1/pages/"+subID+"/move", `{"parent":{"page_id":"`+elsewhereID+`"}}`, pageBody(subID, inPage(elsewhereID))), markdown, "where the page was isn't known")
	assert.Subset(t, m.stale("PATCH", "/v1/databases/"+otherTableID, `{"parent":{"page_id":"`+elsewhereID+`"}}`, tableBody(otherTableID, otherID, inPage(elsewhereID))), markdown, "nor where the database was")
	assert.Contains(t, m.stale("PATCH", "/v1/data_sources/"+sourceID, `{"title":[]}`, sourceBody(sourceID, tableID, inPage(homeID), newID, newID)), "home markdown")
	assert.NotContains(t, m.stale("PATCH", "/v1/databases/"+otherTableID, `{"title":[]}`, tableBody(otherTableID, otherID, inPage(elsewhereID))), "home markdown", "it didn't move")

	m = remember(t, stored{"views", "GET", "/v1/views?data_source_id=" + sourceID, listBody(noMore)})
	assert.Equal(t, []string{"views"}, m.stale("PATCH", "/v1/databases/"+tableID, `{"title":[]}`, tableBody(tableID, sourceID, inPage(homeID))))

	m = remember(t, stored{"query", "POST", "/v1/data_sources/" + sourceID + "/query", listBody(noMore)}, stored{"old query", "POST", "/v1/databases/" + tableID + "/query", listBody(noMore)})
	assert.ElementsMatch(t, []string{"query", "old query"},
		m.stale("POST", "/v1/pages", `{"parent":{"database_id":"`+tableID+`"}}`, pageBody(newID, inTable(tableID))), "which database the query is in isn't known")
	assert.ElementsMatch(t, []string{"query", "old query"},
		m.stale("PATCH", "/v1/pages/"+rowID, `{"properties":{}}`, ""), "nor which data source the row is in")
	assert.ElementsMatch(t, []string{"query", "old query"},
		m.stale("PATCH", "/v1/databases/"+tableID, `{"properties":{}}`, `{"object":"database","id":"`+tableID+`","parent":`+inPage(homeID)+`}`), "nor which data sources the database has")
	assert.ElementsMatch(t, []string{"query"},
		m.stale("PATCH", "/v1/data_sources/"+sourceID, `{"properties":{}}`, ""), "nor which database the data source is in")
	assert.ElementsMatch(t, []string{"query", "old query"},
		m.stale("PATCH", "/v1/data_sources/"+sourceID, `{"properties":{}}`, sourceBody(sourceID, tableID, inPage(homeID), newID, newID)), "until the answer tells")
	assert.ElementsMatch(t, []string{"query", "old query"},
		m.stale("POST", "/v1/pages", `{"parent":{"data_source_id":"`+sourceID+`"}}`, ""), "nor the data source's database")
	m.learn(&Survey{Parents: []Edge{{mustID(rowID), mustID(sourceID)}, containerNote(mustID(sourceID))}})
	appended := listBody(noMore, blockBody(newID, "paragraph", inPage(rowID)))
	assert.ElementsMatch(t, []string{"query"}, m.stale("PATCH", "/v1/blocks/"+rowID+"/children", `{}`, appended), "the row's last_edited_time")
	m.learn(&Survey{Parents: []Edge{{mustID(rowID), mustID(tableID)}, containerNote(mustID(tableID))}})
	assert.ElementsMatch(t, []string{"query", "old query"},
		m.stale("PATCH", "/v1/pages/"+rowID, `{"properties":{}}`, ""), "nor whether it is in a database or a data source")
	assert.Empty(t, m.stale("POST", "/v1/pages", `{"parent":{"data_source_id":"`+otherID+`"}}`, rowBody(newID, otherID, otherTableID)))
}
