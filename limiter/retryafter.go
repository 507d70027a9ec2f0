package limiter

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ParseRetryAfter reads how long to wait from a 429 or 529: the header (RFC 9110,
// section 10.2.3: seconds or a date), and additional_data.retry_after of the
// body, which Notion sends since September 2026 as a string. The longer one
// counts. The result is between a second and a day, or 0 when neither says
// anything that can be meant: missing, negative, not a number.
func ParseRetryAfter(header, body string, now time.Time) time.Duration {
	return max(retryAfter(header, now), retryAfter(body, now))
}

// longestHold bounds what is believed. A longer wait comes to the same, since
// long holds are probed.
const longestHold = 24 * time.Hour

func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if isDecimal(s) {
		seconds, err := strconv.ParseFloat(s, 64)
		if err != nil || seconds > longestHold.Seconds() {
			return longestHold
		}
		return max(time.Second, time.Duration(seconds*float64(time.Second)))
	}
	if date, err := http.ParseTime(s); err == nil {
		return min(max(time.Second, date.Sub(now)), longestHold)
	}
	return 0
}

// isDecimal reports whether s is digits with at most one point among them.
// strconv alone would take "inf", "1e9" and "0x1p3" too.
func isDecimal(s string) bool {
	digits := strings.Replace(s, ".", "", 1)
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}
