package main

import (
	"context"

	"notionproxy/cache"
	"notionproxy/config"
	"notionproxy/limiter"
	"notionproxy/metrics"
	"notionproxy/proxy"
	"notionproxy/replica"
	"notionproxy/statuspage"
)

// A join is what makes this process one of several replicas. A nil one is
// alone.
type join struct {
	group   *replica.Group
	entries *replica.Entries
}

// newJoin prepares to join the others; nil where the settings name none.
func newJoin(cfg config.Config, d deps) (*join, error) {
	if cfg.Redis.URL == "" {
		return nil, nil
	}
	o := replica.Options{
		URL: cfg.Redis.URL, Keys: d.keys, Prefix: cfg.Redis.Prefix,
		Replicas: cfg.Redis.MaxReplicas, PartitionFresh: cfg.Redis.PartitionFresh,
		Warn: func(msg string) { d.log.Warn(msg) }, Notice: func(msg string) { d.log.Info(msg) },
	}
	if d.redis() != "" {
		o.Password = d.redis
	}
	group, err := replica.New(o)
	if err != nil {
		return nil, err
	}
	return &join{group, group.Entries()}, nil
}

// limits has the budgets spent together.
func (j *join) limits(o limiter.Options) limiter.Options {
	if j != nil {
		o.Lender = j.group
	}
	return o
}

// statusPage has one read the page for all.
func (j *join) statusPage(o statuspage.Options) statuspage.Options {
	if j != nil {
		o.Shared = j.group
	}
	return o
}

// share has the entries stored together, behind those that this process keeps.
func (j *join) share(o *proxy.Options, kept *keep) {
	if j == nil {
		return
	}
	o.Cache.Backing, o.Replicas = j.entries, j.group
	if kept != nil {
		o.Cache.Backing = cache.Stack(kept.Disk, j.entries)
		j.group.Keep(kept.Disk)
	}
}

// begin joins the others. leave says good-bye to them, and waits for that.
func (j *join) begin(p *proxy.Proxy, l *limiter.Limiter) (leave func()) {
	if j == nil {
		return func() {}
	}
	j.group.Join(l)
	j.group.Listen(p)
	j.entries.Attach(p)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		j.group.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// measured is what Prometheus is told of Redis.
func (j *join) measured() metrics.Shared {
	s := j.group.State()
	return metrics.Shared{
		Up: s.Connected, Live: s.Live, Missing: s.Missing, Took: s.Took, Behind: s.Behind,
		Commands: s.Commands, Errors: s.Errors, Hits: s.Hits, Lent: s.Lent,
	}
}

// report is what /health tells of the others.
func (j *join) report() map[string]any {
	s := j.group.State()
	return map[string]any{
		"together": s.Connected, "since": s.Since, "live": s.Live, "missing": s.Missing,
		"redis_errors": s.Errors, "redis_ms": s.Took.Seconds() * 1000, "behind_ms": s.Behind.Milliseconds(),
	}
}
