package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// A test binary that has notionVariable in its environment is a Notion at that
// address, so that a test can kill it. All such Notions have the same content
// but for the titles of the pages, which begin with titleVariable.
const (
	notionVariable = "E2E_NOTION"
	titleVariable  = "E2E_TITLE"
)

const processPages = 20

func processWorld() (n *notiontest.Notion, pages []string) {
	n = notiontest.New(notiontest.Options{Seed: 3, RateLimit: -1})
	w := makeWorld(n)
	return n, w.makePages(n, os.Getenv(titleVariable), processPages)
}

// serveNotion says where it listens, and serves until its input ends, which it
// does with the test at the latest.
func serveNotion(addr string) (exit int) {
	n, _ := processWorld()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "listening:", err)
		return 1
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = n.Close()
	}()
	fmt.Println(l.Addr())
	if err := n.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, "serving:", err)
		return 1
	}
	return 0
}

// A notionProcess is a Notion that can be killed.
type notionProcess struct {
	addr string
	cmd  *exec.Cmd
	in   io.Closer
}

// startNotion starts one at an address whose port may be 0.
func startNotion(t *testing.T, addr, title string) *notionProcess {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	p := &notionProcess{cmd: exec.Command(self)}
	p.cmd.Env = environment(map[string]string{notionVariable: addr, titleVariable: title})
	p.cmd.Stderr = os.Stderr
	p.in, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(p.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "the Notion process did not say where it listens")
	p.addr = strings.TrimSpace(line)
	return p
}

// kill ends it without a word to anybody.
func (p *notionProcess) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()         // killed, as it should be
	_ = p.in.Close()
}
