package proxy

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/cache"
)

func asks(n int) *ask {
	return &ask{question: cache.Question{Key: cache.KeyOf(fmt.Sprint(n))}}
}

func TestFavourites_whatIsReadMostComesFirst(t *testing.T) {
	f := newFavourites()
	for n := range 3 {
		f.note(asks(n))
		for range n {
			f.count(asks(n).question)
		}
	}
	f.count(asks(7).question) // nobody knows how to ask for that
	var order []cache.Key
	for _, a := range f.ranked() {
		order = append(order, a.question.Key)
	}
	assert.Equal(t, []cache.Key{asks(2).question.Key, asks(1).question.Key, asks(0).question.Key}, order)
	f.forget(asks(2).question)
	assert.Nil(t, f.find(asks(2).question))
	assert.NotNil(t, f.find(asks(1).question))
}

func TestFavourites_areOfFirstPagesAndShortQuestions(t *testing.T) {
	f := newFavourites()
	long, later := asks(1), asks(2)
	long.body, later.question.Cursor = make([]byte, maxFavouriteAsk+1), "next"
	f.note(long)
	f.note(later)
	assert.Empty(t, f.ranked())
}

// A job that goes through everything once pushes out nothing that is read
// often.
func TestFavourites_aJobPushesNothingOut(t *testing.T) {
	f := newFavourites()
	for n := range 100 {
		f.note(asks(n))
		for range 50 {
			f.count(asks(n).question)
		}
	}
	for n := range 10 * maxFavourites {
		f.note(asks(1000 + n))
		if n%100 == 0 {
			for often := range 100 {
				f.count(asks(often).question)
			}
		}
	}
	assert.Len(t, f.ranked(), maxFavourites)
	for n := range 100 {
		assert.NotNil(t, f.find(asks(n).question), n)
	}
}

func TestFavourites_longQuestionsAreFewer(t *testing.T) {
	f := newFavourites()
	for n := range 5 * maxFavourites {
		a := asks(n)
		a.body = make([]byte, maxFavouriteAsk/2+n%100)
		f.note(a)
		f.note(asks(n % 7)) // the same question may come in fewer bytes
	}
	bytes := 0
	for _, a := range f.ranked() {
		bytes += a.bytes()
	}
	assert.Equal(t, bytes, f.bytes)
	assert.LessOrEqual(t, bytes, maxFavouriteBytes)
	assert.Greater(t, bytes, maxFavouriteBytes*9/10)
	for _, a := range f.ranked() {
		f.forget(a.question)
	}
	assert.Zero(t, f.bytes)
}
