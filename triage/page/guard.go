package page

import (
	"net/http"
	"time"
)

// writeTime is how long a reader may take over a page. The data listener has
// no bound of its own, since event streams have no end.
const writeTime = time.Minute

// policy lets the page load its own files and nothing else: no inline script
// or style, so that a name from Notion that slipped through the escaping would
// still do nothing.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets what every answer has, and refuses what other web sites send.
func (p *Page) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTime))
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !p.o.IsHost(r.Host):
			p.problem(w, r, http.StatusMisdirectedRequest, "This page is not served under that name.")
		case origin.Check(r) != nil:
			p.problem(w, r, http.StatusForbidden, "This comes from another web site.")
		default:
			next.ServeHTTP(w, r)
		}
	})
}
