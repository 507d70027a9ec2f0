package proxy

import (
	"strconv"
	"time"
)

// meter tells the client what its call cost and what is left of its budget:
// RateLimit and RateLimit-Policy as draft-ietf-httpapi-ratelimit-headers-11
// has them (2026-05), and Server-Timing. Answers that cost Notion nothing have
// none, so that a hit stays cheap and clients don't slow down for it.
func (p *Proxy) meter(c *call) {
	if c.state.budget == "" {
		return // refused before anybody knew whose call it was
	}
	h := c.w.Header()
	if !c.set.NoRateLimitHeaders {
		b := p.limiter.Budget(c.state.budget)
		policy := append(make([]byte, 0, 48), `"connection";q=`...)
		policy = strconv.AppendInt(policy, int64(b.Quota), 10)
		policy = append(policy, ";w="...)
		h["Ratelimit-Policy"] = []string{string(appendSeconds(policy, b.Window))}

		left := append(make([]byte, 0, 48), `"connection";r=`...)
		left = strconv.AppendInt(left, int64(max(0, b.Left)), 10)
		left = append(left, ";t="...)
		h["Ratelimit"] = []string{string(appendSeconds(left, min(b.Reset, b.Window)))}
	}
	timing := append(make([]byte, 0, 48), "queue;dur="...)
	timing = strconv.AppendInt(timing, c.x.Queued.Milliseconds(), 10)
	timing = append(timing, ", upstream;dur="...)
	h["Server-Timing"] = []string{string(strconv.AppendInt(timing, c.x.Upstream.Milliseconds(), 10))}
}

// appendSeconds rounds up: a client that comes back a moment too early has
// come in vain.
func appendSeconds(b []byte, d time.Duration) []byte {
	return strconv.AppendInt(b, int64((d+time.Second-1)/time.Second), 10)
}
