// Package admin serves those who run the program: people with a terminal or a
// browser, and Prometheus.
//
//	GET  /              what there is
//	GET  /metrics       for Prometheus
//	GET  /triage        what is wrong, and what to do
//	GET  /overview      who asks, what is left, what is stored: for notionproxy top
//	GET  /entries       what is stored, without what it says
//	POST /purge         {"id" | "operation" | "connection": "..."} or {"all": true}
//	GET  /mode          POST {"serve_stale": "always", "mode": "observe"}
//	GET  /log           POST {"level": "debug"}
//	GET  /webhooks      POST {"arm": "10m"}
//	GET  /config        the settings in force, without secrets
//	GET  /debug/pprof/  profiles
//
// Each request goes past the gate first (gate.go): the host must be known, no
// other web site may be behind it, and the token must be right where there is
// one. No GET changes anything. The package knows neither the proxy nor its
// cache, only the small interfaces below.
package admin

import (
	"io"
	"net/http"
	"net/http/pprof"
	"net/netip"

	"github.com/go-chi/chi/v5"
)

// Options of the admin surface.
type Options struct {
	// Token returns what requests must bring as bearer token; while it returns
	// "" nothing is let in. nil means that requests need none, which is for
	// loopback only.
	Token func() string

	// Hosts are the names under which requests may come, besides those of
	// loopback and the address that they come to.
	Hosts []string

	Control  Control         // required
	Store    Store           // required
	Overview func() Overview // required

	// Blocked is told of an address that has sent too many wrong tokens, once
	// until it has been quiet. nil means that nobody is.
	Blocked func(from netip.Prefix)

	Webhooks Webhooks // nil means 404: none are taken

	Metrics http.Handler // of /metrics; nil means 404
	Triage  http.Handler // of /triage and below; nil means 404
}

// New returns the admin surface. Its methods, and those that it calls, are used
// concurrently.
func New(o Options) http.Handler {
	if o.Blocked == nil {
		o.Blocked = func(netip.Prefix) {}
	}
	s := &surface{Options: o, protection: http.NewCrossOriginProtection(), attempts: newAttempts()}
	r := chi.NewRouter()
	r.Use(harden, s.gate, onlyJSON)
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "there is no such path; GET / lists what there is")
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusMethodNotAllowed, "the path does not take this method")
	})
	r.Get("/", s.index)
	r.Get("/overview", s.overview)
	r.Get("/entries", s.entries)
	r.Post("/purge", s.purge)
	r.Get("/mode", s.mode)
	r.Post("/mode", s.setMode)
	r.Get("/log", s.level)
	r.Post("/log", s.setLevel)
	r.Get("/config", s.config)
	if o.Webhooks != nil {
		r.Get("/webhooks", s.webhooks)
		r.Post("/webhooks", s.armWebhooks)
	}
	r.Route("/debug/pprof", profiles)
	if o.Metrics != nil {
		r.Method(http.MethodGet, "/metrics", o.Metrics)
	}
	if o.Triage != nil {
		r.Handle("/triage", o.Triage)
		r.Handle("/triage/*", o.Triage)
	}
	return r
}

// surface is what the handlers share.
type surface struct {
	Options
	protection *http.CrossOriginProtection
	attempts   *attempts
}

// profiles leaves out the command line, which others have no business with.
// net/http/pprof also registers itself with http.DefaultServeMux, which nothing
// here serves.
func profiles(r chi.Router) {
	r.Get("/", pprof.Index)
	r.Get("/profile", atMost(longestProfile, pprof.Profile))
	r.Get("/trace", atMost(longestProfile, pprof.Trace))
	r.Get("/{name}", atMost(longestProfile, func(w http.ResponseWriter, r *http.Request) {
		pprof.Handler(chi.URLParam(r, "name")).ServeHTTP(w, r)
	}))
}

const paths = `notionproxy, for those who run it

GET  /overview      who asks, what is left, what is stored (notionproxy top)
GET  /entries       what is stored, most read first: ?operation= &connection= &id= &limit= &skip=
POST /purge         {"id": "..."}, {"operation": "..."}, {"connection": "..."} or {"all": true}
GET  /mode          POST {"serve_stale": "auto|always|never", "mode": "full|observe"}
GET  /log           POST {"level": "debug|info|warn|error"}
GET  /config        the settings in force, without secrets
GET  /debug/pprof/  profiles
`

func (s *surface) index(w http.ResponseWriter, _ *http.Request) {
	text := paths
	if s.Metrics != nil {
		text += "GET  /metrics       for Prometheus\n"
	}
	if s.Triage != nil {
		text += "GET  /triage        what is wrong, and what to do\n"
	}
	if s.Webhooks != nil {
		text += "GET  /webhooks      how Notion's events fare; POST {\"arm\": \"10m\"} has the handshake taken\n"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, text)
}
