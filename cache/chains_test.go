package cache

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notion"
)

func TestStats_countChainsOfMoreThanOnePage(t *testing.T) {
	s := New(Options{MaxBytes: 1 << 20})
	first := answer(t, alice, 1, 100, start)
	first.Op = operation(t, "blocks.children.list")
	first.Page = NewPage(make([]byte, 100), false, &notion.Survey{HasMore: true, NextCursor: "c2"})
	require.True(t, s.Put(first))
	require.True(t, s.Put(answer(t, alice, 2, 100, start)))
	assert.Zero(t, s.Stats().Chains, "one page each")

	second := first
	second.Question.Cursor = "c2"
	second.Page = NewPage(make([]byte, 100), false, &notion.Survey{})
	require.True(t, s.Put(second))
	assert.Equal(t, int64(1), s.Stats().Chains)
	assert.Equal(t, int64(2), s.Stats().Entries)

	s.DropOwner(alice)
	assert.Zero(t, s.Stats().Chains)
	check(t, s)
}
