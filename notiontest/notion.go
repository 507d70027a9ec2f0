package notiontest

import (
	"cmp"
	"net/http"
	"sync"
	"time"
)

// Options set up a Notion. The zero value is a Notion as its documentation
// describes it.
type Options struct {
	// Seed decides every id, cursor, property id and the phase of the rate
	// windows: equal seeds and equal calls give equal answers.
	Seed uint64

	// RateLimit is how many calls a connection may make in a fixed window of 60
	// seconds; 0 means 180 (Free and Plus plans), negative means no limit.
	RateLimit int
	// WorkspaceRateLimit is the same for all connections of a workspace
	// together; 0 means no limit.
	WorkspaceRateLimit int
	// EndpointRateLimits are limits of single operations, by operation name,
	// for each connection.
	EndpointRateLimits map[string]int

	// SearchLag is how far behind the search index is; 0 means 5 s, negative
	// means not at all.
	SearchLag time.Duration
	// AsyncLag is how long an accepted asynchronous write (202) takes; 0 means 4 s.
	AsyncLag time.Duration
	// CursorTTL is how long a cursor session lives; 0 means until KillCursors,
	// or until so many newer ones came that it is forgotten.
	CursorTTL time.Duration
	// QueryCap is the most rows that one query yields; 0 means 10,000.
	QueryCap int
	// Latency is added to every answer; 0 means none.
	Latency time.Duration
	// StreamGap is the time between two events of a stream; 0 means 300 ms.
	StreamGap time.Duration

	// LogCalls is how many calls are kept in the log; 0 means 10,000. Counters
	// go on beyond it.
	LogCalls int
	// Hosts are the hosts that RoundTrip takes for Notion; nil means
	// api.notion.com. Requests for others are recorded as strays.
	Hosts []string
}

func (o Options) withDefaults() Options {
	o.RateLimit = cmp.Or(o.RateLimit, 180)
	o.SearchLag = max(0, cmp.Or(o.SearchLag, 5*time.Second))
	o.AsyncLag = cmp.Or(o.AsyncLag, 4*time.Second)
	o.QueryCap = cmp.Or(o.QueryCap, 10_000)
	o.StreamGap = cmp.Or(o.StreamGap, 300*time.Millisecond)
	o.LogCalls = cmp.Or(o.LogCalls, 10_000)
	if o.Hosts == nil {
		o.Hosts = []string{"api.notion.com"}
	}
	return o
}

// A Notion is a stateful fake of the Notion API. It is an http.Handler, an
// http.RoundTripper, and can be served on a listener. All of its methods are
// safe for concurrent use.
type Notion struct {
	opts Options

	mu          sync.Mutex
	made        *ids // ids of objects
	noise       *ids // request ids, rays, cookies: what each answer draws
	workspaces  map[string]*workspace
	connections map[string]*connection
	tokens      map[string]*token
	users       map[string]*user
	nodes       map[string]*node
	comments    table[*comment]
	views       table[*view]
	results     table[*resultSet]
	uploads     table[*upload]
	tasks       table[*task]
	agents      table[*session]
	clients     map[string]string // OAuth client id -> secret
	codes       map[string]string // OAuth code or refresh token -> connection
	cursors     cursors
	windows     windows
	jobs        []job // what happens later by itself, in order of time

	log       callLog
	faults    faults
	servers   servers
	broken    map[string]func() // what Control broke: how to mend it
	observers []func(Call)
}

// New makes an empty Notion: see Demo and AddWorkspace for something in it.
func New(o Options) *Notion {
	o = o.withDefaults()
	return &Notion{
		opts:        o,
		made:        newIDs(o.Seed, "objects"),
		noise:       newIDs(o.Seed, "answers"),
		workspaces:  map[string]*workspace{},
		connections: map[string]*connection{},
		tokens:      map[string]*token{},
		users:       map[string]*user{},
		nodes:       map[string]*node{},
		clients:     map[string]string{},
		codes:       map[string]string{},
		broken:      map[string]func(){},
		cursors:     cursors{ttl: o.CursorTTL, open: map[string]*cursorSession{}},
		windows:     windows{seed: o.Seed, spent: map[string]*window{}},
		log:         newCallLog(o.LogCalls),
		faults:      faults{r: newIDs(o.Seed, "faults").r},
	}
}

// Close stops every server and pipe that serves n, and cuts their connections.
func (n *Notion) Close() error { return n.servers.close() }

var (
	_ http.Handler      = (*Notion)(nil)
	_ http.RoundTripper = (*Notion)(nil)
)

// A table keeps objects by id and in the order in which they were made.
type table[T any] struct {
	byID  map[string]T
	order []string
}

func (t *table[T]) add(id string, v T) {
	if t.byID == nil {
		t.byID = map[string]T{}
	}
	t.byID[id] = v
	t.order = append(t.order, id)
}

func (t *table[T]) remove(id string) { delete(t.byID, id) }

// each goes through the objects in order.
func (t *table[T]) each(yield func(T) bool) {
	for _, id := range t.order {
		if v, ok := t.byID[id]; ok && !yield(v) {
			return
		}
	}
}

// A job is something that happens by itself at a time: an asynchronous write
// that is carried out, a template that is filled in.
type job struct {
	due time.Time
	do  func(at time.Time)
}

// settle does the jobs that are due. Nothing runs in the background, so that
// a fake clock is all there is to time: the world is brought up to date
// whenever somebody looks at it.
func (n *Notion) settle(now time.Time) {
	for len(n.jobs) > 0 && !n.jobs[0].due.After(now) {
		j := n.jobs[0]
		n.jobs = n.jobs[1:]
		j.do(j.due)
	}
}
