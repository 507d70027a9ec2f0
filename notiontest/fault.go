package notiontest

import (
	"math/rand/v2"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Kind says how a call goes wrong.
type Kind string

// The kinds of faults. Those that answer in Notion's place (FaultStatus,
// FaultEdge and so on) do not carry the call out, unless Fault.Carried says so,
// and cost no budget; those that spoil an answer on its way do both.
const (
	FaultDelay  Kind = "delay"  // late, and otherwise as always; the default
	FaultStatus Kind = "status" // Notion's JSON error: Status, Code, Message
	FaultLimit  Kind = "429"    // 429 with Reason and RetryAfter, any text; "-" leaves a part out
	FaultSaved  Kind = "saved"  // carried out, and answered 503 that says so
	FaultEdge   Kind = "edge"   // the edge's HTML page: Status, cf-ray, no x-notion-request-id

	FaultHTML     Kind = "html"      // an HTML page with status 200
	FaultError200 Kind = "error200"  // an error body with status 200
	FaultBadJSON  Kind = "bad-json"  // 200, well framed, but the JSON ends half-way
	FaultEmpty    Kind = "empty"     // Status (default 200) without a body
	FaultType     Kind = "type"      // the right body as text/plain
	FaultBadGzip  Kind = "cut-gzip"  // well framed, but the gzip stream ends half-way
	FaultBomb     Kind = "bomb"      // Size bytes of JSON white space around the body, gzipped
	FaultRedirect Kind = "redirect"  // Status (default 307), Location to another host
	FaultUpgrade  Kind = "101"       // 101 Switching Protocols that nobody asked for
	FaultInform   Kind = "inform"    // Size (default 20) 103 answers before the right one
	FaultHeaders  Kind = "headers"   // Size (default 1 MiB) bytes of headers
	FaultReply    Kind = "reply"     // Status, Header and Body as given
	FaultRaw      Kind = "raw"       // Body on the wire as it is, then the end of the connection
	FaultPartial  Kind = "206"       // the right body as 206 Partial Content
	FaultExtra    Kind = "extra"     // the right answer, and Body (default: another answer) right behind it on the connection
	FaultShort    Kind = "too-short" // Content-Length says less than there is
	FaultLong     Kind = "too-long"  // Content-Length says more than there is; then the connection ends

	FaultCut          Kind = "cut"           // half of the body under the right Content-Length, then the end of the connection
	FaultCutChunked   Kind = "cut-chunked"   // half of the body in chunks, then the end without the last chunk
	FaultReset        Kind = "reset"         // connection reset before any answer
	FaultResetHeaders Kind = "reset-headers" // connection reset after the headers
	FaultResetBody    Kind = "reset-body"    // connection reset in the middle of the body
	FaultHang         Kind = "hang"          // no answer until the client leaves
	FaultHangHeaders  Kind = "hang-headers"  // headers, then nothing
	FaultHangBody     Kind = "hang-body"     // half of the body, then nothing
	FaultDrip         Kind = "drip"          // the body in Size pieces (default 10), Gap apart
	FaultEndless      Kind = "endless"       // a body that never ends
)

// A Fault is a scripted misbehaviour. The first group of fields says which
// calls it strikes, the second how; what is zero matches everything, or means
// the default of its kind.
type Fault struct {
	Op          string  // operation: a pattern such as "pages.*", or several, separated by commas
	Method      string  // HTTP method
	Path        string  // pattern for the escaped path: "/v1/pages/*"
	Token       string  // a token
	Writes      bool    // only calls that change something
	After       int     // that many matching calls pass first
	Times       int     // strikes so often; 0 means until cleared
	Probability float64 // 0 means always; drawn from Options.Seed

	Kind       Kind
	Delay      time.Duration // before the call is carried out
	Lag        time.Duration // after it was, before it is answered
	Gap        time.Duration // between the pieces of a drip
	Status     int
	Code       string
	Message    string
	Header     http.Header // added to the answer's
	Body       string
	Reason     string // rate_limit_reason
	RetryAfter string // any text
	Size       int
	Carried    bool // the call is carried out although its answer is lost
}

func (f *Fault) fits(c *call) bool {
	return (f.Op == "" || fitsAny(f.Op, c.record.Op)) &&
		(f.Method == "" || f.Method == c.r.Method) &&
		(f.Path == "" || fitsAny(f.Path, c.r.URL.EscapedPath())) &&
		(f.Token == "" || f.Token == c.record.Token) &&
		(!f.Writes || c.op != nil && c.op.isWrite())
}

func fitsAny(patterns, name string) bool {
	return slices.ContainsFunc(strings.Split(patterns, ","), func(p string) bool {
		fits, _ := path.Match(strings.TrimSpace(p), name)
		return fits
	})
}

// faults are the ones in force. The first that fits strikes.
type faults struct {
	mu     sync.Mutex
	r      *rand.Rand
	active []*armed
}

type armed struct {
	Fault
	passed, struck int
}

// Fault puts a fault in force and returns what lifts it.
func (n *Notion) Fault(f Fault) (mend func()) {
	return n.arm(f, false)
}

func (n *Notion) arm(f Fault, first bool) (mend func()) {
	a := &armed{Fault: f}
	n.faults.mu.Lock()
	defer n.faults.mu.Unlock()
	at := len(n.faults.active)
	if first {
		at = 0
	}
	n.faults.active = slices.Insert(n.faults.active, at, a)
	return func() {
		n.faults.mu.Lock()
		defer n.faults.mu.Unlock()
		n.faults.active = slices.DeleteFunc(n.faults.active, func(b *armed) bool { return b == a })
	}
}

// ClearFaults lifts all faults. A call that hangs goes on hanging.
func (n *Notion) ClearFaults() {
	n.faults.mu.Lock()
	defer n.faults.mu.Unlock()
	n.faults.active = nil
}

// strike picks the fault for a call; nil when there is none.
func (fs *faults) strike(c *call) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, a := range fs.active {
		if a.Times > 0 && a.struck >= a.Times || !a.fits(c) {
			continue
		}
		if a.passed < a.After {
			a.passed++
			continue
		}
		if a.Probability > 0 && fs.r.Float64() >= a.Probability {
			continue
		}
		a.struck++
		f := a.Fault
		return &f
	}
	return nil
}
