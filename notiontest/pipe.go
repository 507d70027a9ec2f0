package notiontest

import (
	"context"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"
)

// A Pipe is a network in memory: a net.Listener, and DialContext to reach it.
// Its connections wait on nothing but locks, conditions and timers, so that a
// real http.Transport and a real http.Server work inside a testing/synctest
// bubble, and a hang, a cut or a reset there is a real one.
//
// Everything that uses a pipe in a bubble must have been made in that bubble,
// and Close must be called before it ends. A Pipe is safe for concurrent use.
type Pipe struct {
	mu     sync.Mutex
	queue  chan *pipeConn
	done   chan struct{}
	conns  []*pipeConn // the server's ends of the open ones
	dial   func(context.Context) error
	dials  int
	closed bool
}

// NewPipe makes a pipe that nobody serves yet: hand it to http.Server.Serve.
func NewPipe() *Pipe {
	return &Pipe{queue: make(chan *pipeConn, 128), done: make(chan struct{})}
}

// Pipe makes a pipe that n serves until Close.
func (n *Notion) Pipe() *Pipe {
	p := NewPipe()
	go func() { _ = n.Serve(p) }()
	return p
}

var pipeAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443}

// DialContext connects; network and address are not looked at, but that TLS is
// not spoken.
func (p *Pipe) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	p.mu.Lock()
	p.dials++
	number, hook, closed := p.dials, p.dial, p.closed
	p.mu.Unlock()
	if hook != nil {
		if err := hook(ctx); err != nil {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: pipeAddr, Err: err}
		}
	}
	if closed {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: pipeAddr, Err: Refused(ctx)}
	}
	client, server := connPair(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 10_000 + number%50_000}, pipeAddr)
	server.onClose = func() { p.forget(server) }
	p.mu.Lock()
	p.conns = append(p.conns, server)
	p.mu.Unlock()
	select {
	case p.queue <- server:
		return client, nil
	case <-p.done:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: pipeAddr, Err: Refused(ctx)}
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: pipeAddr, Err: ctx.Err()}
	}
}

func (p *Pipe) forget(c *pipeConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = slices.DeleteFunc(p.conns, func(d *pipeConn) bool { return d == c })
}

// OnDial has hook called for every dial; its error is the dial's. nil takes it
// away. Refused and BlackHole are two such hooks.
func (p *Pipe) OnDial(hook func(context.Context) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dial = hook
}

// Refused refuses a connection.
func Refused(context.Context) error { return os.NewSyscallError("connect", syscall.ECONNREFUSED) }

// BlackHole lets a dial wait until its context ends.
func BlackHole(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// Dials counts the dials so far, refused ones too.
func (p *Pipe) Dials() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dials
}

// Open counts the connections that are open.
func (p *Pipe) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// ResetAll resets every open connection, as a firewall that forgot them does.
func (p *Pipe) ResetAll() {
	p.mu.Lock()
	conns := slices.Clone(p.conns)
	p.mu.Unlock()
	for _, c := range conns {
		c.tear()
	}
}

// Transport is an http.Transport over the pipe, for http and https URLs alike
// (the pipe is plain in both). Change it before its first use.
func (p *Pipe) Transport() *http.Transport {
	return &http.Transport{DialContext: p.DialContext, DialTLSContext: p.DialContext, MaxIdleConnsPerHost: 64}
}

// Accept implements net.Listener.
func (p *Pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.queue:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Addr implements net.Listener.
func (p *Pipe) Addr() net.Addr { return pipeAddr }

// Close stops the pipe and resets what is still open.
func (p *Pipe) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	close(p.done)
	p.mu.Unlock()
	p.ResetAll()
	return nil
}
