package notion

// maxClimb bounds how far up the tree one looks: further than Notion's pages
// are nested, and an end where what was learnt goes round in circles.
const maxClimb = 64

// A tree is what is known of Notion's tree: what the answer at hand shows, and
// what was learnt from earlier ones.
type tree struct {
	learnt func(ID) (ID, bool) // may be nil
	shown  []Edge
}

// parent is what stands above id; zero if nothing does.
func (t tree) parent(id ID) (above ID, ok bool) {
	for i := len(t.shown) - 1; i >= 0; i-- {
		if t.shown[i].Child == id {
			return t.shown[i].Parent, true
		}
	}
	if t.learnt == nil {
		return ID{}, false
	}
	return t.learnt(id)
}

// climb visits what stands above id, from below to the top or to where
// nothing is known any more. It returns what it came to last: zero at the top,
// id itself where not even its parent is known.
func (t tree) climb(id ID, visit func(above ID)) (last ID) {
	for range maxClimb {
		above, ok := t.parent(id)
		if !ok {
			return id
		}
		if above.IsZero() {
			return above
		}
		visit(above)
		id = above
	}
	return id
}

// A kind is the sort of object that an id is known to name.
type kind uint8

const (
	unknownKind   kind = iota
	pageKind           // a page: what is in a page above it is another page's
	containerKind      // a database or data source: what stands in it are pages
)

// kind is the kind of the object, as far as it is known.
func (t tree) kind(id ID) kind {
	about, ok := t.parent(noteOn(id))
	switch {
	case !ok:
		return unknownKind
	case about == id:
		return pageKind
	case about.IsZero():
		return containerKind
	}
	return unknownKind
}

// What kind of object an id names is remembered among the edges, as one from
// the id's complement, which no object has: to the id itself for a page, to
// zero for a container. So whoever keeps the edges keeps the kinds with them.

func noteOn(id ID) ID {
	for i := range id {
		id[i] = ^id[i]
	}
	return id
}

func pageNote(id ID) Edge      { return Edge{noteOn(id), id} }
func containerNote(id ID) Edge { return Edge{noteOn(id), ID{}} }
