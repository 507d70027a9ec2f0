package triage

import (
	"context"
	"time"

	"notionproxy/exchange"
)

// Options of a Triage. All functions must answer from memory; nil means that
// nobody knows.
type Options struct {
	// Notify takes notices of incidents, in order. It must not wait.
	Notify func(Notice)
}

// A Triage watches. It is safe for concurrent use.
type Triage struct{ o Options }

// New makes a Triage. Run keeps it going.
func New(o Options) (*Triage, error) { return &Triage{o: o}, nil }

// Add takes a finished request; it is an exchange.Reader.
func (t *Triage) Add(*exchange.Exchange) {}

// Run judges every five seconds until ctx ends.
func (t *Triage) Run(ctx context.Context) { <-ctx.Done() }

// Report says how things stand, from memory.
func (t *Triage) Report(now time.Time) Report { return Report{At: now} }

// Public is the report without names, ids and callers, for those who are no
// operators: verdict, reasons and advice.
func (r Report) Public() Report { return r }

// Incidents are those that are kept, newest first.
func (t *Triage) Incidents() []Incident { return nil }

// Incident is the one with that id.
func (t *Triage) Incident(string) (Incident, bool) { return Incident{}, false }

// Probe looks at Notion, all ways at once, in less than ten seconds. Within
// ten seconds of the last run it returns that one and ErrProbedJustNow.
func (t *Triage) Probe(context.Context) (ProbeRun, error) { return ProbeRun{}, nil }
