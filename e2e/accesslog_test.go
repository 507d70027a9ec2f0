package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A line is one of the program's log: an event, or a finished request.
type line struct {
	Message string `json:"msg"`
	Address string `json:"address"` // of the event "listening"

	Operation       string  `json:"operation"`
	Status          int     `json:"status"`
	Outcome         string  `json:"outcome"`
	Age             float64 `json:"age"` // seconds
	Calls           int     `json:"calls"`
	UpstreamOutcome string  `json:"upstream_outcome"`
	Client          string  `json:"client"`

	raw    string
	isJSON bool
}

// answered tells whether l is a request for an operation, answered in that way.
func answered(operation, outcome string) func(line) bool {
	return func(l line) bool {
		return l.Message == "request" && l.Operation == operation && l.Outcome == outcome
	}
}

// An accessLog is what the program has written so far. The program collects its
// lines for up to a second, so they come late.
type accessLog struct {
	mu    sync.Mutex
	lines []line
}

func newAccessLog() *accessLog { return &accessLog{} }

// read takes lines until there are no more.
func (a *accessLog) read(from io.Reader) {
	in := bufio.NewScanner(from)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		l := line{raw: in.Text()}
		l.isJSON = json.Unmarshal(in.Bytes(), &l) == nil
		a.mu.Lock()
		a.lines = append(a.lines, l)
		a.mu.Unlock()
	}
}

func (a *accessLog) all() []line {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.lines)
}

func (a *accessLog) that(fits func(line) bool) []line {
	return slices.DeleteFunc(a.all(), func(l line) bool { return !fits(l) })
}

// wait waits for at least so many lines that fit, and returns them.
func (a *accessLog) wait(t *testing.T, atLeast int, what string, fits func(line) bool) []line {
	t.Helper()
	var found []line
	enough := func() bool {
		found = a.that(fits)
		return len(found) >= atLeast
	}
	require.Eventually(t, enough, patience, 20*time.Millisecond, "the log does not show %s: %v", what, a.raw())
	return found
}

// raw is the log as it stands, when a test has failed to find something in it.
func (a *accessLog) raw() rawLog { return rawLog{a} }

// A rawLog is printed only when it is needed, and as it is then.
type rawLog struct{ log *accessLog }

func (r rawLog) String() string {
	text := ""
	for _, l := range r.log.all() {
		text += "\n" + l.raw
	}
	return text
}
