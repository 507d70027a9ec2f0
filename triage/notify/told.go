package notify

import "slices"

// maxIncidents is how many incidents are remembered: many more than are ever
// open at once.
const maxIncidents = 64

// told is what was said last about each incident, oldest incident first.
type told struct {
	order []string
	last  map[string]said
}

type said struct {
	kind                     Kind
	classification, severity string
}

// isNew says whether e tells something that was not said, and takes it as
// said. Saying twice that an incident is open wakes people for nothing.
func (t *told) isNew(e Event) bool {
	if e.Kind == Test {
		return true
	}
	last, known := t.last[e.Incident]
	if !isNews(last, known, e) {
		return false
	}
	if !known {
		t.remember(e.Incident)
	}
	t.last[e.Incident] = said{e.Kind, e.Classification, e.Severity}
	return true
}

// isNews says whether e adds to what was said last.
func isNews(last said, known bool, e Event) bool {
	switch {
	case !known:
		return e.Kind == Opened || e.Kind == Closed
	case last.kind == Closed:
		return false
	case e.Kind == Changed:
		return last.classification != e.Classification || last.severity != e.Severity
	case e.Kind == Acknowledged:
		return last.kind != Acknowledged
	}
	return e.Kind == Closed
}

func (t *told) remember(incident string) {
	if t.last == nil {
		t.last = map[string]said{}
	}
	t.order = append(t.order, incident)
	if len(t.order) > maxIncidents {
		delete(t.last, t.order[0])
		t.order = slices.Delete(t.order, 0, 1)
	}
}
