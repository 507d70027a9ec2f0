package page

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/triage"
)

func textOf(r triage.Report, s Style) string {
	var b strings.Builder
	Text(&b, r, s)
	return b.String()
}

// What the well-known script prints, in one form or another.
func TestText_hasVerdictFirst(t *testing.T) {
	text := textOf(outage(), Plain)
	for _, want := range []string{
		"=== Notion triage ===\nTime: 2027-03-01T12:00:00Z\n", "CLASSIFICATION: notion-down", "Notion status:    Partial System Outage",
		"Active incidents: 1", "Elevated API errors (investigating): We are looking into it.", "Token:            authenticated",
		"Last call took:   60.0 s", "!  Do not rotate the token", "Connection Acme sync",
	} {
		assert.Contains(t, text, want)
	}
	assert.Less(t, strings.Index(text, "CLASSIFICATION"), strings.Index(text, "Last known"))
	assert.Less(t, strings.Index(text, "Turn fallback mode on"), strings.Index(text, "ALSO: rate-limited"))
}

func TestText_isColouredOnRequestOnly(t *testing.T) {
	assert.NotContains(t, textOf(outage(), Plain), "\x1b")
	coloured := textOf(outage(), Coloured)
	assert.Contains(t, coloured, "\x1b[1;31mCLASSIFICATION: notion-down\x1b[0m")
	assert.NotContains(t, coloured, "\x1b[2J", "a name wrote to the terminal")
}

func TestOneLine(t *testing.T) {
	connected := calm()
	connected.Evidence.Probes.Probes = []triage.Probe{{Name: triage.ProbeDNS, OK: true}, {Name: triage.ProbeToken, Bot: "refused"}, {Name: triage.ProbeToken, OK: true, Bot: "Acme\nsync"}}
	assert.Equal(t, "OK: connected as Acme sync", OneLine(connected))
	assert.Equal(t, "OK: All is well: 214 of 214 calls answered in 5 minutes", OneLine(calm()))
	assert.Equal(t, "ERROR: notion-down: Notion answers nothing: 212 of 214 calls failed in 5 minutes", OneLine(outage()))
	network := outage()
	network.Verdict.Findings = []triage.Finding{{Class: triage.NetworkIssue, Headline: "no such host"}}
	assert.Equal(t, "NETWORK ERROR: no such host", OneLine(network))
}
