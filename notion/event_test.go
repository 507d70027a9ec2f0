package notion

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	eventID      = "99999999-0000-4000-8000-000000000011"
	workspaceID  = "99999999-0000-4000-8000-000000000012"
	integrateID  = "99999999-0000-4000-8000-000000000013"
	subscribedID = "99999999-0000-4000-8000-000000000014"
)

// eventBody is a webhook as Notion sends it.
func eventBody(sort, entity, id, data string) string {
	return fmt.Sprintf(`{"id":%q,"timestamp":"2026-09-11T12:03:30.123Z","workspace_id":%q,"workspace_name":"Home","subscription_id":%q,`+
		`"integration_id":%q,"type":%q,"authors":[{"id":%q,"type":"person"}],"accessible_by":[],"attempt_number":1,"api_version":"2025-09-03",`+
		`"entity":{"id":%q,"type":%q},"data":%s}`, eventID, workspaceID, subscribedID, integrateID, sort, userID, id, entity, data)
}

func parentData(sort, id, more string) string {
	return fmt.Sprintf(`{"parent":{"id":%q,"type":%q%s}%s}`, id, sort, sourceIn(more), withoutSource(more))
}

func sourceIn(more string) string {
	if strings.HasPrefix(more, `,"data_source_id"`) {
		return more
	}
	return ""
}

func withoutSource(more string) string { return strings.TrimPrefix(more, sourceIn(more)) }

// TestEventTags_makesStale goes through all types of events: what each makes
// stale of the workspace, all of it and nothing else.
func TestEventTags_makesStale(t *testing.T) {
	inTheSource := parentData("database", tableID, `,"data_source_id":"`+sourceID+`"`)
	inHome := parentData("page", homeID, "")
	around := []string{"home", "home children", "home markdown"}
	row := all(theRow, theQueries, []string{"related", "other query", "search"}) // its relations show it
	rowAndBelow := all(row, theContents, []string{"comment"})
	schema := all(theQueries, theRow, around, []string{"row children", "row comments", "comment", "sibling", "source", "table", "templates",
		"source views", "table views", "view", "other source", "search"})
	views := []string{"source views", "table views", "view", "other source"}
	for _, x := range []struct {
		sort, entity, id, data string
		stale                  []string
	}{
		{"page.created", "page", newID, inTheSource, all(theQueries, []string{"search"})},
		{"page.created", "page", newID, parentData("page", subID, ""), []string{"sub", "sub children", "sub markdown", "home children", "home markdown", "search"}},
		{"page.created", "page", newID, parentData("space", workspaceID, ""), all(theQueries, []string{"home markdown", "sub markdown", "row markdown", "elsewhere markdown", "other query", "search"})},
		{"page.content_updated", "page", rowID, parentData("database", tableID, `,"data_source_id":"`+sourceID+`"`), all(row, theContents, []string{"home markdown"})},
		{"page.content_updated", "page", homeID, `{"parent":{"id":"` + workspaceID + `","type":"space"},"updated_blocks":[{"id":"` + nestedID + `","type":"block"}]}`,
			all(around, []string{"block", "block children", "block comments", "nested", "nested children", "search"})},
		{"page.properties_updated", "page", rowID, inTheSource, row},
		{"page.properties_updated", "page", subID, inHome, all(around, []string{"sub", "sub markdown", "search"})},
		{"page.moved", "page", subID, parentData("page", elsewhereID, ""),
			all(around, []string{"sub", "sub children", "sub markdown", "elsewhere", "elsewhere children", "elsewhere markdown", "search"})},
		{"page.deleted", "page", rowID, inTheSource, rowAndBelow},
		{"page.undeleted", "page", rowID, inTheSource, rowAndBelow},
		{"page.locked", "page", rowID, inTheSource, row},
		{"page.unlocked", "page", rowID, inTheSource, row},
		{"page.transcription_block.transcript_deleted", "page", rowID, inTheSource, all(row, theContents, []string{"home markdown"})},

		{"database.created", "database", newID, inHome, all(around, []string{"search"})},
		{"database.content_updated", "database", tableID, inHome, all(theQueries, []string{"search"})},
		{"database.schema_updated", "database", tableID, inHome, schema},
		{"database.moved", "database", tableID, parentData("page", subID, ""), all(without(schema, theQueries...), theQueries, []string{"sub", "sub children", "sub markdown"})},
		{"database.deleted", "database", tableID, inHome, schema},
		{"database.undeleted", "database", tableID, inHome, schema},

		{"data_source.created", "data_source", newID, parentData("database", tableID, ""), all(around, []string{"table", "table views", "other source", "search"})},
		{"data_source.content_updated", "data_source", sourceID, parentData("database", tableID, ""), all(theQueries, []string{"search"})},
		{"data_source.schema_updated", "data_source", sourceID, parentData("database", tableID, ""), schema},
		{"data_source.moved", "data_source", sourceID, parentData("database", otherTableID, ""),
			all(schema, []string{"other table", "other query", "other views", "related", "elsewhere", "elsewhere children", "elsewhere markdown"})},
		{"data_source.deleted", "data_source", sourceID, parentData("database", tableID, ""), schema},
		{"data_source.undeleted", "data_source", sourceID, parentData("database", tableID, ""), schema},

		{"comment.created", "comment", newID, `{"parent":{"id":"` + rowID + `","type":"page"},"page_id":"` + rowID + `"}`, theContents},
		{"comment.created", "comment", newID, `{"parent":{"id":"` + blockID + `","type":"block"},"page_id":"` + homeID + `"}`,
			[]string{"block children", "block comments", "home children", "home markdown"}},
		{"comment.updated", "comment", commentID, `{"parent":{"id":"` + rowID + `","type":"page"},"page_id":"` + rowID + `"}`, all(theContents, []string{"comment"})},
		{"comment.deleted", "comment", commentID, `{"parent":{"id":"` + rowID + `","type":"page"},"page_id":"` + rowID + `"}`, all(theContents, []string{"comment"})},

		{"view.created", "view", newID, parentData("database", tableID, `,"data_source_id":"`+sourceID+`"`), views},
		{"view.updated", "view", viewID, parentData("database", tableID, ""), views},
		{"view.deleted", "view", viewID, parentData("database", tableID, ""), views},

		{"file_upload.created", "file_upload", newID, `{}`, nil},
		{"file_upload.completed", "file_upload", newID, `{}`, nil},
		{"file_upload.upload_failed", "file_upload", newID, `{}`, nil},
		{"file_upload.expired", "file_upload", newID, `{}`, nil},
	} {
		e, err := ParseEvent([]byte(eventBody(x.sort, x.entity, x.id, x.data)))
		require.NoError(t, err, x.sort)
		assert.True(t, e.KnownEvent(), x.sort)
		m := remember(t, workspaceReads()...)
		assert.ElementsMatch(t, unique(slices.Clone(x.stale)), m.staleBy(e.Tags(m.parent)), x.sort+" "+x.data)
	}
	assert.Len(t, eventTouches, 31)
}

// Of a type that is not known yet, everything that it names is stale.
func TestEventTags_ofATypeThatIsNotKnown(t *testing.T) {
	e, err := ParseEvent([]byte(eventBody("page.shared", "page", subID, parentData("page", elsewhereID, ""))))
	require.NoError(t, err)
	assert.False(t, e.KnownEvent())
	m := remember(t, workspaceReads()...)
	stale := m.staleBy(e.Tags(m.parent))
	assert.Subset(t, stale, []string{"sub", "sub children", "sub markdown", "home children", "elsewhere", "elsewhere children", "search"})
	assert.NotContains(t, stale, "users")
}

// staleBy returns the names of the answers that have one of the tags, in order.
func (m *memory) staleBy(tags []Tag) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(m.tags)) {
		if slices.ContainsFunc(m.tags[name], func(tag Tag) bool { return slices.Contains(tags, tag) }) {
			names = append(names, name)
		}
	}
	return names
}

func TestParseEvent(t *testing.T) {
	e, err := ParseEvent([]byte(eventBody("page.created", "page", rowID, parentData("database", tableID, `,"data_source_id":"`+sourceID+`"`))))
	require.NoError(t, err)
	assert.Equal(t, eventID, e.ID)
	assert.Equal(t, time.Date(2026, 9, 11, 12, 3, 30, 123_000_000, time.UTC), e.At.UTC())
	assert.Equal(t, []string{workspaceID, subscribedID, integrateID}, []string{e.Workspace, e.Subscription, e.Integration})
	assert.Equal(t, []ID{mustID(rowID), mustID(tableID), mustID(sourceID)}, []ID{e.Entity, e.Parent, e.Source})
}

func TestParseEvent_whatIsNone(t *testing.T) {
	whole := eventBody("page.created", "page", rowID, `{}`)
	for _, body := range []string{"", "null", "[]", `{}`, whole[:100], `{"verification_token":"secret_x"}`,
		strings.Replace(whole, `"timestamp"`, `"at"`, 1), strings.Replace(whole, rowID, "x", 1), strings.Replace(whole, eventID, "", 1),
		strings.Replace(whole, "2026-09-11T", "yesterday ", 1), strings.Replace(whole, `"data":{}`, `"data":7`, 1)} {
		_, err := ParseEvent([]byte(body))
		require.Error(t, err, body)
		assert.NotContains(t, err.Error(), "Home", "an error tells nothing of what the body says")
		assert.NotContains(t, err.Error(), "yesterday")
	}
}

// FuzzParseEvent: any bytes, no panic, and an event has what it needs.
func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(eventBody("page.content_updated", "page", rowID, `{"parent":{"id":"`+tableID+`","type":"database"},"updated_blocks":[{"id":"`+blockID+`"}]}`)))
	f.Add([]byte(`{"entity":null,"data":{"updated_blocks":[null]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := ParseEvent(body)
		if err != nil {
			return
		}
		require.NotEmpty(t, e.ID)
		require.False(t, e.Entity.IsZero())
		require.LessOrEqual(t, len(e.Blocks), maxEventBlocks)
		e.Tags(nil)
	})
}
