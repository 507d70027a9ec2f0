package page

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/triage"
)

func fill(t *testing.T, name string, i triage.Incident) string {
	t.Helper()
	text, err := DefaultMessages().Fill(name, i, "https://proxy.example/triage/incidents/x", noon)
	require.NoError(t, err)
	return text
}

// The fields of the well-known templates, in their order, each filled in.
func TestMessages_areFilledIn(t *testing.T) {
	running := outage().Incidents[0]
	for name, fields := range map[string][]string{
		"slack": {
			`^:rotating_light: P2 INCIDENT: Notion Integration$`, `^Status: MITIGATING$`, `^Impact: Reads get answers up to 14 minutes old; writes fail; so far, of 1.840 requests 59 got no answer and 901 an older one`,
			`^Root Cause: Notion outage: Notion answers nothing`, `^Action: Turn fallback mode on`, `^ETA: monitoring$`, `^Dashboard: https://proxy.example/triage/incidents/x$`, `^Thread: \[`,
		},
		"status": {
			`^Notion Integration Service Disruption$`, `^Part of our requests to Notion fail at present\.`, `^Workaround: data that we have kept is being shown; it is up to 14 min old$`,
			`^Next update: at 12:30 UTC, or sooner if it is resolved$`, `^2027-03-01T12:00:00Z$`,
		},
		"postmortem": {
			`^## Incident: Notion outage — 2027-03-01$`, `^\*\*Duration:\*\* 7 min so far$`, `^\*\*Severity:\*\* P2$`, `^\*\*Detection:\*\* notionproxy, 20 s after`, `^### Summary$`,
			`^From 2027-03-01 11:53 UTC, Notion answers nothing`, `^### Timeline \(all times UTC\)$`, `^- 11:53 — data_sources.query failed with 502$`, `On-call acknowledged`, `Mitigation applied`,
			`^### Root Cause$`, `^### Impact$`, `^- Users affected: \[N\]; callers affected: 2 \(web, `, `^- Duration of degraded service: 7 min$`, `^- Data loss: 3 writes`,
			`^### Action Items$`, `^\| Priority \| Action \| Owner \| Due \|$`, `^\| P1 \| .* \| \[@name\] \| \[YYYY-MM-DD\] \|$`, `^\| P2 `, `^\| P3 `,
		},
	} {
		lines := strings.Split(fill(t, name, running), "\n")
		at := 0
		for _, field := range fields {
			for at < len(lines) && !regexp.MustCompile(field).MatchString(lines[at]) {
				at++
			}
			require.Less(t, at, len(lines), "%s lacks %s", name, field)
		}
	}
}

func TestMessages_sayThatItIsOver(t *testing.T) {
	over := outage().Incidents[1]
	assert.Contains(t, fill(t, "slack", over), "Status: RESOLVED")
	assert.Contains(t, fill(t, "status", over), "Service Restored")
	assert.Contains(t, fill(t, "status", over), "It lasted 1 h")
	assert.Contains(t, fill(t, "postmortem", over), "**Duration:** 1 h\n")
}

// Outsiders learn of no caller, no id, no cause.
func TestStatus_namesNothingOfOurs(t *testing.T) {
	for _, i := range outage().Incidents {
		text := fill(t, "status", i)
		for _, secret := range append([]string{"https://", "502", "nightly", "token", i.ID}, i.Figures.Callers...) {
			assert.NotContains(t, text, secret)
		}
	}
}

// An incident of which next to nothing is known yet.
func TestMessages_areFilledInWithNothing(t *testing.T) {
	for _, name := range []string{"slack", "status", "postmortem"} {
		text := fill(t, name, triage.Incident{ID: "x", Start: noon, Detected: noon, Severity: triage.P4, Class: triage.Unknown, Worst: triage.Unknown})
		assert.NotContains(t, text, "<no value>")
		assert.NotContains(t, text, "<nil>")
	}
}

func TestReadMessages_takesFilesAndTheRestBuiltIn(t *testing.T) {
	m, err := ReadMessages(fstest.MapFS{"slack.txt": {Data: []byte("{{.Incident.Severity}} {{.Cause}} {{.URL}}")}})
	require.NoError(t, err)
	text, err := m.Fill("slack", outage().Incidents[0], "", noon)
	require.NoError(t, err)
	assert.Equal(t, "P2 Notion outage [link to the dashboard]", text)
	text, err = m.Fill("status", outage().Incidents[0], "", noon)
	require.NoError(t, err)
	assert.Contains(t, text, "Disruption")
	_, err = m.Fill("nothing", triage.Incident{}, "", time.Time{})
	assert.Error(t, err)
}

func TestReadMessages_refusesWhatWouldFailAtNight(t *testing.T) {
	for _, bad := range []string{"{{.NoSuchField}}", "{{if}}", "{{.Incident.NoSuchField}}"} {
		_, err := ReadMessages(fstest.MapFS{"postmortem.md": {Data: []byte(bad)}})
		assert.ErrorContains(t, err, "postmortem.md", bad)
	}
}
