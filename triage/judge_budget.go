package triage

import (
	"slices"
	"time"
)

// askBudget looks for 429s, and for requests that the proxy could not let
// leave in time.
func askBudget(e *Evidence) answer {
	one, five := e.Windows[0], e.Windows[1]
	refused := sum64(one.Details, budgetSpent)
	told := sum64(one.Reasons, ordered(one.Reasons))
	blocked := five.Reasons["public_api_request_blocked"]
	probed := probedLimit(e)
	if told < someFailures && refused == 0 && one.Codes["rate_limited"] == 0 && blocked == 0 && !probed {
		return answer{no: sentence("%s from Notion in the last minute, and nobody was refused or served old answers for the budget's sake", number(told, "429"))}
	}
	f := Finding{
		Class: RateLimited, Confidence: Medium, Since: e.Spells.Limited,
		Headline: "The rate budget is spent",
		Impact:   impact(one),
	}
	if told+refused >= someFailures {
		f.Confidence = High
	}
	if blocked > 0 {
		f.Headline = "Notion has blocked a connection for asking too much; repeating does not help"
	}
	if isSpentElsewhere(e) {
		f.Headline = "The rate budget is spent, and not by what goes through this proxy"
	}
	if probed && f.Since.IsZero() {
		f.Since = e.Probes.At
	}
	f.Connections = limitedConnections(e)
	f.Evidence = budgetSentences(e, told, refused)
	return answer{findings: []Finding{f}}
}

// littleSpent is half of what Notion's smallest plan grants, in calls a minute.
const littleSpent = 90

// isSpentElsewhere says whether Notion answers 429, or did and has us wait,
// although little of the budget is spent here.
func isSpentElsewhere(e *Evidence) bool {
	one := e.Windows[0]
	told := one.Reasons["public_api_request_rate_limit"] + sum64(one.Details, []string{"hold", "held"})
	return told >= someFailures && one.Calls < littleSpent && e.At.Sub(e.Began) >= time.Minute
}

func probedLimit(e *Evidence) bool {
	return slices.ContainsFunc(recentProbes(e), func(p Probe) bool { return p.Name == ProbeToken && p.Status == 429 })
}

// limitedConnections are those concerned; nil where it is all of them.
func limitedConnections(e *Evidence) (names []string) {
	others := false
	for _, c := range e.Connections {
		if c.Windows[0].Limited > 0 {
			names = appendName(names, c.Name)
		} else {
			others = others || c.Windows[0].Requests > 0
		}
	}
	if !others && len(e.Connections) > 1 {
		return nil
	}
	return names
}

func budgetSentences(e *Evidence, told, refused int64) []string {
	one := e.Windows[0]
	var list []string
	if told > 0 {
		s := number(told, "429") + " from Notion in the last minute"
		for _, r := range ordered(one.Reasons) {
			s += "; " + number(one.Reasons[r], "time") + " " + reasonWords[r]
		}
		list = append(list, s+".")
	}
	if refused > 0 {
		list = append(list, sentence("%s in the last minute could not leave in time: refused, or answered from store", number(refused, "request")))
	}
	if one.Queued.Count > 0 {
		list = append(list, sentence("%s waited for the budget, the longest for %s", number(one.Queued.Count, "request"), ms(one.Queued.Max)))
	}
	if isSpentElsewhere(e) {
		list = append(list, sentence("%s left here in the last minute, of the 180 and more that Notion grants to each connection: something else spends the same budget", number(one.Calls, "call")))
	}
	if len(e.Spenders) > 0 && e.Spenders[0].Calls > 0 {
		s := e.Spenders[0]
		list = append(list, sentence("%s made %d of the last minute's calls (%.0f %%)", quoteName(s.Caller, "One caller"), s.Calls, 100*s.Share))
	}
	for _, l := range e.Loops {
		list = append(list, loopSentence(l))
	}
	return list
}

// reasonWords say what a 429 was about.
var reasonWords = map[string]string{
	"public_api_request_rate_limit":       "since the connection's window is spent",
	"public_api_space_request_rate_limit": "since the budget that all connections of the workspace share is spent",
	"public_api_endpoint_rate_limit":      "for one operation's own limit",
	"public_api_request_blocked":          "since access is restricted",
	unsaid:                                "without a reason",
	otherWord:                             "for another reason",
}
