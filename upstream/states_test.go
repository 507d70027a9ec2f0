package upstream

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestStates_countsConnectionsByFamily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewBreakers()
		for range 5 {
			call(x, Circuit{"a", "content"}, 0, Failed)
		}
		call(x, Circuit{"b", "content"}, 0, OK)
		call(x, Circuit{"c", "content"}, 0, Limited) // which also dates the connection's 429
		call(x, Circuit{"a", "other"}, 0, OK)
		assert.Equal(t, map[string]map[Health]int{
			"content": {Down: 1, Well: 2}, "search": {}, "other": {Well: 1},
		}, x.States(time.Now()))

		time.Sleep(3 * time.Minute)
		call(x, Circuit{"a", "content"}, 0, Failed) // a probe
		time.Sleep(3 * time.Minute)
		assert.Equal(t, map[string]map[Health]int{
			"content": {Down: 1}, "search": {}, "other": {},
		}, x.States(time.Now()), "of late")
		time.Sleep(3 * time.Minute)
		assert.Empty(t, x.States(time.Now())["content"], "nobody asks any more")
	})
}
