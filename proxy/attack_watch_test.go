package proxy_test

import (
	"net"
	"sync/atomic"
	"time"
)

// A watchedListener notes what is written to clients without a deadline: a
// client that does not read it holds the writer for ever.
type watchedListener struct {
	net.Listener
	front *front
}

func (l watchedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &watchedConn{Conn: c, front: l.front}, nil
}

type watchedConn struct {
	net.Conn
	front   *front
	bounded atomic.Bool
}

func (c *watchedConn) SetWriteDeadline(t time.Time) error {
	c.bounded.Store(!t.IsZero())
	return c.Conn.SetWriteDeadline(t)
}

func (c *watchedConn) SetDeadline(t time.Time) error {
	c.bounded.Store(!t.IsZero())
	return c.Conn.SetDeadline(t)
}

func (c *watchedConn) Write(b []byte) (int, error) {
	if !c.bounded.Load() {
		c.front.mu.Lock()
		c.front.patient += len(b)
		c.front.mu.Unlock()
	}
	return c.Conn.Write(b)
}

// CloseWrite is what net/http ends a connection with on which the client may
// still be sending.
func (c *watchedConn) CloseWrite() error { return c.Conn.(*net.TCPConn).CloseWrite() }
