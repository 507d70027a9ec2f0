package triage

import (
	"math"
	"time"
)

// A slot counts what happened in one piece of time.
type slot struct {
	at     int64 // its number: pieces since the beginning
	n      [counters]uint32
	took   histogram
	queued histogram
	oldest time.Duration

	firstFailed, lastFailed, lastGood time.Duration // since the beginning; 0 means never
	lastAlone                         time.Duration // when a request was last not sent on, since Notion was down
}

// steps bound a histogram: step i ends at a millisecond times 1.2 to the i, so
// that the last one begins at more than a minute.
const steps = 64

// A histogram counts durations.
type histogram struct {
	n   [steps]uint32
	max time.Duration
}

var logStep = math.Log(1.2)

func (h *histogram) add(d time.Duration) {
	i := 0
	if d > time.Millisecond {
		i = min(int(math.Log(float64(d)/float64(time.Millisecond))/logStep)+1, steps-1)
	}
	h.n[i]++
	h.max = max(h.max, d)
}

func (h *histogram) merge(o *histogram) {
	for i, n := range o.n {
		h.n[i] += n
	}
	h.max = max(h.max, o.max)
}

// latency reads the histogram: of each step its end, but no more than the
// longest.
func (h *histogram) latency() Latency {
	var l Latency
	for _, n := range h.n {
		l.Count += int64(n)
	}
	if l.Count == 0 {
		return l
	}
	l.Max = millis(h.max)
	l.P50, l.P95 = h.quantile(l.Count, 0.5), h.quantile(l.Count, 0.95)
	return l
}

func (h *histogram) quantile(count int64, q float64) float64 {
	want, seen := int64(math.Ceil(q*float64(count))), int64(0)
	for i, n := range h.n {
		if seen += int64(n); seen >= want {
			return min(math.Round(math.Pow(1.2, float64(i))*10)/10, millis(h.max))
		}
	}
	return millis(h.max)
}

func millis(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Millisecond)*10) / 10
}

// merge adds o to s.
func (s *slot) merge(o *slot) {
	for i, n := range o.n {
		s.n[i] += n
	}
	s.took.merge(&o.took)
	s.queued.merge(&o.queued)
	s.oldest = max(s.oldest, o.oldest)
	if o.firstFailed > 0 && (s.firstFailed == 0 || o.firstFailed < s.firstFailed) {
		s.firstFailed = o.firstFailed
	}
	s.lastFailed = max(s.lastFailed, o.lastFailed)
	s.lastGood = max(s.lastGood, o.lastGood)
	s.lastAlone = max(s.lastAlone, o.lastAlone)
}
