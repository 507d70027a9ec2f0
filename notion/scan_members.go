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
