package limiter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// RFC 9110, 10.2.3 and 5.6.7; in the body Notion sends a string of digits.
func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 15, 8, 0, 0, 0, time.UTC)
	tests := []struct {
		name         string
		header, body string
		want         time.Duration
	}{
		{"seconds", "49", "", 49 * time.Second},
		{"in the body only", "", "49", 49 * time.Second},
		{"both", "49", "49", 49 * time.Second},
		{"they differ", "10", "49", 49 * time.Second},
		{"neither", "", "", 0},
		{"zero", "0", "", time.Second},
		{"fraction", "1.5", "", 1500 * time.Millisecond},
		{"small fraction", ".2", "", time.Second},
		{"negative", "-1", "", 0},
		{"negative, and the body knows", "-1", "7", 7 * time.Second},
		{"blanks", " 3 ", "", 3 * time.Second},
		{"date", "Sun, 15 Nov 2026 08:00:30 GMT", "", 30 * time.Second},
		{"old date form", "Sunday, 15-Nov-26 08:00:30 GMT", "", 30 * time.Second},
		{"oldest date form", "Sun Nov 15 08:00:30 2026", "", 30 * time.Second},
		{"date that has passed", "Sun, 15 Nov 2026 07:00:00 GMT", "", time.Second},
		{"date of another century", "Mon, 15 Nov 2126 08:00:00 GMT", "", 24 * time.Hour},
		{"a day and more", "100000", "", 24 * time.Hour},
		{"absurd", "99999999999999999999999999", "", 24 * time.Hour},
		{"milliseconds, it seems", "1763193600000", "", 24 * time.Hour},
		{"words", "soon", "", 0},
		{"infinite", "inf", "", 0},
		{"not a number", "NaN", "", 0},
		{"exponent", "1e3", "", 0},
		{"hexadecimal", "0x10", "", 0},
		{"underscore", "1_000", "", 0},
		{"plus", "+5", "", 0},
		{"point", ".", "", 0},
		{"two points", "1.2.3", "", 0},
		{"list", "5, 10", "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, ParseRetryAfter(test.header, test.body, now))
		})
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, s := range []string{"49", "1.5", "-1", "Sun, 15 Nov 2026 08:00:30 GMT", "9e999", ""} {
		f.Add(s, s)
	}
	now := time.Date(2026, 11, 15, 8, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, header, body string) {
		d := ParseRetryAfter(header, body, now)
		if d != 0 && (d < time.Second || d > 24*time.Hour) {
			t.Errorf("ParseRetryAfter(%q, %q) is %v", header, body, d)
		}
	})
}
