package main

import (
	"net/http"
	"time"

	"notionproxy/metrics"
	"notionproxy/statuspage"
	"notionproxy/triage"
)

// mostBudgets bounds how many connections are looked at in a scrape.
const mostBudgets = 50_000

// measured is what Prometheus scrapes.
func (h parts) measured(live *settings) http.Handler {
	h.metrics.Add(h.facts(live))
	return h.metrics.Handler()
}

// facts are what metrics read at each scrape.
func (h parts) facts(live *settings) metrics.Sources {
	s := metrics.Sources{
		Store: func() metrics.Store {
			return metrics.Store{Stats: h.Stored(), MaxBytes: int64(live.config().Cache.Size)}
		},
		Budgets:   h.budgets,
		Limiter:   h.Standing,
		Breakers:  h.Breakers,
		Observing: func() bool { return live.config().Mode == "observe" },
		Reload:    func() metrics.Reload { return metrics.Reload(live.Reloaded()) },
		Verdict:   func() string { return string(h.triage.Report(time.Now()).Classification) },
		Verdicts:  classes(),
	}
	if live.config().StatusPage.URL != "" {
		s.Page = func() statuspage.Reading { return h.status.Reading(time.Now()) }
	}
	if h.keep != nil {
		s.Disk = func() metrics.Disk { return h.keep.measured(int64(live.config().Cache.DiskSize)) }
	}
	if h.join != nil {
		s.Shared = h.join.measured
	}
	return s
}

func classes() []string {
	var words []string
	for _, c := range triage.Classes() {
		words = append(words, string(c))
	}
	return words
}

func (h parts) budgets() []metrics.Budget {
	stand := h.Budgets(mostBudgets)
	list := make([]metrics.Budget, len(stand))
	for i, b := range stand {
		list[i] = metrics.Budget(b)
	}
	return list
}
