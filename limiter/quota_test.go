package limiter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Of 180 a minute 5 % are left alone: 171 a minute, 2.85 a second.
func TestQuota_headroomIsLeft(t *testing.T) {
	tests := []struct {
		name string
		q    Quota
		want limits
	}{
		{"nothing said", Quota{}, limits{2.85, 30, 171, 15}},
		{"business", Quota{PerMinute: 600}, limits{9.5, 30, 570, 15}},
		{"no headroom", Quota{PerMinute: 180, Headroom: -1}, limits{3, 30, 180, 15}},
		{"a tenth", Quota{PerMinute: 180, Headroom: .1}, limits{2.7, 30, 162, 15}},
		{"all of it is not meant", Quota{PerMinute: 180, Headroom: 1}, limits{2.85, 30, 171, 15}},
		{"burst", Quota{Burst: 100}, limits{2.85, 100, 171, 15}},
		{"a little", Quota{PerMinute: 20, Headroom: -1}, limits{20. / 60, 30, 20, 5}},
		{"next to nothing", Quota{PerMinute: 1}, limits{.95 / 60, 30, 1, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := test.q.limits(time.Minute)
			assert.InDelta(t, float64(test.want.pace), float64(got.pace), 1e-9)
			got.pace = test.want.pace
			assert.Equal(t, test.want, got)
		})
	}
}

func TestPlan(t *testing.T) {
	q, ok := Plan("business")
	assert.True(t, ok)
	assert.Equal(t, 600, q.PerMinute)
	q, ok = Plan("default")
	assert.True(t, ok)
	assert.Equal(t, 180, q.PerMinute)
	_, ok = Plan("gold")
	assert.False(t, ok)
}
