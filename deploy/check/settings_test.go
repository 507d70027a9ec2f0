package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var itoa = strconv.Itoa

// program builds notionproxy.
func program(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "notionproxy")
	out, err := exec.CommandContext(t.Context(), "go", "-C", "../..", "build", "-o", binary, "./cmd/notionproxy").CombinedOutput()
	require.NoError(t, err, string(out))
	return binary
}

// accepts has the program check settings as its environment. Files that only
// the container has are put in place of their names.
func accepts(t *testing.T, binary string, settings map[string]string) {
	t.Helper()
	require.NotEmpty(t, settings)
	cmd := exec.CommandContext(t.Context(), binary, "check")
	cmd.Env = []string{"HOME=" + t.TempDir()}
	for name, value := range settings {
		if strings.HasPrefix(value, "/etc/notionproxy/") {
			value = filepath.Join(t.TempDir(), filepath.Base(value))
			require.NoError(t, os.WriteFile(value, []byte(strings.Repeat("5a", 32)), 0o600))
		}
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	assert.NoError(t, err, string(out))
}

func TestSettings_ofManifestsAreTaken(t *testing.T) {
	binary := program(t)
	for _, dir := range []string{"../kubernetes/example", "../kubernetes/standalone"} {
		for _, d := range build(t, dir).deployments {
			pod := d.Spec.Template.Spec
			for _, c := range append(pod.InitContainers, pod.Containers...) {
				if c.Name == "notionproxy" {
					accepts(t, binary, env(c))
				}
			}
		}
	}
}

func TestCompose_loadsAndItsSettingsAreTaken(t *testing.T) {
	o, err := cli.NewProjectOptions([]string{"../compose/compose.yaml"}, cli.WithProfiles([]string{"*"}))
	require.NoError(t, err)
	project, err := o.LoadProject(t.Context())
	require.NoError(t, err)

	proxy, err := project.GetService("notionproxy")
	require.NoError(t, err)
	settings := map[string]string{}
	for name, value := range proxy.Environment {
		require.NotNil(t, value, name)
		settings[name] = *value
	}
	accepts(t, program(t), settings)
	assert.True(t, proxy.ReadOnly)
	for _, p := range proxy.Ports {
		assert.Equal(t, "127.0.0.1", p.HostIP, "nobody but this machine reaches what lends nobody's token")
	}
	require.NotNil(t, proxy.StopGracePeriod)
	assert.Equal(t, "1m15s", proxy.StopGracePeriod.String())
}
