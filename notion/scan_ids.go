package notion

// text takes what matters from a string of o, whose inside is at [from, end).
func (s *scanner) text(o *object, at place, k key, from, end int, esc escapes) {
	raw := s.body[from:end]
	if s.everything && esc == 0 {
		s.anyText(raw)
	}
	if k == keyOther {
		return
	}
	if esc != 0 {
		raw = unescape(nil, raw)
	}
	switch k {
	case keyObject:
		o.sort = sortOf(raw)
	case keyID:
		o.id, _ = ParseID(raw)
	case keyPageID, keyBlockID, keyDatabaseID, keyDataSourceID, keyDiscussionID, keyAnyID:
		s.idMember(o, at, k, raw)
	case keyURL:
		o.hasURL = true
	case keyExpiryTime:
		o.expiryFrom, o.expiryEnd = from, end
		if o.expiry.UnmarshalText(raw) != nil {
			o.expiryFrom = 0
		}
	}
	switch at {
	case atTop:
		s.topText(k, raw)
	case inRequestStatus:
		s.requestStatus(k, raw)
	}
}

func (s *scanner) topText(k key, raw []byte) {
	switch k {
	case keyObject:
		s.facts.Object = word(raw)
	case keyType:
		s.facts.ListType = word(raw)
	case keyStatus:
		s.facts.Status = word(raw)
	case keyNextCursor:
		s.facts.NextCursor = string(raw)
	}
}

func (s *scanner) requestStatus(k key, raw []byte) {
	switch k {
	case keyType:
		s.facts.Incomplete = string(raw) == "incomplete"
	case keyIncompleteReason:
		s.facts.IncompleteReason = string(raw)
	}
}

// word is string(raw), without an allocation for the words that are common.
func word(raw []byte) string {
	switch string(raw) {
	case "page":
		return "page"
	case "list":
		return "list"
	case "block":
		return "block"
	case "database":
		return "database"
	case "data_source":
		return "data_source"
	case "page_or_data_source":
		return "page_or_data_source"
	}
	return string(raw)
}

// idMember takes a string whose key says that it is an object's id. In a
// parent it tells what stands above.
func (s *scanner) idMember(o *object, at place, k key, raw []byte) {
	id, ok := ParseID(raw)
	if !ok {
		return
	}
	if at == inParent || at == inDatabaseParent {
		o.above.set(k, id)
		if k == keyAnyID {
			s.tags.add(Tag{Under, id})
		}
		return
	}
	s.tags.add(Tag{Names, id})
	if !s.everything {
		return
	}
	if at == inRelation {
		s.facts.related = append(s.facts.related, id)
	}
	if at == atTop {
		s.facts.named.set(k, id)
	}
	if k == keyDiscussionID {
		s.facts.discussion = id
	}
}

// anyText takes a string that may be an id, whatever its key.
func (s *scanner) anyText(raw []byte) {
	if id, ok := ParseID(raw); ok {
		s.tags.add(Tag{Names, id})
	}
}

// listed takes a string of an array.
func (s *scanner) listed(raw []byte, at place) {
	id, ok := ParseID(raw)
	if !ok {
		return
	}
	s.tags.add(Tag{Names, id})
	if at == inIDs {
		s.kids = append(s.kids, id)
	}
}

func (a *above) set(k key, id ID) {
	switch k {
	case keyDataSourceID:
		a.dataSource = id
	case keyDatabaseID:
		a.database = id
	case keyPageID:
		a.pageOrBlock, a.isPage = id, true
	case keyBlockID:
		if !a.isPage {
			a.pageOrBlock = id
		}
	case keyAnyID:
		a.isOdd = true
	}
}

// close takes what matters from o, now that all of it is known.
func (s *scanner) close(o *object, at place) {
	s.closeLink(o)
	switch at {
	case inParent, inDatabaseParent:
		s.closeParent(o)
		return
	case inRows:
		s.facts.Rows[len(s.facts.Rows)-1] = o.id
	case atTop:
		s.closeTop(o)
	}
	isThing := !o.id.IsZero() && o.isThing(at)
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
	switch o.sort {
	case sortThing:
		return true
	case sortless:
		return at == atTop || at == inRows || at == inRelation || at == inMention || at == inDataSources
	}
	return false
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
	if !a.dataSource.IsZero() {
		s.edge(containerNote(a.dataSource))
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
	if e.Child != e.Parent {
		s.facts.Parents = append(s.facts.Parents, e)
	}
}
