package proxy_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// certificate is one that vouches for itself.
func certificate(t *testing.T, name string, until time.Time) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// TestAttack_tls: whoever stands in for Notion without its certificate gets no
// token.
func TestAttack_tls(t *testing.T) {
	later := time.Now().Add(time.Hour)
	trusts := func(cert *tls.Certificate) func(*front) {
		return func(f *front) {
			f.tls, f.upstream.Roots = cert, x509.NewCertPool()
			f.upstream.Roots.AddCert(cert.Leaf)
		}
	}
	distrusts := func(f *front) { f.tls = certificate(t, notionHost, later) }
	refused := func(t *findings, f *front) {
		for _, sent := range []string{get("/v1/pages/$page"), request("PATCH", "/v1/pages/$page", `{"archived":false}`), get("/v1/beta")} {
			a := f.ask(sent)
			assert.Equal(t, http.StatusBadGateway, a.status)
			a.checkError(t, "")
		}
		assert.Empty(t, f.saw())
	}
	makeAttacks(t, []attack{
		{name: "as it should be", set: trusts(certificate(t, notionHost, later)), more: func(t *findings, f *front) {
			assert.Equal(t, http.StatusOK, f.ask(get("/v1/pages/$page")).status)
		}},
		{name: "self-signed", set: distrusts, more: refused},
		{name: "the wrong host", set: trusts(certificate(t, "evil.example", later)), more: refused},
		{name: "expired", set: trusts(certificate(t, notionHost, time.Now().Add(-time.Hour))), more: refused},
	})
}

// TestAttack_proxyEnvironment: the environment does not decide where the token
// goes.
func TestAttack_proxyEnvironment(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, "http://evil.example:3128")
	}
	f, finds := newFront(t, false, nil), &findings{}
	assert.Equal(t, http.StatusOK, f.ask(get("/v1/pages/$page")).status)
	f.stop()
	f.checkAlways(finds)
	assert.Empty(t, finds.texts)
}
