// Package upstream makes calls to Notion and says what their outcome means.
//
// It knows connections, time-outs and bodies; it knows nothing of caches,
// budgets or clients. One call in is one call out: nothing here retries, but
// for what Go's transport repeats by itself, which is counted and reported.
package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Limits of one call, where Options leave them at zero.
const (
	DefaultMaxAnswer = 8 << 20          // bytes of one decoded answer that are held in memory
	DefaultTimeout   = 60 * time.Second // Notion cuts calls off at 60 s (developers.notion.com, status codes, 2026)

	maxRatio        = 100 // decoded bytes per received byte, beyond which gzip is a bomb
	maxHeaderBytes  = 64 << 10
	dialTimeout     = 5 * time.Second
	tlsTimeout      = 5 * time.Second
	idleConnTimeout = 90 * time.Second
)

// Options of a Client.
type Options struct {
	// URL is Notion's base: scheme and host, and a path prefix if there is
	// one. Required.
	URL *url.URL

	// Roots are trusted beside nothing else; nil means the system's. Set it
	// where a company's inspecting proxy signs Notion's certificate anew.
	Roots *x509.CertPool

	// ProxyFromEnvironment obeys HTTPS_PROXY and its like. Off by default,
	// since the environment is not where a secret's way should be decided.
	ProxyFromEnvironment bool

	// DialContext opens connections; nil means a net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	// MaxAnswer bounds the decoded bytes of an answer that Fetch holds in
	// memory; longer ones are handed on as a stream. 0 means DefaultMaxAnswer.
	MaxAnswer int64

	// Warn is told once when Notion cannot be reached over HTTP/2. nil means
	// nobody is.
	Warn func(msg string)
}

// A Client makes calls to Notion. It is safe for concurrent use.
type Client struct {
	base      url.URL
	maxAnswer int64
	pools     *pools
}

// New makes a Client. It opens no connection.
func New(o Options) *Client {
	if o.MaxAnswer <= 0 {
		o.MaxAnswer = DefaultMaxAnswer
	}
	if o.DialContext == nil {
		o.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext
	}
	o.DialContext = (&lookups{dial: o.DialContext}).DialContext
	return &Client{base: *o.URL, maxAnswer: o.MaxAnswer, pools: newPools(o)}
}

// Close closes idle connections.
func (c *Client) Close() { c.pools.closeIdle() }

// A Request is one call to make. Everything in it is sent as it is.
type Request struct {
	Method string
	Path   string // escaped, beginning with /v1
	Query  string // raw, without the question mark
	Header http.Header

	// Body is sent once. Length is its length, -1 when that is not known.
	Body   io.Reader
	Length int64

	// Token is a digest of the caller's token. Over HTTP/1.1 connections are
	// never shared between tokens: surplus bytes of one caller's answer would
	// be read as the beginning of the next caller's.
	Token [32]byte

	// Passing says that nothing of the answer is kept: whoever asks calls its
	// Recycle when it has been passed on. Not to do so costs memory alone.
	Passing bool
}

// url is spelled by hand, since url.URL would rewrite what the caller escaped.
func (c *Client) url(r *Request) *url.URL {
	u := c.base
	path, err := url.PathUnescape(r.Path)
	if err != nil {
		path = r.Path
	}
	u.Path = strings.TrimSuffix(c.base.Path, "/") + path
	u.RawPath = strings.TrimSuffix(c.base.EscapedPath(), "/") + r.Path
	u.RawQuery = r.Query
	return &u
}

// request builds the http.Request. GetBody stays nil, so that the transport
// cannot send a body twice.
func (c *Client) request(ctx context.Context, r *Request) *http.Request {
	req := &http.Request{
		Method:        r.Method,
		URL:           c.url(r),
		Host:          c.base.Host,
		Header:        r.Header,
		ContentLength: r.Length,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
	}
	if r.Body != nil && r.Length != 0 {
		req.Body = keepOpen{r.Body}
	}
	return req.WithContext(ctx)
}

// keepOpen is a body that the transport cannot close: a call that found no
// HTTP/2 is made again over HTTP/1.1 with the same body, of which nothing has
// been read.
type keepOpen struct{ io.Reader }

func (keepOpen) Close() error { return nil }

func newTransport(o Options) *http.Transport {
	t := &http.Transport{
		DialContext:            o.DialContext,
		TLSHandshakeTimeout:    tlsTimeout,
		TLSClientConfig:        &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
		DisableCompression:     true, // bodies are kept as Notion compressed them
		IdleConnTimeout:        idleConnTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ExpectContinueTimeout:  time.Second,
	}
	if o.ProxyFromEnvironment {
		t.Proxy = http.ProxyFromEnvironment
	}
	return t
}
