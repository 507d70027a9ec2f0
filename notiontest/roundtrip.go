package notiontest

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// RoundTrip answers r in the calling goroutine, without a socket, so that a
// test can use Notion under a fake clock. It is the whole fake but for what only
// a connection can do: of a "too-short" body it yields what Content-Length
// says; surplus bytes and 1xx answers are not seen; endings of the connection
// are errors of RoundTrip or of reading the body (ECONNRESET, unexpected EOF); a
// hang lasts until the request's context ends. See Pipe for the rest.
func (n *Notion) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	a := n.handle(r, n.isStray(r))
	switch {
	case a.gone != nil:
		return nil, a.gone
	case a.wire != nil && a.wire.silent && a.wire.end == stalled:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case a.wire != nil && a.wire.silent:
		return nil, connectionReset("read")
	case a.wire != nil && a.wire.raw != nil:
		return parseRaw(a.wire.raw, r)
	}
	return a.response(r), nil
}

func (n *Notion) isStray(r *http.Request) bool {
	for _, h := range n.opts.Hosts {
		if h == r.URL.Host || h == "*" {
			return false
		}
	}
	return true
}

func (a *answer) response(r *http.Request) *http.Response {
	resp := &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), ContentLength: int64(a.length()), Request: r,
		Body: &scripted{a: a, r: r, left: a.length()},
	}
	if resp.ContentLength >= 0 {
		resp.Header.Set("Content-Length", strconv.Itoa(a.length()))
	} else {
		resp.TransferEncoding = []string{"chunked"}
	}
	return resp
}

// scripted is a response's body over RoundTrip.
type scripted struct {
	a     *answer
	r     *http.Request
	i     int
	piece []byte
	left  int // bytes that Content-Length still allows; negative: any number
	shut  bool
}

func (s *scripted) Read(p []byte) (int, error) {
	if s.shut {
		return 0, http.ErrBodyReadAfterClose
	}
	for len(s.piece) == 0 && s.left != 0 {
		wait, piece, ok := s.a.step(s.i)
		if !ok {
			return 0, s.ended()
		}
		if err := sleep(s.r.Context(), wait); err != nil {
			return 0, err
		}
		s.piece, s.i = piece, s.i+1
	}
	if s.left == 0 {
		return 0, io.EOF
	}
	if s.left > 0 && len(s.piece) > s.left {
		s.piece = s.piece[:s.left]
	}
	n := copy(p, s.piece)
	s.piece, s.left = s.piece[n:], s.left-n
	return n, nil
}

func (s *scripted) ended() error {
	switch w := s.a.wire; {
	case w == nil || w.end == clean || s.a.bare:
		return io.EOF
	case w.end == reset:
		return connectionReset("read")
	case w.end == stalled:
		<-s.r.Context().Done()
		return s.r.Context().Err()
	}
	return io.ErrUnexpectedEOF
}

func (s *scripted) Close() error {
	s.shut = true
	return nil
}
