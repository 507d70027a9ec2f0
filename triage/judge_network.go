package triage

// askNetwork looks for calls that did not reach Notion.
func askNetwork(e *Evidence) answer {
	h := healthOf(e, &e.Windows)
	probes := blockedProbes(e)
	enough := h.network >= someFailures && share(h.network, h.w.Asked) >= someShare || h.network > 0 && (h.nothing || h.open)
	if !enough && (len(probes) == 0 || measuredWell(e)) {
		return answer{no: sentence("%d of %s in the last 5 minutes failed to reach Notion", sum64(e.Windows[1].Kinds, networkKinds), number(e.Windows[1].Asked, "call"))}
	}
	f := Finding{
		Class: NetworkIssue, Confidence: Medium, Since: failingSince(e, &h),
		Headline: "Calls do not reach Notion: " + networkCause(h.w, probes),
		Impact:   impact(e.Windows[0]), Evidence: failureSentences(e, &h),
	}
	if h.network >= someFailures && h.notion == 0 || len(probes) > 0 && h.network > 0 {
		f.Confidence = High
	}
	if f.Since.IsZero() && e.Probes != nil {
		f.Since = e.Probes.At
	}
	if h.w.Foreign > 0 {
		f.Evidence = append(f.Evidence, sentence("%s without the marks of Notion and its edge: something on the way made them, such as a proxy or a firewall", number(h.w.Foreign, "answer")))
	}
	for _, p := range probes {
		f.Evidence = append(f.Evidence, probeSentence(p))
	}
	if wayIsBlocked(e) && len(probes) == 0 {
		f.Evidence = append(f.Evidence, "Notion's status page, which is on other servers, cannot be read either.")
	}
	return answer{findings: []Finding{f}}
}

func blockedProbes(e *Evidence) (list []Probe) {
	for _, p := range recentProbes(e) {
		if (p.Name == ProbeDNS || p.Name == ProbeTCP || p.Name == ProbeTLS) && !p.OK && !p.Skipped {
			list = append(list, p)
		}
	}
	return list
}

// networkCause is what most of the failures were.
func networkCause(w Window, probes []Probe) string {
	causes := map[string]string{
		"dns": "its name is not found", "connect": "no connection", "tls": "no trusted connection",
		"timeout": "no answer in time", "reset": "connections are lost",
	}
	if w.Foreign > sum64(w.Kinds, networkKinds) {
		return "something on the way answers in its place"
	}
	for _, k := range ordered(w.Kinds) {
		if cause, ok := causes[k]; ok {
			return cause
		}
	}
	if len(probes) > 0 {
		return map[string]string{ProbeDNS: causes["dns"], ProbeTCP: causes["connect"], ProbeTLS: causes["tls"]}[probes[0].Name]
	}
	return "the way is broken"
}
