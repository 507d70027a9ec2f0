package notion

import "slices"

// few is how many tags are found faster by looking at each than in a map.
const few = 12

// A tagSet is a list of tags, each once.
type tagSet struct {
	list []Tag
	have map[Tag]struct{} // nil while there are few
}

func (s *tagSet) add(tag Tag) {
	if s.have == nil && slices.Contains(s.list, tag) {
		return
	}
	if s.have != nil {
		n := len(s.have)
		s.have[tag] = struct{}{}
		if len(s.have) == n {
			return
		}
	}
	if s.list == nil {
		s.list = make([]Tag, 0, few)
	}
	s.list = append(s.list, tag)
	if s.have == nil && len(s.list) > few {
		s.have = make(map[Tag]struct{}, 8*few)
		for _, tag := range s.list {
			s.have[tag] = struct{}{}
		}
	}
}
