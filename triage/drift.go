package triage

import "time"

// A Change says what became of a property.
type Change string

// The changes.
const (
	Added         Change = "added"
	Removed       Change = "removed"
	Renamed       Change = "renamed" // the same property id
	TypeChanged   Change = "type changed"
	OptionRemoved Change = "option removed"
)

// A DriftEvent is a change of a schema, as it was noticed between two answers.
type DriftEvent struct {
	DataSource string    `json:"data_source"` // its id; the database's under versions before 2025-09-03
	Change     Change    `json:"change"`
	PropertyID string    `json:"property_id"`
	Property   string    `json:"property"`      // its name; the old one of what was renamed
	To         string    `json:"to,omitzero"`   // the new name or type, or the option that is gone
	From       string    `json:"from,omitzero"` // the old type
	Seen       time.Time `json:"seen"`          // when the new schema was seen
	Before     time.Time `json:"before"`        // when the old one was last seen: it changed in between
	// Changed is when it changed, as far as Notion tells: when the data source
	// was last edited, if that lies between the two.
	Changed time.Time `json:"changed,omitzero"`

	Text string `json:"text"` // the event in a sentence, without a time
}

// A Schema is a data source held against what the settings expect of it
// (schema.expect), or one that has drifted.
type Schema struct {
	DataSource string    `json:"data_source"`
	Seen       time.Time `json:"seen,omitzero"` // zero: no schema of it has passed yet
	Expected   bool      `json:"expected"`      // the settings expect something of it

	Missing    []string `json:"missing"`    // expected, and not there
	Unexpected []string `json:"unexpected"` // there, and not expected
	Current    []string `json:"current"`    // all names
}
