package admin

import (
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func TestAttempts_twentyAtOnceAndThenOneASecond(t *testing.T) {
	a, from, now := newAttempts(), netip.MustParsePrefix("10.0.0.1/32"), noon
	for n := range freeAttempts {
		assert.Zero(t, a.wait(from, now))
		assert.Equal(t, n == freeAttempts-1, a.failed(from, now))
	}
	assert.Equal(t, time.Second, a.wait(from, now))
	assert.Zero(t, a.wait(netip.MustParsePrefix("10.0.0.2/32"), now), "others have their own")

	now = now.Add(time.Second)
	assert.Zero(t, a.wait(from, now))
	assert.False(t, a.failed(from, now), "somebody was told already")
	assert.Equal(t, time.Second, a.wait(from, now))
	assert.Zero(t, a.wait(from, now.Add(time.Hour)))
}

// A scraper whose token is out of date must not lock out who shares its
// address.
func TestAttempts_aScraperIsNeverBlocked(t *testing.T) {
	a, from := newAttempts(), netip.MustParsePrefix("127.0.0.1/32")
	for i := range 1000 {
		now := noon.Add(time.Duration(i) * 5 * time.Second)
		assert.Zero(t, a.wait(from, now))
		a.failed(from, now)
	}
}

func TestAttempts_areBounded(t *testing.T) {
	a := newAttempts()
	for i := range 3 * maxOrigins {
		a.failed(netip.MustParsePrefix("10."+strconv.Itoa(i>>8)+"."+strconv.Itoa(i&255)+".1/32"), noon)
	}
	assert.Equal(t, maxOrigins, a.by.Len())
}

func TestOrigin_isTheConnectionsAddress(t *testing.T) {
	for remote, want := range map[string]string{
		"10.0.0.1:1234":          "10.0.0.1/32",
		"[::ffff:10.0.0.1]:1234": "10.0.0.1/32",
		"[2001:db8::1:2:3]:1234": "2001:db8::/64",
		"[fe80::1%eth0]:1":       "fe80::/64",
		"@":                      "invalid Prefix",
	} {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {"192.0.2.1"}}}
		assert.Equal(t, want, origin(r).String(), remote)
	}
}
