package triage

import (
	"slices"
	"time"
)

// explain says what became of the property that a rejected call relies on, and
// names it, if a schema has or had it.
func (s *schemas) explain(r *Rejection, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Code != "validation_error" {
		return
	}
	for _, id := range s.about(r.Object, r.named) {
		k := s.known[id]
		p, is := k.properties.named(r.named)
		former, was := k.former[r.named]
		event := s.lastEvent(id, func(e DriftEvent) bool {
			return r.named == 0 && (e.Change == TypeChanged || e.Change == OptionRemoved) ||
				is && e.PropertyID == p.id || was && e.PropertyID == former.id
		}, now)
		switch {
		case event != nil && (r.named == 0 || !is || event.Change != Renamed):
			r.Explained, r.Drifted = tell(*event, now), true
		case is:
			r.Explained = "`" + p.name + "` is there, as a property of type " + p.kind + "."
		case r.named != 0 && id == r.Object:
			r.Explained = sentence("the data source has no property of the name that is asked for; it has %s", list(quoted(k.properties.names()), 30))
		default:
			continue
		}
		switch {
		case is:
			r.Property = p.name
		case was:
			r.Property = former.name
		}
		return
	}
}

// about are the data sources that a call may be about: its object, or, where
// that is a row, those that have or had a property of that name.
func (s *schemas) about(object string, named uint64) []string {
	if s.known[object] != nil {
		return []string{object}
	}
	var list []string
	for _, id := range ids(s.known, nil) {
		_, is := s.known[id].properties.named(named)
		_, was := s.known[id].former[named]
		if named != 0 && (is || was) {
			list = append(list, id)
		}
	}
	// What has lost the name explains more than what still has it.
	slices.SortStableFunc(list, func(a, b string) int {
		_, x := s.known[a].former[named]
		_, y := s.known[b].former[named]
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
