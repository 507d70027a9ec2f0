package proxy

import (
	"encoding/json"
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"notionproxy/exchange"
)

// counts are what /health tells.
type counts struct {
	requests, hit, stale, miss, shared, pass, refused, left, calls atomic.Int64
}

func (n *counts) add(x *exchange.Exchange) {
	n.requests.Add(1)
	n.calls.Add(int64(x.Calls))
	switch x.Outcome {
	case exchange.Hit:
		n.hit.Add(1)
	case exchange.Stale:
		n.stale.Add(1)
	case exchange.Miss:
		n.miss.Add(1)
	case exchange.Shared:
		n.shared.Add(1)
	case exchange.Pass:
		n.pass.Add(1)
	case exchange.Refused:
		n.refused.Add(1)
	case exchange.Left:
		n.left.Add(1)
	}
}

// Outcomes counts the requests since the start, "total" and by outcome, and the
// calls that were made to Notion for them.
func (p *Proxy) Outcomes() (requests map[string]int64, calls int64) {
	n := &p.counts
	return map[string]int64{
		"total": n.requests.Load(), "hit": n.hit.Load(), "stale": n.stale.Load(), "miss": n.miss.Load(),
		"shared": n.shared.Load(), "pass": n.pass.Load(), "refused": n.refused.Load(), "left": n.left.Load(),
	}, n.calls.Load()
}

// healthz says that the process is alive, whatever else is wrong.
func (p *Proxy) healthz(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }

// readyz says whether to send requests here. It does not depend on Notion:
// the proxy is needed most when Notion is down.
func (p *Proxy) readyz(w http.ResponseWriter, _ *http.Request) {
	if p.draining.Load() {
		plain(w, http.StatusServiceUnavailable, "shutting down\n")
		return
	}
	plain(w, http.StatusOK, "ready\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	bound(w, len(text))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// health is a summary for machines. It names nobody.
func (p *Proxy) health(w http.ResponseWriter, _ *http.Request) {
	status := "ok"
	if p.draining.Load() {
		status = "draining"
	}
	mode := "full"
	if p.settings.Load().Observe {
		mode = "observe"
	}
	stored := p.store.Stats()
	requests, calls := p.Outcomes()
	summary := map[string]any{
		"status": status, "mode": mode, "version": p.o.Version,
		"uptime_seconds":  int64(time.Since(p.started).Seconds()),
		"requests":        requests,
		"calls_to_notion": calls,
		"cache":           map[string]int64{"entries": stored.Entries, "bytes": stored.Bytes, "evicted": stored.Evicted},
	}
	maps.Copy(summary, p.o.Health())
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	bound(w, 16<<10)
	_ = json.NewEncoder(w).Encode(summary)
}
