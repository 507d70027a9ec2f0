package cache

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/notion"
)

// What is counted is what is kept: an answer that came in chunks was read into
// a buffer of a length that somebody guessed.
func TestNewPage_keepsNoMoreThanTheBody(t *testing.T) {
	buffer := append(make([]byte, 0, 4<<10), "a small answer"...)
	p := NewPage(buffer, true, &notion.Survey{})
	assert.Equal(t, buffer, p.Body)
	assert.LessOrEqual(t, cap(p.Body), 32)

	exact := make([]byte, 1000, 1001)
	p = NewPage(exact, false, &notion.Survey{})
	assert.Same(t, &exact[0], &p.Body[0], "what fits is not copied")
}
