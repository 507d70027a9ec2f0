package notion

// EscapedPath returns the path that m was found by, as it was given.
func (m Match) EscapedPath() string { return m.path }
