package proxy

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/cache"
)

func numberedOwner(n int) (o cache.Owner) {
	binary.BigEndian.PutUint64(o[:], uint64(n))
	return o
}

func TestTokenBook_forgetsWhatWasUsedLongestAgo(t *testing.T) {
	b := newTokenBook(3)
	for n := range 3 {
		b.add(numberedOwner(n))
		b.identify(b.get(numberedOwner(n)), string(rune('a'+n)), "w")
	}
	b.get(numberedOwner(0))
	b.add(numberedOwner(3))
	assert.NotNil(t, b.peek(numberedOwner(0)))
	assert.Nil(t, b.peek(numberedOwner(1)))
	assert.NotNil(t, b.peek(numberedOwner(2)))
}

func TestTokenBook_aFloodOfOneConnectionsTokensForgetsItsOwn(t *testing.T) {
	for _, bot := range []string{"flood", ""} {
		b := newTokenBook(100)
		for n := range 30 {
			b.identify(b.add(numberedOwner(n)), "good", "w")
		}
		for n := 1000; n < 3000; n++ {
			k := b.add(numberedOwner(n))
			if bot != "" {
				b.identify(k, bot, "w")
			}
		}
		for n := range 30 {
			assert.NotNil(t, b.peek(numberedOwner(n)), "%q %d", bot, n)
		}
		assert.Len(t, b.tokens, 100)
	}
}

func TestTokenBook_whoIsAloneHasAllTheRoom(t *testing.T) {
	b := newTokenBook(100)
	for n := range 100 {
		b.identify(b.add(numberedOwner(n)), "bot", "w")
	}
	assert.Len(t, b.tokens, 100)
	for n := range 50 { // and gives half of it up when others want it
		b.identify(b.add(numberedOwner(1000+n)), string(rune('A'+n)), "w")
	}
	assert.Len(t, b.tokens, 100)
	assert.Equal(t, 50, b.connections["bot"].used.n)
}

func TestTokenBook_itsListsAgree(t *testing.T) {
	b := newTokenBook(50)
	for range 20_000 {
		o := numberedOwner(rand.IntN(200))
		k := b.get(o)
		if k == nil {
			k = b.add(o)
		}
		if rand.IntN(2) == 0 {
			b.identify(k, string(rune('a'+rand.IntN(4))), "w")
		}
	}
	sum, over := 0, 0
	for bot, c := range b.connections {
		n := 0
		for k := c.used.oldest; k != nil; k = k.links[ofConnection].newer {
			assert.Equal(t, bot, k.bot)
			n++
		}
		assert.Equal(t, c.used.n, n)
		sum += n
		if n > 25 {
			over++
			assert.Same(t, c, b.heavy)
		}
	}
	assert.Len(t, b.tokens, sum)
	assert.Equal(t, b.used.n, sum)
	assert.Equal(t, over > 0, b.heavy != nil)
}
