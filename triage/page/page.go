// Package page shows what triage knows: to browsers as HTML, to programs as
// JSON, to a terminal as text. All of it is made from a Report that is at
// hand; nothing here waits for Notion, a store or another page.
//
//	GET  /triage                        HTML, JSON or text, by Accept
//	GET  /triage/incidents/{id}         the same of one incident
//	GET  /triage/incidents/{id}/{what}  slack, status or postmortem, as text
//	POST /triage/probes                 look at Notion now
//	GET  /triage/assets/*               style sheets and scripts
package page

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"notionproxy/triage"
	"notionproxy/triage/notify"
)

// A Source is where reports come from. Its methods answer from memory, but
// for Probe, which takes up to ten seconds.
type Source interface {
	Report(now time.Time) triage.Report
	Incident(id string) (triage.Incident, bool)
	Probe(ctx context.Context) (triage.ProbeRun, error)
}

// Options of a Page.
type Options struct {
	Source Source // required

	// Public shows verdict, reasons and advice alone: no names, ids or
	// callers, no incidents, no probes. It is for listeners that others than
	// the operators reach.
	Public bool

	// IsHost says whether a request may come under that Host. A web site that
	// has its own name point here comes under another. nil allows any.
	IsHost func(host string) bool

	// Messages fill in what is sent around. nil means the built-in ones.
	Messages *Messages

	// URL is where people reach the page, for links in messages: scheme and
	// host. Empty means where the request came to.
	URL string

	// Notifications says how notifications do; nil where there are none.
	Notifications func() []notify.Status

	// More are links to what else there is for operators.
	More []triage.Link

	Version string // of the program
}

// A Page is the http.Handler for /triage and what is below. It is safe for
// concurrent use.
type Page struct {
	o      Options
	router http.Handler
}

// New makes a Page.
func New(o Options) *Page {
	if o.IsHost == nil {
		o.IsHost = func(string) bool { return true }
	}
	if o.Messages == nil {
		o.Messages = DefaultMessages()
	}
	p := &Page{o: o}
	p.router = p.routes()
	return p
}

func (p *Page) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(p.guard)
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		p.problem(w, r, http.StatusNotFound, "There is no such page.")
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		p.problem(w, r, http.StatusMethodNotAllowed, "This page is for reading.")
	})
	get := func(path string, h http.HandlerFunc) {
		r.Get(path, h)
		r.Head(path, h)
	}
	get("/triage", p.report)
	get("/triage/", p.report)
	get("/triage/assets/{name}", p.asset)
	if !p.o.Public {
		get("/triage/incidents/{id}", p.incident)
		get("/triage/incidents/{id}/{what}", p.message)
		r.Post("/triage/probes", p.probe)
	}
	return r
}

// ServeHTTP answers one request.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.router.ServeHTTP(w, r) }

// current is the report that this page may show.
func (p *Page) current() triage.Report {
	report := p.o.Source.Report(time.Now())
	if p.o.Public {
		return report.Public()
	}
	return report
}
