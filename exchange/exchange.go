// Package exchange holds the record of one finished request: what the proxy
// writes, and what the access log, the metrics, the ledger of who spends the
// budget, and triage read. Nothing else counts requests, so these readers can
// never disagree about what happened.
package exchange

import (
	"hash/fnv"
	"time"
)

// An Outcome says how a request was answered. The same words stand in headers,
// logs, metrics and scripts.
type Outcome string

// How requests are answered.
const (
	Hit     Outcome = "hit"     // stored and fresh; Notion was not asked
	Stale   Outcome = "stale"   // stored, past its time; Notion is in trouble, or asked behind the client's back
	Miss    Outcome = "miss"    // Notion was asked; the answer is stored if it may be
	Shared  Outcome = "shared"  // the answer to an identical read that was under way
	Pass    Outcome = "pass"    // Notion was asked; such answers are never stored
	Refused Outcome = "refused" // refused by the proxy; Notion was not asked
	Left    Outcome = "left"    // the client went away before there was an answer
)

// An Exchange is the record of one finished request. It holds no token, no
// body, no query string and no cookie, so a reader may print all of it. It is
// not changed once it has been handed to its readers, and may be kept by them.
type Exchange struct {
	Start     time.Time
	RequestID string // ours, or the caller's sane X-Request-Id

	Operation string // a row of Notion's API such as "pages.retrieve", or "unknown"
	Kind      string // read, write, append, stream, secret, unknown
	Family    string // content, search, writes, other
	Method    string
	Route     string // path template such as /v1/pages/{page_id}; never the path itself

	Connection string   // digest of the connection, or of the token until that is known; 8 hex digits
	Client     string   // the caller's name for itself: a client name header, else its User-Agent's product
	Lane       string   // interactive, default, bulk
	Objects    []string // ids that the path and query name, of answers that are errors
	Object     [16]byte // the first of them, of all answers; zero if there is none
	Read       uint64   // equal for equal reads, so that loops are seen; 0 for what is never stored

	Outcome Outcome
	Detail  string        // why, in a word or two: the detail of Cache-Status
	Status  int           // what the client got
	Age     time.Duration // of a stored answer; zero on others
	Stored  bool          // the answer was stored

	Calls           int    // calls made to Notion for this request
	UpstreamStatus  int    // of the last call; 0 when there was none or it was not answered
	UpstreamOutcome string // the kind of the last call's outcome, as upstream names it
	Code            string // Notion's error code, of the answer the client got
	RateLimitReason string // additional_data.rate_limit_reason of a 429
	Problem         string // Notion's message of a 400, without what it echoes of the request
	Property        uint64 // digest of the name or id of the property that it names; see Digest. 0 if it names none
	UpstreamID      string // x-notion-request-id of the last call
	Ray             string // cf-ray of the last call, where Notion's edge answered

	BytesIn  int64 // of the request's body
	BytesOut int64 // of the response's body

	Queued   time.Duration // waiting for the budget
	Upstream time.Duration // waiting for Notion, all calls together
	Total    time.Duration // from the request's arrival to the answer's last byte
}

// Digest stands for a name that a caller made up and that a record must not
// hold: whoever knows the name recognises it.
func Digest(name string) uint64 {
	if name == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // which cannot fail
	return h.Sum64()
}

// A Reader takes finished exchanges. It is called on the request's goroutine
// after the answer, so it must be quick and must not block.
type Reader func(*Exchange)
