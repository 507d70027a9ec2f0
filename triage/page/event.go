package page

import (
	"time"

	"notionproxy/triage"
	"notionproxy/triage/notify"
)

// kinds are the transitions as notifications name them.
var kinds = map[triage.Transition]notify.Kind{
	triage.Opened: notify.Opened, triage.ClassChanged: notify.Changed, triage.Closed: notify.Closed,
}

// Event is what to tell of an incident. base is where people reach the page;
// without it there are no links.
func Event(n triage.Notice, m *Messages, base string, now time.Time) notify.Event {
	i := tidy(n.Incident)
	e := notify.Event{
		Kind: kinds[n.Transition], Incident: i.ID, Classification: string(i.Class), Severity: string(i.Severity),
		Summary: sentence(i.Finding.Headline), Reasons: i.Finding.Evidence, Action: actionOf(i),
		At: now, Started: i.Start, Ended: i.End, Link: IncidentURL(base, i.ID),
	}
	if last := len(i.Classes) - 1; e.Kind == notify.Changed && last > 0 {
		e.Before = string(i.Classes[last-1].Class)
	}
	if text, err := m.Fill("slack", i, e.Link, now); err == nil {
		e.Text = text // else the message has what it has without a template
	}
	return e
}
