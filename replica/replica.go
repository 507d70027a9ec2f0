// Package replica makes several proxies one, through Redis or Valkey: one
// budget, one hold, one word on what a write made stale.
//
//	Group ── link      the connection: 50 ms for everything, a breaker      link.go
//	      ── meet      who is there, and what the server has been through   meet.go, meet.lua
//	      ── lend      calls of a budget that all spend together            lend.go, lend.lua
//	      ── news      what all must hear of, in one order                  news.go, follow.go, resume.go
//	      ── retell    what an earlier process did not come to tell         retell.go
//	      ── entries   answers that all have, and what is dropped of them   entries.go, drops.go, edges.go
//	      ── claims    one asks Notion, the others wait                     claim.go
//	      ── words     what one found out about Notion                      words.go, status.go
//	      ── names     names and bodies that tell a stranger nothing        names.go
//
// Nothing here ever fails for a client. When Redis is gone, slow or has
// forgotten, each replica goes on alone, with its part of the budget, and says
// so; when it is back they are one again.
package replica

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"notionproxy/cache/seal"
	"notionproxy/limiter"
)

// Options of a Group. Durations at zero mean the default.
type Options struct {
	// URL is redis://, rediss:// or unix://, with what rueidis takes behind
	// the question mark: addr for more nodes of a cluster, master_set for
	// Sentinel. Required.
	URL string

	// Password returns the password; nil means that the URL has it, or that
	// there is none. It is called for each connection that is made.
	Password func() string

	// Keys hide names and bodies. All replicas need the same. Required.
	Keys seal.Ring

	// Prefix stands before every key. "" means "notionproxy:".
	Prefix string

	// Replicas is the most that there are at any time. When Redis is gone each
	// goes on with that part of every budget. 0 means 10.
	Replicas int

	// PartitionFresh is how long after the last word of the others what is
	// stored counts as fresh. 0 means 5 s.
	PartitionFresh time.Duration

	// Warn and Notice take sentences for people, seldom: Redis is away; it is
	// back. nil means that nobody reads them.
	Warn, Notice func(string)

	Timeout time.Duration // of one command; 50 ms
	Beat    time.Duration // between two words to the others; 500 ms
	Lease   time.Duration // how long a loan of calls lasts; 250 ms, a second at most
	Window  time.Duration // Notion's; a minute. Tests shorten it
}

func (o Options) withDefaults() Options {
	if o.Prefix == "" {
		o.Prefix = "notionproxy:"
	}
	if o.Replicas <= 0 {
		o.Replicas = 10
	}
	setDefault(&o.PartitionFresh, 5*time.Second)
	setDefault(&o.Timeout, 50*time.Millisecond)
	setDefault(&o.Beat, 500*time.Millisecond)
	setDefault(&o.Lease, 250*time.Millisecond)
	setDefault(&o.Window, time.Minute)
	o.Lease = min(o.Lease, time.Second)
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	return o
}

func setDefault(d *time.Duration, to time.Duration) {
	if *d == 0 {
		*d = to
	}
}

// good is how long a replica's word that it is there is good.
func (o Options) good() time.Duration { return 4 * o.Beat }

// blind is how long the others may spend the whole budget after this replica
// lost sight of them: until its word is no longer good and they have noticed.
func (o Options) blind() time.Duration {
	return o.good() + 2*o.Beat + o.Lease + o.slot() + 2*o.Timeout
}

// span is how long a call counts, and slot how exactly that is kept.
func (o Options) span() time.Duration { return o.Window + o.Window/60 }
func (o Options) slot() time.Duration { return max(o.Window/240, time.Millisecond) }

// settles is how long after a server began anew everything that it may have
// forgotten still counts.
func (o Options) settles() time.Duration { return o.span() + o.blind() + 2*o.slot() }

// A Group is this replica among the others. It is safe for concurrent use.
type Group struct {
	o    Options
	me   string
	link link
	keys *seal.Keys

	hits, lent atomic.Int64

	began   time.Time
	heardAt atomic.Int64 // nanoseconds since then: up to when it has heard all news
	beganAt atomic.Int64 // the same moment by Redis' clock, nanoseconds since 1970

	mu      sync.Mutex
	peers   peers
	learnt  map[string]history // what servers have been through, by their name for it
	homes   map[string]home    // by budget: the server that keeps it
	budgets Budgets

	news news
	hear map[string]func(News) // by kind; not changed once Run has begun
	miss func()

	entries *Entries // nil where they are not shared
	keeper  Keeper   // nil where nothing outlives the process
}

// A Keeper keeps entries beyond this process, what of the news it has taken note
// of, and what it has not told. No method but Settle waits.
type Keeper interface {
	// Place is what was last kept, by this process or an earlier one; "" where
	// that is not known.
	Place() string

	// KeepPlace notes that it has heard the drops up to a place.
	KeepPlace(place string)

	// KeepUntold keeps news until told is called, for a later process if it
	// must be: from the next Settle on.
	KeepUntold(news []byte) (told func())
	Settle(ctx context.Context)

	// Untold hands out, each once, what earlier processes did not come to tell.
	Untold(each func(news []byte, told func()))
}

// Budgets is the limiter of this replica.
type Budgets interface {
	// Rejoin has it tell what it spent alone, and returns for how many
	// connections that is not told yet.
	Rejoin() int

	// Heed has it heed a hold that another replica was told of.
	Heed(h limiter.Hold)
}

// New makes a Group; it connects in Run.
func New(o Options) (*Group, error) {
	o = o.withDefaults()
	client, err := o.client()
	if err != nil {
		return nil, err
	}
	g := &Group{
		o: o, me: newName(), began: time.Now(),
		learnt: map[string]history{}, homes: map[string]home{}, hear: map[string]func(News){},
	}
	g.heardAt.Store(int64(-24 * time.Hour)) // never yet
	g.news.changed, g.news.acked = make(chan struct{}), map[string]int64{}
	g.keys = shared(o.Keys)
	g.link = newLink(client, o.Timeout)
	return g, nil
}

func newName() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

// Join says whose budgets are shared. Call it before Run.
func (g *Group) Join(b Budgets) {
	g.budgets = b
	g.Hear(heldNews, g.heed)
}

// Keep says what keeps entries beyond this process, if anything does. Call it
// before Run.
func (g *Group) Keep(k Keeper) { g.keeper = k }

// Run keeps the replica among the others until ctx ends. Then it tells what it
// has not told yet, and says good-bye; both take no longer than a few seconds,
// whatever Redis does.
func (g *Group) Run(ctx context.Context) {
	defer g.link.close()
	g.retell() // before anything that others stored is believed
	var running sync.WaitGroup
	running.Go(func() { g.link.open(ctx) })
	running.Go(func() { g.follow(ctx) })
	running.Go(func() { g.announce(ctx) })
	running.Go(func() { g.hearAcks(ctx) })
	if g.entries != nil {
		running.Go(func() { g.entries.write(ctx) })
	}
	g.beat(ctx)
	running.Wait()
	g.tellRest()
	g.leave()
}

// State is how the replica stands to the others.
type State struct {
	Connected bool          // Redis answers, and this replica has told it everything
	Since     time.Time     // of that, or of its end; zero before the first time
	Live      int           // replicas that are there, this one included
	Missing   int           // that were there and may be spending their part alone
	Commands  int64         // asked since the start, those that others listen with excepted
	Errors    int64         // of these, those that failed
	Hits      int64         // entries that came from there
	Lent      int64         // calls that were lent
	Took      time.Duration // of the last command that did not fail
	Behind    time.Duration // since the last news of the others, or word that there are none
}

// State returns how things stand. It does not wait.
func (g *Group) State() State {
	s := g.link.state()
	g.mu.Lock()
	defer g.mu.Unlock()
	s.Connected = s.Connected && g.peers.joined
	s.Live, s.Missing = len(g.peers.live), len(g.peers.missing)
	s.Behind = g.behind()
	s.Hits, s.Lent = g.hits.Load(), g.lent.Load()
	return s
}

func (o Options) client() (rueidis.ClientOption, error) {
	c, err := rueidis.ParseURL(o.URL)
	if err != nil {
		return c, errBadURL // its own error may repeat a password
	}
	// Entries lie in the proxy's own memory; the client's would take 128 MiB
	// for each connection.
	c.DisableCache = true
	c.DisableRetry = true // a command that was lost is the breaker's matter
	c.AlwaysPipelining = true
	c.ClientName = "notionproxy"
	c.ClientSetInfo = rueidis.DisableClientSetInfo
	c.ReadBufferEachConn, c.WriteBufferEachConn = 64<<10, 64<<10
	c.Dialer.Timeout = time.Second
	c.ConnWriteTimeout = time.Second
	c.BlockingPoolSize = 8
	if o.Password != nil {
		user := c.Username
		c.AuthCredentialsFn = func(rueidis.AuthCredentialsContext) (rueidis.AuthCredentials, error) {
			return rueidis.AuthCredentials{Username: user, Password: o.Password()}, nil
		}
	}
	return c, nil
}
