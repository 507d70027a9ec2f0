package triage

import "time"

// Evidence is all that a verdict is made from. It is plain data: a test can
// write it down, and Judge needs nothing else. Durations in JSON are seconds
// or milliseconds, as their names say.
type Evidence struct {
	At    time.Time `json:"at"`
	Began time.Time `json:"began"` // when the watching began: nothing is known from before

	// Windows are what all connections did in the last 1, 5, 15 and 60
	// minutes, in this order.
	Windows [4]Window `json:"windows"`

	// Connections are the same for each connection that was heard of within
	// the hour, those with most requests first, 20 at most.
	Connections []Connection `json:"connections"`

	Spells Spells `json:"spells"` // what goes on now, over all connections

	// Refusals are 401, 403 and 404 of Notion's own, by connection and object;
	// Rejections its 400, by connection, operation, object and message. Newest
	// first, 50 at most each, of the last hour.
	Refusals   []Refusal   `json:"refusals"`
	Rejections []Rejection `json:"rejections"`

	Spenders []Spender `json:"spenders"` // who spent the budget in the last minute, most first
	Loops    []Loop    `json:"loops"`    // reads that one caller repeats

	Claims  Claims       `json:"claims"`          // what Notion says about itself
	Probes  *ProbeRun    `json:"probes,omitzero"` // the last run; nil before the first
	Drift   []DriftEvent `json:"drift"`           // newest first, of the last day
	Schemas []Schema     `json:"schemas"`         // held against what the settings expect

	ServeStale  string `json:"serve_stale"`  // auto, always or never
	TokenLent   bool   `json:"token_lent"`   // the proxy lends a token of its own
	TokenFile   bool   `json:"token_file"`   // from a file that it watches
	StatusPaged bool   `json:"status_paged"` // Notion's status page is read at all
}

// Spells are since when something goes on that still does, or did two minutes
// ago at most; shorter pauses are part of it. Zero means that it does not. They
// are accurate to 5 s, and to a minute where they began longer ago than five.
type Spells struct {
	Failing time.Time `json:"failing,omitzero"` // calls fail, or are slow
	Limited time.Time `json:"limited,omitzero"` // the budget is spent
}

// A Window adds up what happened in the last Minutes.
type Window struct {
	Minutes int       `json:"minutes"`
	Since   time.Time `json:"since"` // its begin; later than Minutes ago where the watching began later

	Requests int64 `json:"requests"`
	Calls    int64 `json:"calls"` // made to Notion

	// How requests were answered.
	Hits    int64 `json:"hits"`
	Stale   int64 `json:"stale"` // stored answers past their time, Trouble among them
	Shared  int64 `json:"shared"`
	Refused int64 `json:"refused"` // by the proxy
	Left    int64 `json:"left"`    // clients that went away first
	GaveUp  int64 `json:"gave_up"` // of these, those that had waited for 3 s or more

	// Trouble counts the requests that got a stored answer because Notion
	// failed, was slow, or must not be asked.
	Trouble int64 `json:"trouble"`

	// Asked counts the requests for which Notion was asked; Good those of them
	// that Notion answered with 2xx, Failed those that failed on Notion's side
	// or on the way (5xx, edge pages, no or broken answers), Slow the good ones
	// that took 3 s or more.
	Asked  int64 `json:"asked"`
	Good   int64 `json:"good"`
	Failed int64 `json:"failed"`
	Slow   int64 `json:"slow"`

	// Limited counts 429s of Notion's, and requests that the proxy refused
	// because the budget is spent. Foreign counts answers in Notion's place
	// that do not even bear the mark of its edge: something on the way made
	// them. They are among Failed.
	Limited int64 `json:"limited"`
	Foreign int64 `json:"foreign"`

	// Unserved counts the requests that got neither an answer of Notion's that
	// they could use nor a stored one because of trouble: 5xx, 429, and the
	// proxy's refusals on behalf of either. LostWrites are the writes among
	// them, those included that Notion may have carried out all the same.
	Unserved   int64 `json:"unserved"`
	LostWrites int64 `json:"lost_writes"`

	Kinds    map[string]int64 `json:"kinds"`    // outcomes as upstream names them: "ok", "failed", "edge", "dns"
	Statuses map[string]int64 `json:"statuses"` // of Notion's answers of 400 and above, "other" for rare ones
	Codes    map[string]int64 `json:"codes"`    // Notion's error codes
	Reasons  map[string]int64 `json:"reasons"`  // rate_limit_reason of 429s; "unsaid" where there is none
	Details  map[string]int64 `json:"details"`  // why the proxy refused or served stored answers: "breaker", "hold", "queue"

	Families []Family `json:"families"`

	Latency Latency       `json:"latency"`
	Queued  Latency       `json:"queued"`   // waiting for the budget, of those that waited
	OldestS float64       `json:"oldest_s"` // age of the oldest answer that was served in trouble, in seconds
	Oldest  time.Duration `json:"-"`        // the same

	FirstFailure time.Time `json:"first_failure,omitzero"` // in this window, to some seconds
	LastFailure  time.Time `json:"last_failure,omitzero"`
	LastGood     time.Time `json:"last_good,omitzero"`

	// LeftAlone is when a request was last not sent on, since Notion was down
	// for its connection and family.
	LeftAlone time.Time `json:"left_alone,omitzero"`

	// GoodSince counts the good ones since the last failure, but for those of
	// the same 5 s (or, of the longer windows, of the same minute).
	GoodSince int64 `json:"good_since_failure"`
}

// A Family is what the operations of one family did.
type Family struct {
	Name   string `json:"name"`
	Asked  int64  `json:"asked"`
	Failed int64  `json:"failed"`
	Slow   int64  `json:"slow"`
}

// Latency says how long Notion took, in milliseconds. Figures are accurate to
// a fifth. All are zero when Count is.
type Latency struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	Max   float64 `json:"max_ms"`
}

// A Connection is one of those whose calls go through the proxy: a token's
// digest, until the proxy knows better.
type Connection struct {
	Name      string    `json:"name"` // 8 hex digits
	Windows   [4]Window `json:"windows"`
	Spells    Spells    `json:"spells"`
	Callers   []string  `json:"callers"`             // names that its callers give themselves, 5 at most
	Asked     time.Time `json:"asked,omitzero"`      // when a caller last came with it
	Accepted  time.Time `json:"accepted,omitzero"`   // when Notion last took the token
	Refused   time.Time `json:"refused,omitzero"`    // when Notion last answered 401
	RefusedOn time.Time `json:"refused_on,omitzero"` // when it began to do so without taking it in between
}

// A Refusal is a 401, 403 or 404 of Notion's own.
type Refusal struct {
	Connection string    `json:"connection"`
	Operation  string    `json:"operation"`
	Object     string    `json:"object,omitzero"` // the id that was asked for; empty for 401
	Status     int       `json:"status"`
	Code       string    `json:"code"`
	Caller     string    `json:"caller"`
	Count      int64     `json:"count"`
	First      time.Time `json:"first"`
	Last       time.Time `json:"last"`
	Seen       time.Time `json:"seen,omitzero"` // when Notion last let this connection read it; zero if that is not known

	// Between counts how often Notion answered another call that names the
	// object between two of these refusals: it is there, and not what was asked
	// for.
	Between int64 `json:"between,omitzero"`
}

// A Rejection is a 400 of Notion's own.
type Rejection struct {
	Connection string    `json:"connection"`
	Operation  string    `json:"operation"`
	Object     string    `json:"object,omitzero"`
	Code       string    `json:"code"`
	Message    string    `json:"message"` // without what it echoes of the request
	Caller     string    `json:"caller"`
	Count      int64     `json:"count"`
	First      time.Time `json:"first"`
	Last       time.Time `json:"last"`

	// Property is the property that the message names, if the schema has or
	// had one of that name. Explained says what became of it, in a sentence;
	// it is empty while the schema is not known. Drifted says whether a change
	// of the schema is why.
	Property  string `json:"property,omitzero"`
	Explained string `json:"explained,omitzero"`
	Drifted   bool   `json:"drifted,omitzero"`

	named uint64 // digest of the property that the message names; 0 for none
}

// A Spender is somebody who uses the rate budget.
type Spender struct {
	Connection string  `json:"connection"`
	Caller     string  `json:"caller"`
	Requests   int64   `json:"requests"`
	Calls      int64   `json:"calls"`
	Share      float64 `json:"share"` // of all calls, 0 to 1
}

// A Loop is a read that one caller repeats.
type Loop struct {
	Connection string    `json:"connection"`
	Caller     string    `json:"caller"`
	Operation  string    `json:"operation"`
	Times      int64     `json:"times"`          // in the last minute
	Reached    int64     `json:"reached_notion"` // of these, those that cost a call
	Since      time.Time `json:"since"`
}

// Claims are what Notion's status page says.
type Claims struct {
	Verdict     string    `json:"verdict"`          // clear, incident or unknown
	Description string    `json:"description"`      // "All Systems Operational"; "unreachable" or "not read" where nothing is known
	Concerns    []string  `json:"concerns"`         // what of it concerns us, in sentences
	Incidents   []Claim   `json:"incidents"`        // those not resolved
	Read        time.Time `json:"read,omitzero"`    // when it was last read well
	Problem     string    `json:"problem,omitzero"` // why the last reading failed
	Said        time.Time `json:"said,omitzero"`    // when we first saw it tell of the incident that it tells of now

	// LagS is how many seconds later than our first failure that was; negative
	// where the page was first. Nil where one of the two did not happen.
	LagS *float64 `json:"lag_s,omitzero"`
}

// A Claim is an incident on Notion's status page.
type Claim struct {
	Name    string    `json:"name"`
	Status  string    `json:"status"`
	Impact  string    `json:"impact"`
	Link    string    `json:"link,omitzero"` // http or https, else empty
	Started time.Time `json:"started,omitzero"`
	Update  string    `json:"update,omitzero"` // the newest message
}
