package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/exchange"
)

// The words of a printed curl line that matter: what follows -H, -X and -d, and
// the URL.
var curlWords = regexp.MustCompile(`-(H|X|d) (?:'([^']*)'|(\S+))|'?(http://[^' ]+)`)

// curl makes the request of a printed line, with further headers.
func curl(t *testing.T, line string, headers ...string) (*http.Response, string) {
	t.Helper()
	method, url, body := "", "", ""
	for _, m := range curlWords.FindAllStringSubmatch(line, -1) {
		switch value := m[2] + m[3]; m[1] {
		case "H":
			headers = append(headers, value)
		case "X":
			method = value
		case "d":
			body, method = value, http.MethodPost
		default:
			url = m[4]
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err, line)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(req)
	require.NoError(t, err, line)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(text)
}

// startDemo starts the demonstration and returns the curl lines that it prints.
func startDemo(t *testing.T) (cmd *exec.Cmd, lines []string) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0], "demo", "--listen", "127.0.0.1:0", "--set", "admin.listen=127.0.0.1:0")
	cmd.Env = []string{"BE_NOTIONPROXY=1", "NOTION_TOKEN=ntn_real_0123456789", "NOTIONPROXY_MODE=nonsense"}
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	for out := bufio.NewScanner(stdout); out.Scan(); {
		if strings.HasPrefix(out.Text(), "  curl ") {
			lines = append(lines, out.Text())
		}
		if strings.HasPrefix(out.Text(), "Ctrl-C") {
			break
		}
	}
	return cmd, lines
}

func TestDemo_showsAStaleAnswerWhileNotionIsBroken(t *testing.T) {
	cmd, lines := startDemo(t)
	require.Len(t, lines, 6)
	me, query, smash, mend := lines[0], lines[1], lines[2], lines[3]

	answer, body := curl(t, me)
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Contains(t, body, `"type":"bot"`)
	answer, body = curl(t, query)
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Contains(t, body, `"object":"list"`)

	answer, _ = curl(t, smash)
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	answer, body = curl(t, query, "Cache-Control: no-cache") // as after the two seconds
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Contains(t, body, `"object":"list"`)
	assert.Contains(t, answer.Header.Get("Cache-Status"), "fwd=stale; fwd-status=502")

	answer, _ = curl(t, mend)
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	assert.NoError(t, cmd.Wait())
}

func TestDemo_refusesASettingsFile(t *testing.T) {
	got := runProgram(t.Context(), nil, "demo", "--config", "settings.yaml")
	assert.Equal(t, result{exitMisused, "", "notionproxy: demo reads no settings file; leave --config out\n"}, got)
}

// The demonstration's own application reads once a second. Lines of that would
// bury those of the reader's requests.
func TestLog_leavesOutWhoIsNotLogged(t *testing.T) {
	for unlogged, want := range map[string][]string{"": {"a", demoName}, demoName: {"a"}} {
		var logged []string
		record := (&program{unlogged: unlogged}).log(func(x *exchange.Exchange) { logged = append(logged, x.Client) })
		record(&exchange.Exchange{Client: "a"})
		record(&exchange.Exchange{Client: demoName})
		assert.Equal(t, want, logged)
	}
}
