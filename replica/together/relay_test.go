package together

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A relay is the way of one replica to Redis, which can be disturbed.
type relay struct {
	ln net.Listener
	to string
	wg sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	cut     bool
	held    [2]bool       // towards Redis, and back
	slow    time.Duration // added to each piece
	conns   map[net.Conn]struct{}
}

func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &relay{ln: ln, to: to, conns: map[net.Conn]struct{}{}}
	r.changed = sync.NewCond(&r.mu)
	r.wg.Go(r.run)
	return r
}

func (r *relay) URL() string { return "redis://" + r.ln.Addr().String() }

func (r *relay) close() {
	r.ln.Close()
	r.set(func() { r.cut, r.held = true, [2]bool{} })
	r.wg.Wait()
}

// set changes how the relay is, for the open connections too.
func (r *relay) set(how func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	how()
	if r.cut {
		for c := range r.conns {
			c.Close()
		}
		clear(r.conns)
	}
	r.changed.Broadcast()
}

func (r *relay) run() {
	for {
		client, err := r.ln.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", r.to)
		if err != nil {
			client.Close()
			continue
		}
		r.mu.Lock()
		r.conns[client], r.conns[server] = struct{}{}, struct{}{}
		cut := r.cut
		r.mu.Unlock()
		if cut {
			r.forget(client, server)
			continue
		}
		r.wg.Go(func() { r.pass(server, client, 0) })
		r.wg.Go(func() { r.pass(client, server, 1) })
	}
}

// pass passes on what comes, as the relay is at that moment.
func (r *relay) pass(to, from net.Conn, way int) {
	defer r.forget(to, from)
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		r.mu.Lock()
		for r.held[way] {
			r.changed.Wait()
		}
		slow := r.slow
		r.mu.Unlock()
		time.Sleep(slow)
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (r *relay) forget(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		c.Close()
		delete(r.conns, c)
	}
}
