package upstream

import (
	"crypto/tls"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// maxPools bounds the tokens that have HTTP/1.1 connections of their own.
	maxPools = 256
	// An idle connection takes some 20 KB. A token keeps up to mostIdle; the more
	// others have some, the fewer, so that all of them are 1,100 at most.
	allIdle   = 256
	mostIdle  = 16
	leastIdle = 2
	// tryHTTP2 is how long HTTP/1.1 is used before HTTP/2 is tried again.
	tryHTTP2 = 10 * time.Minute
)

var errNoHTTP2 = errors.New("no HTTP/2 to be had")

// pools hands out the transport for a token: one for all over HTTP/2, whose
// framing keeps answers apart; one for each token over HTTP/1.1, where surplus
// bytes after one answer are taken for the next.
type pools struct {
	options Options
	h2      *http.Transport // nil where Notion is reached in clear text

	mu     sync.Mutex
	h1     *simplelru.LRU[[32]byte, *http.Transport]
	noH2   time.Time // HTTP/2 is not tried before this
	warned bool
}

func newPools(o Options) *pools {
	p := &pools{options: o}
	p.h1, _ = simplelru.NewLRU(maxPools, func(_ [32]byte, t *http.Transport) { go t.CloseIdleConnections() })
	if o.URL.Scheme == "https" {
		p.h2 = newTransport(o)
		p.h2.Protocols = new(http.Protocols)
		p.h2.Protocols.SetHTTP1(true) // so that both are offered, and the choice is seen below
		p.h2.Protocols.SetHTTP2(true)
		// One black connection must not stall everybody for as long as TCP
		// takes to notice.
		p.h2.HTTP2 = &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second}
		p.h2.TLSClientConfig.VerifyConnection = func(s tls.ConnectionState) error {
			if s.NegotiatedProtocol != "h2" {
				return errNoHTTP2
			}
			return nil
		}
	}
	return p
}

// roundTrip makes the call over HTTP/2 if it can be had, else over HTTP/1.1.
func (p *pools) roundTrip(r *http.Request, token [32]byte) (*http.Response, error) {
	if p.mayTryHTTP2() {
		resp, err := p.h2.RoundTrip(r)
		if !errors.Is(err, errNoHTTP2) {
			return resp, err
		}
		p.fallBack()
	}
	return p.pool(token).RoundTrip(r)
}

func (p *pools) mayTryHTTP2() bool {
	if p.h2 == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return !time.Now().Before(p.noH2)
}

func (p *pools) fallBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noH2 = time.Now().Add(tryHTTP2)
	if !p.warned && p.options.Warn != nil {
		p.options.Warn("no HTTP/2 to Notion, something between us and Notion speaks HTTP/1.1 only: each token gets connections of its own")
	}
	p.warned = true
}

func (p *pools) pool(token [32]byte) *http.Transport {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t, ok := p.h1.Get(token); ok {
		return t
	}
	t := newTransport(p.options)
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.MaxIdleConnsPerHost = idleFor(p.h1.Len())
	p.h1.Add(token, t)
	return t
}

// idleFor is how many idle connections a pool keeps that is made beside so many
// others.
func idleFor(others int) int { return min(max(leastIdle, allIdle/(others+1)), mostIdle) }

func (p *pools) closeIdle() {
	if p.h2 != nil {
		p.h2.CloseIdleConnections()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.h1.Values() {
		t.CloseIdleConnections()
	}
}
