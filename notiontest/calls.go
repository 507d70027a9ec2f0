package notiontest

import (
	"net/http"
	"path"
	"slices"
	"sync"
	"time"
)

// A Call is one request that arrived, and what became of it.
type Call struct {
	Seq        int       // from 1, in the order of arrival
	At         time.Time // of arrival
	Op         string    // such as "pages.retrieve"; "unknown" for a path that Notion does not have
	Method     string
	Path       string // as it came, escaped, with its query
	Host       string
	Token      string // what came after Bearer or Basic
	Connection string // bot id; empty if the token is nobody's
	Version    string // Notion-Version
	Header     http.Header
	Body       []byte // of the request as it came, uploads excepted

	Fault     string // the kind of the fault that struck, if any
	Status    int    // answered; 0 when nothing was
	Code      string // Notion's error code
	RequestID string // x-notion-request-id; empty when an edge page or nothing was answered
	Counted   bool   // it cost budget
	Stray     bool   // RoundTrip was asked for a host that is not Notion
}

// callLog keeps the newest calls and counts all of them.
type callLog struct {
	mu    sync.Mutex
	keep  int
	seq   int
	calls []*Call // the newest, oldest first
	byOp  map[string]int
	byTok map[string]int
}

func newCallLog(keep int) callLog {
	return callLog{keep: keep, byOp: map[string]int{}, byTok: map[string]int{}}
}

// arrive enters a call when it arrives, so that one that hangs is seen too.
func (l *callLog) arrive(c Call) *Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq++
	c.Seq = l.seq
	l.byOp[c.Op]++
	l.byTok[c.Token]++
	if len(l.calls) >= l.keep {
		l.calls = slices.Delete(l.calls, 0, max(1, len(l.calls)/8))
	}
	l.calls = append(l.calls, &c)
	return &c
}

// amend changes a call's record.
func (l *callLog) amend(c *Call, how func(*Call)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	how(c)
}

// Calls counts the calls that arrived for an operation, answered or not,
// limited or not. op may be a pattern: "*" or "pages.*".
func (n *Notion) Calls(op string) int {
	n.log.mu.Lock()
	defer n.log.mu.Unlock()
	sum := 0
	for name, count := range n.log.byOp {
		if fits, _ := path.Match(op, name); fits {
			sum += count
		}
	}
	return sum
}

// CallsBy counts the calls that arrived with a token.
func (n *Notion) CallsBy(token string) int {
	n.log.mu.Lock()
	defer n.log.mu.Unlock()
	return n.log.byTok[token]
}

// Log returns the newest calls, oldest first.
func (n *Notion) Log() []Call {
	n.log.mu.Lock()
	defer n.log.mu.Unlock()
	out := make([]Call, len(n.log.calls))
	for i, c := range n.log.calls {
		out[i] = *c
	}
	return out
}

// Strays returns the logged calls that RoundTrip was asked to make to a host
// that is not Notion: a token among them has leaked.
func (n *Notion) Strays() []Call {
	return slices.DeleteFunc(n.Log(), func(c Call) bool { return !c.Stray })
}

// ResetCalls empties the log and sets the counters to zero.
func (n *Notion) ResetCalls() {
	n.log.mu.Lock()
	defer n.log.mu.Unlock()
	n.log.calls, n.log.byOp, n.log.byTok = nil, map[string]int{}, map[string]int{}
}

// Observe has f told of every call once its answer is decided, before the
// answer is sent; of one that hangs, when the client has left. f runs in the
// call's goroutine and may be called concurrently.
func (n *Notion) Observe(f func(Call)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.observers = append(slices.Clone(n.observers), f)
}

func (n *Notion) tell(c *Call) {
	n.log.mu.Lock()
	seen := *c
	n.log.mu.Unlock()
	n.mu.Lock()
	observers := n.observers
	n.mu.Unlock()
	for _, f := range observers {
		f(seen)
	}
}
