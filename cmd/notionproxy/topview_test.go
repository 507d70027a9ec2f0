package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/admin"
)

// A name that a caller made up must not write on somebody's terminal.
func TestTop_showsHostileNamesAsText(t *testing.T) {
	var out bytes.Buffer
	now := &seen{Overview: admin.Overview{
		Callers: []admin.Caller{{Caller: "a\x1b[2J\x07\u009b31m\u202eb\tc\n", Connection: "1f2e3d4c"}},
		Loops:   []admin.Loop{{Caller: "\x1b]0;title\x07", Operation: "search", Times: 40}},
	}}
	drawTop(&out, nil, now)
	assert.Contains(t, out.String(), "a?[2J??31m?b?c? ")
	assert.Contains(t, out.String(), "?]0;title? ")
	assert.NotContains(t, out.String(), "\x1b")
}

func TestTop_tellsWhatCameInASecond(t *testing.T) {
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	told := func(after time.Duration, uptime, hits int64) *seen {
		return &seen{At: at.Add(after), Overview: admin.Overview{Uptime: uptime, Requests: map[string]int64{"hit": hits}}}
	}
	hits := func(s *seen) int64 { return s.Requests["hit"] }
	assert.Equal(t, "10.0", aSecond(told(0, 5, 100), told(2*time.Second, 7, 120), hits))
	assert.Empty(t, aSecond(nil, told(0, 5, 100), hits))
	assert.Empty(t, aSecond(told(0, 5, 100), told(2*time.Second, 1, 3), hits), "started anew")
}

func TestAbout_canBeReadAtAGlance(t *testing.T) {
	for bytes, want := range map[int64]string{
		0: "0", 2124: "2124", 7152: "7152", 234_567: "229KiB", 5 << 20: "5MiB", 200<<20 + 1: "200MiB", 3 << 30: "3GiB",
	} {
		assert.Equal(t, want, about(bytes).String())
	}
}
