package triage

import "time"

// A Severity says how bad an incident is by what users notice.
type Severity string

// The severities.
const (
	P1 Severity = "P1" // half of all requests or more went unanswered
	P2 Severity = "P2" // a tenth or more did, writes were lost, or a whole connection is refused
	P3 Severity = "P3" // some went unanswered, or most answers were old
	P4 Severity = "P4" // nobody went unanswered
)

// Where one caller of three or more is affected, and the others are not, it is
// a step less.

// An Incident is a stretch of time in which the verdict was not ok. Two
// minutes of ok end one; less is part of it.
type Incident struct {
	ID       string    `json:"id"`    // letters, digits and dashes
	Start    time.Time `json:"start"` // the first failure
	Detected time.Time `json:"detected"`
	End      time.Time `json:"end,omitzero"` // when all was well again; zero while it goes on

	Class    Class    `json:"classification"` // now, or last; never OK
	Worst    Class    `json:"worst"`
	Severity Severity `json:"severity"` // the highest that it reached

	Classes  []ClassChange   `json:"classes"`  // over time, oldest first, 100 at most
	Timeline []TimelineEntry `json:"timeline"` // oldest first, 200 at most
	Figures  Figures         `json:"figures"`

	// Finding is the worst finding as it stood last while the incident went on:
	// headline, impact, evidence and advice. Claims are Notion's, of then.
	Finding Finding `json:"finding"`
	Claims  Claims  `json:"claims"`
}

// Open says whether the incident goes on.
func (i Incident) Open() bool { return i.End.IsZero() }

// Duration is how long it took, or has taken by now.
func (i Incident) Duration(now time.Time) time.Duration {
	if i.Open() {
		return now.Sub(i.Start)
	}
	return i.End.Sub(i.Start)
}

// A ClassChange is when an incident became something else.
type ClassChange struct {
	At    time.Time `json:"at"`
	Class Class     `json:"classification"`
	Also  []Class   `json:"also,omitempty"` // what else was found
}

// A Kind says what an entry of a timeline is about.
type Kind string

// The kinds of entries.
const (
	FirstFailure  Kind = "first failure"
	Detection     Kind = "detected"
	Reclassified  Kind = "reclassified"
	HoldBegan     Kind = "hold"           // Notion said "not before"
	BreakerOpened Kind = "breaker opened" // Notion is left alone
	BreakerClosed Kind = "breaker closed"
	NotionSaid    Kind = "status page"    // it began or ceased to tell of an incident
	FallbackBegan Kind = "stored answers" // served in place of Notion's
	TokenRefused  Kind = "token refused"
	SchemaDrifted Kind = "schema changed"
	WriteLost     Kind = "write lost"
	ModeChanged   Kind = "mode changed"
	Quiet         Kind = "quiet"   // ok for now
	Relapse       Kind = "relapse" // within two minutes
	Recovery      Kind = "recovered"
)

// A TimelineEntry is something that happened.
type TimelineEntry struct {
	At   time.Time `json:"at"`
	Kind Kind      `json:"kind"`
	Text string    `json:"text"` // a sentence
}

// Figures are what an incident came to.
type Figures struct {
	Requests   int64 `json:"requests"`    // in its time, all of them
	Affected   int64 `json:"affected"`    // those that got an old answer, or none
	FromStore  int64 `json:"from_store"`  // answered from store in trouble
	Unserved   int64 `json:"unserved"`    // got an error
	Refused    int64 `json:"refused"`     // of these, by the proxy
	LostWrites int64 `json:"lost_writes"` // not carried out, or not known to be

	WorstAgeS float64  `json:"worst_age_s"` // of the oldest answer that was served
	Callers   []string `json:"callers"`     // those affected, 20 at most
}

// A Transition says what happened to an incident.
type Transition string

// The transitions.
const (
	Opened       Transition = "opened"
	ClassChanged Transition = "changed" // its class or severity
	Closed       Transition = "closed"
)

// A Notice tells of an incident that opened, changed class or closed. Notices
// come in order.
type Notice struct {
	Transition Transition
	Incident   Incident
}
