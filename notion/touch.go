package notion

// Touches returns the tags of what a write touches: m with queryIDs in its
// query string, sent with reqBody and answered with ansBody. Answers that have
// one of them are stale once the write is carried out.
//
// Where ansBody is nil, broken, an error or a task to come, the tags are those
// of all that the write may have touched, as far as the request and parents
// tell. parents is as for ReadTags, from before the answer was learnt: an
// object that has moved is found where it was.
//
// Reads, uploads and OAuth touch nothing. The match does not tell whether an
// unknown operation writes: it touches every object that its path, bodies and
// query name.
//
// What a write does not tell is bounded by the time that answers stay fresh
// alone: rows that read a row through more than one relation, and the other
// end of a relation that is taken off, if that shows 25 others but not this
// row (2026-09).
func Touches(m Match, queryIDs []ID, reqBody, ansBody []byte, parents func(ID) (ID, bool)) []Tag {
	w := write{tree: tree{learnt: parents}}
	w.path = m.AppendPathIDs(nil)
	touch, known := touching[m.Op.Name]
	switch {
	case known:
	case m.Op.Kind == Read, m.Op.Kind == Secret, untouching[m.Op.Name]:
		return nil
	default:
		touch = (*write).everything
	}
	w.readRequest(reqBody)
	w.readAnswer(ansBody)
	touch(&w)
	w.whole(queryIDs)
	return w.tags.list
}

// touching says what each operation touches.
var touching = map[string]func(*write){
	"pages.create":           (*write).createPage,
	"pages.update":           (*write).updatePage,
	"pages.move":             (*write).movePage,
	"pages.markdown.update":  (*write).updateMarkdown,
	"blocks.update":          (*write).updateBlock,
	"blocks.delete":          (*write).deleteBlock,
	"blocks.children.append": (*write).appendBlocks,
	"meeting_notes.create":   (*write).createBlock,
	"databases.create":       (*write).createDatabase,
	"databases.update":       (*write).updateDatabase,
	"data_sources.create":    (*write).createDataSource,
	"data_sources.update":    (*write).updateDataSource,
	"comments.create":        (*write).comment,
	"comments.update":        (*write).comment,
	"comments.delete":        (*write).comment,
	"views.create":           (*write).view,
	"views.update":           (*write).view,
	"views.delete":           (*write).view,
}

// untouching are the writes whose objects no stored answer shows.
var untouching = map[string]bool{
	"views.queries.create":  true,
	"views.queries.delete":  true,
	"file_uploads.create":   true,
	"file_uploads.send":     true,
	"file_uploads.complete": true,
}

// A write is one whose touch is being found out.
type write struct {
	tree    tree
	path    []ID
	request facts
	answer  facts // empty unless Notion showed what it wrote
	tags    tagSet
}

// readRequest reads what was asked for. Notion may understand a body that we
// don't, so such a one may have asked for anything.
func (w *write) readRequest(body []byte) {
	if len(body) == 0 || w.request.read(body, true) == nil {
		return
	}
	w.request.deletes, w.request.trashTouched, w.request.bodyTouched = true, true, true
}

func (w *write) readAnswer(body []byte) {
	var f facts
	if body == nil || f.read(body, true) != nil {
		return
	}
	switch f.Object {
	case "error", "async_task": // saved all the same, or to come: it may name what was
		for _, tag := range f.Tags {
			w.changed(tag.ID)
		}
	default:
		w.answer = f
	}
}

func (w *write) add(role Role, ids ...ID) {
	for _, id := range ids {
		if !id.IsZero() {
			w.tags.add(Tag{role, id})
		}
	}
}

// changed adds an object that is not what it was.
func (w *write) changed(ids ...ID) {
	w.add(Shows, ids...)
	w.add(Names, ids...)
}

// unsure adds the role without an id: for what can't be told.
func (w *write) unsure(role Role) { w.tags.add(Tag{Role: role}) }

// target is where the write puts its object.
func (w *write) target() above {
	if w.answer.above == (above{}) {
		return w.request.above
	}
	return w.answer.above
}

// subject is what the path names; zero where it names nothing.
func (w *write) subject() ID {
	if len(w.path) == 0 {
		return ID{}
	}
	return w.path[0]
}
