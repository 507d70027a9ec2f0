package notion

// table holds every operation of Notion's API, newest facts of 2026-09. The
// method alone doesn't tell reads from writes: queries and search are POST
// requests that only read, and one PATCH appends.
//
// Reads whose answer changes by itself, is being polled, or depends on the user
// behind the token are Volatile. Families follow what fails together at Notion:
// uploads, tasks, view queries, OAuth and agents are services of their own, so
// their failures must not open the breaker of content or its writes.
var table = []Operation{
	{"pages.retrieve", "GET", "/v1/pages/{page_id}", Read, NotPaged, Content, FamilyContent, CapabilityContent, nil},
	{"pages.create", "POST", "/v1/pages", Append, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"pages.update", "PATCH", "/v1/pages/{page_id}", Write, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"pages.move", "POST", "/v1/pages/{page_id}/move", Write, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"pages.properties.retrieve", "GET", "/v1/pages/{page_id}/properties/{property_id}", Read, PagedByQuery, Content, FamilyContent, CapabilityContent, nil},
	{"pages.markdown.retrieve", "GET", "/v1/pages/{page_id}/markdown", Read, NotPaged, Content, FamilyContent, CapabilityContent, nil},
	{"pages.markdown.update", "PATCH", "/v1/pages/{page_id}/markdown", Append, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},

	{"blocks.retrieve", "GET", "/v1/blocks/{block_id}", Read, NotPaged, Content, FamilyContent, CapabilityContent, nil},
	{"blocks.update", "PATCH", "/v1/blocks/{block_id}", Write, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"blocks.delete", "DELETE", "/v1/blocks/{block_id}", Write, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"blocks.children.list", "GET", "/v1/blocks/{block_id}/children", Read, PagedByQuery, Content, FamilyContent, CapabilityContent, nil},
	{"blocks.children.append", "PATCH", "/v1/blocks/{block_id}/children", Append, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"meeting_notes.create", "POST", "/v1/blocks/meeting_notes", Append, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"meeting_notes.query", "POST", "/v1/blocks/meeting_notes/query", Read, NotPaged, Volatile, FamilyContent, CapabilityContent, nil}, // depends on the user

	{"databases.retrieve", "GET", "/v1/databases/{database_id}", Read, NotPaged, Schema, FamilyContent, CapabilityContent, nil},
	{"databases.create", "POST", "/v1/databases", Append, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"databases.update", "PATCH", "/v1/databases/{database_id}", Write, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"databases.query", "POST", "/v1/databases/{database_id}/query", Read, PagedByBody, Content, FamilyContent, CapabilityContent, nil}, // up to 2022-06-28
	{"databases.list", "GET", "/v1/databases", Read, PagedByQuery, Content, FamilyContent, CapabilityContent, nil},                      // up to 2021-08-16
	{"data_sources.retrieve", "GET", "/v1/data_sources/{data_source_id}", Read, NotPaged, Schema, FamilyContent, CapabilityContent, nil},
	{"data_sources.create", "POST", "/v1/data_sources", Append, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"data_sources.update", "PATCH", "/v1/data_sources/{data_source_id}", Write, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"data_sources.query", "POST", "/v1/data_sources/{data_source_id}/query", Read, PagedByBody, Content, FamilyContent, CapabilityContent, nil},
	{"data_sources.templates.list", "GET", "/v1/data_sources/{data_source_id}/templates", Read, PagedByQuery, Schema, FamilyContent, CapabilityContent, nil},

	{"search", "POST", "/v1/search", Read, PagedByBody, Search, FamilySearch, CapabilityContent, nil},

	{"users.list", "GET", "/v1/users", Read, PagedByQuery, People, FamilyOther, CapabilityUsers, nil},
	{"users.retrieve", "GET", "/v1/users/{user_id}", Read, NotPaged, People, FamilyOther, CapabilityUsers, nil},
	{"users.me", "GET", "/v1/users/me", Read, NotPaged, Me, FamilyOther, CapabilityNone, nil}, // every token may ask who it is
	{"custom_emojis.list", "GET", "/v1/custom_emojis", Read, PagedByQuery, People, FamilyOther, CapabilityNone, nil},

	{"comments.list", "GET", "/v1/comments", Read, PagedByQuery, Content, FamilyContent, CapabilityComments, []string{"block_id"}},
	{"comments.create", "POST", "/v1/comments", Append, NotPaged, Volatile, FamilyWrites, CapabilityComments, nil},
	{"comments.retrieve", "GET", "/v1/comments/{comment_id}", Read, NotPaged, Content, FamilyContent, CapabilityComments, nil},
	{"comments.update", "PATCH", "/v1/comments/{comment_id}", Write, NotPaged, Volatile, FamilyWrites, CapabilityComments, nil},
	{"comments.delete", "DELETE", "/v1/comments/{comment_id}", Write, NotPaged, Volatile, FamilyWrites, CapabilityComments, nil},

	{"views.list", "GET", "/v1/views", Read, PagedByQuery, Schema, FamilyContent, CapabilityContent, []string{"database_id", "data_source_id"}},
	{"views.create", "POST", "/v1/views", Append, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"views.retrieve", "GET", "/v1/views/{view_id}", Read, NotPaged, Schema, FamilyContent, CapabilityContent, nil},
	{"views.update", "PATCH", "/v1/views/{view_id}", Write, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	{"views.delete", "DELETE", "/v1/views/{view_id}", Write, NotPaged, Volatile, FamilyWrites, CapabilityContent, nil},
	// A view query makes a result set at Notion that lives for 15 minutes: no
	// content changes, but a repeated call makes another, so it is no Read.
	{"views.queries.create", "POST", "/v1/views/{view_id}/queries", Append, NotPaged, Volatile, FamilyOther, CapabilityContent, nil},
	{"views.queries.retrieve", "GET", "/v1/views/{view_id}/queries/{query_id}", Read, PagedByQuery, Volatile, FamilyOther, CapabilityContent, nil},
	{"views.queries.delete", "DELETE", "/v1/views/{view_id}/queries/{query_id}", Write, NotPaged, Volatile, FamilyOther, CapabilityContent, nil},

	{"file_uploads.create", "POST", "/v1/file_uploads", Append, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"file_uploads.send", "POST", "/v1/file_uploads/{file_upload_id}/send", Append, NotPaged, Volatile, FamilyOther, CapabilityNone, nil}, // multipart/form-data
	{"file_uploads.complete", "POST", "/v1/file_uploads/{file_upload_id}/complete", Write, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"file_uploads.list", "GET", "/v1/file_uploads", Read, PagedByQuery, Volatile, FamilyOther, CapabilityNone, nil},
	{"file_uploads.retrieve", "GET", "/v1/file_uploads/{file_upload_id}", Read, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"async_tasks.retrieve", "GET", "/v1/async_tasks/{task_id}", Read, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},

	{"oauth.token", "POST", "/v1/oauth/token", Secret, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"oauth.revoke", "POST", "/v1/oauth/revoke", Secret, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"oauth.introspect", "POST", "/v1/oauth/introspect", Secret, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"oauth.authorize", "GET", "/v1/oauth/authorize", Secret, NotPaged, Volatile, FamilyOther, CapabilityNone, nil}, // a browser's, answered by a redirect

	{"agents.list", "GET", "/v1/agents", Read, PagedByQuery, Volatile, FamilyOther, CapabilityNone, nil},
	{"agents.query", "POST", "/v1/agents/query", Read, PagedByBody, Volatile, FamilyOther, CapabilityNone, nil},
	{"agents.batch", "POST", "/v1/agents/batch", Append, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"agents.retrieve", "GET", "/v1/agents/{agent_id}", Read, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"agents.delete", "DELETE", "/v1/agents/{agent_id}", Write, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"agents.status.update", "PATCH", "/v1/agents/{agent_id}/status", Write, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"agents.credit_limit.update", "PATCH", "/v1/agents/{agent_id}/credit_limit", Write, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"agents.insights.retrieve", "GET", "/v1/agents/{agent_id}/insights", Read, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"agents.chat", "POST", "/v1/agents/{agent_id}/chat", Append, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"agents.threads.list", "GET", "/v1/agents/{agent_id}/threads", Read, PagedByQuery, Volatile, FamilyOther, CapabilityNone, nil},
	{"agents.threads.query", "POST", "/v1/agents/{agent_id}/threads/query", Read, PagedByBody, Volatile, FamilyOther, CapabilityNone, nil},

	{"threads.continue", "POST", "/v1/threads/{thread_id}/continue", Append, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"threads.messages.list", "GET", "/v1/threads/{thread_id}/messages", Read, PagedByQuery, Volatile, FamilyOther, CapabilityNone, nil},
	{"threads.messages.create", "POST", "/v1/threads/{thread_id}/messages", Append, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"threads.messages.query", "POST", "/v1/threads/{thread_id}/messages/query", Read, PagedByBody, Volatile, FamilyOther, CapabilityNone, nil},

	{"sessions.create", "POST", "/v1/sessions", Stream, NotPaged, Volatile, FamilyOther, CapabilityNone, nil}, // text/event-stream where asked for
	{"sessions.retrieve", "GET", "/v1/sessions/{session_id}", Read, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"sessions.query", "POST", "/v1/sessions/query", Read, PagedByBody, Volatile, FamilyOther, CapabilityNone, nil},
	{"sessions.cancel", "POST", "/v1/sessions/{session_id}/cancel", Write, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"sessions.events.query", "POST", "/v1/sessions/{session_id}/events/query", Read, PagedByBody, Volatile, FamilyOther, CapabilityNone, nil},

	{"external_agent_stub.vaults.create", "POST", "/v1/external_agent_stub/{agent_id}/vaults", Append, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"external_agent_stub.vaults.update", "PATCH", "/v1/external_agent_stub/{agent_id}/vaults/{vault_id}", Write, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"external_agent_stub.vaults.delete", "DELETE", "/v1/external_agent_stub/{agent_id}/vaults/{vault_id}", Write, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"external_agent_stub.sessions.create", "POST", "/v1/external_agent_stub/{agent_id}/sessions", Append, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"external_agent_stub.sessions.messages.create", "POST", "/v1/external_agent_stub/{agent_id}/sessions/{session_id}/messages", Append, NotPaged, Volatile, FamilyOther, CapabilityNone, nil},
	{"external_agent_stub.sessions.events.list", "GET", "/v1/external_agent_stub/{agent_id}/sessions/{session_id}/events", Read, NotPaged, Volatile, FamilyOther, CapabilityNone, nil}, // pages by ?cursor=
}

// unknown stands for everything that is not in the table.
var unknown = Operation{Name: "unknown", Family: FamilyOther}
