package notion

// Tags returns the tags of what e may have changed. Answers that have one of
// them, and were asked for before the event, are stale. parents is as for
// Touches.
//
// An event does not tell what a row relates to, nor what has left a relation:
// rows that show it through one are bounded by the time that answers stay
// fresh alone.
func (e *Event) Tags(parents func(ID) (ID, bool)) []Tag {
	touch, known := eventTouches[e.Type]
	if !known {
		touch = (*eventWrite).everything
	}
	w := eventWrite{write: write{tree: tree{learnt: parents}}, event: e}
	touch(&w)
	return w.tags.list
}

// KnownEvent says whether e is of one of the types that Notion documents
// (2026-09).
func (e *Event) KnownEvent() bool { return eventTouches[e.Type] != nil }

// An eventWrite is a write that somebody else made, of which an event tells.
type eventWrite struct {
	write
	event *Event
}

// eventTouches says what each type of event touches.
var eventTouches = map[string]func(*eventWrite){
	"page.created":            (*eventWrite).appeared,
	"page.content_updated":    (*eventWrite).contentUpdated,
	"page.properties_updated": (*eventWrite).updated,
	"page.moved":              (*eventWrite).relocated,
	"page.deleted":            (*eventWrite).vanished,
	"page.undeleted":          (*eventWrite).vanished, // what stands below it comes back with it
	"page.locked":             (*eventWrite).updated,
	"page.unlocked":           (*eventWrite).updated,
	"page.transcription_block.transcript_deleted": (*eventWrite).contentUpdated,

	"database.created":         (*eventWrite).appeared,
	"database.content_updated": (*eventWrite).rowsUpdated, // no longer sent from 2025-09-03 on
	"database.schema_updated":  (*eventWrite).databaseUpdated,
	"database.moved":           (*eventWrite).relocated,
	"database.deleted":         (*eventWrite).vanished,
	"database.undeleted":       (*eventWrite).vanished,

	"data_source.created":         (*eventWrite).sourceAppeared,
	"data_source.content_updated": (*eventWrite).rowsUpdated,
	"data_source.schema_updated":  (*eventWrite).sourceUpdated,
	"data_source.moved":           (*eventWrite).sourceUpdated,
	"data_source.deleted":         (*eventWrite).sourceUpdated,
	"data_source.undeleted":       (*eventWrite).sourceUpdated,

	"comment.created": (*eventWrite).commented,
	"comment.updated": (*eventWrite).commented,
	"comment.deleted": (*eventWrite).commented,

	"view.created": (*eventWrite).viewed,
	"view.updated": (*eventWrite).viewed,
	"view.deleted": (*eventWrite).viewed,

	// No stored answer shows a file upload.
	"file_upload.created":       (*eventWrite).nothing,
	"file_upload.completed":     (*eventWrite).nothing,
	"file_upload.upload_failed": (*eventWrite).nothing,
	"file_upload.expired":       (*eventWrite).nothing,
}

func (w *eventWrite) nothing() {}

// appeared touches what shows that something new is in its place, and the
// thing: answers may have said that there is none yet, and still be kept.
func (w *eventWrite) appeared() {
	w.unsure(Anywhere)
	w.changed(w.event.Entity)
	if w.event.place() == (above{}) {
		w.somewhere()
		return
	}
	w.in(w.event.place())
}

// updated touches the object itself and what shows it where it stands.
func (w *eventWrite) updated() {
	w.unsure(Anywhere)
	w.changed(w.event.Entity)
	w.within(w.event.Entity, w.event.place())
}

// contentUpdated touches the page and every block in it: those that changed are
// named, but not all that stands in them.
func (w *eventWrite) contentUpdated() {
	w.unsure(Anywhere)
	w.changed(w.event.Entity)
	w.contents(w.event.Entity, true)
	w.parts(w.event.Entity)
	for _, block := range w.event.Blocks {
		w.changed(block)
		w.below(block)
	}
	// Its last_edited_time shows in its row.
	w.within(w.event.Entity, w.event.place())
}

// relocated touches all that stands below, too: it stands under other pages
// now.
func (w *eventWrite) relocated() {
	w.vanished()
	if _, known := w.tree.parent(w.event.Entity); !known {
		w.unsure(Holds)
	}
}

// vanished touches the object with all that stands in it.
func (w *eventWrite) vanished() {
	w.updated()
	w.below(w.event.Entity)
}

// rowsUpdated touches queries. An old version's event names a database.
func (w *eventWrite) rowsUpdated() {
	w.unsure(Anywhere)
	if w.event.Type == "database.content_updated" {
		w.rows(ID{}, w.event.Entity)
		return
	}
	w.rows(w.event.Entity, w.sourceDatabase())
}

// sourceDatabase is the database of the data source that the event is about.
func (w *eventWrite) sourceDatabase() ID {
	if w.event.inDatabase {
		return w.event.Parent
	}
	return ID{}
}

// databaseUpdated touches a database with its data sources, which the event
// does not name.
func (w *eventWrite) databaseUpdated() {
	w.schema(w.event.Entity)
	w.unsure(Inside)
	w.updated()
}

// sourceAppeared touches the database that has one data source more, and what
// shows that. The rows of its others stay as they are.
func (w *eventWrite) sourceAppeared() {
	w.unsure(Anywhere)
	w.changed(w.event.Entity, w.sourceDatabase())
	if above, ok := w.tree.parent(w.sourceDatabase()); ok && !above.IsZero() {
		w.contents(above, false)
	}
}

// sourceUpdated touches a data source with its rows, and the databases that it
// is or was one of.
func (w *eventWrite) sourceUpdated() {
	w.unsure(Anywhere)
	w.source(w.event.Entity)
	before, _ := w.tree.parent(w.event.Entity)
	for _, database := range []ID{before, w.sourceDatabase()} {
		if !database.IsZero() {
			w.database(database)
		}
	}
}

// commented touches a comment, and the lists of those on its page or block.
func (w *eventWrite) commented() {
	w.changed(w.event.Entity)
	w.add(Lists, w.event.Parent, w.event.Page)
	before, _ := w.tree.parent(w.event.Entity)
	w.add(Lists, before)
}

// viewed touches a view, and the lists of views of what it is on.
func (w *eventWrite) viewed() {
	w.changed(w.event.Entity)
	before, _ := w.tree.parent(w.event.Entity)
	w.add(Names, before, w.event.Parent, w.event.Source)
}

// everything touches all that an event of an unknown type names.
func (w *eventWrite) everything() {
	w.unsure(Anywhere)
	w.parts(w.event.Entity)
	w.whole(append([]ID{w.event.Entity, w.event.Parent, w.event.Source, w.event.Page}, w.event.Blocks...))
	w.within(w.event.Entity, w.event.place())
}
