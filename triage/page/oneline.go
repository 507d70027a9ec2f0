package page

import (
	"slices"

	"notionproxy/triage"
)

// OneLine is a report for a log or a mail from cron.
func OneLine(r triage.Report) string {
	first := r.Verdict.First()
	switch first.Class {
	case triage.OK:
		if name := BotOf(r); name != "" {
			return printable("OK: connected as " + name)
		}
		return printable("OK: " + first.Headline)
	case triage.NetworkIssue:
		return printable("NETWORK ERROR: " + first.Headline)
	}
	return printable("ERROR: " + string(first.Class) + ": " + first.Headline)
}

// BotOf is the name of a connection that the last probes found in order; empty
// where there is none.
func BotOf(r triage.Report) string {
	if r.Evidence.Probes == nil {
		return ""
	}
	all := r.Evidence.Probes.Probes
	i := slices.IndexFunc(all, func(p triage.Probe) bool { return p.Name == triage.ProbeToken && p.OK })
	if i < 0 {
		return ""
	}
	return all[i].Bot
}
