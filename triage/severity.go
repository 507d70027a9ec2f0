package triage

// severityOf says how bad things are by what users notice: the share of
// requests that got no answer in the last minute, and since it began, and how
// many of the callers are affected.
func severityOf(v Verdict, one Window, f Figures, callers int) Severity {
	s := impactOf(v, one, f)
	if len(f.Callers) == 1 && callers >= 3 {
		return s.less()
	}
	return s
}

func (s Severity) less() Severity {
	return map[Severity]Severity{P1: P2, P2: P3, P3: P4, P4: P4}[s]
}

// callersOf counts those who asked within the hour.
func callersOf(e *Evidence) int {
	names := map[string]bool{}
	for _, c := range e.Connections {
		for _, name := range c.Callers {
			names[name] = true
		}
	}
	return len(names)
}

func impactOf(v Verdict, one Window, f Figures) Severity {
	lost := max(failedShare(one), share(f.Unserved, f.Requests))
	refused := refusedConnection(v)
	switch {
	case lost >= 0.5:
		return P1
	case lost >= 0.1, f.LostWrites > 0, refused:
		return P2
	case f.Unserved > 0, share(f.FromStore, f.Requests) >= 0.5, concerns(v, SchemaChanged, PagesUnshared, APIError):
		return P3
	}
	return P4
}

// failedShare is the share of a minute's requests that got an error because of
// trouble, or since their token is refused; of a few nothing follows.
func failedShare(w Window) float64 {
	if w.Requests < fewCalls {
		return 0
	}
	return share(w.Unserved+w.Codes["unauthorized"], w.Requests)
}

// refusedConnection says whether Notion refuses a token that it had taken.
func refusedConnection(v Verdict) bool {
	for _, f := range v.Findings {
		if f.Class == TokenExpired && f.Confidence == High {
			return true
		}
	}
	return false
}

func concerns(v Verdict, classes ...Class) bool {
	for _, f := range v.Findings {
		for _, c := range classes {
			if f.Class == c && f.Confidence != Low {
				return true
			}
		}
	}
	return false
}
