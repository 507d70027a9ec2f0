package notion

// Each of these touches what one operation's row of the table says. Anywhere,
// the tag of search, is touched by everything that search could find.

func (w *write) createPage() {
	w.unsure(Anywhere)
	w.changed(w.answer.id)
	w.relatives()
	w.create()
}

// create touches what shows that something new is in its place.
func (w *write) create() {
	if w.target() == (above{}) {
		w.somewhere()
		return
	}
	w.in(w.target())
}

func (w *write) updatePage() {
	w.unsure(Anywhere)
	w.changed(w.subject())
	w.relatives()
	if w.request.trashTouched {
		w.below(w.subject())
	}
	if w.request.bodyTouched { // erased, or filled from a template
		w.below(w.subject())
		w.unsure(Part)
	}
	w.within(w.subject(), w.answer.above)
}

// movePage also touches all below the page: it stands under other pages now,
// and what they do to what is under them must find it.
func (w *write) movePage() {
	w.unsure(Anywhere)
	w.changed(w.subject())
	w.below(w.subject())
	w.moved()
	w.within(w.subject(), w.target())
}

// moved touches the markdown that may have shown the object where it stood
// before, if that isn't known. Lists and queries show the object itself.
func (w *write) moved() {
	if _, known := w.tree.parent(w.subject()); !known {
		w.unsure(Holds)
	}
}

// updateMarkdown may make and delete any block of the page, whatever its
// depth. Pages and databases in it stay, unless it is allowed to delete them.
func (w *write) updateMarkdown() {
	w.unsure(Anywhere)
	w.parts(w.subject())
	if w.request.deletes {
		w.below(w.subject())
	}
	_, known := w.tree.parent(w.subject())
	w.contents(w.subject(), !known)
}

func (w *write) updateBlock() {
	w.unsure(Anywhere)
	w.changed(w.subject())
	if w.request.trashTouched {
		w.below(w.subject())
	}
	w.within(w.subject(), w.answer.above)
}

func (w *write) deleteBlock() {
	w.unsure(Anywhere)
	w.changed(w.subject())
	w.below(w.subject())
	w.within(w.subject(), w.answer.above)
}

// appendBlocks finds the blocks in the answer to stand in another block than
// the path names where that is a synced copy.
func (w *write) appendBlocks() {
	w.unsure(Anywhere)
	w.contents(w.subject(), w.answer.inPage)
	answer := tree{shown: w.answer.Parents}
	for _, block := range w.answer.Rows {
		if in, ok := answer.parent(block); ok && in != w.subject() {
			w.contents(in, w.answer.inPage)
		}
	}
}

func (w *write) createBlock() {
	w.unsure(Anywhere)
	w.changed(w.answer.id)
	w.create()
}

func (w *write) createDatabase() {
	w.unsure(Anywhere)
	w.changed(w.answer.id)
	w.relatives()
	w.create()
}

func (w *write) updateDatabase() {
	w.unsure(Anywhere)
	w.schema(w.subject())
	w.unsure(Inside)
	for _, source := range w.answer.dataSources {
		w.schema(source)
	}
	w.relatives()
	if w.request.above != (above{}) {
		w.moved()
	}
	w.within(w.subject(), w.target())
}

func (w *write) createDataSource() {
	w.unsure(Anywhere)
	w.changed(w.answer.id, w.target().database)
	w.relatives()
	w.in(w.answer.databaseAbove)
}

func (w *write) updateDataSource() {
	w.unsure(Anywhere)
	w.source(w.subject())
	w.relatives()
	before, _ := w.tree.parent(w.subject())
	w.database(before)
	w.database(w.target().database)
	w.in(w.answer.databaseAbove)
}

// database touches one that a data source of it changed, or came or went: old
// versions show its schema as the database's own, and its rows as its rows.
func (w *write) database(id ID) {
	w.changed(id)
	w.add(Lists, id)
	w.add(Under, id)
	if above, ok := w.tree.parent(id); ok && !above.IsZero() {
		w.contents(above, false)
	}
}

// comment touches a comment, what it is on, and its discussion, which a reply
// names alone. The page or block itself doesn't change.
func (w *write) comment() {
	w.changed(w.subject(), w.answer.id, w.request.discussion, w.answer.discussion)
	w.add(Lists, w.request.above.pageOrBlock, w.answer.above.pageOrBlock)
	before, _ := w.tree.parent(w.subject())
	w.add(Lists, before)
}

// view touches a view, and the lists of views of what it is on, which name
// that. Its rows and its schema stay as they are.
func (w *write) view() {
	w.changed(w.subject(), w.answer.id)
	before, _ := w.tree.parent(w.subject())
	w.add(Names, before)
	for _, f := range []*facts{&w.request, &w.answer} {
		w.add(Names, f.above.dataSource, f.above.database, f.named.dataSource, f.named.database)
		w.in(above{pageOrBlock: f.above.pageOrBlock, isPage: f.above.isPage})
	}
}

// everything touches all objects that the bodies name, in whichever way.
func (w *write) everything() {
	w.unsure(Anywhere)
	w.whole(w.path)
	for _, f := range []*facts{&w.request, &w.answer} {
		for _, tag := range f.Tags {
			w.whole([]ID{tag.ID})
		}
	}
}

// whole touches the objects themselves, what is in them and what shows them.
func (w *write) whole(ids []ID) {
	for _, id := range ids {
		w.changed(id)
		w.below(id)
		if before, ok := w.tree.parent(id); ok && !before.IsZero() {
			w.inWhat(before)
		}
	}
}
