package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds what a request may bring, in bytes.
const maxBody = 16 << 10

// harden sets what every answer tells a browser. A page that needs more than
// this policy lets it says so itself.
func harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// gate lets through who may.
func (s *surface) gate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.isKnownHost(r):
			refuse(w, http.StatusMisdirectedRequest, "the host name is not on the list; add it to admin.hosts")
		case s.isForeign(r):
			refuse(w, http.StatusForbidden, "requests from other web sites are refused, links too; type the address")
		case s.Token != nil && !s.authorize(w, r):
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isKnownHost keeps away web pages whose own name was made to point here: what
// they send has that name as its host. An address can't be made to point
// elsewhere.
func (s *surface) isKnownHost(r *http.Request) bool {
	host := hostOf(r.Host)
	if host == "localhost" || slices.ContainsFunc(s.Hosts, func(h string) bool { return hostOf(h) == host }) {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && (addr.Unmap().IsLoopback() || addr.Unmap() == localAddr(r))
}

// localAddr is the address that the request came to.
func localAddr(r *http.Request) netip.Addr {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if local == nil {
		return netip.Addr{}
	}
	return local.AddrPort().Addr().Unmap().WithZone("")
}

func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		hostport = host
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(hostport, "[]"), "."))
}

// isForeign says whether a web page of another site is behind the request.
// CrossOriginProtection lets every GET through; here a GET tells who asks for
// what. Another port is another site.
func (s *surface) isForeign(r *http.Request) bool {
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "same-origin" && site != "none" {
			return true
		}
	}
	for _, origin := range r.Header["Origin"] {
		if _, host, _ := strings.Cut(origin, "://"); !strings.EqualFold(host, r.Host) {
			return true
		}
	}
	return s.protection.Check(r) != nil
}

// authorize checks the token, and answers when it is wrong. Whoever has tried
// too often is not told whether this one is right.
func (s *surface) authorize(w http.ResponseWriter, r *http.Request) bool {
	from, now := origin(r), time.Now()
	if wait := s.attempts.wait(from, now); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		refuse(w, http.StatusTooManyRequests, "too many wrong tokens came from this address")
		return false
	}
	token := s.Token()
	if values := r.Header["Authorization"]; len(values) == 1 && token != "" && equal(values[0], "Bearer "+token) {
		return true
	}
	if s.attempts.failed(from, now) {
		s.Blocked(from)
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="notionproxy"`)
	refuse(w, http.StatusUnauthorized, "send the admin token as bearer token")
	return false
}

// equal compares in constant time, whatever the lengths.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// onlyJSON refuses what a web form can send without asking: a POST has JSON, or
// nothing. The triage page alone has a form, for browsers without scripts; who
// sends that was looked at by the gate.
func onlyJSON(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !isJSON(r) && !strings.HasPrefix(r.URL.Path, "/triage/") {
			refuse(w, http.StatusUnsupportedMediaType, "send Content-Type: application/json")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

func isJSON(r *http.Request) bool {
	values := r.Header["Content-Type"]
	if len(values) == 0 {
		return r.ContentLength == 0
	}
	media, _, err := mime.ParseMediaType(values[0])
	return err == nil && len(values) == 1 && media == "application/json"
}
