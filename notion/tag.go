package notion

import "slices"

// A Role says how an object belongs to an answer, or to a write.
type Role uint8

// Roles of tags. A write has those in which what it changed is seen.
const (
	Shows  Role = iota + 1 // the object itself is in the answer, or its path or query names it
	Names                  // something in the answer names the object: a relation, a mention, a view's data source
	Lists                  // the answer lists what stands in that container: children, rows, comments, markdown
	Inside                 // the answer lists rows of a data source of that database
	Under                  // something in the answer stands below that object, directly or further down
	Part                   // what the answer is about is in that page or block, with no page between
	Holds                  // the answer holds what stands below that object, at any depth: markdown. It also Lists it

	Queries  // the answer is a query's, whoever's. No ID
	Tables   // the answer shows a database, or rows of it, and no data source: an old version's. No ID
	Anywhere // the answer may show any object: search. No ID
)

// A Tag ties an answer or a write to an object. A write makes those answers
// stale with which it shares a tag.
//
// A tag without ID stands for an object that isn't known. Answers have one
// where they can't tell what they stand under, or inside; writes have one where
// they can't tell what they changed in that role.
type Tag struct {
	Role Role
	ID   ID
}

// roles say what a read's path and query are to its answer. That is not the
// same for all: a page's children don't show the page, so that an edit of its
// properties leaves them alone, and a data source's views and templates stay as
// they are when its rows change.
var roles = map[string][]Role{
	"pages.retrieve":              {Shows},
	"pages.properties.retrieve":   {Shows},
	"pages.markdown.retrieve":     {Shows, Lists, Holds},
	"blocks.retrieve":             {Shows},
	"blocks.children.list":        {Lists},
	"databases.retrieve":          {Shows},
	"databases.query":             {Lists},
	"data_sources.retrieve":       {Shows},
	"data_sources.query":          {Lists},
	"data_sources.templates.list": {Shows},
	"comments.list":               {Lists},
	"comments.retrieve":           {Shows},
	"views.list":                  {Shows, Names},
	"views.retrieve":              {Shows},
	"users.retrieve":              {Shows},
}

// ReadTags returns the tags of an answer: those of the survey s of its body,
// and those that the request adds, which is m, an operation whose answers are
// stored, with queryIDs in its query string. Every id in the path and query has
// a tag that Shows or Lists it. A write that touches one of the tags makes the
// answer stale.
//
// parents tells what stands above an object, as far as earlier answers told:
// their Survey's Parents, the last one for each child. It may be nil. It makes
// answers known to stand Under more than they show.
//
// Users are no tags, but where the path names one: no write touches them, and
// each row names several.
func ReadTags(m Match, queryIDs []ID, s *Survey, parents func(ID) (ID, bool)) []Tag {
	r := reading{Match: m, Survey: s, tree: tree{parents, s.Parents}}
	r.tags = append(make([]Tag, 0, len(s.Tags)+8), s.Tags...)
	var room [4]ID
	for _, id := range append(m.AppendPathIDs(room[:0]), queryIDs...) {
		r.named(id)
	}
	switch m.Op.Name {
	case "search", "databases.list", "meeting_notes.query":
		r.add(Tag{Role: Anywhere})
	case "databases.query":
		r.add(Tag{Role: Queries})
	case "data_sources.query":
		r.add(Tag{Role: Queries})
		r.inside(queried(m))
	case "blocks.children.list":
		r.synced()
	}
	return r.tags
}

// A reading is an answer that is being tagged.
type reading struct {
	Match
	*Survey
	tree tree
	tags []Tag
}

func (r *reading) add(tag Tag) {
	if !slices.Contains(r.tags, tag) {
		r.tags = append(r.tags, tag)
	}
}

// named tags what the path or query names.
func (r *reading) named(id ID) {
	for _, role := range roles[r.Op.Name] {
		r.add(Tag{role, id})
	}
	last := r.tree.climb(id, func(above ID) { r.add(Tag{Under, above}) })
	switch r.Op.Name {
	case "pages.markdown.retrieve":
		r.add(Tag{Role: Holds})
	case "pages.properties.retrieve":
		if last == id {
			r.add(Tag{Role: Under}) // of some data source
		}
	case "blocks.retrieve", "blocks.children.list", "comments.list":
		r.part(id)
	}
}

// part tags the page that the block is in, and the blocks between.
func (r *reading) part(block ID) {
	page := r.tree.kind(block) != unknownKind
	last := r.tree.climb(block, func(above ID) {
		kind := r.tree.kind(above)
		page = page || kind == containerKind
		if !page {
			r.add(Tag{Part, above})
		}
		page = page || kind == pageKind
	})
	if !page && !last.IsZero() {
		r.add(Tag{Role: Part}) // of some page, no telling which
	}
}

func queried(m Match) ID {
	id, _ := ParseID(m.Param("data_source_id"))
	return id
}

// inside tags the database of a data source that is queried: older versions
// know no data sources, and write rows by the database alone.
func (r *reading) inside(source ID) {
	database, _ := r.tree.parent(source)
	r.add(Tag{Inside, database})
}

// synced tags what a block's children say that they stand in. That is another
// block where this one is a synced copy.
func (r *reading) synced() {
	for _, e := range r.Parents {
		if !e.Parent.IsZero() && slices.Contains(r.Rows, e.Child) {
			r.add(Tag{Lists, e.Parent})
		}
	}
}
