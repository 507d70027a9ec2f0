package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// A client is one connection that asks the questions of one row, one after the
// other. It is written by hand to be cheap, since its core is shared with
// the canned Notion; and it looks at every byte that comes back, since the
// speed of wrong answers means nothing.
type client struct {
	conn    net.Conn
	in      *bufio.Reader
	row     row
	pantry  pantry
	request []byte
	number  []byte // in request
	asked   question
	body    []byte
}

const (
	answerTimeout = 10 * time.Second // a server that says nothing for so long is broken
	maxBody       = 1 << 20
)

func dial(ctx context.Context, addr string, r row, p pantry) (*client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	c := &client{conn: conn, in: bufio.NewReaderSize(conn, 32<<10), row: r, pantry: p, body: make([]byte, maxBody)}
	c.request = r.request(addr)
	at := bytes.Index(c.request, []byte(r.question(0).id())) + numberAt
	c.number = c.request[at : at+idLength-numberAt]
	return c, c.expect(0)
}

// expect gives the server so long, and some more, to answer what is asked from
// now on.
func (c *client) expect(long time.Duration) error {
	return c.conn.SetDeadline(time.Now().Add(long + answerTimeout))
}

// request is what the official JavaScript client sends from Node (5.26.0,
// 2026-08). Where the answer is to be unpacked, the client is one that takes
// no gzip.
func (r row) request(addr string) []byte {
	s := shapes[r.shape]
	var b bytes.Buffer
	fmt.Fprintf(&b, s.method+" "+s.path+" HTTP/1.1\r\nHost: %s\r\n", r.question(0).id(), addr)
	b.WriteString("Connection: keep-alive\r\nAuthorization: Bearer ntn_000000000000000000000000000000000000000000benc\r\n" +
		"Notion-Version: 2026-03-11\r\nUser-Agent: notionhq-client/5.26.0\r\n" +
		"Accept: */*\r\nAccept-Language: *\r\nSec-Fetch-Mode: cors\r\n")
	if r.takesGzip() {
		b.WriteString("Accept-Encoding: gzip, deflate\r\n")
	}
	if r.noStore {
		b.WriteString("Cache-Control: no-store\r\n")
	}
	if s.body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(s.body))
	}
	return append(append(b.Bytes(), "\r\n"...), s.body...)
}

const hexDigits = "0123456789abcdef"

// ask asks one question.
func (c *client) ask(number uint64) error {
	c.asked = c.row.question(number)
	for i, n := len(c.number)-1, c.asked.number; i >= 0; i, n = i-1, n>>4 {
		c.number[i] = hexDigits[n&0xf]
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	return nil
}

// answer waits for the answer. The error says what is wrong with it, by
// whomever it was given.
func (c *client) answer() (reply, error) {
	a, err := c.read()
	if err != nil {
		return a, fmt.Errorf("reading the answer: %w", err)
	}
	return a, c.check(a, c.asked)
}

// A reply is an answer as far as it is looked at.
type reply struct {
	status      string
	encoding    string
	cacheStatus string
	body        []byte // until the next one
}

func (c *client) read() (reply, error) {
	var a reply
	length := -1
	line, err := c.line()
	if err != nil {
		return a, err
	}
	a.status = string(line)
	for {
		if line, err = c.line(); err != nil {
			return a, err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch string(name) {
		case "Content-Length":
			if length, err = strconv.Atoi(string(value)); err != nil {
				return a, fmt.Errorf("the length: %w", err)
			}
		case "Content-Encoding":
			a.encoding = string(value)
		case "Cache-Status":
			a.cacheStatus = string(value)
		}
	}
	if length < 0 || length > len(c.body) {
		return a, errors.New("no Content-Length, or one too long")
	}
	a.body = c.body[:length]
	_, err = io.ReadFull(c.in, a.body)
	return a, err
}

func (c *client) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(line, []byte("\r\n")), nil
}

// check says what is wrong with the answer.
func (c *client) check(a reply, q question) error {
	wantEncoding := ""
	if c.row.takesGzip() && q.packed {
		wantEncoding = "gzip"
	}
	switch {
	case a.status != "HTTP/1.1 200 OK":
		return fmt.Errorf("answered %q: %.300q", a.status, a.body)
	case a.encoding != wantEncoding:
		return fmt.Errorf("encoded as %q, want %q", a.encoding, wantEncoding)
	case !bytes.Equal(a.body, c.row.want(c.pantry, q)):
		return fmt.Errorf("answered %d other bytes than Notion did: %.300q", len(a.body), a.body)
	}
	return nil
}

// cached says whether an answer of notionproxy's came about as the row wants:
// a benchmark of hits that measures misses measures nothing.
func (r row) cached(a reply) error {
	for _, word := range r.cacheStatus {
		if !strings.Contains(a.cacheStatus, word) {
			return fmt.Errorf("the Cache-Status is %q, want %q in it", a.cacheStatus, word)
		}
	}
	return nil
}
