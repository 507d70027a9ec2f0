package notion

// text takes what matters from a string of o, whose inside is at [from, end).
func (s *scanner) text(o *object, at place, k key, from, end int, esc escapes) {
	raw := s.body[from:end]
	if s.everything && esc == 0 {
		s.show(raw)
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
// parent it tells what stands above; anywhere else the answer shows it.
func (s *scanner) idMember(o *object, at place, k key, raw []byte) {
	id, ok := ParseID(raw)
	if !ok {
		return
	}
	if at == inParent || at == inDatabaseParent {
		o.above.set(k, id)
		return
	}
	s.tags.add(Tag{Shows, id})
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

// show takes a string that is an id, whatever its key.
func (s *scanner) show(raw []byte) {
	if id, ok := ParseID(raw); ok {
		s.tags.add(Tag{Shows, id})
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
	case keyBlockID, keyAnyID: // what we don't know may well be a block
		a.pageOrBlock, a.isPage = id, false
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
	if !o.id.IsZero() && o.isThing(at) {
		s.tags.add(Tag{Shows, o.id})
		s.closeThing(o, at)
	}
	if o.kidsFrom > 0 {
		s.kids = s.kids[:o.kidsFrom-1]
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
	a.isTop = a.dataSource.IsZero() && a.database.IsZero() && a.pageOrBlock.IsZero()
	s.above = *a
	if *a == s.lastAbove { // as in a query: its rows all have the same
		return
	}
	s.lastAbove = *a
	s.under(a.dataSource)
	s.under(a.database)
	s.under(a.pageOrBlock)
}

func (s *scanner) under(id ID) {
	if !id.IsZero() {
		s.tags.add(Tag{Under, id})
	}
}

func (s *scanner) closeTop(o *object) {
	if s.facts.Object != "list" {
		s.facts.ListType = ""
	}
	s.facts.id, s.facts.above, s.facts.databaseAbove = o.id, o.above, o.databaseAbove
	if s.everything && o.kidsFrom > 0 {
		s.facts.dataSources = append(s.facts.dataSources, s.kids[o.kidsFrom-1:]...)
	}
}

// closeThing notes the edges of Notion's tree that o shows.
func (s *scanner) closeThing(o *object, at place) {
	switch at {
	case inDataSources:
		s.kids = append(s.kids, o.id)
	case inRelation:
		if s.everything {
			s.facts.relations = append(s.facts.relations, o.id)
		}
	}
	s.edges(o.id, &o.above)
	if !o.above.database.IsZero() {
		s.edges(o.above.database, &o.databaseAbove)
	}
	if o.kidsFrom > 0 {
		for _, kid := range s.kids[o.kidsFrom-1:] {
			s.edge(kid, o.id)
		}
	}
}

// edges notes what stands above child.
func (s *scanner) edges(child ID, a *above) {
	switch {
	case !a.dataSource.IsZero():
		s.edge(child, a.dataSource)
		if e := (Edge{a.dataSource, a.database}); !a.database.IsZero() && e != s.lastShared {
			s.lastShared = e
			s.edge(e.Child, e.Parent)
		}
	case !a.database.IsZero():
		s.edge(child, a.database)
	case !a.pageOrBlock.IsZero():
		s.edge(child, a.pageOrBlock)
	case a.isTop:
		s.edge(child, ID{})
	}
}

func (s *scanner) edge(child, parent ID) {
	if child != parent {
		s.facts.Parents = append(s.facts.Parents, Edge{child, parent})
	}
}
