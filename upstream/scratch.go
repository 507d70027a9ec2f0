package upstream

import (
	"math/bits"
	"sync"
)

// scratch is memory for what is read and not kept. To clear it, and to collect
// what had been used once, cost more than all else that an answer did that was
// only passed on.
var scratch sync.Pool // of *[]byte

// Bounds of one piece of it: smaller ones would fit too few answers, and larger
// ones lie about for answers that hardly ever come.
const (
	leastScratch = 64 << 10
	mostScratch  = 1 << 20
)

// borrow returns n bytes or more, whose content means nothing.
func borrow(n int) *[]byte {
	if b, ok := scratch.Get().(*[]byte); ok && len(*b) >= n {
		return b
	}
	size := max(leastScratch, n)
	if n <= mostScratch {
		size = max(leastScratch, 1<<bits.Len(uint(n-1)))
	}
	b := make([]byte, size)
	return &b
}

// giveBack lets the next one have b, of which nobody may hold a part.
func giveBack(b *[]byte) {
	if len(*b) <= mostScratch {
		scratch.Put(b)
	}
}
