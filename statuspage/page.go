package statuspage

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// A Page is what a status page said. Both dialects that are in use, Atlassian
// Statuspage's and incident.io's compatible one, are read; in both every field
// may be missing (recorded 2026).
type Page struct {
	Indicator   string // none, minor, major, critical, maintenance
	Description string

	Components   []Component
	Incidents    []Incident    // those that are not resolved
	Maintenances []Maintenance // announced or under way
}

// A Component is a part of Notion.
type Component struct{ Name, Status string }

// An Incident is what Notion says is wrong.
type Incident struct {
	Name, Status, Impact, Link string
	Components                 []string
	Started                    time.Time // zero when the page does not tell
	Updates                    []Update  // newest first
}

// An Update is a message about an incident.
type Update struct {
	Status, Body string
	At           time.Time
}

// A Maintenance is a time that Notion has announced.
type Maintenance struct {
	Name, Status string
	From, Until  time.Time
	Components   []string
}

// summary is the JSON of /api/v2/summary.json. Times are text here: a bad one
// must not make the rest unreadable.
type summary struct {
	Status *struct {
		Indicator   string `json:"indicator"`
		Description string `json:"description"`
	} `json:"status"`
	Components []struct {
		Name   string `json:"name"`
		Status string `json:"status"`
		Group  any    `json:"group"`
	} `json:"components"`
	Incidents    []rawIncident `json:"incidents"`
	Maintenances []rawIncident `json:"scheduled_maintenances"`
}

type rawIncident struct {
	Name       string `json:"name"`
	Status     string `json:"status"`
	Impact     string `json:"impact"`
	Shortlink  string `json:"shortlink"`
	CreatedAt  string `json:"created_at"`
	StartedAt  string `json:"started_at"`
	From       string `json:"scheduled_for"`
	Until      string `json:"scheduled_until"`
	Components []struct {
		Name string `json:"name"`
	} `json:"components"`
	Updates []struct {
		Status    string `json:"status"`
		Body      string `json:"body"`
		CreatedAt string `json:"created_at"`
	} `json:"incident_updates"`
}

var indicators = []string{"none", "minor", "major", "critical", "maintenance"}

var errNoStatus = errors.New("reading the status page: it does not tell a status")

// parse reads a summary. A page that does not tell one of the known
// indicators is an error: it must not be taken for one that says all is well.
func parse(body []byte) (*Page, error) {
	var s summary
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, err
	}
	if s.Status == nil || !slices.Contains(indicators, s.Status.Indicator) {
		return nil, errNoStatus
	}
	p := &Page{Indicator: s.Status.Indicator, Description: clip(s.Status.Description)}
	for _, c := range s.Components {
		if group, _ := c.Group.(bool); !group {
			p.Components = append(p.Components, Component{clip(c.Name), clip(c.Status)})
		}
	}
	for _, i := range s.Incidents {
		if i.Status != "resolved" && i.Status != "postmortem" {
			p.Incidents = append(p.Incidents, i.incident())
		}
	}
	for _, m := range s.Maintenances {
		if m.Status != "completed" && m.Status != "maintenance_complete" {
			p.Maintenances = append(p.Maintenances, Maintenance{
				Name: clip(m.Name), Status: clip(m.Status), From: when(m.From), Until: when(m.Until), Components: m.components(),
			})
		}
	}
	return p, nil
}

func (r rawIncident) incident() Incident {
	i := Incident{
		Name: clip(r.Name), Status: clip(r.Status), Impact: clip(r.Impact), Link: clip(r.Shortlink),
		Components: r.components(), Started: when(r.StartedAt),
	}
	if i.Started.IsZero() {
		i.Started = when(r.CreatedAt)
	}
	for _, u := range r.Updates {
		i.Updates = append(i.Updates, Update{Status: clip(u.Status), Body: clip(u.Body), At: when(u.CreatedAt)})
	}
	slices.SortStableFunc(i.Updates, func(a, b Update) int { return b.At.Compare(a.At) })
	return i
}

func (r rawIncident) components() (names []string) {
	for _, c := range r.Components {
		names = append(names, clip(c.Name))
	}
	return names
}

// when reads a time; one that can't be read is none.
func when(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

const maxText = 2000

func clip(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}
