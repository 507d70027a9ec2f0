package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"sync/atomic"

	"notionproxy/config"
)

// A certificate is the chain and key of the listener, kept up to date. Its
// tls.Config never changes: handshakes ask it for what is current. It is safe
// for concurrent use, but for reload, which one goroutine calls.
type certificate struct {
	files   config.TLS
	sum     [sha256.Size]byte // of what current was made from
	current atomic.Pointer[tls.Certificate]
}

func openCertificate(files config.TLS) (*certificate, error) {
	c := &certificate{files: files}
	if _, err := c.reload(); err != nil {
		return nil, fmt.Errorf("tls.cert and tls.key: %w", err)
	}
	return c, nil
}

func (c *certificate) name() string { return "tls.cert and tls.key" }

func (c *certificate) reload() (bool, error) {
	chain, err := readFile(c.files.Cert)
	if err != nil {
		return false, err
	}
	key, err := readFile(c.files.Key)
	if err != nil {
		return false, err
	}
	sum := sha256.Sum256(bytes.Join([][]byte{chain, key}, []byte{0}))
	if sum == c.sum {
		return false, nil
	}
	// While the two are being replaced one after the other they do not match;
	// the next look will find both.
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return false, err
	}
	c.sum = sum
	c.current.Store(&pair)
	return true, nil
}

// config is for a server that presents the current certificate.
func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.current.Load(), nil
		},
	}
}
