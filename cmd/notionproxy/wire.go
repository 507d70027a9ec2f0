package main

import (
	"context"
	"net/url"
	"runtime/debug"
	"time"

	"notionproxy/cache"
	"notionproxy/config"
	"notionproxy/exchange"
	"notionproxy/ledger"
	"notionproxy/limiter"
	"notionproxy/metrics"
	"notionproxy/notion"
	"notionproxy/proxy"
	"notionproxy/statuspage"
	"notionproxy/triage"
	"notionproxy/triage/notify"
	"notionproxy/upstream"
)

// parts are the proxy and what runs beside it.
type parts struct {
	*proxy.Proxy
	d       deps
	books   *ledger.Ledger
	status  *statuspage.Watcher
	metrics *metrics.Metrics
	told    *notify.Notifier
	triage  *triage.Triage
	started time.Time
	stop    context.CancelFunc
	keep    *keep
	join    *join
	leave   func() // says good-bye to the other replicas
}

// Configure puts other settings in force, of those that may change while the
// program runs.
func (h parts) Configure(cfg config.Config) {
	boundMemory(int64(cfg.Cache.Size))
	h.Proxy.Configure(settingsFor(cfg, h.d), stored(cfg.Cache), limits(cfg))
}

// Drain begins the end of all of them.
func (h parts) Drain() {
	h.Proxy.Drain()
	h.stop()
}

// Close ends all of them, when everything is answered.
func (h parts) Close() {
	h.Drain()
	h.leave()
	h.keep.close()
}

// newHandler puts the parts together, as the settings say. They run in the
// background until Drain and Close.
func newHandler(cfg config.Config, d deps) (parts, error) {
	base, err := url.Parse(cfg.Notion.URL)
	if err != nil {
		return parts{}, err // settings are checked before, so that this never happens
	}
	join, err := newJoin(cfg, d)
	if err != nil {
		return parts{}, err
	}
	boundMemory(int64(cfg.Cache.Size))
	ctx, stop := context.WithCancel(context.Background())
	books := ledger.New(ledger.Options{})
	kept := openKeep(cfg, d.log)
	status := statuspage.New(join.statusPage(kept.statusPage(statuspage.Options{
		URL: cfg.StatusPage.URL, Interval: cfg.StatusPage.Interval, Components: cfg.StatusPage.Components,
	})))
	if cfg.StatusPage.URL != "" {
		go status.Run(ctx)
	}
	measured := metrics.New(metrics.Options{Version: d.version, Revision: revision()})
	w := &watched{cfg: cfg, books: books, status: status}
	told := newNotifier(cfg, d.notify, logDelivery(d.log))
	verdicts, err := newTriage(w, d, base, tell(told, d.messages, cfg.Notify.Page))
	if err != nil {
		stop()
		kept.close()
		return parts{}, err
	}
	o := options(cfg, d, base, kept, join)
	o.Schema = schemaTo(verdicts)
	o.Triage = dataPage(cfg, pageOptions(cfg, d, verdicts, told))
	o.Incident = status.Concern
	o.Hint = func() proxy.Hint { return proxy.Hint(status.Hint()) }
	o.Maintenance = status.Maintenance
	o.TrustEvents = cfg.Webhooks.Trust
	o.Health = summary(cfg, books, status, kept, join)
	o.Record = func(x *exchange.Exchange) {
		books.Add(x)
		measured.Record(x)
		verdicts.Add(x)
		d.record(x)
	}
	w.proxy = proxy.New(o)
	go verdicts.Run(ctx)
	go told.Run(ctx)
	return parts{
		Proxy: w.proxy, d: d, books: books, status: status, metrics: measured, triage: verdicts, told: told, started: time.Now(), stop: stop,
		keep: kept, join: join, leave: join.begin(w.proxy, o.Limiter),
	}, nil
}

// summary is what /health tells beside the proxy's own figures. Where others
// than this machine can ask, it names no connection and no caller.
func summary(cfg config.Config, books *ledger.Ledger, status *statuspage.Watcher, kept *keep, join *join) func() map[string]any {
	loopback := cfg.IsLoopback()
	return func() map[string]any {
		now := time.Now()
		report := books.Report(now)
		page := status.Reading(now)
		spent := map[string]any{"minute": report.Minute.Total, "hour": report.Hour.Total, "day": report.Day.Total, "loops": len(report.Loops)}
		if loopback {
			spent["report"] = report
		}
		told := map[string]any{
			"budget":      spent,
			"status_page": map[string]any{"verdict": page.Verdict, "concerns": page.Concerns},
		}
		if kept != nil {
			told["disk"] = kept.report()
		}
		if join != nil {
			told["replicas"] = join.report()
		}
		return told
	}
}

func options(cfg config.Config, d deps, base *url.URL, kept *keep, join *join) proxy.Options {
	o := proxy.Options{
		Upstream: upstream.New(upstream.Options{
			URL:                  base,
			Roots:                d.roots,
			ProxyFromEnvironment: cfg.Notion.UseProxyEnvironment,
			MaxAnswer:            int64(cfg.Cache.MaxEntry),
			Warn:                 func(msg string) { d.log.Warn(msg) },
		}),
		Limiter:  limiter.New(join.limits(kept.limits(limits(cfg)))),
		Cache:    stored(cfg.Cache),
		Settings: settingsFor(cfg, d),
		Tracer:   d.tracer,
		Version:  d.version,
	}
	kept.lend(&o)
	join.share(&o, kept)
	return o
}

// settingsFor are the settings that may change while the program runs.
func settingsFor(cfg config.Config, d deps) proxy.Settings {
	return proxy.Settings{
		Lend:               lend(cfg, d),
		ReadOnly:           cfg.Access == "read-only",
		Operations:         cfg.Operations,
		Lanes:              lanes(cfg.Lanes),
		ForwardHeaders:     cfg.Clients.ForwardHeaders,
		NoRateLimitHeaders: !cfg.Limiter.Headers,
		IgnoreDirectives:   cfg.Cache.ClientDirectives == "ignore",
		ServeStale:         staleModes[cfg.Cache.ServeStale],
		Observe:            cfg.Mode == "observe",
		AuthTTL:            cfg.Cache.AuthTTL,
		SlowAnswer:         cfg.Cache.SlowAnswer,
		SlowStaleAge:       cfg.Cache.SlowStaleAge,
		MaxWait:            cfg.Limiter.MaxWait,
		Timeout:            cfg.Notion.Timeout,
		Limits: proxy.Limits{
			Target: int64(cfg.Limits.Target), Body: int64(cfg.Limits.Body), BodyStall: cfg.Limits.BodyStall,
		},
	}
}

func stored(c config.Cache) cache.Options {
	return cache.Options{MaxBytes: int64(c.Size), Policies: policies(c)}
}

var staleModes = map[string]proxy.StaleMode{
	"auto": proxy.StaleAuto, "always": proxy.StaleAlways, "never": proxy.StaleNever,
}

// boundMemory has the garbage collector run seldom, which saves a sixth of an
// answer's time, but harder as the process comes near what the cache's size
// promises: the cap, a quarter more, and 64 MiB.
func boundMemory(size int64) {
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(size + size/4 + 48<<20)
}

func policies(c config.Cache) cache.Policies {
	return cache.Policies{
		notion.Content: {Fresh: c.Fresh.Content, Keep: c.Keep.Content},
		notion.Schema:  {Fresh: c.Fresh.Schema, Keep: c.Keep.Schema},
		notion.People:  {Fresh: c.Fresh.People, Keep: c.Keep.People},
		notion.Me:      {Fresh: c.Fresh.Me, Keep: c.Keep.Me},
		notion.Search:  {Keep: c.Keep.Search},
	}
}

// lend is how the proxy's own token is lent; nil where it has none.
func lend(cfg config.Config, d deps) *proxy.Lend {
	if cfg.Notion.TokenFile == "" && cfg.Notion.Token == "" {
		return nil
	}
	return &proxy.Lend{Token: d.token, Secret: d.secret, Hosts: cfg.Clients.Hosts}
}

func lanes(rules []config.LaneRule) []proxy.LaneRule {
	list := make([]proxy.LaneRule, len(rules))
	for i, r := range rules {
		lane, _ := limiter.ParseLane(r.Lane)
		list[i] = proxy.LaneRule{Operation: r.Operation, UserAgent: r.UserAgent, Client: r.Client, Lane: lane}
	}
	return list
}

func limits(cfg config.Config) limiter.Options {
	c := cfg.Limiter
	o := limiter.Options{
		Quota:           quota(c, cfg.Notion.Plan, c.PerMinute),
		Overrides:       map[string]limiter.Quota{},
		Ceiling:         c.TotalPerSecond,
		MaxWait:         c.MaxWait,
		MaxWaiting:      c.MaxQueue,
		MaxWaitingBytes: int64(c.MaxQueueBytes),
	}
	for name, own := range c.Connections {
		plan, perMinute := own.Plan, own.PerMinute
		if plan == "" {
			plan = cfg.Notion.Plan
		}
		o.Overrides[name] = quota(c, plan, perMinute)
		if bot, ok := notion.ParseID(name); ok { // Notion writes them with dashes
			o.Overrides[bot.String()] = o.Overrides[name]
		}
	}
	return o
}

func quota(c config.Limiter, plan string, perMinute int) limiter.Quota {
	q, _ := limiter.Plan(plan)
	if perMinute > 0 {
		q.PerMinute = perMinute
	}
	q.Headroom, q.Burst = c.Headroom, c.Burst
	if c.Headroom == 0 {
		q.Headroom = -1
	}
	return q
}
