// Package notion is what the Notion API is: its operations, ids, error bodies
// and versions; what a read shows and what a write touches. It is pure: no
// I/O, no clock, no state, and nothing but the standard library.
//
// Facts come from Notion's documentation, the source of its JavaScript SDK
// (v5.26) and recorded answers, all as of August to September 2026.
package notion

import "slices"

// A Kind says what a call does to Notion, and so whether it may be stored,
// shared and repeated.
type Kind uint8

// Kinds of operations.
const (
	Unknown Kind = iota // not in the table: passed through, never stored
	Read                // changes nothing, whatever its method
	Write               // changes something, and twice is the same as once
	Append              // changes something, and twice is not once: never repeated blindly
	Stream              // may answer with an event stream: flushed as it comes
	Secret              // OAuth: secrets in body and answer, never logged or kept
)

var kindNames = [...]string{"unknown", "read", "write", "append", "stream", "secret"}

// String is the word for k in logs and metrics, such as "read".
func (k Kind) String() string { return nameOf(kindNames[:], uint8(k)) }

// Paging says where an operation takes start_cursor and page_size.
type Paging uint8

// Ways to page.
const (
	NotPaged     Paging = iota
	PagedByQuery        // in the query string
	PagedByBody         // in the JSON body
)

var pagingNames = [...]string{"none", "query", "body"}

// String is the word for p: "none", "query" or "body".
func (p Paging) String() string { return nameOf(pagingNames[:], uint8(p)) }

// A Class says how long an answer stays fresh, and how long it is kept for
// trouble. The numbers are settings; the classes are not.
type Class uint8

// Classes of answers.
const (
	Volatile Class = iota // changes by itself, or is not known to us: never stored
	Content               // pages, properties, blocks, markdown, comments, queries
	Schema                // databases and data sources themselves, templates, views
	People                // users, custom emojis
	Me                    // users/me: whose token it is
	Search                // search: stored for trouble, never fresh
)

var classNames = [...]string{"volatile", "content", "schema", "people", "me", "search"}

// String is the word for c in settings and metrics, such as "schema".
func (c Class) String() string { return nameOf(classNames[:], uint8(c)) }

// A Family is what one breaker covers: operations that tend to fail together.
type Family string

// Families of operations.
const (
	FamilyContent Family = "content" // reads of content
	FamilySearch  Family = "search"  // search, which has an index of its own
	FamilyWrites  Family = "writes"  // writes of content
	FamilyOther   Family = "other"   // users, files, tasks, OAuth, agents, everything unknown
)

// A Capability is a right that a connection has or lacks as a whole, so that
// Notion's 403 to one operation tells about all that need the same one.
type Capability string

// Capabilities. The empty one belongs to operations that need none.
const (
	CapabilityNone     Capability = ""
	CapabilityContent  Capability = "content"
	CapabilityComments Capability = "comments"
	CapabilityUsers    Capability = "users"
)

// An Operation is one row of Notion's API. Operations are shared and must not
// be changed.
type Operation struct {
	Name       string // such as "pages.retrieve"; "unknown" for what is not in the table
	Method     string // empty for the unknown operation
	Path       string // template such as /v1/pages/{page_id}; empty for the unknown operation
	Kind       Kind
	Paging     Paging
	Class      Class // Volatile unless Kind is Read
	Family     Family
	Capability Capability

	// IDQueryKeys are the keys of the query string that name objects, such as
	// block_id. Nil for most.
	IDQueryKeys []string
}

// Stored reports whether answers to o may be stored at all.
func (o *Operation) Stored() bool { return o.Kind == Read && o.Class != Volatile }

// IsWrite reports whether o is known to change something in Notion. An
// unknown operation is not known to, but may: judge those by their method.
func (o *Operation) IsWrite() bool { return o.Kind == Write || o.Kind == Append }

// Operations returns a copy of the table: every operation of Notion's API that
// the proxy knows, without the unknown one.
func Operations() []Operation {
	all := slices.Clone(table)
	for i := range all {
		all[i].IDQueryKeys = slices.Clone(all[i].IDQueryKeys)
	}
	return all
}

// Named returns the operation of the given name, such as "pages.retrieve", and
// whether there is one. The name "unknown" has none.
func Named(name string) (*Operation, bool) {
	for i := range table {
		if table[i].Name == name {
			return &table[i], true
		}
	}
	return nil, false
}

func nameOf(names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return "invalid"
}
