package page

import (
	stdbytes "bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"notionproxy/triage"
	"notionproxy/triage/notify"
)

// report answers /triage.
func (p *Page) report(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	switch report := p.current(); formatOf(r) {
	case asHTML:
		p.html(w, http.StatusOK, "report", p.reportView(report))
	case asJSON:
		writeJSON(w, http.StatusOK, p.document(report))
	default:
		text := &stdbytes.Buffer{}
		Text(text, report, Plain)
		writeText(w, http.StatusOK, text.String())
	}
}

// document is the report as JSON has it.
func (p *Page) document(report triage.Report) any {
	return struct {
		triage.Report
		Notifications []notify.Status `json:"notifications,omitempty"`
	}{report, p.notifications()}
}

func (p *Page) notifications() []notify.Status {
	if p.o.Notifications == nil || p.o.Public {
		return nil
	}
	return p.o.Notifications()
}

// incident answers /triage/incidents/{id}.
func (p *Page) incident(w http.ResponseWriter, r *http.Request) {
	i, ok := p.o.Source.Incident(chi.URLParam(r, "id"))
	if !ok {
		p.problem(w, r, http.StatusNotFound, "There is no such incident, or it is too long ago.")
		return
	}
	w.Header().Set("Vary", "Accept")
	switch formatOf(r) {
	case asHTML:
		p.html(w, http.StatusOK, "incident", p.incidentView(i, p.base(r)))
	case asJSON:
		writeJSON(w, http.StatusOK, i)
	default:
		text := &stdbytes.Buffer{}
		IncidentText(text, i, time.Now(), Plain)
		writeText(w, http.StatusOK, text.String())
	}
}

// message answers /triage/incidents/{id}/slack and the like.
func (p *Page) message(w http.ResponseWriter, r *http.Request) {
	i, ok := p.o.Source.Incident(chi.URLParam(r, "id"))
	what := chi.URLParam(r, "what")
	if !ok || !p.o.Messages.has(what) {
		p.problem(w, r, http.StatusNotFound, "There is no such message. There are slack, status and postmortem.")
		return
	}
	text, err := p.o.Messages.Fill(what, i, IncidentURL(p.base(r), i.ID), time.Now())
	if err != nil {
		p.problem(w, r, http.StatusInternalServerError, "The template cannot be filled in: "+err.Error())
		return
	}
	writeText(w, http.StatusOK, text)
}

// base is where people reach this page.
func (p *Page) base(r *http.Request) string {
	switch {
	case p.o.URL != "":
		return p.o.URL
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// IncidentURL is the address of an incident's page.
func IncidentURL(base, id string) string {
	if base == "" {
		return ""
	}
	return base + "/triage/incidents/" + id
}

// probe looks at Notion and then shows the page. Unlike pages it waits, up to
// ten seconds: somebody has asked for it.
func (p *Page) probe(w http.ResponseWriter, r *http.Request) {
	run, err := p.o.Source.Probe(r.Context())
	if err != nil && !errors.Is(err, triage.ErrProbedJustNow) {
		p.problem(w, r, http.StatusInternalServerError, "Probing Notion failed.")
		return
	}
	switch {
	case formatOf(r) == asHTML:
		http.Redirect(w, r, "/triage#probes", http.StatusSeeOther)
	case err != nil:
		w.Header().Set("Retry-After", strconv.Itoa(int(probeEvery/time.Second)))
		p.problem(w, r, http.StatusTooManyRequests, "Notion was probed less than ten seconds ago.")
	default:
		writeJSON(w, http.StatusOK, run)
	}
}

const probeEvery = 10 * time.Second

// problem says what is wrong with a request. It repeats nothing of it.
func (p *Page) problem(w http.ResponseWriter, r *http.Request, status int, sentence string) {
	switch formatOf(r) {
	case asHTML:
		p.html(w, status, "problem", problemView{p.frame("Triage: "+http.StatusText(status), triage.Unknown, time.Now()), sentence})
	case asJSON:
		writeJSON(w, status, map[string]any{"status": status, "message": sentence})
	default:
		writeText(w, status, sentence+"\n")
	}
}

// html answers with a template. It is made whole first: half a page with 200
// would look like a quiet one.
func (p *Page) html(w http.ResponseWriter, status int, name string, view any) {
	whole := &stdbytes.Buffer{}
	if err := pages.ExecuteTemplate(whole, name, view); err != nil {
		writeText(w, http.StatusInternalServerError, "The page cannot be made. Ask for JSON: curl -H 'Accept: application/json'\n")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = whole.WriteTo(w)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil { // a number that JSON lacks; nothing of ours should be
		status, body = http.StatusInternalServerError, []byte(`{"message": "The report cannot be written as JSON."}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}
