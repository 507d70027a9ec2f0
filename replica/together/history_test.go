package together

import (
	"strconv"
	"time"
)

// A history is what one thing was over time: a text, or the place of an object.
// Texts carry a stamp, such as k12x3k: history 12, version 3. So an answer tells
// by itself how old it is. Histories are guarded by the world's lock.
type history struct {
	number   int
	space    *space
	of       string // the object's id
	last     int    // number of the newest version there ever was
	versions []version
	maybes   []maybe
}

// A version is a value, and how it came to be.
type version struct {
	number int
	place  string // of places: what it is in, "" in the trash
	event         // at is zero while it is under way
	answer bool   // Notion's 2xx was answered through a replica
}

// A maybe is a write whose outcome nobody knew.
type maybe struct {
	event
	sent time.Time
}

func stampOf(number, version int) string {
	return "k" + strconv.Itoa(number) + "x" + strconv.Itoa(version) + "k"
}

// newest is the newest version, under way or not.
func (h *history) newest() *version { return &h.versions[len(h.versions)-1] }

func (h *history) stamp() string { return stampOf(h.number, h.newest().number) }

// open adds a version that is under way.
func (h *history) open(place string) string {
	h.last++
	h.versions = append(h.versions, version{number: h.last, place: place})
	return h.stamp()
}

// undo takes the newest version back: it never was.
func (h *history) undo() { h.versions = h.versions[:len(h.versions)-1] }

// base is the oldest version that may still be shown, where must says of which
// it is certain that they are known.
func (h *history) base(must func(*version) bool) int {
	for i := len(h.versions) - 1; i > 0; i-- {
		if v := &h.versions[i]; !v.at.IsZero() && must(v) {
			return i
		}
	}
	return 0
}

// A mark is a stamp that was found in an answer.
type mark struct{ history, version int }

// marks finds the stamps in an answer.
func marks(body string) []mark {
	var found []mark
	for i := 0; i < len(body); i++ {
		if body[i] != 'k' {
			continue
		}
		number, j := digits(body, i+1)
		if j == i+1 || j >= len(body) || body[j] != 'x' {
			continue
		}
		version, end := digits(body, j+1)
		if end == j+1 || end >= len(body) || body[end] != 'k' {
			continue
		}
		found = append(found, mark{number, version})
		i = end
	}
	return found
}

func digits(s string, from int) (n, end int) {
	for end = from; end < len(s) && s[end] >= '0' && s[end] <= '9'; end++ {
		n = n*10 + int(s[end]-'0')
	}
	return n, end
}
