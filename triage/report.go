package triage

import "time"

// A Report is everything that a page shows.
type Report struct {
	// What the runbook's function returns: the last known, with their times.
	Classification Class     `json:"classification"`
	NotionStatus   string    `json:"notionStatus"` // Claims.Description
	NotionStatusAt time.Time `json:"notionStatusAt,omitzero"`
	AuthStatus     string    `json:"authStatus"` // "authenticated", "unauthorized (HTTP 401)", "network-error", "unknown"
	AuthStatusAt   time.Time `json:"authStatusAt,omitzero"`
	LatencyMS      float64   `json:"latencyMs"` // of the last call, in whole milliseconds
	LatencyAt      time.Time `json:"latencyAt,omitzero"`

	At       time.Time `json:"at"`
	Verdict  Verdict   `json:"verdict"`
	Evidence Evidence  `json:"evidence"`

	Budget []Budget        `json:"budget"` // of connections, most used first
	Stored Stored          `json:"stored"`
	Events []TimelineEntry `json:"events"` // newest first, 50 at most

	// Incidents are newest first, 20 at most; the first is open or not.
	Incidents []Incident `json:"incidents"`

	// Recent has a point for every 5 s of the last 5 minutes, Hour one for
	// every minute of the last hour, oldest first.
	Recent []Point `json:"recent"`
	Hour   []Point `json:"hour"`
}

// A Budget is what a connection has left to spend.
type Budget struct {
	Connection string    `json:"connection"`
	Calls      int64     `json:"calls"`         // made in the last minute
	Limit      int       `json:"limit"`         // calls in any minute; 0 where it is not known
	Held       time.Time `json:"held,omitzero"` // no calls until then, as Notion said
}

// Stored says what the proxy has kept.
type Stored struct {
	Entries int64 `json:"entries"`
	Bytes   int64 `json:"bytes"`

	// Ages counts entries by age: it is how old answers would be if Notion
	// went away now. Empty where it is not known.
	Ages []AgeBand `json:"ages"`
}

// An AgeBand counts the entries that are younger than UpToS seconds and no
// younger than the band before; 0 means no bound.
type AgeBand struct {
	UpToS   float64 `json:"up_to_s"`
	Entries int64   `json:"entries"`
}

// A Point is a piece of time on a chart.
type Point struct {
	At       time.Time `json:"at"` // its begin
	Seconds  float64   `json:"seconds"`
	Requests int64     `json:"requests"`
	Calls    int64     `json:"calls"`
	Failed   int64     `json:"failed"`   // asked in vain
	Unserved int64     `json:"unserved"` // got an error because of trouble
	Stale    int64     `json:"stale"`
	P50MS    float64   `json:"p50_ms"`
	P95MS    float64   `json:"p95_ms"`
}
