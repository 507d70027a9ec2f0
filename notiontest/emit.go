package notiontest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strconv"
)

// ServeHTTP answers a request that came over a connection. Faults that need the
// connection itself take it over (http.Hijacker); where that cannot be done
// (HTTP/2, a recorder) the handler aborts instead, which closes it.
func (n *Notion) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := n.handle(r, false)
	switch {
	case a.gone != nil:
		panic(http.ErrAbortHandler)
	case a.wire != nil && a.wire.silent && a.wire.end == stalled:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case a.needsConnection():
		n.seize(w, a)
	default:
		a.write(w, r)
	}
}

// needsConnection tells whether net/http's writer is too well-behaved.
func (a *answer) needsConnection() bool {
	if a.status == http.StatusSwitchingProtocols {
		return true
	}
	w := a.wire
	return w != nil && (w.silent || w.raw != nil || w.extra != nil || w.end == reset || w.length >= 0 && w.length < len(a.body))
}

func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	flush := func() { _ = http.NewResponseController(w).Flush() }
	for range a.informs() {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
	}
	w.Header().Del("Link")
	for k, vs := range a.header {
		w.Header()[k] = vs
	}
	if n := a.length(); n >= 0 {
		w.Header().Set("Content-Length", strconv.Itoa(n))
	}
	w.WriteHeader(a.status)
	if a.length() < 0 || a.wire != nil {
		flush() // else net/http would measure a short body and not send chunks
	}
	for i := 0; ; i++ {
		wait, piece, ok := a.step(i)
		if !ok {
			break
		}
		if sleep(r.Context(), wait) != nil {
			panic(http.ErrAbortHandler)
		}
		if _, err := w.Write(piece); err != nil {
			return
		}
		if a.stream != nil || a.wire != nil {
			flush()
		}
	}
	a.end(r)
}

func (a *answer) informs() int {
	if a.wire == nil {
		return 0
	}
	return a.wire.informs
}

// end leaves the connection as the fault has it.
func (a *answer) end(r *http.Request) {
	if a.wire == nil || a.wire.end == clean {
		return
	}
	if a.wire.end == stalled {
		<-r.Context().Done()
	}
	panic(http.ErrAbortHandler)
}

// seize takes the connection over and writes the answer by hand.
func (n *Notion) seize(w http.ResponseWriter, a *answer) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer n.servers.keep(conn)()
	_, _ = conn.Write(a.bytes())
	if a.wire == nil || a.wire.end == clean {
		// Whoever uses this connection again takes the surplus for its answer;
		// then the connection ends.
		_, _ = conn.Read(make([]byte, 1))
	}
	if a.wire != nil && a.wire.end == reset {
		resetConn(conn)
	}
	_ = conn.Close()
}

// resetConn makes the next Close a reset.
func resetConn(conn net.Conn) {
	if l, ok := conn.(interface{ SetLinger(sec int) error }); ok {
		_ = l.SetLinger(0)
	}
}

// bytes is the whole answer as it travels over HTTP/1.1.
func (a *answer) bytes() []byte {
	if a.wire != nil && a.wire.silent {
		return nil
	}
	if a.wire != nil && a.wire.raw != nil {
		return a.wire.raw
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	if n := a.length(); n >= 0 && a.status != http.StatusSwitchingProtocols {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", n)
	}
	_ = a.header.Write(&b)
	b.WriteString("\r\n")
	b.Write(a.sent())
	if a.wire != nil {
		b.Write(a.wire.extra)
	}
	return b.Bytes()
}
