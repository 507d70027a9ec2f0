package notion

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClassify_prefersLiterals(t *testing.T) {
	for _, row := range []struct{ what, method, path, name string }{
		{"me is no user's id", "GET", "/v1/users/me", "users.me"},
		{"another word may be", "GET", "/v1/users/them", "users.retrieve"},
		{"meeting_notes is no block", "POST", "/v1/blocks/meeting_notes", "meeting_notes.create"},
		{"but where only a block has the method", "GET", "/v1/blocks/meeting_notes", "blocks.retrieve"},
		{"or the path", "GET", "/v1/blocks/meeting_notes/children", "blocks.children.list"},
		{"query is no agent", "POST", "/v1/agents/query", "agents.query"},
		{"query is no session", "POST", "/v1/sessions/query", "sessions.query"},
	} {
		assert.Equal(t, row.name, Classify(row.method, row.path).Op.Name, row.what)
	}
}

func TestClassify_leavesIDsToNotion(t *testing.T) {
	for _, id := range []string{"x", "12345678-1234-1234-1234-123456789abc", strings.Repeat("a", 5000), "%zz", "a.b", "...", ":id"} {
		m := Classify("GET", "/v1/pages/"+id)
		assert.Equal(t, "pages.retrieve", m.Op.Name, "%.40q", id)
		assert.Equal(t, id, m.Param("page_id"))
	}
}

// Rule of the API: what is not in the table is passed through and never stored.
func TestClassify_doesNotKnow(t *testing.T) {
	for _, row := range []struct{ what, method, path string }{
		{"nothing", "", ""},
		{"a path without a slash", "GET", "v1/users"},
		{"the root", "GET", "/"},
		{"a bare version", "GET", "/v1"},
		{"a path without version", "GET", "/users/me"},
		{"another version", "GET", "/v2/users/me"},
		{"a trailing slash", "GET", "/v1/users/"},
		{"a trailing slash after an id", "GET", "/v1/pages/" + firstID + "/"},
		{"an empty id", "GET", "/v1/pages//markdown"},
		{"a doubled slash", "GET", "/v1//users"},
		{"other letters", "GET", "/v1/Users"},
		{"an encoded literal", "GET", "/v1/%75sers"},
		{"a lower-case method", "get", "/v1/users"},
		{"a method that the path has not", "DELETE", "/v1/pages/" + firstID},
		{"PUT", "PUT", "/v1/pages/" + firstID},
		{"HEAD of a read by POST", "HEAD", "/v1/search"},
		{"something below a page", "GET", "/v1/pages/" + firstID + "/secrets"},
		{"something below a leaf", "POST", "/v1/search/all"},
		{"a query string", "POST", "/v1/search?x=y"},
		{"the other API", "POST", "/api/v3/loadPageChunk"},
		{"a dot segment", "GET", "/v1/pages/.."},
		{"a single dot", "GET", "/v1/pages/./markdown"},
		{"an encoded dot segment", "GET", "/v1/pages/%2e%2E"},
		{"a half-encoded one", "GET", "/v1/pages/.%2E/markdown"},
		{"an encoded slash", "POST", "/v1/databases/x%2Fy/query"},
		{"the same in lower case", "GET", "/v1/pages/" + firstID + "/properties/..%2fx"},
	} {
		m := Classify(row.method, row.path)
		assert.Equal(t, "unknown", m.Op.Name, row.what)
		assert.Equal(t, Unknown, m.Op.Kind, row.what)
		assert.Equal(t, Volatile, m.Op.Class, row.what)
		assert.Equal(t, FamilyOther, m.Op.Family, row.what)
	}
}

func TestClassify_takesHEADForGET(t *testing.T) {
	for _, op := range Operations() {
		path := concrete(op.Path)
		if op.Method == "GET" {
			assert.Equal(t, op.Name, Classify("HEAD", path).Op.Name)
		}
	}
}

// Property ids come percent-encoded (recorded: %3FB%3AW, %3F~%5Cw, ~ak%40).
func TestClassify_keepsPropertyIDsAsTheyCome(t *testing.T) {
	for _, property := range []string{"%3FB%3AW", "%3F~%5Cw", "~ak%40", "title", "%2541", "%25%32%65", "a%2eb", "%"} {
		m := Classify("GET", "/v1/pages/"+firstID+"/properties/"+property)
		assert.Equal(t, "pages.properties.retrieve", m.Op.Name, property)
		assert.Equal(t, property, m.Param("property_id"))
		assert.Equal(t, firstID, m.Param("page_id"))
		assert.Empty(t, m.Param("block_id"))
		assert.Equal(t, []string{firstID}, idStrings(m.PathIDs()))
	}
}

func TestPathIDs_readsBothFormsOfAnID(t *testing.T) {
	for _, id := range []string{firstID, plainID, strings.ToUpper(firstID), "%35" + plainID[1:], strings.Replace(firstID, "-", "%2D", 1)} {
		assert.Equal(t, []string{firstID}, idStrings(Classify("PATCH", "/v1/pages/"+id).PathIDs()), id)
	}
}

func TestPathIDs_leavesOutWhatIsNone(t *testing.T) {
	assert.Empty(t, Classify("GET", "/v1/pages/x").PathIDs())
	assert.Empty(t, Classify("GET", "/v1/pages/"+plainID+"%zz").PathIDs())
	assert.Empty(t, Classify("GET", "/v1/pages/"+plainID+"%20").PathIDs())
	assert.Equal(t, []string{secondID}, idStrings(Classify("DELETE", "/v1/views/x/queries/"+secondID).PathIDs()))
}

// A write to a path that we don't know makes stale all that it names.
func TestPathIDs_ofTheUnknownAreAllInThePath(t *testing.T) {
	m := Classify("PUT", "/v1/"+plainID+"/things/"+secondID+"/")
	assert.Equal(t, []string{firstID, secondID}, idStrings(m.PathIDs()))
	assert.Empty(t, m.Param(""))
}

func TestQueryIDs_readsTheKeysOfTheOperation(t *testing.T) {
	for _, row := range []struct {
		path, query string
		ids         []string
	}{
		{"/v1/comments", "block_id=" + plainID + "&page_size=2", []string{firstID}},
		{"/v1/comments", "start_cursor=" + secondID + "&block_id=" + firstID, []string{firstID}},
		{"/v1/comments", "block%5Fid=%35" + plainID[1:], []string{firstID}},
		{"/v1/comments", "block_id=" + firstID + "&block_id=" + secondID, []string{firstID, secondID}},
		{"/v1/comments", "block_id=x&block_id&=&%zz=1", nil},
		{"/v1/comments", "", nil},
		{"/v1/views", "data_source_id=" + firstID + "&database_id=" + secondID, []string{firstID, secondID}},
		{"/v1/views", "block_id=" + firstID, nil},
		{"/v1/users", "block_id=" + firstID, nil},
		{"/v1/nonsense", "block_id=" + firstID, nil},
	} {
		m := Classify("GET", row.path)
		assert.Equal(t, row.ids, idStrings(m.QueryIDs(row.query)), "%s?%s", row.path, row.query)
	}
}

func TestClassify_doesNotAllocate(t *testing.T) {
	path := "/v1/pages/" + firstID + "/properties/%3F~%5Cw"
	room := make([]ID, 0, 4)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		room = Classify("GET", path).AppendPathIDs(room[:0])
	}))
	require.Len(t, room, 1)
}

// postReads are all POST requests that only read.
var postReads = []string{
	"search", "databases.query", "data_sources.query", "meeting_notes.query", "agents.query", "agents.threads.query",
	"threads.messages.query", "sessions.query", "sessions.events.query",
}

func FuzzClassify(f *testing.F) {
	for _, op := range Operations() {
		f.Add(op.Method, concrete(op.Path))
		f.Add("POST", op.Path)
	}
	f.Add("GET", "/v1/pages/%2e%2e/%2F")
	f.Add("DELETE", "//v1//v1/x?block_id=1")
	f.Fuzz(func(t *testing.T, method, path string) {
		before := strings.Clone(path)

		m := Classify(method, path)

		require.NotNil(t, m.Op)
		assert.Equal(t, before, m.path, "the path is not rewritten")
		switch method {
		case "GET", "HEAD":
			assert.False(t, m.Op.IsWrite())
		case "POST":
			assert.Equal(t, slices.Contains(postReads, m.Op.Name), m.Op.Kind == Read)
		default:
			assert.NotEqual(t, Read, m.Op.Kind)
			assert.False(t, m.Op.Stored())
		}
		if m.Op.Kind != Unknown {
			checkFits(t, m.Op, method, path)
		}
		for _, id := range m.PathIDs() {
			assert.False(t, id.IsZero())
		}
		m.QueryIDs(path)
		assert.True(t, strings.HasSuffix(path, TrimBase(path)))
	})
}

// checkFits compares path and template the simple way: equal but for their
// parameters, which are something.
func checkFits(t *testing.T, op *Operation, method, path string) {
	t.Helper()
	if method == "HEAD" {
		method = "GET"
	}
	assert.Equal(t, op.Method, method)
	template, segments := strings.Split(op.Path, "/"), strings.Split(path, "/")
	require.Len(t, segments, len(template))
	for i, want := range template {
		if strings.HasPrefix(want, "{") {
			assert.NotContains(t, []string{"", ".", ".."}, segments[i])
			continue
		}
		assert.Equal(t, want, segments[i])
	}
}

func concrete(template string) string {
	segments := strings.Split(template, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") {
			segments[i] = firstID
		}
	}
	return strings.Join(segments, "/")
}

func BenchmarkClassify(b *testing.B) {
	for _, path := range []string{
		"/v1/pages/" + firstID,
		"/v1/blocks/" + firstID + "/children",
		"/v1/pages/" + firstID + "/properties/%3F~%5Cw",
		"/v1/external_agent_stub/" + firstID + "/sessions/" + secondID + "/events",
	} {
		b.Run(Classify("GET", path).Op.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Classify("GET", path)
			}
		})
	}
}

func BenchmarkAppendPathIDs(b *testing.B) {
	m := Classify("GET", "/v1/blocks/"+firstID+"/children")
	room := make([]ID, 0, 4)
	b.ReportAllocs()
	for b.Loop() {
		m.AppendPathIDs(room[:0])
	}
}
