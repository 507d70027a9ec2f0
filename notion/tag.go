package notion

// A Role says how an object and an answer, or an object and a write, belong
// together.
type Role uint8

// Roles of tags.
const (
	Shows    Role = iota + 1 // the object itself is in the answer, or is what the path names
	Lists                    // the answer lists what stands in that container
	Inside                   // the answer lists rows of a data source of that database
	Under                    // something in the answer stands below that object
	Holds                    // the answer holds everything below that object (markdown)
	Queries                  // the answer is a query's. No ID
	Anywhere                 // the answer may show any object (search). No ID
)

// A Tag ties an answer or a write to an object.
type Tag struct {
	Role Role
	ID   ID
}

// ReadTags returns the tags of an answer to m. parents tells what was learnt
// of the tree from earlier answers; nil means nothing.
func ReadTags(m Match, queryIDs []ID, s *Survey, parents func(ID) (ID, bool)) []Tag { return nil }
