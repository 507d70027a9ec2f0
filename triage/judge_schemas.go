package triage

import (
	"slices"
	"strings"
)

// askSchemas looks for calls that a changed schema breaks, and for properties
// that the settings expect and that are not there.
func askSchemas(e *Evidence) answer {
	var broken []Rejection
	for _, r := range rejected(e) {
		if isSchematic(r) {
			broken = append(broken, r)
		}
	}
	var lacking []Schema
	for _, s := range e.Schemas {
		if s.Expected && len(s.Missing) > 0 {
			lacking = append(lacking, s)
		}
	}
	if len(broken) == 0 && len(lacking) == 0 {
		return answer{no: sentence("No call failed for a property in the last 2 minutes, and all expected ones are there (%d of 400 in the last 5)", e.Windows[1].Statuses["400"])}
	}
	f := Finding{
		Class: SchemaChanged, Confidence: Medium, Headline: "A schema has changed, and calls that rely on it fail",
		Impact: "Queries and writes that use the changed property fail with 400; all others are not affected.",
	}
	for _, r := range broken {
		if r.Drifted {
			f.Confidence = High
		}
		f.see(r)
		f.Evidence = append(f.Evidence, rejectionSentence(r))
	}
	for _, s := range lacking {
		f.Confidence = High
		f.Evidence = append(f.Evidence, lackingSentence(s))
		if f.Since.IsZero() {
			f.Since = s.Seen
		}
	}
	if len(broken) == 0 {
		f.Headline = "A schema lacks what the settings expect"
		f.Impact = "Queries and writes that use these properties fail with 400."
	}
	f.Evidence = f.Evidence[:min(len(f.Evidence), 10)]
	return answer{findings: []Finding{f}}
}

// rejected are the 400s of late.
func rejected(e *Evidence) (list []Rejection) {
	for _, r := range e.Rejections {
		if e.At.Sub(r.Last) <= recently {
			list = append(list, r)
		}
	}
	return list
}

// isSchematic says whether a schema that changed can be why. Where the schema
// is known and did not change, it is the application.
func isSchematic(r Rejection) bool {
	if r.Code != "validation_error" {
		return false
	}
	return r.Drifted || r.Explained == "" && speaksOfProperty(r.Message)
}

// aboutProperties are parts of Notion's messages about properties.
var aboutProperties = []string{
	"property with name or id", "is not a property that exists", "is expected to be", "database property", "option",
}

func speaksOfProperty(message string) bool {
	return slices.ContainsFunc(aboutProperties, func(part string) bool { return strings.Contains(message, part) })
}

// see widens f to a rejection: its begin, and whom it concerns.
func (f *Finding) see(r Rejection) {
	if f.Since.IsZero() || r.First.Before(f.Since) {
		f.Since = r.First
	}
	if r.Connection != "" && !slices.Contains(f.Connections, r.Connection) {
		f.Connections = append(f.Connections, r.Connection)
	}
}

func rejectionSentence(r Rejection) string {
	s := operationName(r.Operation)
	if r.Object != "" {
		s += " of " + r.Object
	}
	s += " was refused with 400 " + number(r.Count, "time") + " since " + clock(r.First)
	if r.Explained != "" {
		return s + ": " + r.Explained
	}
	return sentence("%s: %s", s, strings.TrimSuffix(r.Message, "."))
}

func lackingSentence(s Schema) string {
	if s.DataSource == "" {
		return sentence("A data source lacks %s that the settings expect", number(len(s.Missing), "property"))
	}
	return sentence("Data source %s lacks %s (schema.expect)", s.DataSource, list(s.Missing, 5))
}
