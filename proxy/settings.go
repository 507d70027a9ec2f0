package proxy

import (
	"time"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/upstream"
)

// Settings are those of a Proxy's options that can change while it runs.
// Durations and sizes at zero mean the default. What they point to is not
// changed after they were handed over.
type Settings struct {
	// Lend has the token that calls get which bring none. nil means that
	// every caller brings its own.
	Lend *Lend

	ReadOnly   bool     // writes are refused with 403
	Operations []string // names or globs of the operations let through; empty means all
	Lanes      []LaneRule

	// ForwardHeaders travel to Notion beside the usual ones, with calls that
	// are never stored.
	ForwardHeaders []string

	NoRateLimitHeaders bool // answers do not tell what is left of the budget

	IgnoreDirectives bool          // Cache-Control, Prefer and Priority of clients do not count
	ServeStale       StaleMode     // StaleAuto is the default
	Observe          bool          // the cache is off and the limiter only watches
	AuthTTL          time.Duration // hits after Notion last accepted the token; 10 min
	SlowAnswer       time.Duration // how long a read waits while a stale answer is at hand; 3 s
	SlowStaleAge     time.Duration // how old that one may be; 10 min
	MaxWait          time.Duration // in queues and holds, all attempts together; 20 s
	Timeout          time.Duration // of one call; 60 s
	Limits           Limits
}

// StaleMode says when answers past their time are served.
type StaleMode uint32

// The stale modes.
const (
	StaleAuto   StaleMode = iota // in trouble
	StaleAlways                  // at once, and refreshed behind the client's back
	StaleNever                   // never
)

func (s Settings) withDefaults() Settings {
	setDefault(&s.AuthTTL, 10*time.Minute)
	setDefault(&s.SlowAnswer, 3*time.Second)
	setDefault(&s.SlowStaleAge, 10*time.Minute)
	setDefault(&s.MaxWait, 20*time.Second)
	setDefault(&s.Timeout, upstream.DefaultTimeout)
	s.Limits = s.Limits.withDefaults()
	return s
}

// Configure puts other settings, another cache's size and policies, and other
// budgets in force. It may be called at any time: a request keeps the settings
// that it arrived under, and nothing is dropped or answered anew.
func (p *Proxy) Configure(s Settings, c cache.Options, l limiter.Options) {
	s = s.withDefaults()
	p.configuring.Lock()
	defer p.configuring.Unlock()
	was := p.settings.Swap(&s)
	p.store.Configure(c, time.Now())
	p.limiter.Configure(l)
	if was.Observe != s.Observe {
		p.limiter.Observe(s.Observe)
	}
}
