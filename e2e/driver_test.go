package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An sdk is Notion's own SDK in a process of its own, which calls what it is
// told to. Its methods may be used concurrently.
type sdk struct {
	mu      sync.Mutex // one line at a time
	in      io.Writer
	calls   int
	waiting map[int]chan reply
}

// A call is one of the SDK, such as pages.retrieve, under the test's token.
type call struct {
	ID      int               `json:"id"`
	Call    string            `json:"call"`
	Args    map[string]any    `json:"args"`
	Token   string            `json:"token"`
	Headers map[string]string `json:"headers"` // sent besides the SDK's own
	Retry   *bool             `json:"retry,omitempty"`
}

// A reply is what became of a call.
type reply struct {
	ID       int
	Error    string            // what the SDK threw; empty when it answered
	Statuses []int             // of all attempts, in their order
	Waits    []string          // Retry-After of each of them
	Headers  map[string]string // of the last answer, in lower case
	Body     string            // the same
}

// startSDK runs the SDK against a base URL until the test ends.
func startSDK(t *testing.T, baseURL string) *sdk {
	t.Helper()
	s := &sdk{waiting: map[int]chan reply{}}
	driver := exec.Command(node, "js/driver.mjs")
	driver.Env = environment(map[string]string{"BASE_URL": baseURL})
	var problems strings.Builder
	driver.Stderr = &problems
	in, err := driver.StdinPipe()
	require.NoError(t, err)
	out, err := driver.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, driver.Start())
	s.in = in
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.deliver(out)
	}()
	t.Cleanup(func() {
		_ = in.Close() // it ends by itself then
		<-read
		assert.NoError(t, driver.Wait(), problems.String())
		assert.Empty(t, problems.String())
	})
	return s
}

// deliver hands replies to those who wait, until the process ends: then the
// rest get an error.
func (s *sdk) deliver(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r reply
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			continue // whoever waits for it gets the error below
		}
		s.mu.Lock()
		waiting := s.waiting[r.ID]
		delete(s.waiting, r.ID)
		s.mu.Unlock()
		waiting <- r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, waiting := range s.waiting {
		waiting <- reply{Error: "the driver has ended"}
	}
}

// send makes a call and returns at once; the reply comes later.
func (s *sdk) send(c call) <-chan reply {
	waiting := make(chan reply, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	c.ID, c.Token = s.calls, testToken
	s.waiting[c.ID] = waiting
	text, _ := json.Marshal(c) // strings and numbers
	if _, err := s.in.Write(append(text, '\n')); err != nil {
		delete(s.waiting, c.ID)
		waiting <- reply{Error: "writing to the driver: " + err.Error()}
	}
	return waiting
}

func (s *sdk) do(c call) reply { return <-s.send(c) }

// readPage is the call that most tests make.
func readPage(id string) call {
	return call{Call: "pages.retrieve", Args: map[string]any{"page_id": id}}
}

// anew has a read answered by Notion, not from the cache.
func (c call) anew() call {
	c.Headers = map[string]string{"Cache-Control": "no-cache"}
	return c
}

// once keeps the SDK from repeating the call.
func (c call) once() call {
	c.Retry = new(bool)
	return c
}

// readAll sends a read for every page at once and returns the replies.
func (s *sdk) readAll(pages []string) []reply {
	var sent []<-chan reply
	for _, id := range pages {
		sent = append(sent, s.send(readPage(id)))
	}
	var replies []reply
	for _, waiting := range sent {
		replies = append(replies, <-waiting)
	}
	return replies
}
