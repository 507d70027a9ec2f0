package notion

// maxDepth bounds how deep an answer may be nested. Notion's go some 20 deep;
// without a bound a hostile one could take a stack of any size.
const maxDepth = 512

// A scanner walks a JSON text from its first to its last byte, once, checks
// all of it, and takes notes on the way. Its methods take the position to
// begin at and return the one after what they read, negative where the text
// is no JSON.
type scanner struct {
	body       []byte
	facts      *facts
	everything bool
	tags       tagSet
	cuts       []cut
	cutRoom    [24]cut
	nextLink   int // where a signed link may come next
	problem    string

	above      above // what the parent object says that was read just now
	lastAbove  above // what the last one said that is tagged already
	lastShared Edge  // from a data source to its database, noted last
	kids       []ID  // of the objects being read: what they list as standing below them
}

// bad notes what is wrong, and where.
func (s *scanner) bad(what string) int {
	if s.problem == "" {
		s.problem = what
	}
	return -1
}

// document reads the whole text: one object.
func (s *scanner) document() int {
	i := s.space(0)
	if i >= len(s.body) || s.body[i] != '{' {
		return s.bad("it is no JSON object")
	}
	i = s.object(i+1, 1, atTop)
	if i < 0 {
		return i
	}
	if i = s.space(i); i < len(s.body) {
		return s.bad("something follows the JSON object")
	}
	return i
}

// space skips space. Notion sends none, so that must cost nothing.
func (s *scanner) space(i int) int {
	if i < len(s.body) && s.body[i] > ' ' {
		return i
	}
	return s.spaces(i)
}

func (s *scanner) spaces(i int) int {
	for i < len(s.body) && isSpace[s.body[i]] {
		i++
	}
	return i
}

var isSpace = [256]bool{' ': true, '\t': true, '\n': true, '\r': true}

// object reads what follows the opening brace.
func (s *scanner) object(i, depth int, at place) int {
	if depth > maxDepth {
		return s.bad("it is nested too deep")
	}
	var o object
	comma := -1 // where the last comma is
	i = s.space(i)
	if i < len(s.body) && s.body[i] == '}' {
		return i + 1
	}
	for {
		i = s.space(i)
		start := i
		value, k := s.key(i, at)
		if value < 0 {
			return value
		}
		if i = s.member(&o, at, k, value, depth); i < 0 {
			return i
		}
		end := i
		i = s.space(i)
		if i >= len(s.body) {
			return s.bad("it ends in the middle")
		}
		if k == keyRequestID && at == atTop {
			s.cutMember(&o, start, end, comma, i)
		}
		switch s.body[i] {
		case ',':
			comma = i
			i++
		case '}':
			s.close(&o, at)
			return i + 1
		default:
			return s.bad("a comma or brace is missing")
		}
	}
}

// key reads a key and its colon.
func (s *scanner) key(i int, at place) (int, key) {
	if i >= len(s.body) || s.body[i] != '"' {
		return s.bad("a key is missing"), keyOther
	}
	end, esc := s.str(i + 1)
	if end < 0 {
		return end, keyOther
	}
	k := keyOther
	if at != inProperties { // there, keys are what users call their properties
		k = keyOf(s.body, i+1, end-1, esc)
	}
	i = s.space(end)
	if i >= len(s.body) || s.body[i] != ':' {
		return s.bad("a colon is missing"), keyOther
	}
	return s.space(i + 1), k
}

// array reads what follows the opening bracket. Its elements are at the given
// place.
func (s *scanner) array(i, depth int, at place) int {
	if depth > maxDepth {
		return s.bad("it is nested too deep")
	}
	i = s.space(i)
	if i < len(s.body) && s.body[i] == ']' {
		return i + 1
	}
	for {
		if at == inRows {
			s.facts.Rows = append(s.facts.Rows, ID{})
		}
		if i = s.element(s.space(i), depth, at); i < 0 {
			return i
		}
		i = s.space(i)
		if i >= len(s.body) {
			return s.bad("it ends in the middle")
		}
		switch s.body[i] {
		case ',':
			i++
		case ']':
			return i + 1
		default:
			return s.bad("a comma or bracket is missing")
		}
	}
}

func (s *scanner) element(i, depth int, at place) int {
	if i >= len(s.body) {
		return s.bad("it ends in the middle")
	}
	switch s.body[i] {
	case '{':
		return s.object(i+1, depth+1, at)
	case '[':
		return s.array(i+1, depth+1, elsewhere)
	case '"':
		end, esc := s.str(i + 1)
		if end < 0 {
			return end
		}
		if at == inIDs || s.everything {
			s.listed(s.body[i+1:end-1], at)
		}
		if end > s.nextLink || esc&escapedASCII != 0 {
			s.links(i+1, end-1, esc)
		}
		return end
	}
	return s.scalar(i)
}
