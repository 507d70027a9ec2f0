package notion

import "time"

// An object is what is known of the JSON object that is being read.
type object struct {
	id     ID
	sort   objectSort
	hasURL bool
	above  above

	databaseAbove above // of a data source: what stands above its database

	kidsFrom int // 1 + where its own begin in the scanner's kids; 0 when it has none

	expiry                time.Time // expiry_time, and where it stands
	expiryFrom, expiryEnd int
	requestIDCut          bool
}

// above is what stands above an object, as its "parent" tells. A row has both
// a data source and a database from version 2025-09-03 on.
type above struct {
	dataSource  ID
	database    ID
	pageOrBlock ID
	isPage      bool
	isTop       bool // nothing stands above: the workspace does
	isOdd       bool // something does that we don't know
}

// member reads the value of key k of o, and takes from it what matters.
func (s *scanner) member(o *object, at place, k key, i, depth int) int {
	if i >= len(s.body) {
		return s.bad("it ends in the middle")
	}
	if k == keyDeletes {
		s.facts.deletes = true
	}
	if at == atTop {
		s.facts.trashTouched = s.facts.trashTouched || k == keyInTrash
		s.facts.bodyTouched = s.facts.bodyTouched || k != keyProperties && k != keyMild && k != keyInTrash
	}
	switch s.body[i] {
	case '{':
		return s.nested(o, at.below(k), i, depth)
	case '[':
		return s.list(o, at.below(k), i, depth)
	case '"':
		end, esc := s.str(i + 1)
		if end < 0 {
			return end
		}
		if k != keyOther || s.everything {
			s.text(o, at, k, i+1, end-1, esc)
		}
		if end > s.nextLink || esc&escapedASCII != 0 {
			s.links(i+1, end-1, esc)
		}
		return end
	}
	end := s.scalar(i)
	if end > 0 && at == atTop {
		s.flag(k, s.body[i] == 't')
	}
	return end
}

// nested reads an object that is a member of o.
func (s *scanner) nested(o *object, p place, i, depth int) int {
	s.above = above{}
	end := s.object(i+1, depth+1, p.ofObject())
	switch p {
	case inParent:
		o.above = s.above
	case inDatabaseParent:
		o.databaseAbove = s.above
	}
	return end
}

// list reads an array that is a member of o.
func (s *scanner) list(o *object, p place, i, depth int) int {
	if (p == inDataSources || p == inIDs) && o.kidsFrom == 0 {
		o.kidsFrom = 1 + len(s.kids)
	}
	return s.array(i+1, depth+1, p.ofElements())
}

// flag takes a true or false of the body itself.
func (s *scanner) flag(k key, yes bool) {
	switch k {
	case keyHasMore:
		s.facts.HasMore = yes
	case keyInTrash:
		s.facts.InTrash = s.facts.InTrash || yes
	}
}
