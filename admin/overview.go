package admin

import (
	"net/http"
	"time"
)

// An Overview is what somebody wants to see at a glance. Its names are those
// that callers gave themselves.
type Overview struct {
	Version string `json:"version"`
	Uptime  int64  `json:"uptime_seconds"`
	Modes
	Requests map[string]int64 `json:"requests"` // since the start, by outcome
	Calls    int64            `json:"calls"`    // made to Notion since the start
	Stored   Stored           `json:"stored"`
	Budgets  []Budget         `json:"budgets"` // of the connections used last
	Callers  []Caller         `json:"callers"` // of the last minute, who spent most first
	Loops    []Loop           `json:"loops"`
	Page     string           `json:"status_page"` // what Notion says: clear, incident, unknown
	Reload   *Reload          `json:"reload,omitempty"`
}

// Stored is what the store holds, and what went out of it since the start.
type Stored struct {
	Entries int64 `json:"entries"`
	Bytes   int64 `json:"bytes"`
	Size    int64 `json:"size"` // the most it may hold
	Evicted int64 `json:"evicted"`
	Dropped int64 `json:"dropped"` // by writes and refusals
	Expired int64 `json:"expired"`
	Purged  int64 `json:"purged"`
}

// A Budget is how much of its rate budget a connection has left.
type Budget struct {
	Connection string     `json:"connection"`
	Quota      int        `json:"quota"` // calls in a minute
	Left       int        `json:"left"`
	Rate       float64    `json:"rate"` // calls a second
	Waiting    int        `json:"waiting"`
	HeldUntil  *time.Time `json:"held_until,omitempty"`
}

// A Caller is what one caller asked for in the last minute.
type Caller struct {
	Connection string  `json:"connection"`
	Caller     string  `json:"caller"`
	Requests   int64   `json:"requests"`
	Calls      int64   `json:"calls"`
	Saved      int64   `json:"calls_saved"`
	Refused    int64   `json:"refused"`
	Waited     float64 `json:"waited_seconds"`
}

// A Loop is a read that one caller repeats.
type Loop struct {
	Caller    string `json:"caller"`
	Operation string `json:"operation"`
	Times     int64  `json:"times"` // in the last minute
}

// A Reload is what came of reading changed settings, the last time.
type Reload struct {
	At time.Time `json:"at"`
	OK bool      `json:"ok"` // else the settings before stay in force
}

func (s *surface) overview(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.Overview())
}
