package upstream

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIdleFor_allTogetherAreBounded(t *testing.T) {
	all := 0
	for others := range maxPools {
		all += idleFor(others)
	}
	assert.LessOrEqual(t, all, 1100)
	assert.Equal(t, mostIdle, idleFor(0), "who is alone keeps many")
	assert.Equal(t, leastIdle, idleFor(maxPools-1), "nobody keeps none")
}
