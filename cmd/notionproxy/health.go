package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"notionproxy/config"
)

const healthTimeout = 3 * time.Second

type healthCommand struct{}

// Run asks the proxy that has the same settings whether it is alive. Every
// failure is exit code 1, wrong settings too: container runtimes know no other.
func (healthCommand) Run(ctx context.Context, p *program) error {
	cfg, err := p.load()
	if err != nil {
		return errors.New(err.Error()) // no longer Problems, which would be code 2
	}
	return askHealth(ctx, cfg)
}

func askHealth(ctx context.Context, cfg config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	transport, scheme, err := healthTransport(cfg.TLS)
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+healthAddress(cfg.Listen)+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("asking for health: %w", err)
	}
	answer, err := transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("asking for health: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("asking for health: %s", answer.Status)
	}
	return nil
}

// healthAddress is where to reach a proxy on this machine that listens on
// listen, which may be all of its addresses.
func healthAddress(listen string) string {
	host, port, _ := net.SplitHostPort(listen)
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "", err == nil && addr == netip.IPv4Unspecified():
		host = "127.0.0.1"
	case err == nil && addr == netip.IPv6Unspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}

// healthTransport trusts exactly the certificate that the proxy presents. A
// proxy whose certificate expired is still alive: restarting it would not help.
func healthTransport(files config.TLS) (*http.Transport, string, error) {
	if files.Cert == "" {
		return &http.Transport{}, "http", nil
	}
	cert, err := openCertificate(files)
	if err != nil {
		return nil, "", err
	}
	leaf := cert.current.Load().Leaf
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &http.Transport{TLSClientConfig: &tls.Config{
		MinVersion: tls.VersionTLS12,
		RootCAs:    roots,
		ServerName: nameOn(leaf),
		Time:       func() time.Time { return leaf.NotBefore },
	}}, "https", nil
}

// nameOn is a name that leaf is good for.
func nameOn(leaf *x509.Certificate) string {
	if len(leaf.DNSNames) > 0 {
		name := leaf.DNSNames[0]
		if len(name) > 1 && name[0] == '*' {
			return "any" + name[1:]
		}
		return name
	}
	for _, ip := range leaf.IPAddresses {
		return ip.String()
	}
	return leaf.Subject.CommonName
}
