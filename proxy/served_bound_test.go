package proxy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestServed_longQuestionsAreFewer(t *testing.T) {
	s, now := served{}, time.Now()
	for n := range 2 * maxServed {
		a := asks(n)
		a.body = make([]byte, maxServedAsk)
		s.add(&servedRead{ask: a, times: 1, last: now.Add(time.Duration(n))})
	}
	assert.Len(t, s.m, maxServedBytes/maxServedAsk)
	assert.Equal(t, maxServedBytes, s.bytes)
	s.forget(asks(0))
	s.forget(asks(0))
	s.sweep(now.Add(servedLife + 100))
	assert.Len(t, s.m, maxServedBytes/maxServedAsk-100)
	for n := range maxServed {
		s.add(&servedRead{ask: asks(n), last: now})
	}
	assert.Len(t, s.m, maxServed, "short ones are many")
	for _, r := range s.m {
		s.forget(r.ask)
	}
	assert.Zero(t, s.bytes)
}
