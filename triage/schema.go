package triage

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"notionproxy/exchange"
)

// Bounds of what is remembered of schemas.
const (
	maxSchemas    = 200
	maxProperties = 500  // of one data source
	maxOptions    = 1000 // of one data source
	maxName       = 200  // bytes
	maxFormer     = 100  // names that properties of one data source had
)

// A SchemaRef says where a schema is read.
type SchemaRef struct {
	Connection string // whose token could read it; empty: whoever's was used last
	ID         string // of the data source, or of the database
	Database   bool   // it is read as a database's, under a version before 2025-09-03
	Version    string // the Notion-Version; empty: one that fits
}

// A SchemaAnswer is an answer of Notion's that holds a schema.
type SchemaAnswer struct {
	Connection, Version string
	Body                []byte // JSON; not changed any more
	At                  time.Time
}

// A schema is what such an answer shows.
type schema struct {
	ref        SchemaRef
	properties properties
	edited     time.Time
}

// A property is one column of a schema.
type property struct {
	id, name, kind string
	options        map[string]string // names by id

	digests [2]uint64 // of id and name
}

// properties are a schema, by property id.
type properties map[string]property

// readSchema reads an answer; ok is false where it shows no properties.
func readSchema(a SchemaAnswer) (s schema, ok bool) {
	type options struct {
		Options []struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"options"`
	}
	var answer struct {
		Object     string    `json:"object"`
		ID         string    `json:"id"`
		Edited     time.Time `json:"last_edited_time"`
		Properties map[string]struct {
			ID          string  `json:"id"`
			Name        string  `json:"name"`
			Type        string  `json:"type"`
			Select      options `json:"select"`
			MultiSelect options `json:"multi_select"`
			Status      options `json:"status"`
		} `json:"properties"`
	}
	if json.Unmarshal(a.Body, &answer) != nil || len(answer.Properties) == 0 || len(answer.Properties) > maxProperties {
		return schema{}, false
	}
	id, ok := parseID(answer.ID)
	if !ok || answer.Object != "database" && answer.Object != "data_source" {
		return schema{}, false
	}
	all, left := properties{}, maxOptions
	for key, p := range answer.Properties {
		q := property{id: p.ID, name: clip(p.Name), kind: clip(p.Type)}
		if q.name == "" {
			q.name = clip(key)
		}
		for _, o := range slices.Concat(p.Select.Options, p.MultiSelect.Options, p.Status.Options) {
			if left--; left < 0 {
				break
			}
			if q.options == nil {
				q.options = map[string]string{}
			}
			q.options[o.ID] = clip(o.Name)
		}
		q.digests = [2]uint64{exchange.Digest(q.id), exchange.Digest(q.name)}
		all[p.ID] = q
	}
	ref := SchemaRef{Connection: a.Connection, ID: idText(id), Database: answer.Object == "database", Version: a.Version}
	return schema{ref, all, answer.Edited}, true
}

func clip(s string) string {
	if len(s) > maxName {
		s = s[:maxName]
	}
	return strings.Clone(strings.ToValidUTF8(s, "�")) // of its own: it must not hold the body
}

// names are the properties' names in order.
func (ps properties) names() []string {
	list := make([]string, 0, len(ps))
	for _, p := range ps {
		list = append(list, p.name)
	}
	slices.Sort(list)
	return list
}

// named is the property whose name or id has that digest.
func (ps properties) named(digest uint64) (property, bool) {
	for _, p := range ps {
		if slices.Contains(p.digests[:], digest) {
			return p, true
		}
	}
	return property{}, false
}

// drift is what changed from one schema to the next, in the order of the ids.
// Under another version properties are shown differently, so that only names
// can be compared.
func drift(before, after properties, sameVersion bool) (events []DriftEvent) {
	for _, id := range ids(before, after) {
		old, was := before[id]
		now, is := after[id]
		switch {
		case was && is && old.name != now.name:
			events = append(events, changed(Renamed, now, old.name, now.name, ""))
		case !sameVersion:
			continue
		case !was:
			events = append(events, changed(Added, now, now.name, "", ""))
		case !is:
			events = append(events, changed(Removed, old, old.name, "", ""))
		}
		if was && is && sameVersion {
			events = append(events, driftWithin(old, now)...)
		}
	}
	return events
}

// driftWithin is what changed of a property beside its name.
func driftWithin(old, now property) (events []DriftEvent) {
	if old.kind != now.kind {
		return []DriftEvent{changed(TypeChanged, now, now.name, now.kind, old.kind)}
	}
	for _, id := range ids(old.options, nil) {
		if _, still := now.options[id]; !still && !slices.Contains(values(now.options), old.options[id]) {
			events = append(events, changed(OptionRemoved, now, now.name, old.options[id], ""))
		}
	}
	return events
}

func changed(c Change, p property, name, to, from string) DriftEvent {
	e := DriftEvent{Change: c, PropertyID: p.id, Property: name, To: to, From: from}
	switch c {
	case Added:
		e.Text = "`" + name + "` was added."
	case Removed:
		e.Text = "`" + name + "` was removed."
	case Renamed:
		e.Text = "`" + name + "` was renamed to `" + to + "`."
	case TypeChanged:
		e.Text = "`" + name + "` was changed from " + from + " to " + to + "."
	case OptionRemoved:
		e.Text = "The option `" + to + "` of `" + name + "` was removed."
	}
	return e
}

// ids are the keys of both maps in order, each once.
func ids[V any](a, b map[string]V) []string {
	list := make([]string, 0, len(a)+len(b))
	for id := range a {
		list = append(list, id)
	}
	for id := range b {
		if _, both := a[id]; !both {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

func values(m map[string]string) []string {
	list := make([]string, 0, len(m))
	for _, v := range m {
		list = append(list, v)
	}
	return list
}
