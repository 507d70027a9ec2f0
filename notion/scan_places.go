package notion

// A place is where in a body a value stands.
type place uint8

// The places that matter.
const (
	elsewhere        place = iota
	atTop                  // the body itself
	inRows                 // in "results" or "templates" of the body
	inParent               // "parent" of an object
	inDatabaseParent       // "database_parent" of a data source: the parent of its database
	inProperties           // "properties" of an object: its keys are the user's
	inRelation             // "relation": rows that a row relates to, or the data source that a schema does
	inMention              // "page" and the like: an object that a text mentions
	inDataSources          // in "data_sources" of a database
	inIDs                  // in a list of ids
	inRequestStatus        // "request_status" of the body
)

// below is where the value of key k stands, in an object at p.
func (p place) below(k key) place {
	switch k {
	case keyParent, keyDatabaseParent:
		if p == inParent || p == inDatabaseParent {
			return elsewhere
		}
		return inParent + place(k-keyParent)
	case keyProperties:
		return inProperties
	case keyRelation:
		return inRelation
	case keyNamed:
		return inMention
	case keyDataSources:
		return inDataSources
	case keyIDs:
		return inIDs
	}
	switch {
	case p == atTop && k == keyResults:
		return inRows
	case p == atTop && k == keyRequestStatus:
		return inRequestStatus
	}
	return elsewhere
}

// isList reports whether Notion has a list at p, and not an object.
func (p place) isList() bool { return p == inRows || p == inDataSources || p == inIDs }

// ofElements is where the elements of an array at p stand.
func (p place) ofElements() place {
	if p.isList() || p == inRelation {
		return p
	}
	return elsewhere
}

// ofObject is where an object at p stands that is in no array.
func (p place) ofObject() place {
	if p.isList() {
		return elsewhere
	}
	return p
}

// An objectSort is the sort of thing that an object says it is.
type objectSort uint8

const (
	sortless   objectSort = iota // it doesn't say
	sortThing                    // content
	sortTable                    // content: a database
	sortPerson                   // a user or a group: no write through the API touches those
	sortUpload                   // a file upload, whose expiry_time is no link's
	sortValue                    // a property_item, whose id is a property's
)

func sortOf(object []byte) objectSort {
	switch string(object) {
	case "user", "group":
		return sortPerson
	case "file_upload":
		return sortUpload
	case "property_item":
		return sortValue
	case "database":
		return sortTable
	}
	return sortThing
}
