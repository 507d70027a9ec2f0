package e2e

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An alert is a rule as Prometheus reads it.
type alert struct {
	Alert       string            `yaml:"alert"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func readAlerts(t *testing.T) []alert {
	t.Helper()
	b, err := os.ReadFile(rulesFile)
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	require.NoError(t, yaml.Unmarshal(b, &file))
	require.Len(t, file.Groups, 1)
	return file.Groups[0].Rules
}

func promtool(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput()
	assert.NoError(t, err, "promtool %s\n%s", strings.Join(args, " "), out)
	return string(out)
}

func TestRules_areRight(t *testing.T) {
	need(t, "promtool")
	assert.Contains(t, promtool(t, "check", "rules", rulesFile), "SUCCESS")
	assert.Contains(t, promtool(t, "test", "rules", "../deploy/prometheus/rules_test.yml"), "SUCCESS")
}

// Whoever is woken gets a sentence, and a page that says what to do.
func TestRules_leadToARunbook(t *testing.T) {
	page, err := os.ReadFile("../docs/alerts.md")
	require.NoError(t, err)
	tests, err := os.ReadFile("../deploy/prometheus/rules_test.yml")
	require.NoError(t, err)
	alerts := readAlerts(t)
	assert.True(t, len(alerts) >= 6 && len(alerts) <= 10, "there are %d alerts", len(alerts))
	for _, a := range alerts {
		assert.Contains(t, []string{"critical", "warning"}, a.Labels["severity"], a.Alert)
		assert.NotEmpty(t, a.Annotations["summary"], a.Alert)
		assert.NotEmpty(t, a.Annotations["description"], a.Alert)
		_, anchor, _ := strings.Cut(a.Annotations["runbook_url"], "docs/alerts.md#")
		assert.Equal(t, strings.ToLower(a.Alert), anchor, a.Alert)
		assert.Contains(t, string(page), "\n## "+a.Alert+"\n")
		assert.Contains(t, string(tests), "alertname: "+a.Alert+"\n        exp_alerts:", "%s is never seen to fire", a.Alert)
	}
	for line := range strings.SplitSeq(string(page), "\n") {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			assert.True(t, slices.ContainsFunc(alerts, func(a alert) bool { return a.Alert == name }), "there is no alert %s", name)
		}
	}
}
