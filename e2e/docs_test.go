package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// A snippet is a block of shell commands in a document. Behind "sh", its first
// line may say how it is run:
//
//	```sh             one after the other, each must succeed
//	```sh background  it goes on until the document ends
//	```sh elsewhere   needs what a reader here has not got, such as a cluster, or
//	                  is run by .ci/run itself; it is only parsed
type snippet struct {
	how  string
	line int
	text string
}

// snippets finds the shell commands in a document.
func snippets(text string) []snippet {
	var all []snippet
	var open *snippet
	for i, line := range strings.Split(text, "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case open != nil && isFence:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		case isFence && (fence == "sh" || strings.HasPrefix(fence, "sh ")):
			open = &snippet{how: strings.TrimSpace(strings.TrimPrefix(fence, "sh")), line: i + 2}
		}
	}
	return all
}

// Every command in the documents does what they say: it is run, in order, as a
// reader would who has a checkout, a Notion and a token.
func TestDocuments_commandsRun(t *testing.T) {
	need(t, "bash", "curl")
	files, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	for _, file := range append(files, "../README.md", "../CONTRIBUTING.md") {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all := snippets(string(text))
		if len(all) == 0 {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			r := newReader(t)
			for _, s := range all {
				r.follow(t, s)
			}
		})
	}
}

// A reader is somebody who pastes what a document says into a terminal. The
// addresses that documents name are others for each reader, so that several can
// read at once.
type reader struct {
	dir string
	env []string
	at  *strings.Replacer
	log bytes.Buffer
}

// newReader gives the reader a checkout and a Notion.
func newReader(t *testing.T) *reader {
	t.Helper()
	r := &reader{dir: filepath.Join(t.TempDir(), "notionproxy")}
	checkout(t, r.dir)
	n := notiontest.New(notiontest.Options{Seed: 5})
	workspace := n.Demo(notiontest.DemoOptions{})
	clients, admin := freePort(t), freePort(t)
	r.at = strings.NewReplacer("127.0.0.1:8080", clients, "127.0.0.1:8081", admin)
	r.env = environment(map[string]string{
		"PATH":                        filepath.Dir(binary) + ":" + os.Getenv("PATH"),
		"NOTIONPROXY_NOTION_URL":      serve(t, n),
		"NOTIONPROXY_STATUS_PAGE_URL": "",
		"NOTIONPROXY_SHUTDOWN_DELAY":  "0s",
		"NOTIONPROXY_LISTEN":          clients,
		"NOTIONPROXY_ADMIN_LISTEN":    admin,
		"PAGE_ID":                     workspace.Page,
		"DATA_SOURCE_ID":              workspace.DataSource,
		"TOKEN":                       workspace.Token,
	})
	return r
}

// checkout copies what git knows of this checkout, committed or not.
func checkout(t *testing.T, to string) {
	t.Helper()
	script := `mkdir -p "$1" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$1"`
	c := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script, "checkout", to)
	c.Dir = ".."
	out, err := c.CombinedOutput()
	require.NoError(t, err, string(out))
}

// freePort is an address to listen on later. It is one of loopback's that
// nobody else uses: on 127.0.0.1 the next connection of somebody might have it
// by then.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.77:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func (r *reader) follow(t *testing.T, s snippet) {
	t.Helper()
	switch s.how {
	case "":
		r.run(t, s)
	case "background":
		r.start(t, s)
	case "elsewhere":
		r.parse(t, s)
	default:
		assert.Failf(t, "nobody knows how to run this", "line %d: %q", s.line, s.how)
	}
}

func (r *reader) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, "bash", args...)
	c.Dir, c.Env = r.dir, r.env
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // bash's children end with it
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = patience
	return c
}

func (r *reader) run(t *testing.T, s snippet) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	// What a reader exports in one block holds in the next.
	script := fmt.Sprintf("set -euo pipefail\n[ ! -f .env ] || . ./.env\n%s\nexport -p > .env\n", r.at.Replace(s.text))
	c := r.command(ctx, "-c", script)
	c.Env = append(c.Env, "NOTION_TOKEN="+notiontest.DemoToken)
	out, err := c.CombinedOutput()
	require.NoError(t, err, "line %d:\n%s\n%s", s.line, s.text, out)
}

// start runs what goes on, and waits until the proxy is ready.
func (r *reader) start(t *testing.T, s snippet) {
	t.Helper()
	c := r.command(context.Background(), "-c", "set -euo pipefail\n"+r.at.Replace(s.text))
	c.Stdout, c.Stderr = &r.log, &r.log
	require.NoError(t, c.Start())
	ended := make(chan struct{})
	go func() {
		_ = c.Wait() // however it ended, it should not have
		close(ended)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGTERM)
		<-ended
	})
	require.Eventually(t, func() bool {
		select {
		case <-ended:
			return true
		default:
			return r.command(t.Context(), "-c", r.at.Replace("curl -sf http://127.0.0.1:8080/readyz")).Run() == nil
		}
	}, time.Minute, 50*time.Millisecond, "line %d: it is not ready", s.line)
	select {
	case <-ended:
		require.Failf(t, "it ended", "line %d: %s", s.line, r.log.String())
	default:
	}
}

func (r *reader) parse(t *testing.T, s snippet) {
	t.Helper()
	c := r.command(t.Context(), "-n")
	c.Stdin = strings.NewReader(s.text)
	out, err := c.CombinedOutput()
	assert.NoError(t, err, "line %d: %s", s.line, out)
}
