package config

import "time"

// Default returns the settings of a proxy that was told nothing: on loopback,
// with the callers' own tokens, reading and writing.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:8080",
		Mode:   "full",
		Access: "read-write",
		Notion: Notion{
			URL:     "https://api.notion.com",
			Plan:    "default",
			Timeout: 60 * time.Second,
		},
		StatusPage: StatusPage{
			URL:        "https://www.notion-status.com/api/v2/summary.json",
			Interval:   time.Minute,
			Components: []string{"api", "database", "search", "view and edit"},
		},
		Cache:   defaultCache(),
		Limiter: defaultLimiter(),
		Notify:  Notify{PagerDuty: PagerDuty{URL: "https://events.pagerduty.com/v2/enqueue"}},
		Limits: Limits{
			Headers:       64 << 10,
			Target:        8 << 10,
			Body:          1 << 20,
			HeaderTimeout: 10 * time.Second,
			BodyStall:     30 * time.Second,
			IdleTimeout:   150 * time.Second,
		},
		Admin: Admin{Listen: "127.0.0.1:8081"},
		Log:   Log{Format: "auto", Level: "info"},
		// With the delay, well under the 75 s that manifests give.
		Shutdown: Shutdown{Delay: time.Second, Timeout: 70 * time.Second},
		Redis:    defaultRedis(),
	}
}

func defaultCache() Cache {
	const day = 24 * time.Hour
	return Cache{
		Size:     256 << 20,
		DiskSize: 1 << 30,
		MaxEntry: 8 << 20,
		Fresh: Fresh{
			Content: time.Minute,
			Schema:  5 * time.Minute,
			People:  15 * time.Minute,
			Me:      time.Minute,
		},
		Keep:             Keep{Content: day, Schema: day, People: day, Me: time.Hour, Search: day},
		AuthTTL:          10 * time.Minute,
		ClientDirectives: "honour",
		ServeStale:       "auto",
		SlowAnswer:       3 * time.Second,
		SlowStaleAge:     10 * time.Minute,
	}
}

func defaultLimiter() Limiter {
	return Limiter{
		Headroom: 0.05,
		Headers:  true,
		Burst:    30,
		// Clients give up after 30 to 60 s, and some never tell.
		MaxWait:       20 * time.Second,
		MaxQueue:      10_000,
		MaxQueueBytes: 64 << 20,
	}
}
