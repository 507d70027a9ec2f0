package triage

import "time"

// askTokens looks for connections whose token Notion refuses.
func askTokens(e *Evidence) answer {
	var refused []Connection
	others := 0
	for _, c := range e.Connections {
		if isRefused(c, e.At) {
			refused = append(refused, c)
		} else if !c.Accepted.IsZero() {
			others++
		}
	}
	if len(refused) > 0 {
		return answer{findings: []Finding{tokenRefused(e, refused, others)}}
	}
	if f, ok := probedRefusal(e); ok {
		return answer{findings: []Finding{f}}
	}
	return answer{no: sentence("No token was refused in the last 2 minutes (%d of 401 in the last 5)", e.Windows[1].Statuses["401"])}
}

// isRefused says whether Notion refuses the connection's token now: its last
// word is 401, and not long ago.
func isRefused(c Connection, now time.Time) bool {
	return !c.RefusedOn.IsZero() && c.Refused.After(c.Accepted) && now.Sub(c.Refused) <= recently
}

func tokenRefused(e *Evidence, refused []Connection, others int) Finding {
	f := Finding{Class: TokenExpired, Confidence: High}
	known, times := 0, int64(0)
	for _, c := range refused {
		times += c.Windows[1].Codes["unauthorized"]
		f.Connections = appendName(f.Connections, c.Name)
		if f.Since.IsZero() || c.RefusedOn.Before(f.Since) {
			f.Since = c.RefusedOn
		}
		if !c.Accepted.IsZero() {
			known++
		}
		f.Evidence = append(f.Evidence, refusedSentence(e, c))
	}
	f.Headline = "Notion refuses a token: it has expired, or was revoked"
	if len(refused) > 1 {
		f.Headline = "Notion refuses " + number(len(refused), "token")
	}
	if known == 0 {
		f.Confidence, f.minor = Medium, others > 0 && times < someFailures
		f.Headline = "Notion refuses a token that it has not taken since this proxy started"
	}
	f.Impact = sentence("Every call with %s fails with 401; stored answers are not served to it", thisToken(len(refused)))
	if others > 0 {
		f.Impact += sentence(" %s not affected", isAre(others, "other connection"))
	}
	if known > 1 && others == 0 {
		f.Confidence = Low
		f.Evidence = append(f.Evidence, sentence("All %d connections are refused at once: that points at Notion rather than at tokens; look at its status page before rotating any", known))
	}
	return f
}

func thisToken(n int) string {
	if n == 1 {
		return "this token"
	}
	return "these tokens"
}

func isAre(n int, noun string) string {
	if n == 1 {
		return number(n, noun) + " is"
	}
	return number(n, noun) + " are"
}

// appendName leaves out what has no name.
func appendName(names []string, name string) []string {
	if name == "" {
		return names
	}
	return append(names, name)
}

func refusedSentence(e *Evidence, c Connection) string {
	who := "A connection"
	if c.Name != "" {
		who = "Connection " + c.Name
		if len(c.Callers) > 0 {
			who += " (" + list(c.Callers, 3) + ")"
		}
	}
	s := who + " got " + number(c.Windows[1].Codes["unauthorized"], "time") + " 401 in the last 5 minutes"
	if c.Accepted.IsZero() {
		return s + "; Notion has never taken its token since this proxy started."
	}
	return s + "; Notion last took its token " + span(e.At.Sub(c.Accepted)) + " ago."
}

// probedRefusal is what a probe saw, where no traffic did.
func probedRefusal(e *Evidence) (Finding, bool) {
	for _, p := range recentProbes(e) {
		if p.Name != ProbeToken || p.Status != 401 || takenSince(e, p.Connection) || isForgotten(e, p.Connection) {
			continue
		}
		return Finding{
			Class: TokenExpired, Confidence: High, Since: e.Probes.At, Connections: appendName(nil, p.Connection),
			Headline: "Notion refuses the token: it is wrong, has expired, or was revoked",
			Impact:   "Every call with this token fails with 401.", Evidence: []string{probeSentence(p)},
		}, true
	}
	return Finding{}, false
}

// isForgotten says whether callers have stopped using a connection's token,
// while others use theirs.
func isForgotten(e *Evidence, connection string) bool {
	left, others := false, false
	for _, c := range e.Connections {
		if c.Name != connection {
			others = others || !c.Accepted.IsZero()
		} else if !c.Asked.IsZero() {
			left = isLeftAlone(!c.Accepted.IsZero(), c.Asked.Sub(e.Began), e.At.Sub(e.Began))
		}
	}
	return left && others
}

// takenSince says whether Notion took the connection's token after the probes.
func takenSince(e *Evidence, connection string) bool {
	for _, c := range e.Connections {
		if c.Name == connection && c.Accepted.After(e.Probes.At) {
			return true
		}
	}
	return false
}
