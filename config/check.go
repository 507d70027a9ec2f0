package config

import (
	"fmt"
	"slices"
	"time"
)

// Bounds of what makes sense. They are wide: they catch a slip of the hand,
// not a choice.
const (
	day        = 24 * time.Hour
	maxWait    = 5 * time.Minute
	minIdle    = 2 * time.Minute // Node's fetch fails on a connection that was closed sooner
	maxCalls   = 1_000_000       // a minute
	minEntries = 1 << 20         // bytes; less holds not even a few answers
	minDisk    = 16 << 20        // bytes; less has no room for what is written at once
	maxMemory  = 1 << 40
)

// MaxKeep is the longest that cache.keep may be: nothing older should be left,
// whatever the trouble.
const MaxKeep = 30 * day

// A rule is what must hold for the value of one key.
type rule struct {
	key   string
	value any
	ok    bool
	want  string
}

// check holds the values against what makes sense, and against each other.
func (r *reader) check() {
	c := r.cfg
	rules := slices.Concat(
		c.placeRules(), c.cacheRules(), c.keepRules(), c.limiterRules(), c.limitRules(),
		c.clientRules(), c.operationRules(), c.laneRules(), c.connectionRules(), c.triageRules(), c.notifyRules(),
		c.redisRules(),
	)
	for _, rule := range rules {
		if !rule.ok && !r.refused[rule.key] {
			r.problem("%s", wrong(rule.key, fmt.Sprint(rule.value), rule.want, r.where[rule.key]))
		}
	}
	for _, sentence := range c.contradictions() {
		r.problem("%s", sentence)
	}
}

func (c *Config) placeRules() []rule {
	return []rule{
		{"listen", c.Listen, isAddress(c.Listen), "host:port, such as 127.0.0.1:8080"},
		{"admin.listen", c.Admin.Listen, c.Admin.Listen == "" || isAddress(c.Admin.Listen), "host:port, such as 127.0.0.1:8081, or nothing"},
		{"webhooks.listen", c.Webhooks.Listen, c.Webhooks.Listen == "" || isAddress(c.Webhooks.Listen), "host:port, such as 127.0.0.1:8082, or nothing"},
		{"admin.token", c.Admin.Token, c.Admin.Token == "" || isAdminToken(string(c.Admin.Token)), adminTokenWanted},
		{"notion.url", c.Notion.URL, isBaseURL(c.Notion.URL), "an absolute URL without /v1, such as https://api.notion.com"},
		{"notion.token", c.Notion.Token, c.Notion.Token == "" || isToken(string(c.Notion.Token)), "a token without spaces"},
		{"clients.secret", c.Clients.Secret, c.Clients.Secret == "" || isToken(string(c.Clients.Secret)), "a secret without spaces"},
		{"status_page.url", c.StatusPage.URL, c.StatusPage.URL == "" || isBaseURL(c.StatusPage.URL), "an absolute URL, or nothing"},
		within("status_page.interval", c.StatusPage.Interval, 30*time.Second, time.Hour),
		within("notion.timeout", c.Notion.Timeout, time.Millisecond, 10*time.Minute),
		within("shutdown.delay", c.Shutdown.Delay, 0, maxWait),
		within("shutdown.timeout", c.Shutdown.Timeout, time.Millisecond, time.Hour),
	}
}

func (c *Config) cacheRules() []rule {
	return []rule{
		within("cache.size", c.Cache.Size, minEntries, maxMemory),
		within("cache.disk_size", c.Cache.DiskSize, minDisk, maxMemory),
		within("cache.max_entry", c.Cache.MaxEntry, 1<<10, c.Cache.Size),
		within("cache.auth_ttl", c.Cache.AuthTTL, time.Second, day),
		within("cache.slow_answer", c.Cache.SlowAnswer, time.Millisecond, maxWait),
		within("cache.slow_stale_age", c.Cache.SlowStaleAge, time.Millisecond, MaxKeep),
		within("cache.fresh.content", c.Cache.Fresh.Content, 0, MaxKeep),
		within("cache.fresh.schema", c.Cache.Fresh.Schema, 0, MaxKeep),
		within("cache.fresh.people", c.Cache.Fresh.People, 0, MaxKeep),
		within("cache.fresh.me", c.Cache.Fresh.Me, 0, MaxKeep),
	}
}

// keepRules hold that an answer is not dropped while it is fresh.
func (c *Config) keepRules() []rule {
	fresh, keep := c.Cache.Fresh, c.Cache.Keep
	return []rule{
		within("cache.keep.content", keep.Content, fresh.Content, MaxKeep),
		within("cache.keep.schema", keep.Schema, fresh.Schema, MaxKeep),
		within("cache.keep.people", keep.People, fresh.People, MaxKeep),
		within("cache.keep.me", keep.Me, fresh.Me, MaxKeep),
		within("cache.keep.search", keep.Search, 0, MaxKeep),
	}
}

func (c *Config) limiterRules() []rule {
	l := c.Limiter
	calls := c.perMinute()
	if calls < 1 {
		calls = maxCalls // reported already; say nothing odd about the others
	}
	return []rule{
		within("limiter.per_minute", l.PerMinute, 0, maxCalls),
		{"limiter.headroom", l.Headroom, l.Headroom >= 0 && l.Headroom < 1, "at least 0 and less than 1"},
		within("limiter.burst", l.Burst, 1, calls),
		within("limiter.max_wait", l.MaxWait, time.Millisecond, maxWait),
		{"limiter.total_per_second", l.TotalPerSecond, l.TotalPerSecond >= 0 && l.TotalPerSecond <= maxCalls, "0 (no bound) or more"},
		within("limiter.max_queue", l.MaxQueue, 1, maxCalls),
		within("limiter.max_queue_bytes", l.MaxQueueBytes, c.Limits.Body, maxMemory),
	}
}

func (c *Config) limitRules() []rule {
	l := c.Limits
	return []rule{
		within("limits.headers", l.Headers, 4<<10, 1<<20),
		within("limits.target", l.Target, 1<<10, l.Headers),
		within("limits.body", l.Body, 1<<10, 1<<30),
		within("limits.header_timeout", l.HeaderTimeout, time.Millisecond, maxWait),
		within("limits.body_stall", l.BodyStall, time.Millisecond, maxWait),
		within("limits.idle_timeout", l.IdleTimeout, minIdle, day),
	}
}

// within holds v between least and most, both included.
func within[T int | Bytes | time.Duration](key string, v, least, most T) rule {
	return rule{key, v, v >= least && v <= most, fmt.Sprintf("%v to %v", least, most)}
}
