package metrics

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"notionproxy/exchange"
)

// requestMetrics are what every request counts in. Their children are looked up
// once: looking up four labels costs as much as the rest of a record.
type requestMetrics struct {
	total    *prometheus.CounterVec
	byName   map[string]*operationCounters
	duration [len(outcomes)]prometheus.Observer
	age      [len(outcomes)]prometheus.Observer // nil but for stored answers
	queued   [len(laneWords)]prometheus.Observer
	in, out  prometheus.Counter
	stale    wordCounter
	refused  wordCounter
	errors   wordCounter
}

// operationCounters are the counters of one operation, each made when it first
// counts: most combinations never come.
type operationCounters struct {
	name string
	of   [len(outcomes)][len(laneWords)][len(classes)]atomic.Pointer[prometheus.Counter]
}

func (m *Metrics) newRequestMetrics() requestMetrics {
	outcomeLabel := Label{Name: "outcome", Values: words(outcomes[:]...)}
	r := requestMetrics{byName: map[string]*operationCounters{}}
	r.total = m.counter(Entry{
		Name: "notionproxy_requests_total",
		Help: "Requests that were finished.",
		Labels: []Label{
			{Name: "operation", Values: operations()}, outcomeLabel,
			{Name: "lane", Values: laneWords[:]}, {Name: "status", Values: classes[:]},
		},
	})
	for _, name := range operations() {
		r.byName[name] = &operationCounters{name: name}
	}
	duration := m.histogram(Entry{
		Name: "notionproxy_request_duration_seconds", Unit: "seconds", Labels: []Label{outcomeLabel}, buckets: durations,
		Help: "From a request's arrival to its answer's last byte.",
	})
	age := m.histogram(Entry{
		Name: "notionproxy_stored_answer_age_seconds", Unit: "seconds", buckets: ages,
		Labels: []Label{{Name: "outcome", Values: words(exchange.Hit, exchange.Stale)}},
		Help:   "Age of answers that came from the store.",
	})
	queued := m.histogram(Entry{
		Name: "notionproxy_queue_duration_seconds", Unit: "seconds", buckets: durations,
		Labels: []Label{{Name: "lane", Values: laneWords[:]}},
		Help:   "How long requests waited for the budget, of those that made a call or waited for one.",
	})
	for i, o := range outcomes {
		r.duration[i] = duration.WithLabelValues(string(o))
		if o == exchange.Hit || o == exchange.Stale {
			r.age[i] = age.WithLabelValues(string(o))
		}
	}
	for i, lane := range laneWords {
		r.queued[i] = queued.WithLabelValues(lane)
	}
	r.addBytesAndWords(m)
	return r
}

func (r *requestMetrics) addBytesAndWords(m *Metrics) {
	r.in = m.counter(Entry{Name: "notionproxy_request_bytes_total", Unit: "bytes", Help: "Bytes of requests' bodies."}).WithLabelValues()
	r.out = m.counter(Entry{Name: "notionproxy_response_bytes_total", Unit: "bytes", Help: "Bytes of answers' bodies, as they were sent."}).WithLabelValues()
	r.stale = m.wordCounter(Entry{
		Name: "notionproxy_stale_answers_total", Labels: []Label{{Name: "reason", Values: staleReasons}},
		Help: "Answers past their time, by why they went out: what was known of Notion beforehand, or how the call ended that they stood in for.",
	})
	r.refused = m.wordCounter(Entry{
		Name: "notionproxy_refused_total", Labels: []Label{{Name: "reason", Values: refusalReasons}},
		Help: "Requests that the proxy refused by itself, by the reason in the answer's additional_data.",
	})
	r.errors = m.wordCounter(Entry{
		Name: "notionproxy_errors_total", Labels: []Label{{Name: "code", Values: codes}},
		Help: "Answers that are errors, by Notion's code; the proxy's own ones have such codes too.",
	})
}

// add counts one request. It runs on the request's goroutine, for hits too.
func (r *requestMetrics) add(x *exchange.Exchange) {
	outcome, lane := indexOf(outcomes[:], x.Outcome), indexOf(laneWords[:], x.Lane)
	r.counter(x.Operation, outcome, lane, class(x.Status)).Inc()
	r.duration[outcome].Observe(x.Total.Seconds())
	if age := r.age[outcome]; age != nil {
		age.Observe(x.Age.Seconds())
	}
	if x.Calls > 0 || x.Queued > 0 {
		r.queued[lane].Observe(x.Queued.Seconds())
	}
	if x.BytesIn > 0 {
		r.in.Add(float64(x.BytesIn))
	}
	r.out.Add(float64(x.BytesOut))
	switch x.Outcome {
	case exchange.Stale:
		r.stale.inc(strings.TrimSuffix(x.Detail, "-links-expired"))
	case exchange.Refused:
		r.refused.inc(x.Detail)
	}
	if x.Code != "" {
		r.errors.inc(x.Code)
	}
}

func (r *requestMetrics) counter(operation string, outcome, lane, class int) prometheus.Counter {
	op := r.byName[operation]
	if op == nil {
		op = r.byName[unknownOperation]
	}
	kept := &op.of[outcome][lane][class]
	if c := kept.Load(); c != nil {
		return *c
	}
	c := r.total.WithLabelValues(op.name, string(outcomes[outcome]), laneWords[lane], classes[class])
	kept.Store(&c)
	return c
}

// indexOf is where the word stands, and the last place for one that stands
// nowhere: that is for what ended before it was known.
func indexOf[T comparable](words []T, word T) int {
	if i := slices.Index(words, word); i >= 0 {
		return i
	}
	return len(words) - 1
}

func class(status int) int {
	if i := status / 100; i > 0 && i < len(classes) {
		return i
	}
	return 0
}

// A wordCounter counts by one label whose words are known, and "other".
type wordCounter map[string]prometheus.Counter

// wordCounter makes one. All its series are there from the beginning, so that
// the first count is seen as an increase.
func (m *Metrics) wordCounter(e Entry) wordCounter {
	e.Labels[0].Values = withOther(e.Labels[0].Values)
	vec := m.counter(e)
	w := wordCounter{}
	for _, word := range e.Labels[0].Values {
		w[word] = vec.WithLabelValues(word)
	}
	return w
}

func (w wordCounter) inc(word string) {
	c, ok := w[word]
	if !ok {
		c = w[other]
	}
	c.Inc()
}
