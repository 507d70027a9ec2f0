package notiontest

import (
	"net/url"
	"strings"
)

// An operation is one row of the API.
type operation struct {
	name, method, path string
	do                 func(*call) (object, error)
	need               Capability
	since, until       version // empty: from the first, to the last version
	how                manner
}

// A manner is what is unusual about an operation.
type manner uint8

const (
	plain    manner = iota
	secret          // OAuth: Basic authorization, no connection
	uploads         // takes multipart/form-data
	bare            // its answers carry no request_id
	readonly        // a POST that only reads
)

// operations is Notion's API as the official JavaScript SDK 5.26 knows it. A
// fixed segment comes before a parameter in its place.
var operations = []*operation{
	{name: "pages.retrieve", method: "GET", path: "/v1/pages/{}", do: (*call).retrievePage, need: ReadContent},
	{name: "pages.create", method: "POST", path: "/v1/pages", do: (*call).createPage, need: InsertContent},
	{name: "pages.update", method: "PATCH", path: "/v1/pages/{}", do: (*call).updatePage, need: UpdateContent},
	{name: "pages.move", method: "POST", path: "/v1/pages/{}/move", do: (*call).movePage, need: UpdateContent},
	{name: "pages.properties.retrieve", method: "GET", path: "/v1/pages/{}/properties/{}", do: (*call).retrieveProperty, need: ReadContent},
	{name: "pages.markdown.retrieve", method: "GET", path: "/v1/pages/{}/markdown", do: (*call).retrieveMarkdown, need: ReadContent},
	{name: "pages.markdown.update", method: "PATCH", path: "/v1/pages/{}/markdown", do: (*call).updateMarkdown, need: UpdateContent},

	{name: "blocks.retrieve", method: "GET", path: "/v1/blocks/{}", do: (*call).retrieveBlock, need: ReadContent},
	{name: "blocks.update", method: "PATCH", path: "/v1/blocks/{}", do: (*call).updateBlock, need: UpdateContent},
	{name: "blocks.delete", method: "DELETE", path: "/v1/blocks/{}", do: (*call).deleteBlock, need: UpdateContent},
	{name: "blocks.children.list", method: "GET", path: "/v1/blocks/{}/children", do: (*call).listChildren, need: ReadContent},
	{name: "blocks.children.append", method: "PATCH", path: "/v1/blocks/{}/children", do: (*call).appendChildren, need: InsertContent},
	{name: "meeting_notes.create", method: "POST", path: "/v1/blocks/meeting_notes", do: (*call).createMeetingNote, need: InsertContent},
	{name: "meeting_notes.query", method: "POST", path: "/v1/blocks/meeting_notes/query", do: (*call).queryMeetingNotes, need: ReadContent, how: readonly},

	{name: "databases.list", method: "GET", path: "/v1/databases", do: (*call).listDatabases, need: ReadContent, until: "2022-02-22"},
	{name: "databases.create", method: "POST", path: "/v1/databases", do: (*call).createDatabase, need: InsertContent},
	{name: "databases.retrieve", method: "GET", path: "/v1/databases/{}", do: (*call).retrieveDatabase, need: ReadContent},
	{name: "databases.update", method: "PATCH", path: "/v1/databases/{}", do: (*call).updateDatabase, need: UpdateContent},
	{name: "databases.query", method: "POST", path: "/v1/databases/{}/query", do: (*call).queryDatabase, need: ReadContent, until: v2022, how: readonly},

	{name: "data_sources.create", method: "POST", path: "/v1/data_sources", do: (*call).createDataSource, need: InsertContent, since: v2025},
	{name: "data_sources.retrieve", method: "GET", path: "/v1/data_sources/{}", do: (*call).retrieveDataSource, need: ReadContent, since: v2025},
	{name: "data_sources.update", method: "PATCH", path: "/v1/data_sources/{}", do: (*call).updateDataSource, need: UpdateContent, since: v2025},
	{name: "data_sources.query", method: "POST", path: "/v1/data_sources/{}/query", do: (*call).queryDataSource, need: ReadContent, since: v2025, how: readonly},
	{name: "data_sources.templates.list", method: "GET", path: "/v1/data_sources/{}/templates", do: (*call).listTemplates, need: ReadContent, since: v2025, how: bare},

	{name: "search", method: "POST", path: "/v1/search", do: (*call).search, need: ReadContent, how: readonly},
	{name: "users.me", method: "GET", path: "/v1/users/me", do: (*call).me},
	{name: "users.retrieve", method: "GET", path: "/v1/users/{}", do: (*call).retrieveUser, need: ReadUsers},
	{name: "users.list", method: "GET", path: "/v1/users", do: (*call).listUsers, need: ReadUsers},
	{name: "custom_emojis.list", method: "GET", path: "/v1/custom_emojis", do: (*call).listEmojis},

	{name: "comments.list", method: "GET", path: "/v1/comments", do: (*call).listComments, need: ReadComments},
	{name: "comments.create", method: "POST", path: "/v1/comments", do: (*call).createComment, need: InsertComments},
	{name: "comments.retrieve", method: "GET", path: "/v1/comments/{}", do: (*call).retrieveComment, need: ReadComments},
	{name: "comments.update", method: "PATCH", path: "/v1/comments/{}", do: (*call).updateComment, need: InsertComments},
	{name: "comments.delete", method: "DELETE", path: "/v1/comments/{}", do: (*call).deleteComment, need: InsertComments},

	{name: "views.list", method: "GET", path: "/v1/views", do: (*call).listViews, need: ReadContent},
	{name: "views.create", method: "POST", path: "/v1/views", do: (*call).createView, need: InsertContent},
	{name: "views.retrieve", method: "GET", path: "/v1/views/{}", do: (*call).retrieveView, need: ReadContent},
	{name: "views.update", method: "PATCH", path: "/v1/views/{}", do: (*call).updateView, need: UpdateContent},
	{name: "views.delete", method: "DELETE", path: "/v1/views/{}", do: (*call).deleteView, need: UpdateContent},
	{name: "views.queries.create", method: "POST", path: "/v1/views/{}/queries", do: (*call).createViewQuery, need: ReadContent},
	{name: "views.queries.retrieve", method: "GET", path: "/v1/views/{}/queries/{}", do: (*call).retrieveViewQuery, need: ReadContent},
	{name: "views.queries.delete", method: "DELETE", path: "/v1/views/{}/queries/{}", do: (*call).deleteViewQuery, need: ReadContent},

	{name: "file_uploads.create", method: "POST", path: "/v1/file_uploads", do: (*call).createUpload},
	{name: "file_uploads.send", method: "POST", path: "/v1/file_uploads/{}/send", do: (*call).sendUpload, how: uploads},
	{name: "file_uploads.complete", method: "POST", path: "/v1/file_uploads/{}/complete", do: (*call).completeUpload},
	{name: "file_uploads.list", method: "GET", path: "/v1/file_uploads", do: (*call).listUploads},
	{name: "file_uploads.retrieve", method: "GET", path: "/v1/file_uploads/{}", do: (*call).retrieveUpload},
	{name: "async_tasks.retrieve", method: "GET", path: "/v1/async_tasks/{}", do: (*call).retrieveTask},

	{name: "agents.list", method: "GET", path: "/v1/agents", do: (*call).listAgents},
	{name: "agents.query", method: "POST", path: "/v1/agents/query", do: (*call).listAgents, how: readonly},
	{name: "sessions.create", method: "POST", path: "/v1/sessions", do: (*call).createSession},
	{name: "sessions.query", method: "POST", path: "/v1/sessions/query", do: (*call).querySessions, how: readonly},
	{name: "sessions.retrieve", method: "GET", path: "/v1/sessions/{}", do: (*call).retrieveSession},
	{name: "sessions.events.query", method: "POST", path: "/v1/sessions/{}/events/query", do: (*call).querySessionEvents, how: readonly},
	{name: "sessions.cancel", method: "POST", path: "/v1/sessions/{}/cancel", do: (*call).cancelSession},

	{name: "oauth.token", method: "POST", path: "/v1/oauth/token", do: (*call).oauthToken, how: secret},
	{name: "oauth.revoke", method: "POST", path: "/v1/oauth/revoke", do: (*call).oauthRevoke, how: secret},
	{name: "oauth.introspect", method: "POST", path: "/v1/oauth/introspect", do: (*call).oauthIntrospect, how: secret},
}

func (op *operation) isIn(v version) bool {
	return v >= op.since && (op.until == "" || v <= op.until)
}

// isWrite tells whether carrying the operation out changes something.
func (op *operation) isWrite() bool { return op.method != "GET" && op.how != readonly }

// match finds the operation of a request and the parameters of its escaped
// path, each decoded once. HEAD is answered as GET, without the body.
func match(method, escapedPath string) (*operation, []string) {
	if method == "HEAD" {
		method = "GET"
	}
	parts := splitPath(escapedPath)
	for _, op := range operations {
		if op.method == method {
			if ids, ok := op.fits(parts); ok {
				return op, ids
			}
		}
	}
	return nil, nil
}

func (op *operation) fits(parts []string) ([]string, bool) {
	if strings.Count(op.path, "/") != len(parts) {
		return nil, false
	}
	want := splitPath(op.path)
	var ids []string
	for i, w := range want {
		switch {
		case w == "{}" && parts[i] != "" && !op.reserved(parts, i):
			id, err := url.PathUnescape(parts[i])
			if err != nil {
				return nil, false
			}
			ids = append(ids, id)
		case w != parts[i]:
			return nil, false
		}
	}
	return ids, true
}

// reserved keeps words such as /v1/users/me from being taken for ids.
func (op *operation) reserved(parts []string, i int) bool {
	switch strings.Join(parts[1:i+1], "/") {
	case "users/me", "blocks/meeting_notes":
		return true
	}
	return false
}

func splitPath(p string) []string { return strings.Split(strings.TrimPrefix(p, "/"), "/") }
