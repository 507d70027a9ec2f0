package limiter

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRetries_aTenthOfTheCalls(t *testing.T) {
	r := NewRetries(10)
	allowed := 0
	for range 1000 {
		r.Count("c")
		for r.Allow("c") {
			allowed++
		}
	}
	assert.Equal(t, 100, allowed)
}

func TestRetries_theFirstIsALoan(t *testing.T) {
	r := NewRetries(10)
	r.Count("c")
	assert.True(t, r.Allow("c"))
	for range 18 {
		r.Count("c")
		assert.False(t, r.Allow("c"))
	}
	r.Count("c") // the twentieth
	assert.True(t, r.Allow("c"))
}

func TestRetries_idlenessSavesUpTen(t *testing.T) {
	r := NewRetries(10)
	for range 100_000 {
		r.Count("c")
	}
	for range 10 {
		assert.True(t, r.Allow("c"))
	}
	assert.False(t, r.Allow("c"))
}

func TestRetries_connectionsDoNotShareAndAreForgotten(t *testing.T) {
	r := NewRetries(10)
	assert.True(t, r.Allow("a"))
	assert.False(t, r.Allow("a"))
	assert.True(t, r.Allow("b"))
	for i := range 1000 {
		r.Count(fmt.Sprint(i))
	}
	assert.Equal(t, 10, r.left.Len())
}
