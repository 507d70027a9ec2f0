package notion

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const (
	firstID  = "59833787-2cf9-4fdf-8782-e53db20768a5"
	secondID = "0c3e9826-b8f7-4f73-927d-2caaf86f1103"
	plainID  = "598337872cf94fdf8782e53db20768a5" // firstID without dashes
)

// everyOperation has one row for each operation of Notion's API as its SDK
// (v5.26, 2026-08) and its documentation (2026-09) have them: method, a path,
// then what it is. IDs are those of the path, by number.
var everyOperation = []struct {
	method, path string
	name         string
	kind         Kind
	paging       Paging
	class        Class
	ids          []string
}{
	{"GET", "/v1/pages/" + firstID, "pages.retrieve", Read, NotPaged, Content, []string{firstID}},
	{"POST", "/v1/pages", "pages.create", Append, NotPaged, Volatile, nil},
	{"PATCH", "/v1/pages/" + firstID, "pages.update", Write, NotPaged, Volatile, []string{firstID}},
	{"POST", "/v1/pages/" + firstID + "/move", "pages.move", Write, NotPaged, Volatile, []string{firstID}},
	{"GET", "/v1/pages/" + firstID + "/properties/%3F~%5Cw", "pages.properties.retrieve", Read, PagedByQuery, Content, []string{firstID}},
	{"GET", "/v1/pages/" + firstID + "/markdown", "pages.markdown.retrieve", Read, NotPaged, Content, []string{firstID}},
	{"PATCH", "/v1/pages/" + firstID + "/markdown", "pages.markdown.update", Append, NotPaged, Volatile, []string{firstID}},
	{"GET", "/v1/blocks/" + firstID, "blocks.retrieve", Read, NotPaged, Content, []string{firstID}},
	{"PATCH", "/v1/blocks/" + firstID, "blocks.update", Write, NotPaged, Volatile, []string{firstID}},
	{"DELETE", "/v1/blocks/" + firstID, "blocks.delete", Write, NotPaged, Volatile, []string{firstID}},
	{"GET", "/v1/blocks/" + firstID + "/children", "blocks.children.list", Read, PagedByQuery, Content, []string{firstID}},
	{"PATCH", "/v1/blocks/" + firstID + "/children", "blocks.children.append", Append, NotPaged, Volatile, []string{firstID}},
	{"GET", "/v1/databases/" + firstID, "databases.retrieve", Read, NotPaged, Schema, []string{firstID}},
	{"POST", "/v1/databases", "databases.create", Append, NotPaged, Volatile, nil},
	{"PATCH", "/v1/databases/" + firstID, "databases.update", Write, NotPaged, Volatile, []string{firstID}},
	{"POST", "/v1/databases/" + firstID + "/query", "databases.query", Read, PagedByBody, Content, []string{firstID}},
	{"GET", "/v1/databases", "databases.list", Read, PagedByQuery, Content, nil},
	{"GET", "/v1/data_sources/" + firstID, "data_sources.retrieve", Read, NotPaged, Schema, []string{firstID}},
	{"POST", "/v1/data_sources", "data_sources.create", Append, NotPaged, Volatile, nil},
	{"PATCH", "/v1/data_sources/" + firstID, "data_sources.update", Write, NotPaged, Volatile, []string{firstID}},
	{"POST", "/v1/data_sources/" + firstID + "/query", "data_sources.query", Read, PagedByBody, Content, []string{firstID}},
	{"GET", "/v1/data_sources/" + firstID + "/templates", "data_sources.templates.list", Read, PagedByQuery, Schema, []string{firstID}},
	{"POST", "/v1/search", "search", Read, PagedByBody, Search, nil},
	{"GET", "/v1/users", "users.list", Read, PagedByQuery, People, nil},
	{"GET", "/v1/users/" + firstID, "users.retrieve", Read, NotPaged, People, []string{firstID}},
	{"GET", "/v1/users/me", "users.me", Read, NotPaged, Me, nil},
	{"GET", "/v1/custom_emojis", "custom_emojis.list", Read, PagedByQuery, People, nil},
	{"GET", "/v1/comments", "comments.list", Read, PagedByQuery, Content, nil},
	{"POST", "/v1/comments", "comments.create", Append, NotPaged, Volatile, nil},
	{"GET", "/v1/comments/" + firstID, "comments.retrieve", Read, NotPaged, Content, []string{firstID}},
	{"PATCH", "/v1/comments/" + firstID, "comments.update", Write, NotPaged, Volatile, []string{firstID}},
	{"DELETE", "/v1/comments/" + firstID, "comments.delete", Write, NotPaged, Volatile, []string{firstID}},

	{"GET", "/v1/views", "views.list", Read, PagedByQuery, Schema, nil},
	{"POST", "/v1/views", "views.create", Append, NotPaged, Volatile, nil},
	{"GET", "/v1/views/" + firstID, "views.retrieve", Read, NotPaged, Schema, []string{firstID}},
	{"PATCH", "/v1/views/" + firstID, "views.update", Write, NotPaged, Volatile, []string{firstID}},
	{"DELETE", "/v1/views/" + firstID, "views.delete", Write, NotPaged, Volatile, []string{firstID}},
	{"POST", "/v1/views/" + firstID + "/queries", "views.queries.create", Append, NotPaged, Volatile, []string{firstID}},
	{"GET", "/v1/views/" + firstID + "/queries/" + secondID, "views.queries.retrieve", Read, PagedByQuery, Volatile, []string{firstID, secondID}},
	{"DELETE", "/v1/views/" + firstID + "/queries/" + secondID, "views.queries.delete", Write, NotPaged, Volatile, []string{firstID, secondID}},

	{"POST", "/v1/file_uploads", "file_uploads.create", Append, NotPaged, Volatile, nil},
	{"POST", "/v1/file_uploads/" + firstID + "/send", "file_uploads.send", Append, NotPaged, Volatile, []string{firstID}},
	{"POST", "/v1/file_uploads/" + firstID + "/complete", "file_uploads.complete", Write, NotPaged, Volatile, []string{firstID}},
	{"GET", "/v1/file_uploads", "file_uploads.list", Read, PagedByQuery, Volatile, nil},
	{"GET", "/v1/file_uploads/" + firstID, "file_uploads.retrieve", Read, NotPaged, Volatile, []string{firstID}},
	{"GET", "/v1/async_tasks/task_" + plainID, "async_tasks.retrieve", Read, NotPaged, Volatile, nil},
	{"POST", "/v1/blocks/meeting_notes", "meeting_notes.create", Append, NotPaged, Volatile, nil},
	{"POST", "/v1/blocks/meeting_notes/query", "meeting_notes.query", Read, NotPaged, Volatile, nil},

	{"POST", "/v1/oauth/token", "oauth.token", Secret, NotPaged, Volatile, nil},
	{"POST", "/v1/oauth/revoke", "oauth.revoke", Secret, NotPaged, Volatile, nil},
	{"POST", "/v1/oauth/introspect", "oauth.introspect", Secret, NotPaged, Volatile, nil},
	{"GET", "/v1/oauth/authorize", "oauth.authorize", Secret, NotPaged, Volatile, nil},

	{"GET", "/v1/agents", "agents.list", Read, PagedByQuery, Volatile, nil},
	{"POST", "/v1/agents/query", "agents.query", Read, PagedByBody, Volatile, nil},
	{"POST", "/v1/agents/batch", "agents.batch", Append, NotPaged, Volatile, nil},
	{"GET", "/v1/agents/" + firstID, "agents.retrieve", Read, NotPaged, Volatile, []string{firstID}},
	{"DELETE", "/v1/agents/" + firstID, "agents.delete", Write, NotPaged, Volatile, []string{firstID}},
	{"PATCH", "/v1/agents/" + firstID + "/status", "agents.status.update", Write, NotPaged, Volatile, []string{firstID}},
	{"PATCH", "/v1/agents/" + firstID + "/credit_limit", "agents.credit_limit.update", Write, NotPaged, Volatile, []string{firstID}},
	{"GET", "/v1/agents/" + firstID + "/insights", "agents.insights.retrieve", Read, NotPaged, Volatile, []string{firstID}},
	{"POST", "/v1/agents/" + firstID + "/chat", "agents.chat", Append, NotPaged, Volatile, []string{firstID}},
	{"GET", "/v1/agents/" + firstID + "/threads", "agents.threads.list", Read, PagedByQuery, Volatile, []string{firstID}},
	{"POST", "/v1/agents/" + firstID + "/threads/query", "agents.threads.query", Read, PagedByBody, Volatile, []string{firstID}},
	{"POST", "/v1/threads/" + firstID + "/continue", "threads.continue", Append, NotPaged, Volatile, []string{firstID}},
	{"GET", "/v1/threads/" + firstID + "/messages", "threads.messages.list", Read, PagedByQuery, Volatile, []string{firstID}},
	{"POST", "/v1/threads/" + firstID + "/messages", "threads.messages.create", Append, NotPaged, Volatile, []string{firstID}},
	{"POST", "/v1/threads/" + firstID + "/messages/query", "threads.messages.query", Read, PagedByBody, Volatile, []string{firstID}},
	{"POST", "/v1/sessions", "sessions.create", Stream, NotPaged, Volatile, nil},
	{"GET", "/v1/sessions/" + firstID, "sessions.retrieve", Read, NotPaged, Volatile, []string{firstID}},
	{"POST", "/v1/sessions/query", "sessions.query", Read, PagedByBody, Volatile, nil},
	{"POST", "/v1/sessions/" + firstID + "/cancel", "sessions.cancel", Write, NotPaged, Volatile, []string{firstID}},
	{"POST", "/v1/sessions/" + firstID + "/events/query", "sessions.events.query", Read, PagedByBody, Volatile, []string{firstID}},
	{"POST", "/v1/external_agent_stub/" + firstID + "/vaults", "external_agent_stub.vaults.create", Append, NotPaged, Volatile, []string{firstID}},
	{"PATCH", "/v1/external_agent_stub/" + firstID + "/vaults/" + secondID, "external_agent_stub.vaults.update", Write, NotPaged, Volatile, []string{firstID, secondID}},
	{"DELETE", "/v1/external_agent_stub/" + firstID + "/vaults/" + secondID, "external_agent_stub.vaults.delete", Write, NotPaged, Volatile, []string{firstID, secondID}},
	{"POST", "/v1/external_agent_stub/" + firstID + "/sessions", "external_agent_stub.sessions.create", Append, NotPaged, Volatile, []string{firstID}},
	{"POST", "/v1/external_agent_stub/" + firstID + "/sessions/" + secondID + "/messages", "external_agent_stub.sessions.messages.create", Append, NotPaged, Volatile, []string{firstID, secondID}},
	{"GET", "/v1/external_agent_stub/" + firstID + "/sessions/" + secondID + "/events", "external_agent_stub.sessions.events.list", Read, NotPaged, Volatile, []string{firstID, secondID}},
}

func TestClassify_knowsEveryOperation(t *testing.T) {
	for _, row := range everyOperation {
		m := Classify(row.method, row.path)

		where := row.method + " " + row.path
		assert.Equal(t, row.name, m.Op.Name, where)
		assert.Equal(t, row.kind, m.Op.Kind, where)
		assert.Equal(t, row.paging, m.Op.Paging, where)
		assert.Equal(t, row.class, m.Op.Class, where)
		assert.Equal(t, row.method, m.Op.Method, where)
		assert.Equal(t, row.ids, idStrings(m.PathIDs()), where)
	}
}

func TestTable_holdsNothingElse(t *testing.T) {
	expected := map[string]bool{}
	for _, row := range everyOperation {
		assert.False(t, expected[row.name], "%s has two rows in this test", row.name)
		expected[row.name] = true
	}
	for _, op := range Operations() {
		assert.True(t, expected[op.Name], "%s is in no row of this test", op.Name)
	}
	assert.Len(t, Operations(), len(everyOperation))
}

func TestTable_hasEachNameAndTemplateOnce(t *testing.T) {
	names, templates := map[string]bool{}, map[string]bool{}
	for _, op := range Operations() {
		template := op.Method + " " + anonymous(op.Path)
		assert.False(t, names[op.Name], op.Name)
		assert.False(t, templates[template], template)
		names[op.Name], templates[template] = true, true
	}
}

func TestTable_isConsistent(t *testing.T) {
	for _, op := range Operations() {
		assert.True(t, strings.HasPrefix(op.Path, "/v1/"), op.Name)
		assert.NotEqual(t, Unknown, op.Kind, op.Name)
		if op.Kind != Read {
			assert.Equal(t, Volatile, op.Class, "%s is no read, so nothing of it is stored", op.Name)
		}
		switch op.Method {
		case "GET":
			assert.Contains(t, []Kind{Read, Secret}, op.Kind, op.Name)
			assert.NotEqual(t, PagedByBody, op.Paging, op.Name)
		case "POST":
			assert.NotEqual(t, PagedByQuery, op.Paging, op.Name)
		case "PATCH", "DELETE":
			assert.True(t, op.IsWrite(), op.Name)
			assert.Equal(t, NotPaged, op.Paging, op.Name)
		default:
			assert.Fail(t, "no method of Notion's", "%s %s", op.Name, op.Method)
		}
	}
}

// What a 403 says about other reads, and which failures go together. What is in
// no row belongs to the services beside content and needs no capability.
func TestTable_namesFamilyAndCapability(t *testing.T) {
	type both struct {
		Family
		Capability
	}
	expected := map[string]both{}
	for operations, want := range map[string]both{
		"pages.retrieve pages.properties.retrieve pages.markdown.retrieve blocks.retrieve blocks.children.list " +
			"databases.retrieve databases.query databases.list " +
			"data_sources.retrieve data_sources.query data_sources.templates.list " +
			"views.list views.retrieve meeting_notes.query": {FamilyContent, CapabilityContent},
		"comments.list comments.retrieve": {FamilyContent, CapabilityComments},
		"search":                          {FamilySearch, CapabilityContent},
		"pages.create pages.update pages.move pages.markdown.update " +
			"blocks.update blocks.delete blocks.children.append meeting_notes.create " +
			"databases.create databases.update data_sources.create data_sources.update " +
			"views.create views.update views.delete": {FamilyWrites, CapabilityContent},
		"comments.create comments.update comments.delete":                  {FamilyWrites, CapabilityComments},
		"views.queries.create views.queries.retrieve views.queries.delete": {FamilyOther, CapabilityContent},
		"users.list users.retrieve":                                        {FamilyOther, CapabilityUsers},
	} {
		for name := range strings.FieldsSeq(operations) {
			expected[name] = want
		}
	}
	for _, op := range Operations() {
		want, ok := expected[op.Name]
		if !ok {
			want = both{FamilyOther, CapabilityNone}
		}
		assert.Equal(t, want, both{op.Family, op.Capability}, op.Name)
		delete(expected, op.Name)
	}
	assert.Empty(t, expected, "operations that are not in the table")
}

func TestTable_namesIDsInTheQuery(t *testing.T) {
	for _, op := range Operations() {
		switch op.Name {
		case "comments.list":
			assert.Equal(t, []string{"block_id"}, op.IDQueryKeys)
		case "views.list":
			assert.Equal(t, []string{"database_id", "data_source_id"}, op.IDQueryKeys)
		default:
			assert.Empty(t, op.IDQueryKeys, op.Name)
		}
	}
}

func idStrings(ids []ID) []string {
	var all []string
	for _, id := range ids {
		all = append(all, id.String())
	}
	return all
}

// anonymous is a template without its parameters' names.
func anonymous(template string) string {
	segments := strings.Split(template, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") {
			segments[i] = "{}"
		}
	}
	return strings.Join(segments, "/")
}
