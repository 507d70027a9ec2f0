package triage

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"notionproxy/exchange"
)

// How often schemas are asked for.
const (
	refetchPause = time.Minute     // one data source, at most
	expectPause  = 5 * time.Minute // one of which the settings expect something, while all is well
	tellDrift    = 24 * time.Hour  // how long a change is told
	maxDrift     = 200             // changes that are kept
	maxWanted    = 20              // data sources that are waiting to be asked for
)

// schemas remember what data sources looked like. They are safe for concurrent
// use.
type schemas struct {
	expect map[string][]string // names of properties, by data source

	mu     sync.Mutex
	known  map[string]*known
	events []DriftEvent // newest last
	wanted map[string]SchemaRef
	asked  map[string]time.Time // when each was last asked for
}

// A formerName is a name that a property had.
type formerName struct{ name, id string }

// known is what is known of one data source.
type known struct {
	ref        SchemaRef
	properties properties
	seen       time.Time
	since      time.Time             // when it was first seen
	former     map[uint64]formerName // that properties had, by digest
}

func newSchemas(expect map[string][]string) *schemas {
	s := &schemas{
		expect: map[string][]string{}, known: map[string]*known{}, wanted: map[string]SchemaRef{}, asked: map[string]time.Time{},
	}
	for id, names := range expect {
		if raw, ok := parseID(id); ok {
			id = idText(raw)
		}
		s.expect[id] = names
	}
	return s
}

// learn takes a schema that has passed, and returns what changed with it.
func (s *schemas) learn(a SchemaAnswer) []DriftEvent {
	now, ok := readSchema(a)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := now.ref.ID
	k := s.known[id]
	if k == nil {
		s.makeRoom()
		s.known[id] = &known{ref: now.ref, properties: now.properties, seen: a.At, since: a.At, former: map[uint64]formerName{}}
		return nil
	}
	if a.At.Before(k.seen) {
		return nil // overtaken by a later one
	}
	events := drift(k.properties, now.properties, a.Version == k.ref.Version)
	for i := range events {
		events[i].DataSource, events[i].Seen, events[i].Before = id, a.At, k.seen
		// Notion tells whole minutes only.
		if now.edited.After(k.seen.Add(-time.Minute)) && !now.edited.After(a.At) {
			events[i].Changed = now.edited
		}
		if c := events[i].Change; (c == Renamed || c == Removed) && len(k.former) < maxFormer {
			k.former[exchange.Digest(events[i].Property)] = formerName{events[i].Property, events[i].PropertyID}
		}
	}
	k.ref, k.properties, k.seen = now.ref, now.properties, a.At
	s.events = append(s.events, events...)
	s.events = s.events[max(0, len(s.events)-maxDrift):]
	return events
}

// makeRoom forgets the schema that was seen longest ago, when there are too
// many. Those that the settings expect something of stay.
func (s *schemas) makeRoom() {
	if len(s.known) < maxSchemas {
		return
	}
	oldest := ""
	for id, k := range s.known {
		if s.expect[id] == nil && (oldest == "" || k.seen.Before(s.known[oldest].seen)) {
			oldest = id
		}
	}
	delete(s.known, oldest)
}

// events of the last day, newest first.
func (s *schemas) recent(now time.Time) []DriftEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recentLocked(now)
}

func (s *schemas) recentLocked(now time.Time) []DriftEvent {
	list := []DriftEvent{}
	for _, e := range slices.Backward(s.events) {
		if now.Sub(e.Seen) <= tellDrift {
			list = append(list, e)
		}
	}
	return list
}

// held are the schemas held against what the settings expect, and those that
// have drifted.
func (s *schemas) held(now time.Time) []Schema {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Schema{}
	for id, want := range s.expect {
		list = append(list, s.hold(id, want, true))
	}
	for _, e := range s.recentLocked(now) {
		if !slices.ContainsFunc(list, func(l Schema) bool { return l.DataSource == e.DataSource }) {
			list = append(list, s.hold(e.DataSource, nil, false))
		}
	}
	slices.SortFunc(list, func(a, b Schema) int { return cmp.Compare(a.DataSource, b.DataSource) })
	return list
}

func (s *schemas) hold(id string, want []string, expected bool) Schema {
	h := Schema{DataSource: id, Expected: expected, Missing: []string{}, Unexpected: []string{}, Current: []string{}}
	k := s.known[id]
	if k == nil {
		return h
	}
	h.Seen, h.Current = k.seen, k.properties.names()
	if !expected {
		return h
	}
	for _, name := range want {
		if !slices.Contains(h.Current, name) {
			h.Missing = append(h.Missing, name)
		}
	}
	for _, name := range h.Current {
		if !slices.Contains(want, name) {
			h.Unexpected = append(h.Unexpected, name)
		}
	}
	return h
}

// want has the schema asked for that a rejected call relied on.
func (s *schemas) want(r Rejection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.known[r.Object]; k != nil {
		s.wantLocked(k.ref)
		return
	}
	switch {
	case r.Object != "" && r.Operation == "data_sources.query", r.Operation == "data_sources.update":
		s.wantLocked(SchemaRef{Connection: r.Connection, ID: r.Object})
	case r.Object != "" && r.Operation == "databases.query", r.Operation == "databases.update":
		s.wantLocked(SchemaRef{Connection: r.Connection, ID: r.Object, Database: true})
	}
	if r.named == 0 {
		return
	}
	for _, k := range s.known { // a write to a row names no data source
		if _, ok := k.properties.named(r.named); ok {
			s.wantLocked(k.ref)
		}
	}
}

func (s *schemas) wantLocked(ref SchemaRef) {
	if len(s.wanted) < maxWanted {
		s.wanted[ref.ID] = ref
	}
}

// due takes what is to be asked for now: what is wanted, and what the settings
// expect something of; none more than once a minute.
func (s *schemas) due(now time.Time) (list []SchemaRef) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, want := range s.expect {
		pause := expectPause
		if h := s.hold(id, want, true); len(h.Missing) > 0 || h.Seen.IsZero() {
			pause = refetchPause
		}
		if now.Sub(s.asked[id]) < pause {
			continue
		}
		ref := SchemaRef{ID: id}
		if k := s.known[id]; k != nil {
			if now.Sub(k.seen) < pause {
				continue
			}
			ref = k.ref
		}
		s.wanted[id] = ref
	}
	for _, id := range ids(s.wanted, nil) {
		if now.Sub(s.asked[id]) >= refetchPause {
			list = append(list, s.wanted[id])
			s.asked[id] = now
			delete(s.wanted, id)
		}
	}
	for id, at := range s.asked {
		if now.Sub(at) > expectPause {
			delete(s.asked, id)
		}
	}
	return list
}

// driftedOf says whether the data source has changed within the last day.
func (s *schemas) driftedOf(id string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastEvent(id, func(DriftEvent) bool { return true }, now) != nil
}
