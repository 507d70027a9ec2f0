package triage

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestASlotHasACounterForEachWord(t *testing.T) {
	assert.Equal(t, counters, familiesSlow.end())
	assert.Less(t, counters, 256, "marks keep a counter in a byte")
}
