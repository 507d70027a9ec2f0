package e2e

import (
	"bufio"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A demo is the running demonstration, and the addresses that it prints.
type demo struct {
	page    string
	control string // of the small Notion
	edits   []string
}

var controlLine = regexp.MustCompile(`curl -X POST '?(http://[^/]+)(/[^'\s]+)`)

// startDemo runs "notionproxy demo" until the test ends.
func startDemo(t *testing.T) (d demo) {
	t.Helper()
	cmd := exec.Command(binary, "demo", "--listen", "127.0.0.1:0", "--set", "admin.listen=127.0.0.1:0", "--log-level", "error")
	cmd.Env = environment(map[string]string{"NOTIONPROXY_ADMIN_LISTEN": ""})
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_, _ = io.Copy(io.Discard, out)
		assert.NoError(t, cmd.Wait())
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		if strings.HasSuffix(text, "/triage") {
			d.page = text
		}
		if m := controlLine.FindStringSubmatch(text); m != nil {
			d.control, d.edits = m[1], append(d.edits, m[2])
		}
		if strings.HasPrefix(text, "Ctrl-C") {
			break
		}
	}
	require.NotEmpty(t, d.page, "it does not print the page's address")
	require.Len(t, d.edits, 4)
	return d
}

func (d demo) post(t *testing.T, path string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.control+path, http.NoBody)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode, path)
}

// Whoever tries the program breaks its Notion and looks at the page, which must
// tell within fifteen seconds, by itself.
func TestDemo_tellsWhatIsBrokenOnThePage(t *testing.T) {
	need(t, browser)
	t.Parallel()
	for name, scene := range map[string]struct {
		edit    int // of those that it prints, or
		path    string
		classes string // a script's list
	}{
		"edge":   {0, "", `["notion-side", "notion-down"]`},
		"rename": {2, "", `["schema-changed"]`},
		"revoke": {3, "", `["token-expired"]`},
		"limit":  {-1, "/break?how=429", `["rate-limited"]`},
		"cut":    {-1, "/break?how=cut", `["notion-side", "notion-down"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t)
			b := openBrowser(t)
			b.show(looks[0])
			b.open(d.page)
			b.becomes(patience, `document.querySelector("#class").textContent === "ok" && document.querySelector("table td").textContent > 5`, "all is well, and there is traffic")
			path := scene.path
			if scene.edit >= 0 {
				path = d.edits[scene.edit]
			}
			start := time.Now()
			d.post(t, path)
			b.becomes(15*time.Second, scene.classes+`.includes(document.querySelector("#class").textContent)`, "the verdict on "+name)
			t.Logf("%s after %v: %s", b.text("#class"), time.Since(start).Round(time.Second), b.text("#headline"))
			b.wantQuietConsole()
		})
	}
}
