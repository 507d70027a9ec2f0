// Package metrics tells Prometheus what the proxy does.
//
//	exchange.Exchange -> Metrics.Record   counters and histograms   requests.go, upstream.go
//	snapshot functions -> Metrics.Add      gauges, at each scrape    sources.go, state.go
//	                                      -> Metrics.Handler
//
// Requests are known from their exchanges alone, so that metrics, log and
// ledger agree. What has a state, such as a budget or the store, is asked when
// somebody scrapes. No label has an id, a token or a name that a client makes
// up, and each has a bounded set of values: Catalogue has all of them.
package metrics

import (
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options of Metrics.
type Options struct {
	// Version and Revision are the program's.
	Version, Revision string
}

// Metrics are one program's. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	entries  []Entry
	labels   *connectionLabels
	requests requestMetrics
	upstream upstreamMetrics
}

// New makes metrics in a registry of their own. What has a state is missing
// until Add.
func New(o Options) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), labels: newConnectionLabels(maxConnections)}
	m.requests = m.newRequestMetrics()
	m.upstream = m.newUpstreamMetrics()
	m.addBuildInfo(o)
	m.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func (m *Metrics) addBuildInfo(o Options) {
	e := Entry{
		Name: "notionproxy_build_info", Kind: Gauge,
		Help: "Always 1; the labels say which build runs.",
		Labels: []Label{
			{Name: "version", Open: "the release"}, {Name: "revision", Open: "the commit"}, {Name: "goversion", Open: "of the compiler"},
		},
	}
	m.entries = append(m.entries, e)
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: e.Name, Help: e.Help}, e.labelNames())
	info.WithLabelValues(o.Version, o.Revision, runtime.Version()).Set(1)
	m.registry.MustRegister(info)
}

const (
	// maxScrapes bounds what is answered at a time: scrapes cost milliseconds,
	// and nobody needs more than a few.
	maxScrapes    = 4
	scrapeTimeout = 10 * time.Second
)

// Handler answers scrapes, in OpenMetrics or in Prometheus' own formats, packed
// if the scraper takes that.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true, MaxRequestsInFlight: maxScrapes, Timeout: scrapeTimeout,
	})
}
