package proxy_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/assert"

	"notionproxy/exchange"
)

// travelling are all headers that may reach Notion, beside Notion-*.
var travelling = []string{
	"Authorization", "Content-Type", "Accept", "Accept-Encoding", "User-Agent", "Traceparent", "Tracestate", "Content-Length",
}

// checkAlways checks what must be so after whatever happened: the token has
// gone nowhere but to Notion, in the safe form, and nobody has written it down.
func (f *front) checkAlways(t *findings) {
	f.mu.Lock()
	defer f.mu.Unlock()
	assert.Zero(t, f.strays, "connections to other places than Notion: %v", f.dialed)
	lines := map[string]string{}
	for _, a := range f.arrived {
		assert.Equal(t, notionHost, a.host, "the Host that Notion got")
		for name := range a.header {
			ok := slices.Contains(travelling, name) || strings.HasPrefix(name, "Notion-") ||
				slices.Contains(f.options.ForwardHeaders, name)
			assert.True(t, ok, "%s reached Notion", name)
		}
		assert.Len(t, a.header["Authorization"], 1)
		auth := a.header.Get("Authorization")
		if first, ok := lines[a.line]; ok {
			assert.Equal(t, first, auth, "a connection to Notion was shared by two tokens")
		}
		lines[a.line] = auth
	}
	for _, a := range f.answers {
		checkRelayed(t, a)
	}
	for _, x := range f.records {
		checkSecret(t, "a record", describe(x), "ntn_")
	}
	checkSecret(t, "a log", f.logs.String(), "ntn_")
}

// relayed are the headers of Notion's edge that no client may get, beside
// those that begin with Cf-.
var relayed = []string{
	"Set-Cookie", "Alt-Svc", "Strict-Transport-Security", "Server", "Location", "Via",
	"Nel", "Report-To", "Expect-Ct", "Www-Authenticate", "Upgrade", "X-Powered-By", "Last-Modified", "Content-Location",
	"Refresh", "Clear-Site-Data", "Access-Control-Allow-Origin", "Proxy-Authenticate", "Trailer",
}

// checkRelayed checks that an answer has none of them, is no redirect, and has
// no success without JSON.
func checkRelayed(t *findings, a answer) {
	for name := range a.header {
		assert.False(t, slices.Contains(relayed, name) || strings.HasPrefix(name, "Cf-"), "the client got %s: %q", name, a.header[name])
	}
	assert.False(t, a.status/100 == 3 && a.status != http.StatusNotModified, "the client got status %d", a.status)
	if kind := a.header.Get("Content-Type"); a.status/100 == 2 && a.body != "" && a.header.Get("Cache-Status") != "" {
		ok := strings.HasPrefix(kind, "application/json") || strings.HasPrefix(kind, "text/event-stream")
		assert.True(t, ok, "the client got status %d with %q", a.status, kind)
	}
}

// checkSecret checks that text holds a secret in none of its spellings.
func checkSecret(t *findings, where, text, secret string) {
	for how, spelt := range spellings(secret) {
		assert.NotContains(t, text, spelt, "%s holds a secret as %s", where, how)
	}
}

// spellings are the forms in which a secret can slip out.
func spellings(secret string) map[string]string {
	b := []byte(secret)
	all := map[string]string{
		"itself": secret, "hex": hex.EncodeToString(b), "URL query": url.QueryEscape(secret), "URL path": url.PathEscape(secret),
		"Go string": strings.Trim(strconv.Quote(secret), `"`),
	}
	// Base64 of a text that holds the secret depends on where in it the secret
	// begins, so that there are three spellings of its inner bytes.
	for shift := range 3 {
		padded := append(make([]byte, shift), b...)
		whole := base64.StdEncoding.EncodeToString(padded)
		from, to := (shift*8+5)/6, (len(padded)*8)/6
		all["base64 "+strconv.Itoa(shift)] = whole[from:to]
	}
	return all
}

// describe is all of an Exchange, as a reader might print it.
func describe(x *exchange.Exchange) string {
	b, err := json.Marshal(x)
	return fmt.Sprintf("%+v %s %v", *x, b, err)
}
