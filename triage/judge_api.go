package triage

import "slices"

// badAsking is how many senseless requests a minute are more than a slip.
const badAsking = 3

// askAPI looks for refusals that are neither the token's, nor the budget's, nor
// an object's, nor a schema's: rights that are missing, writes that collide.
func askAPI(e *Evidence) answer {
	var forbidden []Refusal
	for _, r := range e.Refusals {
		if r.Status == 403 && e.At.Sub(r.Last) <= recently && !r.Seen.After(r.Last) {
			forbidden = append(forbidden, r)
		}
	}
	one := e.Windows[0]
	conflicts := one.Statuses["409"]
	others := one.Kinds["rejected"] - one.Statuses["400"] - conflicts
	if len(forbidden) == 0 && conflicts < someFailures && others < someFailures {
		return answer{no: sentence("%d of 403, %d of 409 and %d other refusals in the last minute", one.Statuses["403"], conflicts, max(0, others))}
	}
	f := Finding{Class: APIError, Confidence: Medium, Impact: "The calls concerned fail; all others are not affected.", Since: e.At}
	switch {
	case len(forbidden) > 0:
		f.Headline = "Notion refuses calls that the connection has no right to make (403)"
	case conflicts >= someFailures:
		f.Headline = "Writes collide with each other (409)"
	default:
		f.Headline = "Notion refuses calls with errors that are rare"
	}
	for _, r := range forbidden {
		if r.First.Before(f.Since) {
			f.Since = r.First
		}
		if r.Connection != "" && !slices.Contains(f.Connections, r.Connection) {
			f.Connections = append(f.Connections, r.Connection)
		}
		f.Evidence = append(f.Evidence, sentence("%s was refused with 403 %s since %s", operationName(r.Operation), number(r.Count, "time"), clock(r.First)))
	}
	if conflicts > 0 {
		f.Evidence = append(f.Evidence, sentence("%s in the last minute: two writes to the same object at once", number(conflicts, "conflict")))
	}
	if others >= someFailures {
		f.Evidence = append(f.Evidence, sentence("%s with other statuses in the last minute", number(others, "refusal")))
	}
	f.Evidence = f.Evidence[:min(len(f.Evidence), 10)]
	return answer{findings: []Finding{f}}
}

// askApplication looks for requests that make no sense, whoever refused them.
func askApplication(e *Evidence) answer {
	one := e.Windows[0]
	f := Finding{
		Class: IntegrationSide, Confidence: Medium, Headline: "An application sends requests that make no sense",
		Impact: "The requests concerned fail; all others are not affected.",
	}
	n := sum64(one.Details, badRequests)
	if n > 0 {
		f.Evidence = append(f.Evidence, sentence("%s in the last minute were refused by the proxy itself (%s)", number(n, "request"), list(having(one.Details, badRequests), 4)))
	}
	for _, r := range rejected(e) {
		if !isSchematic(r) {
			n += r.Count
			f.see(r)
			f.Evidence = append(f.Evidence, rejectionSentence(r))
		}
	}
	unheardOf := 0
	for _, r := range missing(e) {
		switch {
		case isMistaken(r):
			n += r.Count
			f.Evidence = append(f.Evidence, sentence("%s of an object that is there answers 404, %s since %s: it is asked for as something that it is not",
				operationName(r.Operation), number(r.Count, "time"), clock(r.First)))
		case r.Seen.IsZero() && r.Count < repeatedly:
			unheardOf++
		}
	}
	if unheardOf >= fewCalls {
		n += int64(unheardOf)
		f.Evidence = append(f.Evidence, sentence("%s that nobody has read since this proxy started were asked for in vain", number(unheardOf, "object")))
	}
	if n < badAsking {
		return answer{no: sentence("%s in the last 2 minutes made no sense", number(n, "request"))}
	}
	if f.Since.IsZero() {
		f.Since = one.Since
	}
	if n >= 3*badAsking {
		f.Confidence = High
	}
	f.Evidence = f.Evidence[:min(len(f.Evidence), 10)]
	return answer{findings: []Finding{f}}
}

// having are the words that occurred.
func having(counts map[string]int64, words []string) (list []string) {
	for _, w := range words {
		if counts[w] > 0 {
			list = append(list, w)
		}
	}
	return list
}
