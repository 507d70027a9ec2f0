package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A state is metrics that come from one snapshot, so that they fit together.
type state struct {
	entries []Entry
	descs   map[string]*prometheus.Desc
	kinds   map[string]prometheus.ValueType
	read    func(set)
}

// set hands over the value of a metric by its name, with its labels in order.
type set func(name string, value float64, labels ...string)

// state registers entries whose values read sets at each scrape.
func (m *Metrics) state(read func(set), entries ...Entry) {
	s := &state{entries: entries, read: read, descs: map[string]*prometheus.Desc{}, kinds: map[string]prometheus.ValueType{}}
	for _, e := range entries {
		s.descs[e.Name] = prometheus.NewDesc(e.Name, e.Help, e.labelNames(), nil)
		s.kinds[e.Name] = prometheus.GaugeValue
		if e.Kind == Counter {
			s.kinds[e.Name] = prometheus.CounterValue
		}
	}
	m.entries = append(m.entries, entries...)
	m.registry.MustRegister(s)
}

// Describe implements prometheus.Collector.
func (s *state) Describe(to chan<- *prometheus.Desc) {
	for _, e := range s.entries {
		to <- s.descs[e.Name]
	}
}

// Collect implements prometheus.Collector.
func (s *state) Collect(to chan<- prometheus.Metric) {
	s.read(func(name string, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(s.descs[name], s.kinds[name], value, labels...)
	})
}

// Add has the sources asked at each scrape from now on. Each may be added once;
// a second of the same kind panics.
func (m *Metrics) Add(s Sources) {
	m.addStore(s.Store)
	m.addBudgets(s.Budgets)
	m.addLimiter(s.Limiter)
	m.addBreakers(s.Breakers)
	m.addPage(s.Page)
	m.addVerdict(s.Verdict, s.Verdicts)
	m.addReload(s.Reload)
	m.addObserving(s.Observing)
	m.addDisk(s.Disk)
	m.addShared(s.Shared)
	m.addWebhook(s.Webhook)
}

// oneOf sets 1 for the word that holds and 0 for the others.
func oneOf(set set, name, word string, of []string) {
	for _, w := range of {
		set(name, truth(w == word), w)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// unix is a time as Prometheus has it; 0 for never.
func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
