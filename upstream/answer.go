package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"

	"notionproxy/notion"
)

// An Answer is the outcome of one call. Its byte slices are not changed any
// more and may be shared.
type Answer struct {
	Kind   Kind
	Err    error // why there is no whole answer; nil for answers of any status
	Status int   // 0 when there was no answer
	Header http.Header

	// Body is the body as it was received, Plain the same decoded. They are
	// one where Notion did not compress. Of an answer longer than MaxAnswer
	// they are a beginning, and Rest is not nil.
	Body  []byte
	Gzip  bool // Body is compressed
	Plain []byte

	// Rest is what follows after Body where the answer was too long to hold.
	// Whoever gets it must close it. The answer was not looked into then.
	Rest io.ReadCloser

	// Survey is what the body holds, of an OK answer that was surveyed.
	Survey notion.Survey
	// Error is the body of an error of Notion's own.
	Error notion.Error

	// Calls is how often the request left, repeats by the transport included;
	// 0 when it certainly did not.
	Calls int
	Took  time.Duration

	borrowed *[]byte // where Body lies; nil where that has memory of its own
}

// Recycle ends the use of an answer to a Passing request: another one gets its
// memory. No part of its bytes may be in use, nor anybody else have it. It does
// nothing to other answers.
func (a *Answer) Recycle() {
	if a.borrowed == nil {
		return
	}
	giveBack(a.borrowed)
	a.Body, a.Plain, a.borrowed = nil, nil, nil
}

// Look says how closely a 2xx answer is looked at. Errors always are.
type Look uint8

// How closely to look.
const (
	Unopened Look = iota // it only has to be whole; Plain is nil if it is compressed
	Unpacked             // it is unpacked
	Surveyed             // it must be a well-formed JSON object, no error in disguise, and has a Survey
)

// Fetch makes a call and reads the whole answer. It always returns an answer;
// what went wrong is in its Kind.
func (c *Client) Fetch(ctx context.Context, r *Request, look Look) *Answer {
	start := time.Now()
	a := c.fetch(ctx, r, look)
	a.Took = time.Since(start)
	return a
}

func (c *Client) fetch(ctx context.Context, r *Request, look Look) *Answer {
	resp, calls, err := c.send(ctx, r)
	a := &Answer{Calls: calls, Err: err}
	if err != nil {
		a.Kind = judgeError(ctx, err, calls > 0)
		return a
	}
	a.Status, a.Header = resp.StatusCode, resp.Header
	a.Kind, a.Err = readInto(a, resp, c.maxAnswer, look, r.Passing)
	if a.Err != nil {
		resp.Body.Close()
		if a.Kind == Cut {
			a.Kind = judgeBody(ctx, a.Err)
		}
		return a
	}
	if a.Rest != nil {
		a.judgeLong(look)
		return a
	}
	resp.Body.Close()
	a.judge(r, look)
	return a
}

// judgeLong says what an answer means that is too long to hold: nothing of
// Notion's is that long but its JSON. Of what else it is nothing is kept.
func (a *Answer) judgeLong(look Look) {
	switch {
	case a.Status/100 != 2 || !isJSON(a.Header):
		a.Kind = Edge
	case look == Surveyed && a.Status != http.StatusOK:
		a.Kind = Malformed
	default:
		a.Kind = OK
		return
	}
	a.Rest.Close()
	a.Rest = nil
}

// judge looks into a whole answer.
func (a *Answer) judge(r *Request, look Look) {
	isError := false
	if a.Status/100 != 2 {
		a.Error, isError = notion.ParseError(a.Plain)
	}
	a.Kind = judge(r.Path, a.Status, a.Header, a.Error, isError)
	if a.Kind == OK && len(a.Body) == 0 && r.Method != http.MethodHead {
		a.Kind, a.Err = Malformed, errors.New("reading Notion's answer: nothing but a status of success")
	}
	if a.Kind != OK || look != Surveyed {
		return
	}
	if a.Status != http.StatusOK {
		// A part of an answer (206) may look whole.
		a.Kind, a.Err = Malformed, fmt.Errorf("reading Notion's answer: status %d to a read", a.Status)
		return
	}
	s, err := notion.Inspect(a.Plain)
	switch {
	case err != nil:
		a.Kind, a.Err = Malformed, err
	case s.Object == "error":
		a.Kind, a.Err = Malformed, errors.New("reading Notion's answer: an error with a status of success")
	}
	a.Survey = s
}

// Peek reads the beginning of a streamed answer into a, and says what it means
// if it was the whole. What is longer than max bytes goes on in a.Rest, which
// is the answer's own body.
func (c *Client) Peek(a *Answer, r *Request, resp *http.Response, max int64) {
	a.Kind, a.Err = readInto(a, resp, max, Unpacked, false)
	switch {
	case a.Err != nil:
	case a.Rest == nil:
		a.judge(r, Unpacked)
	default:
		a.judgeLong(Unpacked)
	}
}

// Stream makes a call and returns the answer as it comes. The caller closes
// its body. Of an error, kind says what it means.
func (c *Client) Stream(ctx context.Context, r *Request) (resp *http.Response, calls int, kind Kind, err error) {
	resp, calls, err = c.send(ctx, r)
	if err != nil {
		return nil, calls, judgeError(ctx, err, calls > 0), err
	}
	return resp, calls, OK, nil
}

// send makes the call, and counts how often it left: Go's transport repeats
// requests without a body by itself when a pooled connection turns out dead.
func (c *Client) send(ctx context.Context, r *Request) (*http.Response, int, error) {
	var left atomic.Int32
	trace := &httptrace.ClientTrace{WroteHeaders: func() { left.Add(1) }}
	resp, err := c.pools.roundTrip(c.request(httptrace.WithClientTrace(ctx, trace), r), r.Token)
	if err != nil {
		return nil, int(left.Load()), err
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body.Close()
		return nil, int(left.Load()), errSwitched
	}
	return resp, int(left.Load()), nil
}

var errBomb = errors.New("reading Notion's answer: it unpacks to more than a hundred times its size")

// readInto fills in the body. Its kind counts only where it is not OK.
func readInto(a *Answer, resp *http.Response, max int64, look Look, passing bool) (Kind, error) {
	body, whole, err := a.readBody(resp, max, passing)
	a.Body, a.Plain = body, body
	if err != nil {
		return Cut, err
	}
	switch encoding := resp.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		a.Gzip = true
	default:
		return Malformed, errors.New("reading Notion's answer: an encoding that was not asked for")
	}
	if !whole {
		a.Rest = resp.Body
		return OK, nil
	}
	if !a.Gzip {
		return OK, nil
	}
	if look == Unopened && resp.StatusCode/100 == 2 {
		a.Plain = nil
		return OK, nil
	}
	a.Plain, err = Unzip(body, max)
	if errors.Is(err, errTooLong) {
		a.Plain, a.Rest = nil, http.NoBody
		return OK, nil
	}
	if err != nil {
		return Malformed, err
	}
	return OK, nil
}

// readBody reads the body into memory of its own, or into some that is lent for
// as long as it is passed on.
func (a *Answer) readBody(resp *http.Response, max int64, passing bool) (body []byte, whole bool, err error) {
	length := resp.ContentLength
	if length >= 0 && !passing {
		return readUpTo(resp.Body, make([]byte, 0, roomFor(length, max)), max)
	}
	// How long one is that comes in chunks, as most of Notion's do, is known
	// when it is there.
	room := borrow(roomFor(length, max))
	body, whole, err = readUpTo(resp.Body, (*room)[:0], max)
	if passing {
		a.borrowed = room
		return body, whole, err
	}
	defer giveBack(room)
	return bytes.Clone(body), whole, err
}

// roomFor is how much memory a body is read into first that has that length,
// negative where it is not known: one byte more, so that the end is seen without
// growing.
func roomFor(length, max int64) int {
	if length < 0 {
		return 4 << 10
	}
	return int(min(length, max)) + 1
}

// readUpTo reads r to its end or to max bytes, whichever comes first, behind
// what is in body.
func readUpTo(r io.Reader, body []byte, max int64) (_ []byte, whole bool, err error) {
	for {
		if int64(len(body)) >= max {
			return body, false, nil
		}
		if len(body) == cap(body) {
			body = slices.Grow(body, len(body))
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, true, nil
		}
		if err != nil {
			return body, false, err
		}
	}
}

var errTooLong = errors.New("reading Notion's answer: too long to hold")

// unzippers are kept, since each has some 40 KB of tables.
var unzippers = sync.Pool{New: func() any { return new(gzip.Reader) }}

// Unzip decodes body, which must be one whole gzip stream. It gives up past
// max bytes, and on what can only be a bomb.
func Unzip(body []byte, max int64) ([]byte, error) {
	z := unzippers.Get().(*gzip.Reader)
	defer unzippers.Put(z)
	in := bytes.NewReader(body)
	if err := z.Reset(in); err != nil {
		return nil, fmt.Errorf("unpacking Notion's answer: %w", err)
	}
	z.Multistream(false)
	limit := min(max, int64(len(body))*maxRatio+64<<10)
	plain, whole, err := readUpTo(z, make([]byte, 0, roomFor(sizeHint(body, limit), limit)), limit)
	switch {
	case err != nil:
		return nil, fmt.Errorf("unpacking Notion's answer: %w", err)
	case whole && in.Len() > 0:
		return nil, errors.New("unpacking Notion's answer: more follows after its end")
	case whole:
		return plain, nil
	case len(plain) > maxRatio*(len(body)-in.Len())+64<<10, limit < max:
		return nil, errBomb
	}
	return nil, errTooLong
}

// sizeHint is the length that a gzip stream's last four bytes tell (RFC 1952
// 2.3.1), if it can be true.
func sizeHint(body []byte, limit int64) int64 {
	if len(body) < 18 {
		return -1
	}
	t := body[len(body)-4:]
	n := int64(t[0]) | int64(t[1])<<8 | int64(t[2])<<16 | int64(t[3])<<24
	if n > limit {
		return -1
	}
	return n
}
