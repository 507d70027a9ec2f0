package triage

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"notionproxy/exchange"
	"notionproxy/upstream"
)

// marks are the counters that one Exchange adds one to.
type marks struct {
	list [24]uint8
	used int

	calls        uint32
	took, queued time.Duration // negative: not counted
	oldest       time.Duration
	good, failed bool
	alone        bool // it was not sent on, since Notion was down
}

func (m *marks) add(counter int) {
	m.list[m.used] = uint8(counter)
	m.used++
}

// ourselves is the caller of what the proxy asks by itself.
const ourselves = "notionproxy"

// lateAfter is how long a client waits that leaves because it waited too long.
const lateAfter = 3 * time.Second

// marksOf says what an Exchange counts as. Hits come first: they are most.
func marksOf(x *exchange.Exchange) (m marks) {
	m.took, m.queued = -1, -1
	if x.Client != ourselves {
		m.add(requests)
	}
	switch x.Outcome {
	case exchange.Hit:
		m.add(hits)
		return m
	case exchange.Stale:
		m.stale(x)
	case exchange.Shared:
		m.add(shared)
	case exchange.Refused:
		m.alone = x.Detail == "notion_down"
		m.add(refusedByUs)
		m.add(details.of(x.Detail))
	case exchange.Left:
		m.add(left)
		if x.Total >= lateAfter {
			m.add(gaveUp)
		}
	}
	m.calls = uint32(x.Calls)
	if x.Queued > 0 {
		m.queued = x.Queued
	}
	m.asking(x)
	m.refusing(x)
	return m
}

func (m *marks) stale(x *exchange.Exchange) {
	m.add(stale)
	detail := strings.TrimSuffix(x.Detail, "-links-expired")
	if detail == "always" || detail == "incident" {
		m.add(details.of(detail))
		return
	}
	m.alone = detail == "breaker" && x.UpstreamOutcome == ""
	m.add(trouble)
	m.add(details.of(detail))
	m.oldest = x.Age
}

// asking counts what Notion did, once for each call's request: those who share
// an answer saw the same.
func (m *marks) asking(x *exchange.Exchange) {
	if x.UpstreamOutcome == "" || x.UpstreamOutcome == string(upstream.Left) || x.Outcome == exchange.Shared {
		return
	}
	m.add(asked)
	m.add(kinds.of(x.UpstreamOutcome))
	m.add(families.of(x.Family))
	took := x.Upstream / time.Duration(max(x.Calls, 1))
	switch {
	case upstream.Kind(x.UpstreamOutcome).Failure():
		m.failed = true
		m.add(failed)
		m.add(familiesFailed.of(x.Family))
		if x.UpstreamOutcome == string(upstream.Edge) && x.Ray == "" {
			m.add(foreign)
		}
	case x.UpstreamOutcome == string(upstream.OK):
		m.good = true
		m.add(good)
		m.took = took
		if took >= upstream.SlowAfter {
			m.add(slow)
			m.add(familiesSlow.of(x.Family))
		}
	}
	if x.UpstreamOutcome == string(upstream.Limited) || x.RateLimitReason != "" {
		m.add(reasons.of(orUnsaid(x.RateLimitReason)))
		m.add(limited)
	}
	if x.UpstreamStatus >= 400 {
		m.add(statuses.of(strconv.Itoa(x.UpstreamStatus)))
	}
}

func orUnsaid(reason string) string {
	if reason == "" {
		return unsaid
	}
	return reason
}

// refusing counts what clients got in place of an answer.
func (m *marks) refusing(x *exchange.Exchange) {
	if x.Code != "" {
		m.add(codes.of(x.Code))
	}
	if x.Client == ourselves {
		return
	}
	if (x.UpstreamOutcome == "refused" || x.UpstreamOutcome == "rejected" || isTokenRefusal(x)) && x.Status >= 400 {
		m.add(rebuffed)
	}
	if !isUnserved(x) && !(x.Outcome == exchange.Left && x.Total >= lateAfter) {
		return
	}
	m.add(unserved)
	if x.Outcome == exchange.Refused {
		m.add(unservedByUs)
	}
	if writes(x) {
		m.add(lostWrites)
	}
	if x.Outcome == exchange.Refused && slices.Contains(budgetSpent, x.Detail) {
		m.add(limited)
	}
}

// isUnserved says whether trouble kept the client from getting an answer.
func isUnserved(x *exchange.Exchange) bool {
	if x.Outcome == exchange.Refused && (x.Detail == "not_cached" || x.Detail == "draining") {
		return false
	}
	return x.Status >= 500 || x.Status == 429
}

func writes(x *exchange.Exchange) bool {
	return x.Kind == "write" || x.Kind == "append" || x.Kind == "stream" || x.Kind == "unknown" && x.Method != "GET" && x.Method != "HEAD"
}

// enter counts the marks in a slot.
func (m *marks) enter(s *slot, at time.Duration) {
	for _, i := range m.list[:m.used] {
		s.n[i]++
	}
	if m.used <= 2 && m.calls == 0 {
		return // a hit
	}
	s.n[calls] += m.calls
	if m.took >= 0 {
		s.took.add(m.took)
	}
	if m.queued >= 0 {
		s.queued.add(m.queued)
	}
	s.oldest = max(s.oldest, m.oldest)
	if m.good {
		s.lastGood = max(s.lastGood, at)
	}
	if m.alone {
		s.lastAlone = max(s.lastAlone, at)
	}
	if m.failed {
		if s.firstFailed == 0 {
			s.firstFailed = at
		}
		s.lastFailed = max(s.lastFailed, at)
	}
}
