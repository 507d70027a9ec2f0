package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// process is the program as a process of its own.
type process struct {
	cmd *exec.Cmd
	log *bufio.Scanner
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	return startProcessWith(t, nil, args...)
}

func startProcessWith(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"--log-format", "json", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = append([]string{"BE_NOTIONPROXY=1"}, env...)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return &process{cmd, bufio.NewScanner(stderr)}
}

// awaits reads the log up to the line with this message, and returns its
// fields.
func (p *process) awaits(t *testing.T, message string) map[string]any {
	t.Helper()
	for p.log.Scan() {
		fields := map[string]any{}
		require.NoError(t, json.Unmarshal(p.log.Bytes(), &fields), p.log.Text())
		if fields["msg"] == message {
			return fields
		}
	}
	require.Fail(t, "the program ended without saying so", message)
	return nil
}

func (p *process) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(sig))
}

func TestProcess_endsWellOnSIGTERM(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := startProcess(t, "--set", "shutdown.delay=0s")
		addr, ok := p.awaits(t, "listening")["address"].(string)
		require.True(t, ok)
		alive := runProgram(t.Context(), nil, "health", "--listen", addr)
		assert.Equal(t, exitOK, alive.code, alive.stderr)

		p.signal(t, sig)
		p.awaits(t, "shut down")
		assert.NoError(t, p.cmd.Wait(), sig.String())
	}
}

func TestProcess_endsAtOnceOnASecondSignal(t *testing.T) {
	p := startProcess(t, "--set", "shutdown.delay=30s")
	p.awaits(t, "listening")
	p.signal(t, syscall.SIGTERM)
	p.awaits(t, "shutting down")
	p.signal(t, syscall.SIGTERM)

	var exit *exec.ExitError
	require.ErrorAs(t, p.cmd.Wait(), &exit)
	status, ok := exit.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	assert.Equal(t, syscall.SIGTERM, status.Signal())
}

func TestProcess_readsItsSettingsAnewOnSIGHUP(t *testing.T) {
	file := writeFile(t, "settings.yaml", "log: {level: info}\n")
	p := startProcess(t, "--config", file, "--set", "shutdown.delay=0s")
	p.awaits(t, "listening")

	write(t, file, "log: {level: nonsense}\n")
	p.signal(t, syscall.SIGHUP)
	refused := p.awaits(t, "keeping what was read before")
	assert.Equal(t, "config", refused["setting"])
	assert.Contains(t, refused["error"], "log.level is nonsense")

	write(t, file, "mode: observe\n")
	p.signal(t, syscall.SIGHUP)
	assert.Equal(t, "config", p.awaits(t, "read anew")["setting"])

	p.signal(t, syscall.SIGTERM)
	p.awaits(t, "shut down")
	assert.NoError(t, p.cmd.Wait())
}
