package main

import (
	"fmt"
	"strconv"
	"strings"
)

// A question is one read that the load asks. Its id says what the answer to it
// is, so that the canned Notion needs no state and every number is another
// question.
type question struct {
	shape  int // which of shapes
	packed bool
	number uint64
}

// id is the question as a Notion id. The number is its last twelve digits.
func (q question) id() string {
	form := 0
	if q.packed {
		form = 1
	}
	return fmt.Sprintf("%06x%02x-0000-4000-8000-%012x", q.shape, form, q.number)
}

const (
	idLength = 36
	numberAt = 24 // in an id
)

// questionIn reads the question from the path that it was asked with.
func questionIn(path string) (question, bool) {
	rest := path
	for range 2 { // the version, the resource
		_, rest, _ = strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	}
	if len(rest) < idLength {
		return question{}, false
	}
	shape, err1 := strconv.ParseUint(rest[:6], 16, 32)
	form, err2 := strconv.ParseUint(rest[6:8], 16, 8)
	number, err3 := strconv.ParseUint(rest[numberAt:idLength], 16, 64)
	if err1 != nil || err2 != nil || err3 != nil || shape >= uint64(len(shapes)) || form > 1 {
		return question{}, false
	}
	return question{int(shape), form == 1, number}, true
}
