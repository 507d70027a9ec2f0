package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"notionproxy/exchange"
	"notionproxy/notion"
	"notionproxy/upstream"
)

// upstreamMetrics are what requests count in for which Notion was asked.
type upstreamMetrics struct {
	labels     *connectionLabels
	calls      *prometheus.CounterVec
	connection *prometheus.CounterVec
	duration   map[string]prometheus.Observer // by family
	outcomes   map[string]wordCounter         // by family
	limited    wordCounter
}

func (m *Metrics) newUpstreamMetrics() upstreamMetrics {
	family := Label{Name: "family", Values: familyWords}
	u := upstreamMetrics{labels: m.labels, duration: map[string]prometheus.Observer{}, outcomes: map[string]wordCounter{}}
	u.calls = m.counter(Entry{
		Name: "notionproxy_upstream_calls_total", Help: "Calls that left for Notion, repeated ones included.",
		Labels: []Label{{Name: "operation", Values: operations()}, {Name: "lane", Values: laneWords[:]}},
	})
	u.connection = m.counter(Entry{
		Name:   "notionproxy_connection_calls_total",
		Labels: []Label{{Name: "connection", Open: connectionValues}},
		Help:   "Calls that left for Notion, by the token that they were made with.",
	})
	duration := m.histogram(Entry{
		Name: "notionproxy_upstream_duration_seconds", Unit: "seconds", Labels: []Label{family}, buckets: durations,
		Help: "How long Notion took, all calls of a request together.",
	})
	results := m.counter(Entry{
		Name: "notionproxy_upstream_outcomes_total", Labels: []Label{family, {Name: "kind", Values: withOther(kinds)}},
		Help: "Requests for which Notion was asked, by how the last call ended. Those that shared a call count once, but where nothing could be sent.",
	})
	for _, f := range familyWords {
		u.duration[f], u.outcomes[f] = duration.WithLabelValues(f), wordCounter{}
		for _, kind := range withOther(kinds) {
			u.outcomes[f][kind] = results.WithLabelValues(f, kind)
		}
	}
	u.limited = m.wordCounter(Entry{
		Name: "notionproxy_rate_limited_total", Labels: []Label{{Name: "reason", Values: limitReasons}},
		Help: "Requests that Notion answered 429 at least once, by its rate_limit_reason.",
	})
	return u
}

const connectionValues = "the first 8 hex digits of the token's digest, as in the log; `other` beyond 1,000"

// add counts one request, if Notion was asked for it.
func (u *upstreamMetrics) add(x *exchange.Exchange) {
	if x.Calls == 0 && !slices.Contains(unsent, x.UpstreamOutcome) {
		return
	}
	family := x.Family
	if u.outcomes[family] == nil {
		family = familyWords[len(familyWords)-1]
	}
	u.outcomes[family].inc(x.UpstreamOutcome)
	if x.Calls == 0 {
		return
	}
	u.countCalls(x)
	u.duration[family].Observe(x.Upstream.Seconds())
	switch {
	case x.RateLimitReason != "":
		u.limited.inc(x.RateLimitReason)
	case x.UpstreamOutcome == string(upstream.Limited):
		u.limited.inc("none")
	}
}

func (u *upstreamMetrics) countCalls(x *exchange.Exchange) {
	operation, lane := x.Operation, laneWords[indexOf(laneWords[:], x.Lane)]
	if _, known := notion.Named(operation); !known {
		operation = unknownOperation
	}
	u.calls.WithLabelValues(operation, lane).Add(float64(x.Calls))
	label := u.labels.of(x.Connection, x.UpstreamOutcome == string(upstream.OK))
	u.connection.WithLabelValues(label).Add(float64(x.Calls))
}

// Record counts one finished request. It is an exchange.Reader.
func (m *Metrics) Record(x *exchange.Exchange) {
	m.requests.add(x)
	m.upstream.add(x)
}
