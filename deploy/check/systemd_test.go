package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// need skips where a tool is missing, or fails where none may be.
func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("NOTIONPROXY_REQUIRE_ALL") != "" {
			require.NoError(t, err)
		}
		t.Skipf("%s is not installed", tool)
	}
}

// unit is the service file as a system would have it, with the program where it
// was built.
func unit(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../systemd/notionproxy.service")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "notionproxy.service")
	placed := strings.Replace(string(text), "ExecStart=/usr/bin/notionproxy", "ExecStart="+program(t), 1)
	require.NotEqual(t, string(text), placed)
	placed = strings.Replace(placed, "Documentation=file:///usr/share/doc/notionproxy/README.md\n", "", 1)
	require.NoError(t, os.WriteFile(file, []byte(placed), 0o600))
	return file
}

func TestSystemd_takesTheUnit(t *testing.T) {
	need(t, "systemd-analyze")
	file := unit(t)
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", file).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.NotContains(t, string(out), filepath.Base(file)+":", "it has nothing to say about lines of the unit")

	dropIn := filepath.Join(filepath.Dir(file), "notionproxy.service.d")
	require.NoError(t, os.Mkdir(dropIn, 0o700))
	text, err := os.ReadFile("../systemd/token.conf")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dropIn, "token.conf"), text, 0o600))
	out, err = exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", file).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.NotContains(t, string(out), "token.conf:")
}

// The service may do little more than it has to: systemd's own measure of
// exposure is 10 for a service without bounds.
func TestSystemd_unitIsHardened(t *testing.T) {
	need(t, "systemd-analyze")
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--threshold=20", unit(t)).CombinedOutput()
	assert.NoError(t, err, string(out))
}
