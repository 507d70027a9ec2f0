package proxy

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"notionproxy/cache"
	"notionproxy/limiter"
)

// readWishes reads what the client asks of us in standard headers:
// Cache-Control (RFC 9111 5.2.1, RFC 5861 4) and Prefer: wait (RFC 7240 4.3).
func (p *Proxy) readWishes(c *call) {
	c.lane, c.patience = limiter.Default, c.set.MaxWait
	if c.set.IgnoreDirectives {
		return
	}
	h := c.r.Header
	c.wants = cacheWants(h)
	if wait, ok := preferWait(h); ok && wait < c.patience {
		c.patience = wait
	}
}

// cacheWants reads Cache-Control, and Pragma where there is none. Node's fetch
// adds "no-cache" and Pragma by itself to requests that carry If-None-Match;
// there they mean nothing.
func cacheWants(h http.Header) cache.Wants {
	w := cache.NoWants()
	values := h["Cache-Control"]
	conditional := first(h, "If-None-Match") != ""
	if len(values) == 0 {
		w.NoCache = !conditional && strings.Contains(strings.ToLower(first(h, "Pragma")), "no-cache")
		return w
	}
	for _, value := range values {
		for directive := range strings.SplitSeq(value, ",") {
			name, arg, _ := strings.Cut(strings.TrimSpace(directive), "=")
			applyDirective(&w, strings.ToLower(name), strings.Trim(arg, `"`))
		}
	}
	if conditional && first(h, "Pragma") != "" {
		w.NoCache = false
	}
	return w
}

func applyDirective(w *cache.Wants, name, arg string) {
	switch name {
	case "no-cache":
		w.NoCache = true
	case "no-store":
		w.NoStore = true
	case "only-if-cached":
		w.OnlyIfCached = true
	case "max-age":
		w.MaxAge = seconds(arg, 0)
	case "min-fresh":
		w.MinFresh = seconds(arg, 0)
	case "max-stale":
		w.MaxStale = seconds(arg, math.MaxInt64)
	case "stale-if-error":
		w.StaleIfError = seconds(arg, 0)
	}
}

// seconds reads delta-seconds (RFC 9111 1.2.2). What is no number is taken for
// otherwise, the more careful reading.
func seconds(s string, otherwise time.Duration) time.Duration {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		if isDigits(s) {
			return math.MaxInt64
		}
		return otherwise
	}
	return time.Duration(n) * time.Second
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func preferWait(h http.Header) (time.Duration, bool) {
	for _, value := range h["Prefer"] {
		for preference := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == ';' }) {
			name, arg, ok := strings.Cut(strings.TrimSpace(preference), "=")
			if ok && strings.EqualFold(strings.TrimSpace(name), "wait") && isDigits(strings.TrimSpace(arg)) {
				return seconds(strings.TrimSpace(arg), 0), true
			}
		}
	}
	return 0, false
}

// priorityLane maps the urgency of Priority (RFC 9218 4.1) to a lane: 0 to 2 somebody is waiting, 3 and 4 the default,
// 5 to 7 a job.
func priorityLane(h http.Header) (limiter.Lane, bool) {
	value := first(h, "Priority")
	if value == "" {
		return limiter.Default, false
	}
	for parameter := range strings.SplitSeq(value, ",") {
		name, arg, ok := strings.Cut(strings.TrimSpace(parameter), "=")
		if !ok || name != "u" || len(arg) != 1 || arg[0] < '0' || arg[0] > '7' {
			continue
		}
		switch u := arg[0]; {
		case u <= '2':
			return limiter.Interactive, true
		case u >= '5':
			return limiter.Bulk, true
		}
		return limiter.Default, true
	}
	return limiter.Default, false
}
