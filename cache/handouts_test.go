package cache

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notion"
)

func TestHandout_whatWasDelivered(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	var q Question
	for page := range 3 {
		a := children(t, alice, 7, 1+page, start)
		a.Page.Rows = []notion.ID{id(2*page + 1), id(2*page + 2)}
		a.Page.Next = "c" + strconv.Itoa(page+1)
		if page > 0 {
			a.Question.Cursor = "c" + strconv.Itoa(page)
		}
		require.True(t, s.Put(a))
		q = a.Question
		q.Cursor = a.Page.Next
	}
	h, ok := s.Handout(q, start)
	require.True(t, ok)
	assert.Equal(t, 6, h.Position)
	assert.Equal(t, id(6), h.LastRow)
	assert.Equal(t, []notion.ID{id(1), id(2), id(3), id(4), id(5)}, h.Before, "all, while the chain is there")

	s.DropOwner(alice)
	h, ok = s.Handout(q, start)
	require.True(t, ok)
	assert.Equal(t, 6, h.Position)
	assert.Equal(t, id(6), h.LastRow)
	assert.Equal(t, []notion.ID{id(2), id(3), id(4), id(5)}, h.Before, "the last few")
}
