package notion

// within touches what shows that the object changed, where it stands now and
// where it stood last.
func (w *write) within(object ID, now above) {
	w.in(now)
	before, known := w.tree.parent(object)
	switch {
	case !known && now == above{}:
		w.somewhere()
	case !known, before.IsZero(), before == now.dataSource, before == now.database, before == now.pageOrBlock:
	default:
		w.inWhat(before)
	}
}

// somewhere touches what may show that an object changed of which nothing is
// known: any query, and any page's markdown.
func (w *write) somewhere() {
	w.unsure(Queries)
	w.unsure(Holds)
}

// in touches what shows that something directly in a changed.
func (w *write) in(a above) {
	switch {
	case !a.dataSource.IsZero(), !a.database.IsZero():
		w.rows(a.dataSource, a.database)
	case !a.pageOrBlock.IsZero():
		w.contents(a.pageOrBlock, a.isPage)
	}
}

// inWhat is in, for a container whose kind a parent doesn't tell.
func (w *write) inWhat(id ID) {
	if w.tree.kind(id) != containerKind {
		w.contents(id, false)
		return
	}
	above, known := w.tree.parent(id)
	switch {
	case !known: // a data source of a database that isn't known, or a database
		w.rows(id, ID{})
	case w.tree.kind(above) == containerKind:
		w.rows(id, above)
	default:
		w.rows(ID{}, id)
	}
}

// rows touches the queries of a data source. Older versions of the API know
// its database alone, and query that; their writes are seen by queries of any
// of its data sources. The schema is not touched, nor are other rows.
func (w *write) rows(source, database ID) {
	if database.IsZero() {
		database, _ = w.tree.parent(source)
	}
	w.add(Lists, source, database)
	switch {
	case source.IsZero():
		w.add(Inside, database)
		w.unsure(Inside)
	case database.IsZero():
		w.unsure(Queries)
	}
}

// contents touches what shows that something directly in the page or block
// changed: the lists of what is in it, itself, since its last_edited_time and
// has_children follow, and every markdown above. A change in a block changes
// the page's last_edited_time, too, and with it the page's place in queries.
func (w *write) contents(id ID, isPage bool) {
	w.add(Shows, id)
	w.add(Lists, id)
	page := isPage || w.tree.kind(id) == pageKind
	rows := page // what comes next may list the page as a row
	last := w.tree.climb(id, func(above ID) {
		kind := w.tree.kind(above)
		w.add(Holds, above)
		switch {
		case !page && kind != containerKind: // a block around it, or the page
			w.add(Shows, above)
			w.add(Lists, above)
			page = kind == pageKind
			rows = page
			return
		case kind == containerKind || rows && kind != pageKind:
			w.add(Lists, above)
			w.add(Inside, above)
		}
		page, rows = true, kind == containerKind
	})
	if !page && !last.IsZero() {
		w.unsure(Holds) // of the page that we didn't get to
	}
}

// parts touches what is part of the page or block, and deeper in it than what
// it lists.
func (w *write) parts(id ID) {
	w.add(Part, id)
	w.unsure(Part)
}

// below touches what stands in the object, at any depth.
func (w *write) below(id ID) {
	w.add(Lists, id)
	w.add(Under, id)
}

// schema touches a data source or database with all of its rows.
func (w *write) schema(id ID) {
	w.changed(id)
	w.below(id)
	w.unsure(Under)
}

// source touches a data source, of which old versions show just the database.
func (w *write) source(id ID) {
	w.schema(id)
	if _, known := w.tree.parent(id); !known && w.answer.id.IsZero() {
		w.unsure(Tables)
	}
}

// relatives touches what a row or schema relates to: the other end of a
// relation may show it, and rollups there read it. Other rows that relate to
// the same stay as they are.
func (w *write) relatives() {
	w.add(Shows, w.request.relations...)
	w.add(Shows, w.answer.relations...)
	for _, id := range w.answer.related {
		w.schema(id)
	}
	for _, id := range w.request.related {
		w.source(id)
	}
}
