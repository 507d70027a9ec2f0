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
	c := canonizer{in: body, out: make([]byte, 0, len(body)+2)}
	i := c.space(0)
	if i == len(body) {
		return append(c.out, "{}"...), true
	}
	if body[i] != '{' {
		return nil, false
	}
	c.room = c.members[:0:len(c.members)]
	i = c.object(i+1, 1)
	if i < 0 || c.space(i) != len(body) {
		return nil, false
	}
	return c.out, true
}

// A canonizer reads in once and writes what it read to out. Its methods take
// the position to begin at and return the one after what they read, negative
// where in has no canonical form.
type canonizer struct {
	in, out []byte
	members [24]member
	room    []member // of the objects being read
	sorted  []byte   // where an object's members are put in order
}

// A member of an object, as it stands in out: its key at [from, colon), all of
// it at [from, end).
type member struct{ from, colon, end int }

func (c *canonizer) space(i int) int {
	for i < len(c.in) && (c.in[i] == ' ' || c.in[i] == '\n' || c.in[i] == '\r' || c.in[i] == '\t') {
		i++
	}
	return i
}

// next is the character at or after i that is no space, 0 at the end.
func (c *canonizer) next(i int) (byte, int) {
	if i = c.space(i); i < len(c.in) {
		return c.in[i], i
	}
	return 0, i
}

func (c *canonizer) value(i, depth int) int {
	char, i := c.next(i)
	switch char {
	case '{':
		return c.object(i+1, depth+1)
	case '[':
		return c.array(i+1, depth+1)
	case '"':
		return c.text(i + 1)
	case 't':
		return c.word(i, "true")
	case 'f':
		return c.word(i, "false")
	case 'n':
		return c.word(i, "null")
	}
	return c.number(i)
}

func (c *canonizer) word(i int, word string) int {
	if !bytes.HasPrefix(c.in[i:], []byte(word)) {
		return -1
	}
	c.out = append(c.out, word...)
	return i + len(word)
}

func (c *canonizer) array(i, depth int) int {
	if depth > maxNesting {
		return -1
	}
	c.out = append(c.out, '[')
	char, i := c.next(i)
	if char == ']' {
		c.out = append(c.out, ']')
		return i + 1
	}
	for {
		if i = c.value(i, depth); i < 0 {
			return i
		}
		char, i = c.next(i)
		if char != ',' && char != ']' {
			return -1
		}
		c.out = append(c.out, char)
		i++
		if char == ']' {
			return i
		}
	}
}

// object reads what follows the opening brace.
func (c *canonizer) object(i, depth int) int {
	if depth > maxNesting {
		return -1
	}
	c.out = append(c.out, '{')
	first := len(c.room)
	char, i := c.next(i)
	if char == '}' {
		c.out = append(c.out, '}')
		return i + 1
	}
	for {
		m := member{from: len(c.out)}
		if char, i = c.next(i); char != '"' {
			return -1
		}
		if i = c.text(i + 1); i < 0 {
			return i
		}
		m.colon = len(c.out)
		if char, i = c.next(i); char != ':' {
			return -1
		}
		c.out = append(c.out, ':')
		if i = c.value(i+1, depth); i < 0 {
			return i
		}
		m.end = len(c.out)
		c.room = append(c.room, m)
		if char, i = c.next(i); char != ',' && char != '}' {
			return -1
		}
		c.out = append(c.out, char)
		i++
		if char == '}' {
			break
		}
	}
	ok := c.order(c.room[first:], depth == 1)
	c.room = c.room[:first]
	if !ok {
		return -1
	}
	return i
}

// order puts the object's members, which end out, in order, and drops a
// start_cursor of null if the object is the body itself. It is false when two
// have the same key.
func (c *canonizer) order(members []member, body bool) bool {
	byKey := func(a, b member) int { return bytes.Compare(c.out[a.from:a.colon], c.out[b.from:b.colon]) }
	from := members[0].from
	inOrder := slices.IsSortedFunc(members, byKey)
	if !inOrder {
		slices.SortFunc(members, byKey)
	}
	drop := -1
	for k, m := range members {
		if k > 0 && byKey(members[k-1], m) == 0 {
			return false
		}
		if body && string(c.out[m.from:m.end]) == `"start_cursor":null` {
			drop = k
		}
	}
	if inOrder && drop < 0 {
		return true
	}
	c.sorted = c.sorted[:0]
	for k, m := range members {
		if k == drop {
			continue
		}
		if len(c.sorted) > 0 {
			c.sorted = append(c.sorted, ',')
		}
		c.sorted = append(c.sorted, c.out[m.from:m.end]...)
	}
	c.out = append(c.out[:from], c.sorted...)
	c.out = append(c.out, '}')
	return true
}
