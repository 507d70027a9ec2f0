package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// newReverse passes everything on with the standard library's proxy, set up as
// somebody would who knows it: connections enough that none is opened anew,
// no compression of its own, buffers that are used again.
func newReverse(o serveOptions) (http.Handler, error) {
	base, err := url.Parse(o.notion)
	if err != nil {
		return nil, fmt.Errorf("reading Notion's address: %w", err)
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(base)
		},
		Transport: &http.Transport{
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
			DisableCompression:     true,
			MaxIdleConnsPerHost:    16,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			ExpectContinueTimeout:  time.Second,
		},
		BufferPool: &buffers{sync.Pool{New: func() any { return new(buffer) }}},
	}, nil
}

// buffers is a pool as httputil wants it.
type buffers struct{ pool sync.Pool }

type buffer [32 << 10]byte

func (b *buffers) Get() []byte  { return b.pool.Get().(*buffer)[:] }
func (b *buffers) Put(p []byte) { b.pool.Put((*buffer)(p)) }
