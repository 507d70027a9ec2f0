package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// presented is the certificate that a new connection to addr gets to see.
func presented(t *testing.T, addr string) *x509.Certificate {
	t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // the test looks at it itself
	c, err := dialer.DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	defer c.Close()
	conn, ok := c.(*tls.Conn)
	require.True(t, ok)
	return conn.ConnectionState().PeerCertificates[0]
}

func TestTLS_presentsANewCertificateWithoutARestart(t *testing.T) {
	files := certificateFiles(t)
	first := newCertificate(t, files, nil)
	cert, err := openCertificate(files)
	require.NoError(t, err)
	s := startServer(t, &scriptedHandler{}, serverOptions{cert: cert})
	assert.Equal(t, first.SerialNumber, presented(t, s.addr).SerialNumber)

	second := newCertificate(t, files, nil)
	reloads(t, cert, true)
	assert.Equal(t, second.SerialNumber, presented(t, s.addr).SerialNumber)
	reloads(t, cert, false)
}

func TestTLS_keepsTheCertificateWhileItsFilesAreBad(t *testing.T) {
	files := certificateFiles(t)
	first := newCertificate(t, files, nil)
	cert, err := openCertificate(files)
	require.NoError(t, err)

	key, err := os.ReadFile(files.Key)
	require.NoError(t, err)
	newCertificate(t, files, nil)
	newKey, err := os.ReadFile(files.Key)
	require.NoError(t, err)
	write(t, files.Key, string(key)) // half replaced
	_, err = cert.reload()
	require.Error(t, err)
	assert.Equal(t, first.Raw, cert.current.Load().Certificate[0])

	write(t, files.Key, string(newKey))
	reloads(t, cert, true)
}

func TestTLS_speaksHTTP2AndOneWithoutIt(t *testing.T) {
	files := certificateFiles(t)
	leaf := newCertificate(t, files, nil)
	cert, err := openCertificate(files)
	require.NoError(t, err)
	secure := startServer(t, &scriptedHandler{}, serverOptions{cert: cert})
	plain := startServer(t, &scriptedHandler{}, serverOptions{})

	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	both := new(http.Protocols)
	both.SetHTTP1(true)
	both.SetHTTP2(true)
	transport := &http.Transport{Protocols: both, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	assert.Equal(t, 2, protocolOf(t, transport, "https://"+secure.addr))
	assert.Equal(t, 1, protocolOf(t, transport, "http://"+plain.addr))

	clear := new(http.Protocols)
	clear.SetUnencryptedHTTP2(true)
	h2c := &http.Transport{Protocols: clear}
	defer h2c.CloseIdleConnections()
	_, err = get(t.Context(), h2c, "http://"+plain.addr)
	assert.Error(t, err, "h2c is off")
}

func protocolOf(t *testing.T, transport *http.Transport, url string) int {
	t.Helper()
	answer, err := get(t.Context(), transport, url)
	require.NoError(t, err)
	return answer.ProtoMajor
}

// get asks for url and reads the whole answer.
func get(ctx context.Context, transport http.RoundTripper, url string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer, err
}
