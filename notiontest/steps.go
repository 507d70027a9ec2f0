package notiontest

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"time"
)

// step is the i-th piece of an answer's body and how long it is waited for;
// ok tells that there is one.
func (a *answer) step(i int) (wait time.Duration, piece []byte, ok bool) {
	switch {
	case a.bare:
		return 0, nil, false
	case a.stream != nil:
		return a.streamStep(i)
	case a.wire != nil && a.wire.pieces > 0:
		return a.pieceStep(i)
	case a.wire != nil && a.wire.endless:
		return a.endlessStep(i)
	}
	return 0, a.sent(), i == 0
}

func (a *answer) streamStep(i int) (time.Duration, []byte, bool) {
	if i >= len(a.stream) {
		return 0, nil, false
	}
	if i == 0 {
		return 0, a.stream[0].bytes(), true
	}
	return a.gap, a.stream[i].bytes(), true
}

func (a *answer) pieceStep(i int) (time.Duration, []byte, bool) {
	from, upTo := len(a.body)*i/a.wire.pieces, len(a.body)*(i+1)/a.wire.pieces
	if i >= a.wire.pieces {
		return 0, nil, false
	}
	if i == 0 {
		return 0, a.body[from:upTo], true
	}
	return a.wire.gap, a.body[from:upTo], true
}

var blanks = []byte(strings.Repeat(" ", 32<<10))

// endlessStep leaves the last brace away and goes on with white space, so that
// what was read so far could always become valid JSON.
func (a *answer) endlessStep(i int) (time.Duration, []byte, bool) {
	if i == 0 {
		return 0, bytes.TrimSuffix(a.body, []byte("}")), true
	}
	return a.wire.gap, blanks, true
}

// sent is as much of the body as is sent.
func (a *answer) sent() []byte {
	if a.wire == nil || a.wire.upTo < 0 {
		return a.body
	}
	return a.body[:a.wire.upTo]
}

// length is what Content-Length says; -1 means that there is none.
func (a *answer) length() int {
	switch {
	case a.chunked || a.stream != nil || a.wire != nil && a.wire.endless:
		return -1
	case a.wire != nil && a.wire.length >= 0:
		return a.wire.length
	}
	return len(a.body)
}

func unzip(body []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		panic("notiontest: our own gzip is broken: " + err.Error())
	}
	out, err := io.ReadAll(z)
	if err != nil {
		panic("notiontest: our own gzip is broken: " + err.Error())
	}
	return out
}
