package proxy

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"slices"
	"strings"

	"notionproxy/notion"
)

// Lend is what it takes to lend the proxy's own token to calls that bring
// none, so that applications hold no secret. Anybody who reaches the proxy can
// then act as the connection, a web page in a browser on the same machine
// included; so in this mode requests must come under a known host name, and
// not from another site.
type Lend struct {
	// Token returns the token, "" while there is none. Required. It is called
	// for each call that needs it.
	Token func() string

	// Secret returns what callers must send as bearer token to be lent ours;
	// "" or a nil Secret means that they need none.
	Secret func() string

	// Hosts are the names under which requests may come, beside loopback's.
	Hosts []string
}

// authorize decides which Authorization a call carries to Notion.
func (l *Lend) authorize(own string) (string, error) {
	if l == nil {
		return own, nil
	}
	secret := ""
	if l.Secret != nil {
		secret = l.Secret()
	}
	switch {
	case secret != "" && !equal(own, "Bearer "+secret):
		return "", denied(http.StatusUnauthorized, notion.CodeUnauthorized, "client_secret",
			"send this proxy's client secret as bearer token")
	case secret == "" && own != "":
		return own, nil
	}
	token := l.Token()
	if token == "" {
		return "", denied(http.StatusUnauthorized, notion.CodeUnauthorized, "no_token",
			"the proxy's own Notion token is missing; put it into its token file")
	}
	return "Bearer " + token, nil
}

// equal compares in constant time, whatever the lengths.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// checkOrigin keeps web pages away while the proxy lends its token.
func (l *Lend) checkOrigin(r *http.Request) error {
	if l == nil {
		return nil
	}
	host := hostOf(r.Host)
	if !isLoopback(host) && !slices.ContainsFunc(l.Hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
		return denied(http.StatusMisdirectedRequest, notion.CodeInvalidRequest, "host",
			"the host name "+quoted(host)+" is not on the list; add it to clients.hosts")
	}
	// Clients outside of browsers send neither header. Node's fetch sends
	// Sec-Fetch-Mode, but no Sec-Fetch-Site. Another port is another site: what
	// else is served on this machine is not for the proxy to trust.
	site := first(r.Header, "Sec-Fetch-Site")
	origin := first(r.Header, "Origin")
	if site != "" && site != "same-origin" && site != "none" || origin != "" && !strings.EqualFold(trimScheme(origin), r.Host) {
		return denied(http.StatusForbidden, notion.CodeRestrictedResource, "cross_site",
			"requests from other web sites are refused, since the proxy adds its own token")
	}
	return nil
}

func trimScheme(origin string) string {
	_, host, _ := strings.Cut(origin, "://")
	return host
}

func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		hostport = host
	}
	return strings.ToLower(strings.Trim(strings.TrimSuffix(hostport, "."), "[]"))
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
