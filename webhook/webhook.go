// Package webhook takes Notion's events: it checks who sent them, answers at
// once, and hands them on one after the other.
//
//	POST  ->  signature?  ->  new?  ->  queue  ->  200
//	                                     |  events of one object are one
//	                                     v
//	                                   Take, in Run
//
// Notion paused a subscription that was answered 429 in a burst (2026), so that
// nothing but a wrong signature or size is ever refused: what the queue has no
// room for is remembered as "something, in this workspace".
package webhook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"notionproxy/notion"
)

// Path is where events are taken.
const Path = "/webhooks/notion"

const (
	maxBody = 1 << 20 // bytes

	// DefaultArmed is how long the handshake is waited for.
	DefaultArmed = 10 * time.Minute
)

// Options of a Receiver.
type Options struct {
	// Secret is the file of the verification token. Required.
	Secret *SecretFile

	// Take is given each event and when it arrived, by one goroutine.
	// Required.
	Take func(e *notion.Event, arrived time.Time)

	// Overlook is called in Take's place when more events came than there is
	// room for: at is when the last of them happened in that workspace.
	// Required.
	Overlook func(workspace string, at, arrived time.Time)

	// MaxQueue bounds the objects whose events wait; 0 means 10,000.
	MaxQueue int

	// Warn and Report are told of rare things, without secrets: of what went
	// wrong, and of what did not. nil means nobody is.
	Warn, Report func(what string)
}

// A Receiver is the http.Handler for Notion's events. It is safe for concurrent
// use.
type Receiver struct {
	o      Options
	queue  *queue
	seen   *seen
	arming arming
	counts counts
}

// New makes a Receiver. Nothing is handed on before Run.
func New(o Options) *Receiver {
	if o.MaxQueue <= 0 {
		o.MaxQueue = 10_000
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if o.Report == nil {
		o.Report = func(string) {}
	}
	return &Receiver{o: o, queue: newQueue(o.MaxQueue), seen: newSeen()}
}

// Run hands events on until ctx ends, and what waits then. End ctx when no more
// requests come: what is answered 200 after that is lost.
func (r *Receiver) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if item, ok := r.queue.next(); ok {
			r.work(item)
			continue
		}
		select {
		case <-r.queue.more:
		case <-ctx.Done():
		}
	}
	r.workOff(time.Now().Add(lastEvents))
}

// lastEvents is how long the last events may take, one by one.
const lastEvents = 2 * time.Second

// workOff hands on what waits: it was answered, and nobody sends it again. What
// there is no time for becomes one word for each workspace.
func (r *Receiver) workOff(until time.Time) {
	for item, ok := r.queue.next(); ok; item, ok = r.queue.next() {
		if !time.Now().Before(until) {
			r.queue.giveUp(item)
			break
		}
		r.work(item)
	}
	for item, ok := r.queue.next(); ok; item, ok = r.queue.next() {
		r.work(item)
	}
}

func (r *Receiver) work(i item) {
	if i.lost {
		r.o.Overlook(i.event.Workspace, i.event.At, i.arrived)
		return
	}
	r.o.Take(&i.event, i.arrived)
}

// ServeHTTP takes one event, or the handshake.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	secret := r.o.Secret.value()
	armed := r.arming.is(time.Now())
	switch {
	case req.URL.Path != Path, secret == "" && !armed:
		w.WriteHeader(http.StatusNotFound) // as if there were nothing
		return
	case req.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		r.counts.tooLong.Add(1)
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.WriteHeader(r.take(req.Header, body, secret, armed, time.Now()))
}

// take does what a request asks for and returns the status to answer.
func (r *Receiver) take(h http.Header, body []byte, secret string, armed bool, now time.Time) int {
	if secret != "" && isSigned(h, body, secret) {
		r.accept(body, now)
		return http.StatusOK
	}
	if token, ok := handshake(h, body); ok && armed {
		return r.shakeHands(token, now)
	}
	r.counts.refused.Add(1)
	return http.StatusUnauthorized
}

// accept queues an event. What Notion signed is never refused: a body that is
// no event is one of a kind that nobody knows yet.
func (r *Receiver) accept(body []byte, now time.Time) {
	r.counts.received.Add(1)
	e, err := notion.ParseEvent(body)
	if err != nil {
		r.counts.unread.Add(1)
		return
	}
	if r.seen.before(e.ID, now) {
		r.counts.repeated.Add(1)
		return
	}
	r.counts.last.Store(now.UnixNano())
	r.counts.lag.Store(int64(max(0, now.Sub(e.At))))
	switch r.queue.push(e, now) {
	case folded:
		r.counts.folded.Add(1)
	case overflowed:
		r.counts.overlooked.Add(1)
	}
}
