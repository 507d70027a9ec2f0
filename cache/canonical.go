package cache

import (
	"bytes"
	"slices"
)

// maxNesting bounds how deep a body may be nested. Filters go some ten deep.
const maxNesting = 128

// Canonical returns the canonical form of a JSON body, for keys: bodies that
// mean the same have one form, and those that don't have two.
//
//   - An object's keys are sorted, and space between tokens is dropped.
//   - Arrays keep their order, numbers their spelling: 1 is not 1.0.
//   - Strings are spelled in one way, with as few escapes as can be.
//   - A start_cursor of null is dropped from the body itself, and no body or a
//     blank one is {}: three ways in which clients ask for a first page.
//
// It is false for what two programs could read as two different things, or as
// none: invalid JSON (RFC 8259) or UTF-8, half a surrogate pair, a key that
// occurs twice in one object, a body that is no object or is nested more than
// 128 deep. The result shares no memory with body.
func Canonical(body []byte) (canon []byte, ok bool) {
	s := source(body)
	char, i := s.next(0)
	switch {
	case i == len(s):
		return []byte("{}"), true
	case char != '{':
		return nil, false
	}
	canon, i = s.object(make([]byte, 0, len(body)+2), i+1, 1)
	if i < 0 || s.space(i) != len(s) {
		return nil, false
	}
	return canon, true
}

// A source is JSON text. Its methods read what begins at i, append its
// canonical form to out, and return that and the position after what they
// read, negative where there is no canonical form.
type source []byte

func (s source) space(i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// next is the character at or after i that is no space, 0 at the end.
func (s source) next(i int) (byte, int) {
	if i = s.space(i); i < len(s) {
		return s[i], i
	}
	return 0, i
}

func (s source) value(out []byte, i, depth int) ([]byte, int) {
	char, i := s.next(i)
	switch char {
	case '{':
		return s.object(out, i+1, depth+1)
	case '[':
		return s.array(out, i+1, depth+1)
	case '"':
		return s.text(out, i+1)
	case 't':
		return s.word(out, i, "true")
	case 'f':
		return s.word(out, i, "false")
	case 'n':
		return s.word(out, i, "null")
	}
	return s.number(out, i)
}

func (s source) word(out []byte, i int, word string) ([]byte, int) {
	end := i + len(word)
	if end > len(s) || string(s[i:end]) != word {
		return out, -1
	}
	return append(out, word...), end
}

// array reads what follows the opening bracket.
func (s source) array(out []byte, i, depth int) ([]byte, int) {
	if depth > maxNesting {
		return out, -1
	}
	out = append(out, '[')
	char, i := s.next(i)
	if char == ']' {
		return append(out, ']'), i + 1
	}
	for {
		if out, i = s.value(out, i, depth); i < 0 {
			return out, i
		}
		char, i = s.next(i)
		if char != ',' && char != ']' {
			return out, -1
		}
		out = append(out, char)
		i++
		if char == ']' {
			return out, i
		}
	}
}

// A member of an object, as it stands in the canonical form: its key at [from,
// colon), all of it at [from, end).
type member struct{ from, colon, end int }

// object reads what follows the opening brace.
func (s source) object(out []byte, i, depth int) ([]byte, int) {
	if depth > maxNesting {
		return out, -1
	}
	out = append(out, '{')
	char, i := s.next(i)
	if char == '}' {
		return append(out, '}'), i + 1
	}
	var room [8]member // enough for most, without an allocation
	members := room[:0]
	for {
		var m member
		if out, m, i = s.member(out, i, depth); i < 0 {
			return out, i
		}
		members = append(members, m)
		if char, i = s.next(i); char != ',' && char != '}' {
			return out, -1
		}
		out = append(out, char)
		i++
		if char == '}' {
			break
		}
	}
	out, ok := ordered(out, members, depth == 1)
	if !ok {
		return out, -1
	}
	return out, i
}

func (s source) member(out []byte, i, depth int) ([]byte, member, int) {
	m := member{from: len(out)}
	char, i := s.next(i)
	if char != '"' {
		return out, m, -1
	}
	if out, i = s.text(out, i+1); i < 0 {
		return out, m, i
	}
	m.colon = len(out)
	if char, i = s.next(i); char != ':' {
		return out, m, -1
	}
	out, i = s.value(append(out, ':'), i+1, depth)
	m.end = len(out)
	return out, m, i
}

// ordered puts the members of the object that ends out in order, and drops a
// start_cursor of null if the object is the body itself. It is false when two
// have the same key.
func ordered(out []byte, members []member, body bool) ([]byte, bool) {
	from := members[0].from
	inOrder := areInOrder(out, members)
	if !inOrder {
		slices.SortFunc(members, func(a, b member) int { return byKey(out, a, b) })
		if !areInOrder(out, members) {
			return out, false
		}
	}
	drop := -1
	if body {
		drop = slices.IndexFunc(members, func(m member) bool {
			return string(out[m.from:m.end]) == `"start_cursor":null`
		})
	}
	if inOrder && drop < 0 {
		return out, true
	}
	return rewrite(out, from, members, drop), true
}

// areInOrder reports whether each key comes after the one before, and so none
// comes twice.
func areInOrder(out []byte, members []member) bool {
	for i := 1; i < len(members); i++ {
		if byKey(out, members[i-1], members[i]) >= 0 {
			return false
		}
	}
	return true
}

func byKey(out []byte, a, b member) int {
	return bytes.Compare(out[a.from:a.colon], out[b.from:b.colon])
}

// rewrite writes the members of the object whose inside begins at from and
// which ends out again: in their new order, and without the one to drop.
func rewrite(out []byte, from int, members []member, drop int) []byte {
	var room [512]byte
	old := append(room[:0], out[from:]...)
	out = out[:from]
	for i, m := range members {
		if i == drop {
			continue
		}
		if len(out) > from {
			out = append(out, ',')
		}
		out = append(out, old[m.from-from:m.end-from]...)
	}
	return append(out, '}')
}
