package statuspage

import (
	"slices"
	"strings"
	"time"
)

// DefaultComponents are the parts of Notion that the API depends on, by words
// of their names, which change (2026-09: Notion API; Databases; Search; View
// and edit content).
func DefaultComponents() []string { return []string{"api", "database", "search", "view and edit"} }

// concerns returns what of the page concerns the given components, in
// sentences; nothing when nothing does.
//
// Pages have shown a critical incident with every component green, and one
// incident linked to every component, so both incidents and components count,
// and none alone.
func concerns(p *Page, components []string) (what []string) {
	for _, c := range p.Components {
		if isOurs(c.Name, components) && isBad(c.Status) {
			what = append(what, c.Name+": "+strings.ReplaceAll(c.Status, "_", " "))
		}
	}
	for _, i := range p.Incidents {
		if i.concerns(components) {
			what = append(what, "incident: "+i.Name+" ("+i.Status+")")
		}
	}
	return what
}

// concerns says whether an incident touches our components. One that names no
// component is ours if its name speaks of one, or if it is a large one.
func (i Incident) concerns(components []string) bool {
	if len(i.Components) > 0 {
		return slices.ContainsFunc(i.Components, func(name string) bool { return isOurs(name, components) })
	}
	return isOurs(i.Name, components) || i.Impact == "major" || i.Impact == "critical"
}

// concerns says whether a maintenance touches our components. One that names
// none may touch any.
func (m Maintenance) concerns(components []string) bool {
	return len(m.Components) == 0 ||
		slices.ContainsFunc(m.Components, func(name string) bool { return isOurs(name, components) })
}

// next is when the first announced maintenance begins that concerns the given
// components; zero when none is announced.
func next(p *Page, components []string, now time.Time) (from time.Time) {
	for _, m := range p.Maintenances {
		if m.From.After(now) && m.concerns(components) && (from.IsZero() || m.From.Before(from)) {
			from = m.From
		}
	}
	return from
}

func isOurs(name string, components []string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(components, func(c string) bool { return strings.Contains(name, strings.ToLower(c)) })
}

// isBad says whether a component's status is trouble. Maintenance is announced
// and shown apart; what is not known is not taken for trouble.
func isBad(status string) bool {
	switch status {
	case "degraded_performance", "partial_outage", "major_outage", "full_outage":
		return true
	}
	return false
}
