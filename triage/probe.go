package triage

import (
	"errors"
	"time"
)

// Probe names. A run has them in this order; token probes come once for each
// token, and query only where a test database or data source is set.
const (
	ProbeDNS    = "dns"         // name resolution of Notion's host
	ProbeTCP    = "tcp"         // a connection to it
	ProbeTLS    = "tls"         // a trusted one
	ProbeStatus = "status_page" // Notion's status page
	ProbeToken  = "token"       // GET /v1/users/me
	ProbeQuery  = "query"       // one row of the test database or data source
)

// A ProbeRun is what one look at Notion brought, all probes at once.
type ProbeRun struct {
	At     time.Time `json:"at"`
	TookMS float64   `json:"took_ms"`
	Probes []Probe   `json:"probes"`
}

// A Probe is one attempt.
type Probe struct {
	Name    string  `json:"name"`
	OK      bool    `json:"ok"`
	Skipped bool    `json:"skipped,omitzero"` // not tried; Detail says why
	TookMS  float64 `json:"took_ms"`
	Detail  string  `json:"detail"` // what was seen, in a sentence

	Status int    `json:"status,omitzero"` // HTTP status, where there was one
	Code   string `json:"code,omitzero"`   // Notion's error code
	Kind   string `json:"kind,omitzero"`   // the outcome as upstream names it, of calls to Notion

	// Of token probes.
	Connection string    `json:"connection,omitzero"` // digest
	Bot        string    `json:"bot,omitzero"`        // the connection's name in Notion
	Workspace  string    `json:"workspace,omitzero"`  // the workspace's name
	LastUsed   time.Time `json:"last_used,omitzero"`
}

// ErrProbedJustNow is returned when a run is asked for within ten seconds
// after the last one began.
var ErrProbedJustNow = errors.New("probing Notion: it was done less than ten seconds ago")
