package proxy_test

import (
	"strconv"
	"time"

	"notionproxy/exchange"
)

// A history is what one thing was over time: a text, a name, or the place of
// an object. Texts and names carry a stamp, such as k12x3k: history 12, version
// 3. So an answer tells by itself how old it is.
type history struct {
	number   int
	space    *space
	last     int // number of the newest version there ever was
	versions []version
	maybes   []maybe
}

// A version is a value, and how it came to be.
type version struct {
	number int
	place  string    // of histories of places: what it is in, "" in the trash
	at     time.Time // when it was the case for certain; zero while it is under way
	ended  int       // the step by whose end Notion's 2xx was answered through the proxy; 0 if it never was
	when   time.Time // that time
}

// A maybe is a write whose outcome nobody knew.
type maybe struct {
	ended int // step
	seq   int // of Notion's newest call then
	by    *token
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

// behind adds a version that came about behind the proxy's back, now.
func (h *history) behind(place string) string {
	h.open(place)
	h.newest().at = time.Now()
	return h.stamp()
}

// undo takes the newest version back: it never was.
func (h *history) undo() { h.versions = h.versions[:len(h.versions)-1] }

// base is the oldest version that may still be shown to a read that began in
// the given step, from what was fetched at the given time.
func (h *history) base(step int, fetched time.Time) int {
	for i := len(h.versions) - 1; i > 0; i-- {
		v := &h.versions[i]
		if v.ended > 0 && v.ended < step || !v.at.IsZero() && v.at.Before(fetched) {
			return i
		}
	}
	return 0
}

// written is base, as writes through the proxy alone have it.
func (h *history) written(step int) int {
	for i := len(h.versions) - 1; i > 0; i-- {
		if v := &h.versions[i]; v.ended > 0 && v.ended < step {
			return i
		}
	}
	return 0
}

// in says whether an object with this history of places must be in a place,
// and whether it may be, for such a read.
func (h *history) in(place string, step int, fetched time.Time) (must, may bool) {
	must = true
	for _, v := range h.versions[h.base(step, fetched):] {
		if v.place == place {
			may = true
		} else {
			must = false
		}
	}
	return must, may
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

// saysDone says whether Notion has said that a write is carried out. A page of
// HTML says nothing, whatever its status.
func saysDone(x *exchange.Exchange) bool {
	return x.UpstreamStatus/100 == 2 && x.UpstreamOutcome != "edge"
}
