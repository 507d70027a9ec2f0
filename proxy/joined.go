package proxy

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// serverBuffer is how much net/http gathers before it writes to a connection.
// The header and the beginning of a longer body leave when that is full, and
// the rest in a second system call, for which the client is woken a second
// time: a tenth and more of what a hit costs.
const serverBuffer = 4 << 10

// Joined returns a listener on whose connections a Proxy sends the header and
// the body of a long answer in one system call. Its connections must be served
// by an http.Server with JoinedContext as its ConnContext; without that, and
// over TLS, answers leave as net/http sends them.
func Joined(ln net.Listener) net.Listener { return joinedListener{ln} }

// JoinedContext is a ConnContext of http.Server.
func JoinedContext(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*joinedConn); ok {
		return context.WithValue(ctx, joinedKey{}, c)
	}
	return ctx
}

type joinedKey struct{}

type joinedListener struct{ net.Listener }

func (l joinedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		return &joinedConn{TCPConn: tcp}, nil
	}
	return c, err
}

// joinedConn keeps what is written first, if it was told that more is sure to
// follow, and sends it with that. net/http writes to a connection from one
// goroutine, which is the one that the handler runs on.
type joinedConn struct {
	*net.TCPConn
	more bool // the next Write is not the last one of its answer
	kept *[serverBuffer]byte
	n    int         // bytes in kept
	room [2][]byte   // for both
	both net.Buffers // what leaves together
}

var firstWrites = sync.Pool{New: func() any { return new([serverBuffer]byte) }}

// overflows says whether header and body are sure to be more than what net/http
// gathers. A wrong yes would keep the answer for ever.
func overflows(h http.Header, body int) bool {
	if body <= serverBuffer/2 || body > serverBuffer {
		return body > serverBuffer
	}
	n := body
	for _, name := range alwaysSent {
		if value := first(h, name); value != "" {
			n += len(name) + len(": ") + len(value) + len("\r\n")
		}
	}
	return n > serverBuffer
}

// alwaysSent are headers that net/http writes as they are, where there is a body
// of known length.
var alwaysSent = []string{
	"Content-Type", "Content-Length", "Content-Encoding", "X-Request-Id", "Cache-Status", "Cache-Control", "Vary", "Etag", "Age",
}

// joinWrites announces an answer that overflows, so that two writes or more
// follow.
func joinWrites(r *http.Request) {
	if c, ok := r.Context().Value(joinedKey{}).(*joinedConn); ok {
		c.more = true
	}
}

func (c *joinedConn) Write(b []byte) (int, error) {
	if c.more {
		c.more = false
		if len(b) <= serverBuffer {
			c.kept = firstWrites.Get().(*[serverBuffer]byte)
			c.n = copy(c.kept[:], b)
			return len(b), nil
		}
	}
	if c.kept == nil {
		return c.TCPConn.Write(b)
	}
	c.room = [2][]byte{c.kept[:c.n], b}
	c.both = c.room[:]
	n, err := c.both.WriteTo(c.TCPConn)
	firstWrites.Put(c.kept)
	c.kept, c.both, c.room = nil, nil, [2][]byte{}
	return max(int(n)-c.n, 0), err
}
