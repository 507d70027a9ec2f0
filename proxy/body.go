package proxy

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"notionproxy/notion"
)

// distrustBody sees to it that a body that is not as announced harms nobody but
// its sender, whether or not anybody reads it.
func (p *Proxy) distrustBody(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 {
		return
	}
	// net/http reads what is left of a body before it answers, and waits for
	// it for ever: a client that is refused could hold its connection so.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(p.settings.Load().Limits.BodyStall))
	if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
		// Such a request may have had a length too, which net/http drops. Who
		// goes by that takes what follows for a request of its own, so that
		// the connection must end (RFC 9112 6.1).
		w.Header().Set("Connection", "close")
	}
}

// readBody reads the body of a call that is not streamed, and answers when it
// can't. JSON bodies are read before Notion is asked, so that what breaks here
// costs no call and is no fault of Notion's.
func (p *Proxy) readBody(c *call) bool {
	r := c.r
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return true
	}
	limit := c.set.Limits.Body
	if c.isGet() {
		limit = maxGetBody
	}
	body, err := p.drainBody(c, limit)
	switch {
	case errors.Is(err, errLong) && c.match.Op.Kind == notion.Read && !c.isGet():
		// A question that long is not stored, but Notion may take it.
		c.body = body
		p.stream(c)
		return false
	case errors.Is(err, errLong):
		p.refuse(c, tooLong("body", limit))
		return false
	case err != nil:
		p.refuse(c, brokenBody(err))
		return false
	}
	c.x.BytesIn = int64(len(body))
	if !c.isGet() {
		c.body = body // a GET has no body; what came with it is dropped
	}
	return true
}

var errLong = errors.New("longer than allowed")

// drainBody reads the body up to limit bytes.
func (p *Proxy) drainBody(c *call, limit int64) ([]byte, error) {
	if c.r.ContentLength > limit {
		return nil, errLong
	}
	room := c.r.ContentLength + 1
	if room == 0 { // it was not announced
		room = 512
	}
	body := make([]byte, 0, room)
	var in io.Reader = &stallReader{r: c.r.Body, control: http.NewResponseController(c.w), limit: c.set.Limits.BodyStall, watched: true}
	for {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := in.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return body, errLong
		case err == io.EOF:
			return body, nil
		case err != nil:
			return nil, err
		}
	}
}

// brokenBody says why a body could not be read.
func brokenBody(err error) *problem {
	e := bad("the body broke off")
	e.close = true
	if errors.Is(err, os.ErrDeadlineExceeded) {
		e = bad("the body stalled")
		e.status, e.close = http.StatusRequestTimeout, true
	}
	return e
}

// stallReader is the client's body, given up when no byte comes for a while: a
// client that stalls must not hold memory and a place for ever.
type stallReader struct {
	r       io.Reader
	control *http.ResponseController
	limit   time.Duration
	watched bool   // the first piece has its time already, from distrustBody
	feed    func() // told of each piece; may be nil
	read    int64
	err     error // why the client's body could not be read to its end
}

func (s *stallReader) Read(b []byte) (int, error) {
	// Servers that have no deadlines, such as recorders in tests, have no
	// slow clients either.
	if !s.watched {
		_ = s.control.SetReadDeadline(time.Now().Add(s.limit))
	}
	s.watched = false
	n, err := s.r.Read(b)
	s.read += int64(n)
	if s.feed != nil {
		s.feed()
	}
	switch {
	case err == io.EOF:
		_ = s.control.SetReadDeadline(time.Time{})
	case err != nil:
		s.err = err // and the deadline stands: net/http would go on reading
	}
	return n, err
}
