package triage

// Judge is the decision tree: what the evidence comes to. It is pure.
func Judge(e Evidence) Verdict {
	return Verdict{At: e.At, Class: OK, Findings: []Finding{{Class: OK, Confidence: Low}}}
}
