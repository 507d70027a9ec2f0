package main

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// healthServer answers /healthz with status.
func healthServer(t *testing.T, status int) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestHealth_isZeroOnlyWhenAlive(t *testing.T) {
	alive := healthServer(t, http.StatusOK)
	assert.Equal(t, result{code: exitOK}, runProgram(t.Context(), nil, "health", "--listen", alive))

	sick := healthServer(t, http.StatusServiceUnavailable)
	got := runProgram(t.Context(), nil, "health", "--listen", sick)
	assert.Equal(t, result{exitFailed, "", "notionproxy: asking for health: 503 Service Unavailable\n"}, got)

	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	got = runProgram(t.Context(), nil, "health", "--listen", ln.Addr().String())
	assert.Equal(t, exitFailed, got.code)
	assert.Contains(t, got.stderr, "connection refused")
}

// Container runtimes reserve exit code 2 of a health check.
func TestHealth_isOneWithWrongSettings(t *testing.T) {
	got := runProgram(t.Context(), nil, "health", "--mode", "fast")
	assert.Equal(t, result{exitFailed, "", "notionproxy: config:\nmode is fast; want full or observe (--mode)\n"}, got)
}

func TestHealth_asksThisMachine(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:80":  "127.0.0.1:80",
		"0.0.0.0:80":    "127.0.0.1:80",
		":80":           "127.0.0.1:80",
		"[::]:80":       "[::1]:80",
		"[fe80::1]:80":  "[fe80::1]:80",
		"localhost:80":  "localhost:80",
		"10.0.0.1:8080": "10.0.0.1:8080",
	} {
		assert.Equal(t, want, healthAddress(listen), listen)
	}
}

func TestHealth_trustsTheProxysOwnCertificateAndNoOther(t *testing.T) {
	for name, edit := range map[string]func(*x509.Certificate){
		"an address":   nil,
		"a name":       func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"proxy.internal"} },
		"a wildcard":   func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"*.internal"} },
		"expired":      func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) },
		"not yet good": func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) },
	} {
		files := certificateFiles(t)
		newCertificate(t, files, edit)
		cert, err := openCertificate(files)
		require.NoError(t, err)
		s := startServer(t, &scriptedHandler{}, serverOptions{cert: cert})
		ask := []string{"health", "--listen", s.addr, "--set", "tls.cert=" + files.Cert, "--set", "tls.key=" + files.Key}
		assert.Equal(t, result{code: exitOK}, runProgram(t.Context(), nil, ask...), name)

		newCertificate(t, files, edit) // what the settings name now is not what the listener presents
		assert.Equal(t, exitFailed, runProgram(t.Context(), nil, ask...).code, name)
	}
}
