// Package notify tells people that an incident has opened, changed or closed:
// through a Slack incoming webhook, PagerDuty's Events API v2, and a JSON
// webhook with a signature.
//
//	Send ── worth telling? ──▶ queue of each target ──▶ its goroutine
//	                                                     │ paced, in order
//	                                                     ▼
//	                                  delivered │ tried again │ given up
//
// Send never waits: a target that hangs keeps only its own messages.
package notify

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A Kind says what has become of an incident.
type Kind string

// The kinds.
const (
	Opened       Kind = "opened"
	Changed      Kind = "changed"      // another classification, or another severity
	Acknowledged Kind = "acknowledged" // somebody looks after it
	Closed       Kind = "closed"
	Test         Kind = "test" // nothing has happened; does this message arrive?
)

// An Event is one thing to tell. It holds no token and no body: it leaves the
// house.
type Event struct {
	Kind           Kind
	Incident       string // its id; the same in all events of one incident
	Classification string // such as notion-side
	Before         string // the classification before, of a Changed
	Severity       string // P1 to P4
	Summary        string // one sentence
	Reasons        []string
	Action         string    // what to do first
	At             time.Time // of this event
	Started        time.Time // of the incident
	Ended          time.Time // zero while it lasts
	Link           string    // to the incident's page; may be empty
	Text           string    // the whole message to a team, where a template makes it; may be empty
}

// Options of a Notifier. Targets whose URL or key is nil are not told.
type Options struct {
	// SlackURL returns the URL of an incoming webhook, which is a secret.
	SlackURL func() string

	// PagerDutyKey returns the routing key of an Events API v2 integration.
	PagerDutyKey func() string
	PagerDutyURL string // DefaultPagerDutyURL when empty

	// WebhookURL takes JSON, signed with what WebhookSecret returns. Without a
	// secret it is not signed.
	WebhookURL    string
	WebhookSecret func() string

	// Source is the name of this proxy in messages, such as its host's name.
	Source string

	// Proxy says through which proxy calls go; nil means none.
	Proxy func(*http.Request) (*url.URL, error)

	// Transport makes the calls. nil means one of the Notifier's own, with
	// Proxy.
	Transport http.RoundTripper

	// Done is told what became of each message, on the target's goroutine.
	// nil means nobody is.
	Done func(Delivery)
}

// A Delivery is what became of one message to one target.
type Delivery struct {
	Target   string // slack, pagerduty or webhook
	Kind     Kind
	Incident string
	Attempts int
	Err      error // nil when it was taken
}

// A Notifier sends Events to its targets. It is safe for concurrent use.
type Notifier struct {
	targets   []*target
	transport http.RoundTripper

	mu   sync.Mutex // guards what follows
	told told
	sent int // events taken so far
}

// New makes a Notifier. It sends nothing before Run.
func New(o Options) *Notifier {
	if o.Transport == nil {
		o.Transport = newTransport(o.Proxy)
	}
	if o.Done == nil {
		o.Done = func(Delivery) {}
	}
	n := &Notifier{transport: o.Transport}
	for _, c := range o.channels() {
		n.targets = append(n.targets, newTarget(c, o.Transport, o.Done))
	}
	return n
}

// channels are those that are set, in the order in which they are told.
func (o Options) channels() []channel {
	var all []channel
	source := cmp.Or(o.Source, "notionproxy")
	if o.SlackURL != nil {
		all = append(all, slack{o.SlackURL})
	}
	if o.PagerDutyKey != nil {
		all = append(all, pagerDuty{cmp.Or(o.PagerDutyURL, DefaultPagerDutyURL), o.PagerDutyKey, source})
	}
	if o.WebhookURL != "" {
		all = append(all, webhook{o.WebhookURL, o.WebhookSecret, source})
	}
	return all
}

// Run delivers until ctx ends.
func (n *Notifier) Run(ctx context.Context) {
	defer n.Close()
	var all sync.WaitGroup
	for _, t := range n.targets {
		all.Go(func() { t.run(ctx) })
	}
	all.Wait()
}

// Send queues e for every target, unless that was said already. It never
// waits.
func (n *Notifier) Send(e Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.told.isNew(e) {
		return
	}
	n.sent++
	for _, t := range n.targets {
		t.queue.add(letter{Event: e, number: n.sent, since: time.Now()})
	}
}

// Try sends e to every target once, without queue and repetition, and returns
// what became of it. It is what --test does.
func (n *Notifier) Try(ctx context.Context, e Event) []Delivery { return n.TryOnly(ctx, "", e) }

// TryOnly is Try with one target, by its name.
func (n *Notifier) TryOnly(ctx context.Context, name string, e Event) []Delivery {
	var all []Delivery
	for _, t := range n.targets {
		if name == "" || name == t.name() {
			_, err := t.attempt(ctx, letter{Event: e, number: 1})
			all = append(all, Delivery{Target: t.name(), Kind: e.Kind, Incident: e.Incident, Attempts: 1, Err: err})
		}
	}
	return all
}

// Close closes connections that are kept. Call it when Run has ended.
func (n *Notifier) Close() {
	if t, ok := n.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// A Status is how a target does.
type Status struct {
	Target    string    `json:"target"`
	Queued    int       `json:"queued"`
	Delivered time.Time `json:"delivered,omitzero"` // when the last message was taken
	Failed    time.Time `json:"failed,omitzero"`    // when the last attempt failed
	Error     string    `json:"error,omitempty"`    // of that attempt
	Lost      int       `json:"lost"`               // messages given up
}

// Status returns how each target does. It does not wait.
func (n *Notifier) Status() []Status {
	all := make([]Status, len(n.targets))
	for i, t := range n.targets {
		all[i] = t.status()
	}
	return all
}
