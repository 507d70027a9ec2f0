package notiontest

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// windowBytes is how much a pipe's connection holds in each direction before
// its writer waits for the reader, as TCP's windows do.
const windowBytes = 64 << 10

func connectionReset(op string) error {
	return &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(op, syscall.ECONNRESET)}
}

// A half is one direction of a connection.
type half struct {
	mu      sync.Mutex
	changed *sync.Cond
	data    []byte
	ended   bool // the writer has closed: what is there can still be read
	deaf    bool // the reader has closed: nothing more can be written
	torn    bool // reset: neither
}

func newHalf() *half {
	h := &half{}
	h.changed = sync.NewCond(&h.mu)
	return h
}

// change changes the half under its lock and wakes whoever waits.
func (h *half) change(how func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	how()
	h.changed.Broadcast()
}

func (h *half) read(p []byte, until *deadline) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.deaf:
			return 0, net.ErrClosed
		case h.torn:
			return 0, connectionReset("read")
		case until.passed():
			return 0, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil
		case len(h.data) > 0:
			n := copy(p, h.data)
			h.data = h.data[n:]
			h.changed.Broadcast()
			return n, nil
		case h.ended:
			return 0, io.EOF
		}
		h.changed.Wait()
	}
}

func (h *half) write(p []byte, until *deadline) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sent := 0
	for {
		switch {
		case h.ended:
			return sent, net.ErrClosed
		case h.torn:
			return sent, connectionReset("write")
		case h.deaf:
			return sent, &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}
		case until.passed():
			return sent, os.ErrDeadlineExceeded
		case sent == len(p):
			return sent, nil
		}
		if room := windowBytes - len(h.data); room > 0 {
			n := min(room, len(p)-sent)
			h.data = append(h.data, p[sent:sent+n]...)
			sent += n
			h.changed.Broadcast()
			continue
		}
		h.changed.Wait()
	}
}

// A deadline wakes a half's waiters when it has passed.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

// passed is called with the half's lock held.
func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) set(h *half, at time.Time) {
	h.change(func() {
		if d.timer != nil {
			d.timer.Stop()
		}
		d.at, d.timer = at, nil
		if !at.IsZero() {
			d.timer = time.AfterFunc(time.Until(at), func() { h.change(func() {}) })
		}
	})
}

// A pipeConn is one end of a connection in memory. It has TCP's manners: it is
// buffered, its halves close apart, and SetLinger(0) makes Close a reset.
type pipeConn struct {
	in, out       *half
	read, written deadline
	local, remote *net.TCPAddr
	onClose       func()

	mu     sync.Mutex
	linger int
	shut   bool
}

// connPair makes the two ends of a connection.
func connPair(client, server *net.TCPAddr) (a, b *pipeConn) {
	up, down := newHalf(), newHalf()
	a = &pipeConn{in: down, out: up, local: client, remote: server, linger: -1, onClose: func() {}}
	b = &pipeConn{in: up, out: down, local: server, remote: client, linger: -1, onClose: func() {}}
	return a, b
}

func (c *pipeConn) Read(p []byte) (int, error)  { return c.in.read(p, &c.read) }
func (c *pipeConn) Write(p []byte) (int, error) { return c.out.write(p, &c.written) }

func (c *pipeConn) Close() error {
	c.mu.Lock()
	wasShut, linger := c.shut, c.linger
	c.shut = true
	c.mu.Unlock()
	if wasShut {
		return net.ErrClosed
	}
	if linger == 0 {
		c.tear()
	}
	c.out.change(func() { c.out.ended = true })
	c.in.change(func() { c.in.deaf = true })
	c.read.set(c.in, time.Time{})
	c.written.set(c.out, time.Time{})
	c.onClose()
	return nil
}

// tear resets the connection: both ends fail at once, and what was under way
// is lost.
func (c *pipeConn) tear() {
	for _, h := range []*half{c.in, c.out} {
		h.change(func() { h.data, h.torn = nil, true })
	}
}

// CloseWrite ends what this end sends; it can still read.
func (c *pipeConn) CloseWrite() error {
	c.out.change(func() { c.out.ended = true })
	return nil
}

// SetLinger with 0 makes Close a reset, as it does for a net.TCPConn.
func (c *pipeConn) SetLinger(sec int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.linger = sec
	return nil
}

func (c *pipeConn) LocalAddr() net.Addr  { return c.local }
func (c *pipeConn) RemoteAddr() net.Addr { return c.remote }

func (c *pipeConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *pipeConn) SetReadDeadline(t time.Time) error {
	c.read.set(c.in, t)
	return nil
}

func (c *pipeConn) SetWriteDeadline(t time.Time) error {
	c.written.set(c.out, t)
	return nil
}
