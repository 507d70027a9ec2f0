package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A Kind is a type of metric.
type Kind string

// The kinds of metric.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// An Entry says what one metric is.
type Entry struct {
	Name   string
	Kind   Kind
	Unit   string // seconds, bytes, timestamp; empty for counts
	Labels []Label
	Help   string // a sentence
	Needs  string // the source without which there is no such metric; empty if it is always there

	buckets []float64 // of a histogram
}

// A Label is one of an entry's.
type Label struct {
	Name   string
	Values []string // all that there may be
	Open   string   // what the values are, where they are not known beforehand
}

func (e Entry) labelNames() []string {
	names := make([]string, len(e.Labels))
	for i, l := range e.Labels {
		names[i] = l.Name
	}
	return names
}

// Catalogue lists what there is when every source is there, but for the Go
// runtime's and the process' own metrics, in the order of the code. verdicts
// are Sources.Verdicts.
func Catalogue(verdicts []string) []Entry {
	m := New(Options{})
	m.Add(everySource(verdicts))
	return m.entries
}

func (m *Metrics) counter(e Entry) *prometheus.CounterVec {
	e.Kind = Counter
	m.entries = append(m.entries, e)
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: e.Name, Help: e.Help}, e.labelNames())
	m.registry.MustRegister(c)
	return c
}

// histogram makes one with both kinds of buckets: the classic ones for whoever
// has them alone, and native ones, whose error is a twentieth at most.
func (m *Metrics) histogram(e Entry) *prometheus.HistogramVec {
	e.Kind = Histogram
	m.entries = append(m.entries, e)
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: e.Name, Help: e.Help, Buckets: e.buckets,
		NativeHistogramBucketFactor:     1.1,
		NativeHistogramMaxBucketNumber:  160,
		NativeHistogramMinResetDuration: time.Hour,
	}, e.labelNames())
	m.registry.MustRegister(h)
	return h
}

// durations are those of a request: a hit takes well below a millisecond, and
// clients give up at 60 s.
var durations = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30, 60}

// ages are those of stored answers, around the times that they are fresh and
// kept.
var ages = []float64{1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 4 * 3600, 12 * 3600, 24 * 3600}
