// Package cache remembers what Notion answered: who asked, what was shown, how
// long it may be believed, and what a write makes untrue.
//
//	Question -> Store.Lookup -> Found.Fresh?  -> the answer
//	                         -> Found.Usable? -> the answer in trouble
//	Answer   -> Store.Put    (unless a write overtook it)
//	write    -> Store.Wrote  -> what it touched is gone
//
// An entry is a chain: all pages of one paginated read, or the one page of any
// other read. The package does no I/O and starts no goroutines; a Backing, if
// there is one, keeps entries on a disk or a server.
package cache

import (
	"math"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"notionproxy/notion"
)

// Options of a Store.
type Options struct {
	// MaxBytes bounds what is stored, overhead counted. Required.
	MaxBytes int64

	// Policies say how long answers live. nil means DefaultPolicies.
	Policies Policies

	// Workspace tells an owner's workspace, "" while it is not known. It is
	// called with the store locked and must not call back. nil means that no
	// workspace is ever known.
	Workspace func(Owner) string

	// Bot tells an owner's bot, under the same conditions.
	Bot func(Owner) string

	// Trusted says whether events would have told if an owner's answers, asked
	// for at born, were not true any more. It is called with the store locked
	// and must not call back. nil means never.
	Trusted func(o Owner, born time.Time) bool

	// Backing keeps entries beyond this process's memory. nil means that
	// nothing does.
	Backing Backing

	// LastWrite is when an earlier process may last have written. Notion's
	// index lags behind that as behind writes of this one.
	LastWrite time.Time
}

// A Store holds answers in memory. It is safe for concurrent use.
type Store struct {
	workspace func(Owner) string
	bot       func(Owner) string
	trusted   func(o Owner, born time.Time) bool
	backing   Backing // may be nil
	lastWrite time.Time

	mu       sync.Mutex
	maxBytes int64
	policies Policies
	current  map[Key]*chain // newest reading of each question
	cursors  map[Key]*chain // by owner and cursor
	tags     tagIndex
	recent   *simplelru.LRU[*chain, struct{}]
	owners   map[Owner]*ownerShare
	heavy    *ownerShare // holds more than half; nil if nobody does
	writes   writeLog
	parents  parents
	handouts handouts
	noticed  noticed
	bytes    int64
	chains   int64 // of more than one page
	stats    Stats
	ages     ages
}

// ownerShare is what one owner holds, so that one cannot crowd out the rest.
type ownerShare struct {
	bytes  int64
	recent *simplelru.LRU[*chain, struct{}]
}

// Stats count what the store did since it was made.
type Stats struct {
	Entries, Bytes                                     int64
	Chains                                             int64 // entries of more than one page
	Evicted, DroppedByWrite, DroppedByRefusal, Expired int64
	Purged                                             int64 // by operators
	DroppedByEvent                                     int64
}

// New makes an empty store.
func New(o Options) *Store {
	if o.Policies == nil {
		o.Policies = DefaultPolicies()
	}
	if o.Workspace == nil {
		o.Workspace = func(Owner) string { return "" }
	}
	if o.Bot == nil {
		o.Bot = func(Owner) string { return "" }
	}
	if o.Trusted == nil {
		o.Trusted = func(Owner, time.Time) bool { return false }
	}
	return &Store{
		maxBytes:  o.MaxBytes,
		policies:  o.Policies,
		workspace: o.Workspace,
		bot:       o.Bot,
		trusted:   o.Trusted,
		backing:   o.Backing,
		lastWrite: o.LastWrite,
		current:   map[Key]*chain{},
		cursors:   map[Key]*chain{},
		tags:      tagIndex{},
		recent:    newRecency(),
		owners:    map[Owner]*ownerShare{},
		parents:   newParents(),
		handouts:  newHandouts(),
		noticed:   newNoticed(),
	}
}

// newRecency makes a list that never evicts by itself: bytes are what counts,
// and these the store counts.
func newRecency() *simplelru.LRU[*chain, struct{}] {
	l, _ := simplelru.NewLRU[*chain, struct{}](math.MaxInt, nil)
	return l
}

func cursorKey(owner Owner, cursor string) Key { return KeyOf(string(owner[:]), cursor) }

// Lookup finds the page that answers q, whether or not it is fresh.
func (s *Store) Lookup(q Question, now time.Time) (Found, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.find(q)
	if c == nil {
		return Found{}, false
	}
	p := c.page(q.Cursor)
	if p == nil || !now.Before(c.keepUntil()) {
		return Found{}, false
	}
	f := c.found(p, q.Cursor, now, s.freshUntil(c))
	if c.retired && !f.Snapshot {
		s.remove(c)
		return Found{}, false
	}
	s.recent.Get(c)
	s.owners[c.owner].recent.Get(c)
	c.reads++
	if p.Next != "" {
		c.handed = now
	}
	return f, true
}

// Peek is Lookup without its traces: nobody reads the entry.
func (s *Store) Peek(q Question, now time.Time) (Found, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.find(q)
	if c == nil || c.page(q.Cursor) == nil || c.retired || !now.Before(c.keepUntil()) {
		return Found{}, false
	}
	return c.found(c.page(q.Cursor), q.Cursor, now, s.freshUntil(c)), true
}

// find returns the chain that q belongs to. A cursor that comes with another
// question than it was handed out for belongs to none.
func (s *Store) find(q Question) *chain {
	if q.Cursor == "" {
		return s.current[q.Key]
	}
	c := s.cursors[cursorKey(q.Owner, q.Cursor)]
	if c == nil || c.key != q.Key || c.owner != q.Owner {
		return nil
	}
	return c
}

// Failed records that Notion failed to answer q anew: until RetryAt, which
// comes later with each failure, what is stored is all there is.
func (s *Store) Failed(q Question, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.find(q); c != nil {
		c.failed = now
		c.failures++
	}
}

// Begin dates a read that is about to leave, so that Put can tell whether a
// write overtook it.
func (s *Store) Begin() Ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes.seq++
	return s.writes.seq
}

// Overtaken says whether a write that concerns the owner ended since t. A read
// that arrives now must not join one that began at t then.
func (s *Store) Overtaken(t Ticket, owner Owner) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes.overtaken(t, s.holder(owner))
}

// holder is what is known of an owner.
func (s *Store) holder(o Owner) Holder {
	return Holder{Owner: o, Bot: s.bot(o), Workspace: s.workspace(o)}
}

// An Answer is what a read brought, to be stored.
type Answer struct {
	Question Question
	Op       *notion.Operation
	Ticket   Ticket    // from before its call left
	Born     time.Time // when its call left
	Page     *Page
	Tags     []notion.Tag
	Edges    []notion.Edge
	Named    []notion.ID // ids in the read's path and query

	// Authorization is what the call carried, for the backing to seal with.
	Authorization string
}

// Put stores an answer, unless its class is never stored, it is too large, or
// a write overtook it. It says whether it did.
func (s *Store) Put(a Answer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	policy := s.policies[a.Op.Class]
	if policy.Keep <= 0 {
		return false
	}
	s.learn(a.Edges)
	s.handouts.note(a.Question, a.Page, a.Born)
	h := s.holder(a.Question.Owner)
	ruling := s.writes.rule(a.Ticket, a.Born, h.Owner, h.Workspace, a.Tags)
	ruling.until(s.lastWrite, a.Born)
	if a.Question.Cursor != "" {
		return s.extend(a, ruling)
	}
	if ruling.refuse {
		return false
	}
	c := &chain{
		owner: a.Question.Owner, key: a.Question.Key, op: a.Op, named: a.Named,
		ticket: a.Ticket, born: a.Born, policy: policy, freshUntil: a.Born.Add(policy.Fresh), calm: true,
	}
	if s.writes.mayNot(a.Ticket, c, h, a.Tags) || s.tooLarge(c, a) {
		return false
	}
	if old := s.current[c.key]; old != nil {
		if old.ticket > c.ticket {
			return false // a slow answer: who asked later has got a newer one
		}
		s.retire(old, a.Born)
	}
	s.current[c.key] = c
	s.enlist(c)
	s.append(c, a, ruling)
	s.save(c, a.Authorization)
	s.evict()
	return true
}

// save tells the backing of a chain that is new or has grown. One that is
// retired is for those only who are half-way through it.
func (s *Store) save(c *chain, authorization string) {
	if s.backing != nil && !c.retired {
		s.backing.Save(c.record(), authorization)
	}
}

// tooLarge says whether an answer would take more than a quarter of an
// owner's share: storing it would cost all that is stored already.
func (s *Store) tooLarge(c *chain, a Answer) bool {
	return c.bytes+a.Page.bytes()+int64(len(a.Tags))*tagOverhead > s.maxBytes/8
}

// extend adds a further page to the chain that its cursor came from.
func (s *Store) extend(a Answer, r ruling) bool {
	c := s.find(a.Question)
	if c == nil || c.pages[a.Question.Cursor] != nil || s.tooLarge(c, a) || s.writes.mayNot(a.Ticket, c, s.holder(c.owner), a.Tags) {
		return false
	}
	if r.refuse && !c.retired {
		s.retire(c, a.Born) // those who are half-way may finish on it, nobody else begins
	}
	if c.retired && !c.finishing(a.Born) {
		return false
	}
	s.append(c, a, r)
	s.save(c, a.Authorization)
	s.evict()
	return true
}

// append adds a page to a chain that is in the store.
func (s *Store) append(c *chain, a Answer, r ruling) {
	if a.Question.Cursor == "" {
		c.first = a.Page
	} else {
		if c.pages == nil {
			c.pages = map[string]*Page{}
			s.chains++
		}
		c.pages[a.Question.Cursor] = a.Page
	}
	c.rows += len(a.Page.Rows)
	if next := a.Page.Next; !c.closed(next) {
		c.cursors = append(c.cursors, next)
		c.handed = a.Born
		s.cursors[cursorKey(c.owner, next)] = c
		s.grow(c, chainOverhead/4+int64(len(next)))
	}
	c.suspect = c.suspect || r.suspect
	c.freshNoLongerThan(r.freshTill)
	if links := a.Page.LinkExpiry; !links.IsZero() {
		c.linksUntil = sooner(c.linksUntil, links.Add(-LinkMargin))
		c.freshNoLongerThan(c.linksUntil) // all pages become stale together
	}
	if !r.freshTill.IsZero() || s.noticed.near(a.Tags, c.born, s.workspace(c.owner)) {
		c.calm = false
	}
	if !c.retired {
		before := len(c.tags)
		s.tags.add(c, union(c.tagList(), a.Tags))
		s.grow(c, int64(len(c.tags)-before)*tagOverhead)
	}
	s.grow(c, a.Page.bytes())
}

func union(a, b []notion.Tag) []notion.Tag {
	if len(a) == 0 {
		return b
	}
	have := setOf(a)
	for _, tag := range b {
		if _, ok := have[tag]; !ok {
			a = append(a, tag)
		}
	}
	return a
}

// KeepPlain remembers the form without compression of a page that is often
// asked for in it. The caller unpacked it and does not change it any more.
func (s *Store) KeepPlain(f Found, plain []byte) {
	if !f.Page.wantPlain() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, stored := s.recent.Peek(f.chain); !stored || !f.Page.plain.CompareAndSwap(nil, &plain) {
		return
	}
	s.grow(f.chain, int64(len(plain)))
	s.evict()
}
