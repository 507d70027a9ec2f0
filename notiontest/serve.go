package notiontest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// servers are what serves a Notion now, and the connections that faults have
// taken over, so that Close can end both.
type servers struct {
	mu      sync.Mutex
	running map[*http.Server]bool
	conns   map[net.Conn]bool
}

// Serve serves n on l until Close, and returns http.ErrServerClosed then.
func (n *Notion) Serve(l net.Listener) error {
	s := &http.Server{
		Handler:           n,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       5 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	n.servers.mu.Lock()
	if n.servers.running == nil {
		n.servers.running = map[*http.Server]bool{}
	}
	n.servers.running[s] = true
	n.servers.mu.Unlock()
	defer n.servers.forget(s)
	err := s.Serve(l)
	if errors.Is(err, net.ErrClosed) {
		_ = s.Close() // the listener was closed, not the server: end its connections too
		return http.ErrServerClosed
	}
	return err
}

// ListenAndServe serves n at a TCP address until Close.
func (n *Notion) ListenAndServe(addr string) error {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return fmt.Errorf("listening at %q: %w", addr, err)
	}
	return n.Serve(l)
}

func (s *servers) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for srv := range s.running {
		errs = append(errs, srv.Close())
	}
	for c := range s.conns {
		_ = c.Close() // may be closed already
	}
	s.running, s.conns = nil, nil
	return errors.Join(errs...)
}

func (s *servers) forget(srv *http.Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, srv)
}

// keep remembers a connection that was taken over, until done is called.
func (s *servers) keep(c net.Conn) (done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		s.conns = map[net.Conn]bool{}
	}
	s.conns[c] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	}
}

// parseRaw reads scripted bytes as a client would.
func parseRaw(raw []byte, r *http.Request) (*http.Response, error) {
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), r)
	if err != nil {
		return nil, fmt.Errorf("reading the scripted answer: %w", err)
	}
	return resp, nil
}
