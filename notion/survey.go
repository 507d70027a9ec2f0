package notion

import (
	"fmt"
	"time"
)

// A Survey is what the proxy needs to know of an answer's body. Strings and
// slices in it are its own: they keep no hold on the body.
type Survey struct {
	Object   string // the answer's "object", such as "page" or "list"
	ListType string // the "type" of a list, such as "page_or_data_source"
	Status   string // the answer's "status", such as an async task's "succeeded"; "" if that is no string
	InTrash  bool   // the answer's "in_trash", or "archived" as versions before 2026-03-11 say

	HasMore    bool
	NextCursor string // "" where there is none

	// Incomplete is set where Notion cut a result off and says so in
	// request_status (2026-04-20), IncompleteReason is its word for why.
	Incomplete       bool
	IncompleteReason string

	// Rows are the ids of what stands in "results" or "templates", in order:
	// one for each element, zero where the element has no uuid as its id.
	Rows []ID

	// LinkExpiry is when the first of the answer's signed file links dies.
	// Zero means that it has none.
	LinkExpiry time.Time

	// Hash is the SHA-256 of the body without the top-level request_id, and
	// without what changes when Notion signs its file links anew. Two answers
	// that say the same have the same Hash; a space more is another Hash.
	Hash [32]byte

	// Tags say which objects are in the answer, each once. ReadTags adds what
	// the request tells.
	Tags []Tag

	// Parents are the edges of Notion's tree that the answer shows. Keep the
	// last one for each Child: ReadTags and Touches ask for them.
	Parents []Edge
}

// An Edge says which object stands above which: the page above a block, the
// data source above its row, the database above its data source, the page or
// block above a comment. A zero Parent is the workspace, or whatever else has
// nothing above it. Some edges are notes on what kind of object an id names;
// their Child is no object's id.
type Edge struct{ Child, Parent ID }

// Inspect reads an answer's JSON body in one pass. It wants the whole of one
// JSON object (RFC 8259, UTF-8 included), nested 512 deep at most; anything
// else is an error, and then the Survey is zero. What an object's keys repeat
// is taken as it comes, later ones over earlier ones.
//
// It may be called by any number of goroutines and keeps nothing of body.
func Inspect(body []byte) (Survey, error) {
	var f facts
	if err := f.read(body, false); err != nil {
		return Survey{}, err
	}
	return f.Survey, nil
}

// facts are a Survey and what Touches needs beyond it, of the top-level
// object unless said otherwise.
type facts struct {
	Survey
	id            ID
	above         above
	databaseAbove above
	named         above // page_id and so on that stand in it, and not in its parent
	discussion    ID    // discussion_id
	dataSources   []ID  // data_sources[].id
	relations     []ID  // related rows, at any depth
	related       []ID  // data sources and databases that a schema relates to, at any depth
	inPage        bool  // the last thing in it stands directly in a page
	deletes       bool  // has "allow_deleting_content", at any depth
	trashTouched  bool  // has "in_trash"
	bodyTouched   bool  // has another key that can change more of a page than its properties
}

// read fills f from body. With everything set, it also gathers what only
// Touches needs, takes every uuid for an object's, and leaves the hash out.
func (f *facts) read(body []byte, everything bool) error {
	s := scanner{body: body, facts: f, everything: everything}
	s.cuts = s.cutRoom[:0]
	s.nextLink = s.linkFrom(0)
	end := s.document()
	if end < 0 {
		return fmt.Errorf("reading an answer of %d bytes: %s", len(body), s.problem)
	}
	f.Tags = s.tags.list
	if !everything {
		f.Hash = s.hash()
	}
	return nil
}
