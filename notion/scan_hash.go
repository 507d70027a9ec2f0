package notion

import (
	"cmp"
	"crypto/sha256"
	"slices"
)

// A cut is a stretch of the body that its hash leaves out.
type cut struct {
	from, end int
	marked    bool // it leaves a mark, so that leaving out is not the same as not being there
}

// cutMember cuts the member [start, end) of the body itself, with its comma:
// the one before it or, where it comes first, the one at next.
func (s *scanner) cutMember(o *object, start, end, comma, next int) {
	if o.requestIDCut {
		return
	}
	o.requestIDCut = true
	switch {
	case comma >= 0:
		start = comma
	case s.body[next] == ',':
		end = next + 1
	}
	// What was cut inside of it goes with it.
	s.cuts = slices.DeleteFunc(s.cuts, func(c cut) bool { return c.from >= start })
	s.cuts = append(s.cuts, cut{from: start, end: end})
}

// hash is the SHA-256 of the body without the cuts.
func (s *scanner) hash() [32]byte {
	byPosition := func(a, b cut) int { return cmp.Compare(a.from, b.from) }
	if !slices.IsSortedFunc(s.cuts, byPosition) {
		slices.SortFunc(s.cuts, byPosition)
	}
	h := sha256.New()
	from := 0
	for _, c := range s.cuts {
		h.Write(s.body[from:c.from])
		if c.marked {
			h.Write(mark) // no JSON has this byte
		}
		from = c.end
	}
	h.Write(s.body[from:])
	var sum [32]byte
	h.Sum(sum[:0])
	return sum
}

var mark = []byte{0}
