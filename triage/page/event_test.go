package page

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/triage"
	"notionproxy/triage/notify"
)

func TestEvent_tellsWhatIsKnown(t *testing.T) {
	i := outage().Incidents[0]
	i.Classes = []triage.ClassChange{{At: i.Start, Class: triage.Unknown}, {At: noon, Class: triage.NotionDown}}
	e := Event(triage.Notice{Transition: triage.ClassChanged, Incident: i}, DefaultMessages(), "https://proxy.example", noon)
	assert.Equal(t, notify.Changed, e.Kind)
	assert.Equal(t, "unknown", e.Before)
	assert.Equal(t, "notion-down", e.Classification)
	assert.Equal(t, "P2", e.Severity)
	assert.Equal(t, "Notion answers nothing: 212 of 214 calls failed in 5 minutes.", e.Summary)
	assert.Equal(t, "Turn fallback mode on, so that stored answers go out at once", e.Action)
	assert.Equal(t, "https://proxy.example/triage/incidents/"+i.ID, e.Link)
	assert.Contains(t, e.Text, "Status: MITIGATING")

	i.End = noon.Add(time.Minute)
	e = Event(triage.Notice{Transition: triage.Closed, Incident: i}, DefaultMessages(), "", noon)
	assert.Equal(t, notify.Closed, e.Kind)
	assert.Equal(t, i.End, e.Ended)
	assert.Empty(t, e.Link)
	assert.Contains(t, e.Text, "RESOLVED")
}

func TestEvent_knowsEveryTransition(t *testing.T) {
	for _, transition := range []triage.Transition{triage.Opened, triage.ClassChanged, triage.Closed} {
		assert.NotEmpty(t, Event(triage.Notice{Transition: transition}, DefaultMessages(), "", noon).Kind)
	}
}
