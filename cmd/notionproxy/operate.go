package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"notionproxy/admin"
	"notionproxy/cache"
	"notionproxy/config"
	"notionproxy/ledger"
	"notionproxy/notion"
	"notionproxy/proxy"
	"notionproxy/triage/page"
)

// adminSurface is what the admin listener serves.
func adminSurface(cfg config.Admin, h parts, live *settings, open *files, taken *events) http.Handler {
	o := admin.Options{
		Hosts: cfg.Hosts, Control: live, Store: h,
		Overview: func() admin.Overview { return h.overview(live) },
		Metrics:  h.measured(live),
		Blocked: func(from netip.Prefix) {
			h.d.log.Warn("somebody tries tokens on the admin listener", zap.Stringer("from", from))
		},
		Triage: page.New(pageOptions(live.config(), h.d, h.triage, h.told)),
	}
	if cfg.Token != "" || cfg.TokenFile != "" {
		o.Token = secretFrom(open.admin, cfg.Token)
	}
	if taken != nil {
		o.Webhooks = taken
	}
	return admin.New(o)
}

// serveAdmin serves h to those who run the program, until stop is called.
func serveAdmin(ctx context.Context, listen string, h http.Handler, log *zap.Logger) (addr string, stop func(), err error) {
	if listen == "" {
		return "", func() {}, nil
	}
	return serveBeside(ctx, "admin", listen, admin.Server(h), log)
}

// Purge removes entries, and says so in the log.
func (h parts) Purge(which admin.Selection) int {
	n := h.Proxy.Purge(proxy.Selection(which))
	h.d.log.Warn("an operator purged what is stored", zap.Int("entries", n), zap.Bool("one object", !which.Object.IsZero()),
		zap.String("operation", which.Operation), zap.String("connection", which.Connection))
	return n
}

// Entries lists what is stored, as the admin listener shows it.
func (h parts) Entries(which admin.Selection, skip, limit int) ([]admin.Entry, int) {
	now := time.Now()
	stored, total := h.Proxy.Entries(proxy.Selection(which), skip, limit)
	list := make([]admin.Entry, len(stored))
	for i := range stored {
		list[i] = shownEntry(&stored[i], now)
	}
	return list, total
}

func shownEntry(e *cache.Entry, now time.Time) admin.Entry {
	return admin.Entry{
		Operation: e.Operation, Connection: hex.EncodeToString(e.Owner[:4]), Objects: digests(e.Objects),
		State: entryState(e, now),
		Age:   seconds(now.Sub(e.Born)), Fresh: seconds(e.FreshUntil.Sub(now)), Keep: seconds(e.KeepUntil.Sub(now)),
		Bytes: e.Bytes, Pages: e.Pages, Reads: e.Reads,
	}
}

func entryState(e *cache.Entry, now time.Time) string {
	switch {
	case e.Retired:
		return "retired"
	case e.Suspect:
		return "suspect"
	case now.Before(e.FreshUntil):
		return "fresh"
	}
	return "stale"
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// digests stand for ids: equal for equal ones, and telling nothing else.
func digests(ids []notion.ID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		sum := sha256.Sum256(id[:])
		list[i] = hex.EncodeToString(sum[:4])
	}
	return list
}

// shownBudgets is how many connections an overview has.
const shownBudgets = 20

func (h parts) overview(live *settings) admin.Overview {
	now, reloaded := time.Now(), live.Reloaded()
	report := h.books.Report(now)
	o := admin.Overview{
		Version: h.d.version, Uptime: seconds(now.Sub(h.started)), Modes: live.Modes(), Stored: h.stored(live),
		Budgets: []admin.Budget{}, Callers: []admin.Caller{}, Loops: []admin.Loop{},
		Page: string(h.status.Reading(now).Verdict), Reload: &reloaded,
	}
	o.Requests, o.Calls = h.Outcomes()
	for _, b := range h.Budgets(shownBudgets) {
		o.Budgets = append(o.Budgets, shownBudget(b))
	}
	for _, l := range report.Minute.Callers {
		o.Callers = append(o.Callers, shownCaller(l))
	}
	for _, l := range report.Loops {
		o.Loops = append(o.Loops, admin.Loop{Caller: l.Caller, Operation: l.Operation, Times: l.Times})
	}
	return o
}

func (h parts) stored(live *settings) admin.Stored {
	s := h.Stored()
	return admin.Stored{
		Entries: s.Entries, Bytes: s.Bytes, Size: int64(live.config().Cache.Size),
		Evicted: s.Evicted, Dropped: s.DroppedByWrite + s.DroppedByRefusal, Expired: s.Expired, Purged: s.Purged,
	}
}

func shownBudget(b proxy.Budget) admin.Budget {
	shown := admin.Budget{Connection: b.Connection, Quota: b.Quota, Left: b.Left, Rate: b.Rate}
	for _, n := range b.Waiting {
		shown.Waiting += n
	}
	if !b.HeldUntil.IsZero() {
		until := b.HeldUntil.UTC().Round(time.Second)
		shown.HeldUntil = &until
	}
	return shown
}

func shownCaller(l ledger.Line) admin.Caller {
	return admin.Caller{
		Connection: l.Connection, Caller: l.Caller, Requests: l.Requests, Calls: l.Calls,
		Saved: l.Saved, Refused: l.Refused, Waited: l.Waited,
	}
}
