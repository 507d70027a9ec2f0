package admin

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A scraper finds a pod by its address, and asks for just that.
func TestGate_knowsTheAddressThatARequestCameTo(t *testing.T) {
	s := &surface{Options: Options{Hosts: []string{"admin.internal"}}}
	for _, c := range []struct {
		local, host string
		want        bool
	}{
		{"10.0.0.5", "10.0.0.5:8081", true},
		{"10.0.0.5", "10.0.0.5", true},
		{"10.0.0.5", "10.0.0.6:8081", false},
		{"10.0.0.5", "10.0.0.5.evil.test:8081", false},
		{"10.0.0.5", "admin.internal:8081", true},
		{"10.0.0.5", "other.internal:8081", false},
		{"10.0.0.5", "0.0.0.0:8081", false},
		{"10.0.0.5", "", false},
		{"::ffff:10.0.0.5", "10.0.0.5:8081", true},
		{"2001:db8::5", "[2001:db8::5]:8081", true},
		{"2001:db8::5", "[2001:db8::6]:8081", false},
		{"10.0.0.5", "localhost:8081", true}, // a port-forward
	} {
		local := &net.TCPAddr{IP: net.ParseIP(c.local), Port: 8081}
		ctx := context.WithValue(t.Context(), http.LocalAddrContextKey, net.Addr(local))
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		r.Host = c.host
		assert.Equal(t, c.want, s.isKnownHost(r), "%s at %s", c.host, c.local)
	}
}
