package triage

import "slices"

// A Class is what a verdict comes to. The words stand in reports, incidents,
// metrics and exit codes.
type Class string

// The classes.
const (
	OK              Class = "ok"
	NotionDown      Class = "notion-down"      // Notion answers nothing that we ask, or next to nothing
	NotionSide      Class = "notion-side"      // Notion fails or is slow in part, or says that it has an incident
	NetworkIssue    Class = "network-issue"    // calls do not reach Notion: name, connection, certificate
	TokenExpired    Class = "token-expired"    // Notion refuses a token that it took before, or every call of one
	RateLimited     Class = "rate-limited"     // 429s, or callers refused because the budget is spent
	SchemaChanged   Class = "schema-changed"   // calls fail because a property is not what it was
	PagesUnshared   Class = "pages-unshared"   // objects that could be read cannot be any more
	APIError        Class = "api-error"        // Notion refuses calls for reasons that none of the others explains
	IntegrationSide Class = "integration-side" // the application asks for what is not there or makes no sense
	Unknown         Class = "unknown"          // something fails, and it cannot be told what
)

// classes are all of them, worst first.
var classes = []Class{
	NotionDown, NetworkIssue, NotionSide, TokenExpired, RateLimited, SchemaChanged,
	PagesUnshared, APIError, IntegrationSide, Unknown, OK,
}

// Classes are all classes, worst first and OK last.
func Classes() []Class { return slices.Clone(classes) }

// rank orders classes: lower is worse. What is no class comes last.
func (c Class) rank() int {
	if i := slices.Index(classes, c); i >= 0 {
		return i
	}
	return len(classes)
}

// Worse says whether c is worse than d.
func (c Class) Worse(d Class) bool { return c.rank() < d.rank() }
