package upstream

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// A freezing connection falls silent: what is written goes nowhere, and nothing
// comes. That is how a connection looks that a firewall has forgotten.
type freezing struct {
	net.Conn
	frozen chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (f *freezing) Read(b []byte) (int, error) {
	n, err := f.Conn.Read(b)
	select {
	case <-f.frozen:
		<-f.closed
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (f *freezing) Write(b []byte) (int, error) {
	select {
	case <-f.frozen:
		return len(b), nil
	default:
		return f.Conn.Write(b)
	}
}

func (f *freezing) Close() error {
	f.once.Do(func() { close(f.closed) })
	return f.Conn.Close()
}

func testCertificate(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"api.notion.com"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// All calls share one HTTP/2 connection. When that falls silent, calls go over
// a new one within 15 s, not when TCP notices.
func TestClient_aSilentConnectionIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		certificate, pool := testCertificate(t)
		pipe := notiontest.NewPipe()
		protocols := new(http.Protocols)
		protocols.SetHTTP2(true)
		server := &http.Server{
			TLSConfig: &tls.Config{Certificates: []tls.Certificate{*certificate}}, Protocols: protocols, ReadHeaderTimeout: time.Minute,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("X-Notion-Request-Id", "1")
				_, _ = io.WriteString(w, `{"object":"page"}`)
			}),
		}
		go func() { _ = server.ServeTLS(pipe, "", "") }()
		frozen := make(chan struct{})
		client := New(Options{
			URL: &url.URL{Scheme: "https", Host: "api.notion.com"}, Roots: pool,
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := pipe.DialContext(ctx, network, addr)
				return &freezing{Conn: conn, frozen: frozen, closed: make(chan struct{})}, err
			},
		})
		fetch := func() *Answer {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			return client.Fetch(ctx, &Request{Method: "GET", Path: "/v1/pages/1", Header: http.Header{}}, Unpacked)
		}
		assert.Equal(t, OK, fetch().Kind)
		assert.Equal(t, OK, fetch().Kind)
		assert.Equal(t, 1, pipe.Dials(), "one connection for all")

		close(frozen)
		start := time.Now()
		hung := fetch()
		assert.Equal(t, Reset, hung.Kind)
		assert.LessOrEqual(t, time.Since(start), 15*time.Second)
		frozen = make(chan struct{})
		assert.Equal(t, OK, fetch().Kind, "over a new connection")
		assert.Equal(t, 2, pipe.Dials())

		client.Close()
		_ = server.Close()
		_ = pipe.Close()
	})
}
