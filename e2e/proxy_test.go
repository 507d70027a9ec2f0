package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what should happen at once.
const patience = 20 * time.Second

// secrets are what no log may hold: the beginning of every token in these
// tests, the name of the edge's cookie, and words that stand in bodies only.
var secrets = []string{"ntn_", "__cf_bm", "Harbour", "Ada Lovelace"}

// A proxy is the running program.
type proxy struct {
	url    string
	notion string // what it is in front of
	log    *accessLog
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended
	err    error         // how, once exited is closed
	killed bool          // by the test, without a word
}

// startProxy runs the program in front of a Notion until the test ends. The
// settings are environment variables without their prefix.
func startProxy(t *testing.T, notionURL string, settings map[string]string) *proxy {
	t.Helper()
	p := &proxy{notion: notionURL, log: newAccessLog(), exited: make(chan struct{})}
	p.cmd = exec.Command(binary)
	p.cmd.Env = environment(map[string]string{
		"NOTIONPROXY_LISTEN":         "127.0.0.1:0",
		"NOTIONPROXY_ADMIN_LISTEN":   "127.0.0.1:0",
		"NOTIONPROXY_NOTION_URL":     notionURL,
		"NOTIONPROXY_LOG_FORMAT":     "json",
		"NOTIONPROXY_SHUTDOWN_DELAY": "0s",
	})
	for name, value := range settings {
		p.cmd.Env = append(p.cmd.Env, "NOTIONPROXY_"+name+"="+value)
	}
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	go func() {
		p.log.read(stderr) // to its end, which Wait would cut off
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() { p.stop(t) })

	p.waitListening(t)
	require.Eventually(t, func() bool { return p.status(t, "/readyz") == http.StatusOK }, patience, 20*time.Millisecond, "not ready")
	return p
}

// waitListening waits until the log says where the program listens, or that it
// does not.
func (p *proxy) waitListening(t *testing.T) {
	t.Helper()
	var listening []line
	require.Eventually(t, func() bool {
		listening = p.log.that(func(l line) bool { return l.Message == "listening" })
		return len(listening) > 0 || p.hasExited()
	}, patience, 20*time.Millisecond, "it does not listen")
	require.NotEmpty(t, listening, "it does not start: %v", p.log.raw())
	p.url = "http://" + listening[0].Address
}

// adminAddress is where the program listens for admins and Prometheus. It says
// so before it listens for clients.
func (p *proxy) adminAddress(t *testing.T) string {
	t.Helper()
	said := p.log.that(func(l line) bool { return l.Message == "listening for admin" })
	require.NotEmpty(t, said)
	return said[0].Address
}

func (p *proxy) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// environment is a small one: no setting of the machine reaches the programs
// under test, an outgoing proxy least of all.
func environment(more map[string]string) []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
	for name, value := range more {
		env = append(env, name+"="+value)
	}
	return env
}

// status asks for one of the program's own paths; 0 means that nobody answers.
func (p *proxy) status(t *testing.T, path string) int {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, http.NoBody)
	if err != nil {
		return 0
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// kill ends the program as a crash or the kernel would.
func (p *proxy) kill(t *testing.T) {
	t.Helper()
	p.killed = true
	require.NoError(t, p.cmd.Process.Kill())
	<-p.exited
}

func (p *proxy) terminate(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
}

// waitExit waits for the program's end, which must be a good one.
func (p *proxy) waitExit(t *testing.T) {
	t.Helper()
	select {
	case <-p.exited:
		if !p.killed {
			assert.NoError(t, p.err, "exit")
		}
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.exited
		t.Error("the program did not end after SIGTERM")
	}
}

// stop ends the program, unless the test has, and looks through its log.
func (p *proxy) stop(t *testing.T) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may be gone
	p.waitExit(t)
	lines := p.log.all()
	for i, l := range lines {
		cut := p.killed && i == len(lines)-1 // in the middle of its last word
		assert.True(t, l.isJSON || cut, "not a line of JSON: %s", l.raw)
		for _, secret := range secrets {
			assert.NotContains(t, l.raw, secret)
		}
	}
}
