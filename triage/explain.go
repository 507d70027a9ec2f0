package triage

import (
	"slices"
	"time"
)

// explain says what became of the property that a rejected call relies on. A
// name that no schema has or had is taken out: it may be anything.
func (s *schemas) explain(r *Rejection, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := r.Property
	r.Property = ""
	if r.Code != "validation_error" {
		return
	}
	for _, id := range s.about(r.Object, name) {
		k := s.known[id]
		p, is := k.properties.named(name)
		former, was := k.former[name]
		event := s.lastEvent(id, func(e DriftEvent) bool {
			return name == "" && (e.Change == TypeChanged || e.Change == OptionRemoved) ||
				name != "" && (e.Property == name || is && e.PropertyID == p.id || was && e.PropertyID == former)
		}, now)
		switch {
		case event != nil && (name == "" || !is || event.Change != Renamed):
			r.Explained, r.Drifted = tell(*event, now), true
		case is:
			r.Explained = "`" + p.name + "` is there, as a property of type " + p.kind + "."
		case name != "" && id == r.Object:
			r.Explained = sentence("the data source has no property of the name that is asked for; it has %s", list(quoted(k.properties.names()), 30))
		default:
			continue
		}
		if is || was {
			r.Property = name
		}
		return
	}
}

// about are the data sources that a call may be about: its object, or, where
// that is a row, those that have or had a property of that name.
func (s *schemas) about(object, name string) []string {
	if s.known[object] != nil {
		return []string{object}
	}
	var list []string
	for _, id := range ids(s.known, nil) {
		_, is := s.known[id].properties.named(name)
		_, was := s.known[id].former[name]
		if name != "" && (is || was) {
			list = append(list, id)
		}
	}
	// What has lost the name explains more than what still has it.
	slices.SortStableFunc(list, func(a, b string) int {
		_, x := s.known[a].former[name]
		_, y := s.known[b].former[name]
		switch {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	})
	return list
}

func (s *schemas) lastEvent(id string, fits func(DriftEvent) bool, now time.Time) *DriftEvent {
	for _, e := range slices.Backward(s.events) {
		if e.DataSource == id && now.Sub(e.Seen) <= tellDrift && fits(e) {
			return &e
		}
	}
	return nil
}

// tell is an event with its time: "`Status` was renamed to `State` 12 minutes
// ago." Where Notion does not tell when, it lies between two readings.
func tell(e DriftEvent, now time.Time) string {
	text := e.Text[:len(e.Text)-1] + " "
	if !e.Changed.IsZero() {
		return text + span(now.Sub(e.Changed)) + " ago."
	}
	if e.Seen.Sub(e.Before) > 5*time.Minute {
		return text + "between " + clock(e.Before) + " and " + clock(e.Seen) + "."
	}
	return text + span(now.Sub(e.Seen)) + " ago."
}

func quoted(names []string) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = "`" + n + "`"
	}
	return list
}
