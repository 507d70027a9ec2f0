package triage

import "time"

// A Verdict is what the evidence comes to.
type Verdict struct {
	At    time.Time `json:"at"`
	Class Class     `json:"classification"` // of the first finding

	// Findings are all that is wrong, worst first. There is always one: when
	// nothing is wrong, one of class OK that says what that rests on.
	Findings []Finding `json:"findings"`

	RuledOut []RuledOut `json:"ruled_out"` // in the order of the decision tree
	Tree     []Branch   `json:"tree"`      // the decision tree, with what was found at each question
}

// First is the worst finding.
func (v Verdict) First() Finding {
	if len(v.Findings) == 0 {
		return Finding{Class: Unknown}
	}
	return v.Findings[0]
}

// A Finding is one thing that is wrong.
type Finding struct {
	Class      Class      `json:"classification"`
	Confidence Confidence `json:"confidence"`
	Since      time.Time  `json:"since,omitzero"` // to some seconds; zero where it cannot be told

	Headline string   `json:"headline"` // one line without a full stop: what is wrong
	Impact   string   `json:"impact"`   // what users notice, in a sentence
	Evidence []string `json:"evidence"` // what led here, in sentences with numbers

	// Connections are those concerned, by digest; empty where it is all of
	// them, or cannot be told.
	Connections []string `json:"connections,omitempty"`

	Advice Advice `json:"advice"`

	minor bool // comes after all that is not, whatever its class
}

// A Confidence says how sure a finding is.
type Confidence string

// How sure a finding is.
const (
	High   Confidence = "high"   // several kinds of evidence agree, or it is Notion's own plain word
	Medium Confidence = "medium" // one kind of evidence, and nothing against it
	Low    Confidence = "low"    // few calls, or evidence that disagrees
)

// RuledOut is a class that the evidence speaks against.
type RuledOut struct {
	Class Class  `json:"classification"`
	Why   string `json:"why"` // a sentence with numbers
}

// A Branch is one question of the decision tree.
type Branch struct {
	Class    Class  `json:"classification"` // what a yes means
	Question string `json:"question"`
	Yes      bool   `json:"yes"`
	Answer   string `json:"answer"` // why, in a sentence
	Taken    bool   `json:"taken"`  // the first yes: where somebody who follows the tree ends
}

// Advice says what to do.
type Advice struct {
	Steps []Step   `json:"steps"` // in this order
	Donts []string `json:"donts"` // what makes it worse
}

// A Step is one thing to do.
type Step struct {
	Do       string    `json:"do"` // an imperative sentence
	Commands []Command `json:"commands,omitempty"`
	Links    []Link    `json:"links,omitempty"`
}

// A Command can be copied into a shell. What the reader must fill in stands in
// it in capitals, such as NEW_TOKEN.
type Command struct {
	For  string `json:"for"` // where it applies: "AWS", "Kubernetes"; empty where that is plain
	Text string `json:"text"`
}

// A Link is a place to go to.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"` // https
}
