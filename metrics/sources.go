package metrics

import (
	"time"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/statuspage"
	"notionproxy/upstream"
)

// Sources are asked at each scrape, several at a time if need be. They must not
// wait for anything. Without one of them there are no metrics of it.
type Sources struct {
	Store     func() Store
	Budgets   func() []Budget // of connections that Notion has accepted
	Limiter   func() limiter.Standing
	Breakers  func() map[string]map[upstream.Health]int // by family; how many connections
	Page      func() statuspage.Reading
	Verdict   func() string // one of Verdicts
	Reload    func() Reload
	Disk      func() Disk
	Shared    func() Shared
	Webhook   func() Webhook
	Observing func() bool // mode observe is on

	Verdicts []string // the words that Verdict may say
}

// Store is what is stored in memory.
type Store struct {
	cache.Stats
	MaxBytes int64
}

// A Budget is what one connection may spend.
type Budget struct {
	Connection string // 8 hex digits, as in Exchange.Connection
	limiter.Budget
}

// Reload is how settings were last read.
type Reload struct {
	At time.Time
	OK bool // they are in force
}

// Disk is what is kept in a directory.
type Disk struct {
	On              bool // it can be used
	Bytes, MaxBytes int64
}

// Shared is the server through which replicas are one, Redis or Valkey.
type Shared struct {
	Up      bool          // it answers
	Live    int           // replicas that are there, this one included
	Missing int           // that were there and may be spending their part alone
	Took    time.Duration // of the last command that did not fail
	Behind  time.Duration // since the last news of the others

	Commands int64 // that were asked
	Errors   int64 // of these, those that failed
	Hits     int64 // entries that came from there
	Lent     int64 // calls that were lent from the common budget
}

// Webhook is what Notion's events tell.
type Webhook struct {
	Events   int64         // that were taken
	Rejected int64         // requests that were none
	Dropped  int64         // entries that they made stale
	Lag      time.Duration // of the last one, behind what it tells of
	Last     time.Time     // when it came; zero if none has
}

// everySource has all of them, for Catalogue.
func everySource(verdicts []string) Sources {
	return Sources{
		Store:     func() Store { return Store{} },
		Budgets:   func() []Budget { return nil },
		Limiter:   func() limiter.Standing { return limiter.Standing{} },
		Breakers:  func() map[string]map[upstream.Health]int { return nil },
		Page:      func() statuspage.Reading { return statuspage.Reading{} },
		Verdict:   func() string { return "" },
		Reload:    func() Reload { return Reload{} },
		Disk:      func() Disk { return Disk{} },
		Shared:    func() Shared { return Shared{} },
		Webhook:   func() Webhook { return Webhook{} },
		Observing: func() bool { return false },
		Verdicts:  verdicts,
	}
}
