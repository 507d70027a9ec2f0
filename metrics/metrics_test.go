package metrics_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/exchange"
	"notionproxy/limiter"
	"notionproxy/metrics"
	"notionproxy/statuspage"
	"notionproxy/triage"
	"notionproxy/upstream"
)

// verdicts are triage's words.
var verdicts = func() (words []string) {
	for _, c := range triage.Classes() {
		words = append(words, string(c))
	}
	return words
}()

// scrape returns what Prometheus would store, by name and labels in order.
func scrape(t *testing.T, m *metrics.Metrics) map[string]*dto.Metric {
	t.Helper()
	series := map[string]*dto.Metric{}
	for name, family := range families(t, m) {
		for _, metric := range family.Metric {
			series[name+labels(metric)] = metric
		}
	}
	return series
}

func families(t *testing.T, m *metrics.Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, r)
	require.Equal(t, http.StatusOK, rec.Code, rec.Body.String())
	decoder := expfmt.NewDecoder(rec.Body, expfmt.ResponseFormat(rec.Header()))
	all := map[string]*dto.MetricFamily{}
	for {
		var family dto.MetricFamily
		err := decoder.Decode(&family)
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		all[family.GetName()] = &family
	}
}

func labels(m *dto.Metric) string {
	var values []string
	for _, l := range m.Label {
		values = append(values, l.GetName()+"="+l.GetValue())
	}
	return "{" + strings.Join(values, ",") + "}"
}

// hit is an exchange as the proxy writes one for a stored answer.
func hit() *exchange.Exchange {
	return &exchange.Exchange{
		Operation: "pages.retrieve", Family: "content", Connection: "0a1b2c3d", Lane: "default", Method: "GET",
		Outcome: exchange.Hit, Status: 200, Age: 42 * time.Second, BytesOut: 600, Total: 200 * time.Microsecond,
	}
}

func miss() *exchange.Exchange {
	x := hit()
	x.Outcome, x.Age, x.Calls, x.UpstreamStatus, x.UpstreamOutcome = exchange.Miss, 0, 1, 200, "ok"
	x.Queued, x.Upstream, x.Total = 2*time.Second, 300*time.Millisecond, 2301*time.Millisecond
	return x
}

func with(x *exchange.Exchange, change func(*exchange.Exchange)) *exchange.Exchange {
	change(x)
	return x
}

func TestRecord_countsEachRequestWhereItBelongs(t *testing.T) {
	failed := func(kind string, calls int) *exchange.Exchange {
		return with(miss(), func(x *exchange.Exchange) { x.UpstreamOutcome, x.Calls = kind, calls })
	}
	tests := []struct {
		name   string
		record *exchange.Exchange
		want   map[string]float64 // counters that are 1 or more afterwards
	}{
		{"a hit", hit(), map[string]float64{
			"notionproxy_requests_total{lane=default,operation=pages.retrieve,outcome=hit,status=2xx}": 1,
			"notionproxy_response_bytes_total{}": 600,
		}},
		{"a miss of two calls", with(miss(), func(x *exchange.Exchange) { x.Calls = 2 }), map[string]float64{
			"notionproxy_requests_total{lane=default,operation=pages.retrieve,outcome=miss,status=2xx}": 1,
			"notionproxy_response_bytes_total{}":                                      600,
			"notionproxy_upstream_calls_total{lane=default,operation=pages.retrieve}": 2,
			"notionproxy_connection_calls_total{connection=0a1b2c3d}":                 2,
			"notionproxy_upstream_outcomes_total{family=content,kind=ok}":             1,
		}},
		{"no connection: nothing was sent", failed("connect", 0), map[string]float64{
			"notionproxy_requests_total{lane=default,operation=pages.retrieve,outcome=miss,status=2xx}": 1,
			"notionproxy_response_bytes_total{}":                               600,
			"notionproxy_upstream_outcomes_total{family=content,kind=connect}": 1,
		}},
		{"somebody else's call failed", failed("timeout", 0), map[string]float64{
			"notionproxy_requests_total{lane=default,operation=pages.retrieve,outcome=miss,status=2xx}": 1,
			"notionproxy_response_bytes_total{}": 600,
		}},
		{"a stale answer whose links have died", with(hit(), func(x *exchange.Exchange) {
			x.Outcome, x.Detail, x.BytesOut = exchange.Stale, "breaker-links-expired", 0
		}), map[string]float64{
			"notionproxy_requests_total{lane=default,operation=pages.retrieve,outcome=stale,status=2xx}": 1,
			"notionproxy_stale_answers_total{reason=breaker}":                                            1,
		}},
		{"a refusal", &exchange.Exchange{
			Operation: "search", Lane: "bulk", Outcome: exchange.Refused, Detail: "queue_too_long", Status: 429, Code: "rate_limited",
		}, map[string]float64{
			"notionproxy_requests_total{lane=bulk,operation=search,outcome=refused,status=4xx}": 1,
			"notionproxy_refused_total{reason=queue_too_long}":                                  1,
			"notionproxy_errors_total{code=rate_limited}":                                       1,
		}},
		{"a 429 without a reason", with(failed("limited", 1), func(x *exchange.Exchange) { x.BytesOut = 0 }), map[string]float64{
			"notionproxy_requests_total{lane=default,operation=pages.retrieve,outcome=miss,status=2xx}": 1,
			"notionproxy_upstream_calls_total{lane=default,operation=pages.retrieve}":                   1,
			"notionproxy_connection_calls_total{connection=other}":                                      1,
			"notionproxy_upstream_outcomes_total{family=content,kind=limited}":                          1,
			"notionproxy_rate_limited_total{reason=none}":                                               1,
		}},
		{"a client that left", &exchange.Exchange{Operation: "search", Lane: "default", Outcome: exchange.Left, Status: 499}, map[string]float64{
			"notionproxy_requests_total{lane=default,operation=search,outcome=left,status=4xx}": 1,
		}},
		{"words that nobody knows", &exchange.Exchange{
			Operation: "pages.burn", Family: "secrets", Lane: "default", Outcome: exchange.Refused, Detail: "whim", Status: 999, Code: "teapot",
			Calls: 1, UpstreamOutcome: "odd", RateLimitReason: "mood", Connection: "ffffffff",
		}, map[string]float64{
			"notionproxy_requests_total{lane=default,operation=unknown,outcome=refused,status=none}": 1,
			"notionproxy_refused_total{reason=other}":                                                1,
			"notionproxy_errors_total{code=other}":                                                   1,
			"notionproxy_upstream_calls_total{lane=default,operation=unknown}":                       1,
			"notionproxy_connection_calls_total{connection=other}":                                   1,
			"notionproxy_upstream_outcomes_total{family=other,kind=other}":                           1,
			"notionproxy_rate_limited_total{reason=other}":                                           1,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := metrics.New(metrics.Options{})
			m.Record(test.record)
			got := map[string]float64{}
			for name, metric := range scrape(t, m) {
				if c := metric.Counter; strings.HasPrefix(name, "notionproxy") && c.GetValue() > 0 {
					got[name] = c.GetValue()
				}
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestRecord_measuresInSeconds(t *testing.T) {
	m := metrics.New(metrics.Options{})
	m.Record(hit())
	m.Record(miss())
	got := scrape(t, m)
	for name, want := range map[string]float64{
		"notionproxy_request_duration_seconds{outcome=hit}":     .0002,
		"notionproxy_request_duration_seconds{outcome=miss}":    2.301,
		"notionproxy_stored_answer_age_seconds{outcome=hit}":    42,
		"notionproxy_queue_duration_seconds{lane=default}":      2,
		"notionproxy_upstream_duration_seconds{family=content}": .3,
	} {
		h := got[name].GetHistogram()
		assert.Equal(t, uint64(1), h.GetSampleCount(), name)
		assert.InDelta(t, want, h.GetSampleSum(), 1e-9, name)
		assert.NotEmpty(t, h.Bucket, "%s has no classic buckets", name)
		assert.NotEmpty(t, h.PositiveSpan, "%s has no native buckets", name)
	}
}

func TestRecord_aCallThatNeverLeftTookNoTime(t *testing.T) {
	m := metrics.New(metrics.Options{})
	m.Record(with(miss(), func(x *exchange.Exchange) { x.Calls, x.Queued, x.UpstreamOutcome = 0, 0, "dns" }))
	got := scrape(t, m)
	assert.Zero(t, got["notionproxy_upstream_duration_seconds{family=content}"].GetHistogram().GetSampleCount())
	assert.Zero(t, got["notionproxy_queue_duration_seconds{lane=default}"].GetHistogram().GetSampleCount())
}

// everything is a proxy about which all is known.
func everything(budgets func() []metrics.Budget) *metrics.Metrics {
	at := time.Unix(1_800_000_000, 0)
	m := metrics.New(metrics.Options{Version: "v1", Revision: "abc"})
	m.Add(metrics.Sources{
		Store: func() metrics.Store {
			return metrics.Store{MaxBytes: 1 << 20, Stats: cache.Stats{
				Entries: 3, Bytes: 5000, Chains: 1, Evicted: 4, DroppedByWrite: 5, DroppedByRefusal: 6, Expired: 7,
			}}
		},
		Budgets: budgets,
		Limiter: func() limiter.Standing {
			return limiter.Standing{Connections: 2, Waiting: [3]int{1, 2, 3}, WaitingBytes: 99}
		},
		Breakers: func() map[string]map[upstream.Health]int {
			return map[string]map[upstream.Health]int{"content": {upstream.Down: 1, upstream.Well: 8}, "search": {}, "other": {}}
		},
		Page:    func() statuspage.Reading { return statuspage.Reading{Verdict: statuspage.Trouble, At: at} },
		Verdict: func() string { return "notion-down" },
		Reload:  func() metrics.Reload { return metrics.Reload{At: at, OK: true} },
		Disk: func() metrics.Disk {
			return metrics.Disk{On: true, Bytes: 2, MaxBytes: 3}
		},
		Shared: func() metrics.Shared {
			return metrics.Shared{Up: true, Live: 3, Missing: 1, Took: time.Millisecond, Behind: time.Second, Commands: 9, Errors: 4, Hits: 3, Lent: 2}
		},
		Webhook:   func() metrics.Webhook { return metrics.Webhook{Events: 1, Lag: 30 * time.Second, Last: at} },
		Observing: func() bool { return true },
		Verdicts:  verdicts,
	})
	return m
}

func oneBudget() []metrics.Budget {
	return []metrics.Budget{{Connection: "0a1b2c3d", Budget: limiter.Budget{
		Quota: 171, Left: 100, Rate: 2.85, HeldUntil: time.Now().Add(time.Hour), HoldScope: limiter.WorkspaceScope,
	}}}
}

func TestStates_areReadAtEachScrape(t *testing.T) {
	got := scrape(t, everything(oneBudget))
	value := func(name string) float64 {
		require.Contains(t, got, name)
		return got[name].GetGauge().GetValue() + got[name].GetCounter().GetValue()
	}
	for name, want := range map[string]float64{
		"notionproxy_cache_entries{}":                                   3,
		"notionproxy_cache_chains{}":                                    1,
		"notionproxy_cache_limit_bytes{}":                               1 << 20,
		"notionproxy_cache_removed_total{cause=write}":                  5,
		"notionproxy_cache_removed_total{cause=refusal}":                6,
		"notionproxy_budget_limit_calls{connection=0a1b2c3d}":           171,
		"notionproxy_budget_left_calls{connection=0a1b2c3d}":            100,
		"notionproxy_budget_used_calls{connection=0a1b2c3d}":            71,
		"notionproxy_budget_pace_calls_per_second{connection=0a1b2c3d}": 2.85,
		"notionproxy_queue_waiting_calls{lane=bulk}":                    3,
		"notionproxy_breakers{family=content,state=down}":               1,
		"notionproxy_breakers{family=content,state=well}":               8,
		"notionproxy_breakers{family=search,state=down}":                0,
		"notionproxy_status_page{verdict=incident}":                     1,
		"notionproxy_status_page{verdict=clear}":                        0,
		"notionproxy_status_page_read_timestamp_seconds{}":              1.8e9,
		"notionproxy_verdict{verdict=notion-down}":                      1,
		"notionproxy_verdict{verdict=ok}":                               0,
		"notionproxy_config_reload_success{}":                           1,
		"notionproxy_shared_up{}":                                       1,
		"notionproxy_shared_replicas{}":                                 3,
		"notionproxy_shared_missing_replicas{}":                         1,
		"notionproxy_shared_errors_total{}":                             4,
		"notionproxy_shared_command_seconds{}":                          .001,
		"notionproxy_shared_news_age_seconds{}":                         1,
		"notionproxy_disk_on{}":                                         1,
		"notionproxy_disk_limit_bytes{}":                                3,
		"notionproxy_webhook_lag_seconds{}":                             30,
		"notionproxy_observing{}":                                       1,
	} {
		assert.InDelta(t, want, value(name), 0, name)
	}
	assert.InDelta(t, 3600, value("notionproxy_budget_hold_seconds{connection=0a1b2c3d,scope=workspace}"), 5)
	assert.Zero(t, value("notionproxy_budget_hold_seconds{connection=0a1b2c3d,scope=connection}"))
}

func TestConnections_beyondAThousandAreOne(t *testing.T) {
	m := everything(func() []metrics.Budget {
		list := make([]metrics.Budget, 1500)
		for i := range list {
			list[i] = metrics.Budget{Connection: fmt.Sprintf("%08x", i), Budget: limiter.Budget{Quota: 171, Left: 100}}
		}
		return list
	})
	for i := range 3000 { // made up tokens use up no label
		m.Record(with(miss(), func(x *exchange.Exchange) {
			x.Connection, x.UpstreamOutcome, x.Status = fmt.Sprintf("f%07x", i), "refused", 401
		}))
	}
	all := families(t, m)
	assert.Len(t, all["notionproxy_connection_calls_total"].Metric, 1)
	assert.Len(t, all["notionproxy_budget_left_calls"].Metric, 1001)
	got := scrape(t, m)
	assert.InDelta(t, 3000, got["notionproxy_connection_calls_total{connection=other}"].GetCounter().GetValue(), 0)
	assert.InDelta(t, 500*171, got["notionproxy_budget_limit_calls{connection=other}"].GetGauge().GetValue(), 0)
	assert.InDelta(t, 500*71, got["notionproxy_budget_used_calls{connection=other}"].GetGauge().GetValue(), 0)
}

// What is scraped is in the catalogue, and what is in the catalogue is scraped.
func TestCatalogue_hasAllThatThereIs(t *testing.T) {
	m := everything(oneBudget)
	for _, x := range []*exchange.Exchange{hit(), miss()} {
		m.Record(x)
	}
	listed := map[string]metrics.Entry{}
	for _, e := range metrics.Catalogue(verdicts) {
		listed[e.Name] = e
	}
	for name, family := range families(t, m) {
		if !strings.HasPrefix(name, "notionproxy_") {
			continue
		}
		e, ok := listed[name]
		require.True(t, ok, "%s is not in the catalogue", name)
		assert.Equal(t, strings.ToUpper(string(e.Kind)), family.GetType().String(), name)
		assert.Equal(t, e.Help, family.GetHelp())
		for _, metric := range family.Metric {
			checkLabels(t, e, metric)
		}
		delete(listed, name)
	}
	assert.Empty(t, listed, "these are in the catalogue, but nowhere else")
}

func checkLabels(t *testing.T, e metrics.Entry, metric *dto.Metric) {
	t.Helper()
	for _, l := range metric.Label {
		i := slices.IndexFunc(e.Labels, func(of metrics.Label) bool { return of.Name == l.GetName() })
		require.GreaterOrEqual(t, i, 0, "%s has a label %s", e.Name, l.GetName())
		if e.Labels[i].Open == "" {
			assert.Contains(t, e.Labels[i].Values, l.GetValue(), e.Name)
		}
	}
	assert.Len(t, metric.Label, len(e.Labels), e.Name)
}

func TestHandler_answersWhatScrapersAsk(t *testing.T) {
	m := everything(oneBudget)
	tests := []struct{ name, accept, encoding, wantType, wantEncoding string }{
		{"a browser", "text/html", "", "text/plain; version=0.0.4", ""},
		{"OpenMetrics, packed", "application/openmetrics-text; version=1.0.0", "gzip", "application/openmetrics-text; version=1.0.0", "gzip"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			r.Header.Set("Accept", test.accept)
			r.Header.Set("Accept-Encoding", test.encoding)
			rec := httptest.NewRecorder()
			m.Handler().ServeHTTP(rec, r)
			assert.Equal(t, http.StatusOK, rec.Code)
			assert.Contains(t, rec.Header().Get("Content-Type"), test.wantType)
			assert.Equal(t, test.wantEncoding, rec.Header().Get("Content-Encoding"))
		})
	}
}

func TestNew_keepsItsMetricsToItself(t *testing.T) {
	metrics.New(metrics.Options{})
	metrics.New(metrics.Options{}) // a second one in the same registry would panic
	all, err := prometheus.DefaultGatherer.Gather()
	require.NoError(t, err)
	for _, family := range all {
		assert.NotContains(t, family.GetName(), "notionproxy")
	}
}

// BenchmarkRecord is what counting adds to each request.
func BenchmarkRecord(b *testing.B) {
	for name, x := range map[string]*exchange.Exchange{"hit": hit(), "miss": miss()} {
		b.Run(name, func(b *testing.B) {
			m := metrics.New(metrics.Options{})
			b.ReportAllocs()
			for b.Loop() {
				m.Record(x)
			}
		})
	}
}
