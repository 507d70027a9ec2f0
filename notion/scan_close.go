package notion

// close takes what matters from o, now that all of it is known.
func (s *scanner) close(o *object, at place) {
	s.closeLink(o)
	switch at {
	case inParent, inDatabaseParent:
		s.closeParent(o)
	case inRows:
		s.facts.Rows[len(s.facts.Rows)-1] = o.id
	case atTop:
		s.closeTop(o)
	}
	isThing := o.isThing(at)
	if o.kidsFrom > 0 {
		for _, kid := range s.kids[o.kidsFrom-1:] {
			if isThing {
				s.edge(Edge{kid, o.id})
			}
		}
		s.kids = s.kids[:o.kidsFrom-1]
	}
	if isThing {
		s.closeThing(o, at)
	}
}

// isThing reports whether o is an object of Notion's that can be written:
// users are not, nor are the options of a select, which have ids as well.
func (o *object) isThing(at place) bool {
	switch {
	case o.id.IsZero(), at == inParent, at == inDatabaseParent:
		return false
	case o.sort == sortThing, o.sort == sortTable:
		return true
	}
	return o.sort == sortless && (at == atTop || at == inRows || at == inRelation || at == inMention || at == inDataSources)
}

func (s *scanner) closeParent(o *object) {
	a := &o.above
	a.isTop = *a == above{}
	s.above = *a
	if *a == s.lastAbove { // as in a query: its rows all have the same
		return
	}
	s.lastAbove = *a
	for _, id := range [...]ID{a.dataSource, a.database, a.pageOrBlock} {
		if !id.IsZero() {
			s.tags.add(Tag{Under, id})
		}
	}
	switch {
	case !a.dataSource.IsZero():
		s.edge(containerNote(a.dataSource))
	case !a.database.IsZero():
		s.tags.add(Tag{Role: Tables})
	}
	if !a.database.IsZero() {
		s.edge(containerNote(a.database))
	}
	if a.isPage {
		s.edge(pageNote(a.pageOrBlock))
	}
}

func (s *scanner) closeTop(o *object) {
	if s.facts.Object != "list" {
		s.facts.ListType = ""
	}
	s.facts.id, s.facts.above, s.facts.databaseAbove = o.id, o.above, o.databaseAbove
	s.facts.inPage = s.lastAbove.isPage
	switch {
	case o.id.IsZero():
	case s.facts.Object == "page":
		s.edge(pageNote(o.id))
	case s.facts.Object == "database", s.facts.Object == "data_source":
		s.edge(containerNote(o.id))
	}
	if s.everything && o.kidsFrom > 0 {
		s.facts.dataSources = append(s.facts.dataSources, s.kids[o.kidsFrom-1:]...)
	}
}

// closeThing tags o, and notes the edges of Notion's tree that it shows.
func (s *scanner) closeThing(o *object, at place) {
	role := Shows
	switch at {
	case inDataSources:
		s.kids = append(s.kids, o.id)
		s.edge(containerNote(o.id))
	case inRelation:
		role = Names
		if s.everything {
			s.facts.relations = append(s.facts.relations, o.id)
		}
	case inMention:
		role = Names
	}
	s.tags.add(Tag{role, o.id})
	if o.sort == sortTable && o.kidsFrom == 0 {
		s.tags.add(Tag{Role: Tables})
	}
	s.edges(o.id, &o.above)
	if !o.above.database.IsZero() {
		s.edges(o.above.database, &o.databaseAbove)
	}
}

// edges notes what stands above child.
func (s *scanner) edges(child ID, a *above) {
	switch {
	case !a.dataSource.IsZero():
		s.edge(Edge{child, a.dataSource})
		if e := (Edge{a.dataSource, a.database}); !a.database.IsZero() && e != s.lastShared {
			s.lastShared = e
			s.edge(e)
		}
	case !a.database.IsZero():
		s.edge(Edge{child, a.database})
	case !a.pageOrBlock.IsZero():
		s.edge(Edge{child, a.pageOrBlock})
	case a.isTop:
		s.edge(Edge{child, ID{}})
	}
}

func (s *scanner) edge(e Edge) {
	if e.Child == e.Parent {
		return
	}
	if s.facts.Parents == nil {
		s.facts.Parents = make([]Edge, 0, 8)
	}
	s.facts.Parents = append(s.facts.Parents, e)
}
