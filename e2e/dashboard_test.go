package e2e

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/metrics"
)

const (
	dashboardFile = "../deploy/grafana/notionproxy.json"
	rulesFile     = "../deploy/prometheus/rules.yml"
)

// A panel is one of the dashboard, as far as it matters here.
type panel struct {
	ID          int    `json:"id"`
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Datasource  struct {
		UID string `json:"uid"`
	} `json:"datasource"`
	Position struct {
		X, Y, W, H int
	} `json:"gridPos"`
	Targets []struct {
		Expr string `json:"expr"`
	} `json:"targets"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
}

type dashboard struct {
	UID    string  `json:"uid"`
	Panels []panel `json:"panels"`
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	b, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(b, &d))
	return d
}

// charts are the panels that have queries.
func (d dashboard) charts() []panel {
	return slices.DeleteFunc(slices.Clone(d.Panels), func(p panel) bool { return p.Type == "row" })
}

func TestDashboard_readsTopToBottom(t *testing.T) {
	d := readDashboard(t)
	assert.Equal(t, "notionproxy", d.UID)
	var rows []string
	ids := map[int]bool{}
	for _, p := range d.Panels {
		assert.False(t, ids[p.ID], "panel %d is there twice", p.ID)
		ids[p.ID] = true
		if p.Type == "row" {
			rows = append(rows, p.Title)
		}
	}
	assert.Equal(t, []string{
		"Is it fine?", "Whose fault is it?", "Budget", "Cache", "Upstream", "Shared store and webhooks", "Process",
	}, rows)
	for _, p := range d.charts() {
		assert.NotEmpty(t, p.Targets, p.Title)
		assert.NotEmpty(t, p.Description, p.Title)
		assert.NotEmpty(t, p.FieldConfig.Defaults.Unit, "%s has no unit", p.Title)
		assert.Equal(t, "${datasource}", p.Datasource.UID, p.Title)
	}
}

func TestDashboard_panelsDoNotOverlap(t *testing.T) {
	all := readDashboard(t).Panels
	for i, p := range all {
		a := p.Position
		assert.LessOrEqual(t, a.X+a.W, 24, p.Title)
		for _, q := range all[:i] {
			b := q.Position
			apart := a.X >= b.X+b.W || b.X >= a.X+a.W || a.Y >= b.Y+b.H || b.Y >= a.Y+a.H
			assert.True(t, apart, "%q lies over %q", p.Title, q.Title)
		}
	}
}

// metricNames finds the names of ours in queries.
var metricNames = regexp.MustCompile(`notionproxy_[a-z_]+`)

// entryOf is the metric that a series belongs to: a histogram has several.
func entryOf(name string, entries []metrics.Entry) (metrics.Entry, bool) {
	for _, e := range entries {
		if e.Name == name || e.Kind == metrics.Histogram && slices.Contains(
			[]string{e.Name + "_bucket", e.Name + "_sum", e.Name + "_count"}, name) {
			return e, true
		}
	}
	return metrics.Entry{}, false
}

func TestMonitoring_asksForMetricsThatThereAre(t *testing.T) {
	entries := metrics.Catalogue(nil)
	var all strings.Builder
	for _, file := range []string{dashboardFile, rulesFile, "../deploy/prometheus/rules_test.yml"} {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(b)
	}
	names := metricNames.FindAllString(all.String(), -1)
	require.Greater(t, len(names), 50)
	for _, name := range names {
		_, ok := entryOf(name, entries)
		assert.True(t, ok, "there is no metric %s", name)
	}
}
