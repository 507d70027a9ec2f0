package notion

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A reference is what Inspect should find, found slowly: encoding/json reads
// the body into maps, and these are walked.
type reference struct {
	tags   map[Tag]bool
	edges  map[Edge]bool
	rows   []ID
	expiry time.Time
}

// isValid reports whether body is what Inspect takes, and whether one of its
// objects has a key twice, so that there is no telling what it should find.
func isValid(body []byte) (valid, ambiguous bool) {
	if !json.Valid(body) || !utf8.Valid(body) || !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return false, false
	}
	d := json.NewDecoder(bytes.NewReader(body))
	depth, twice, err := skim(d, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, false
	}
	return depth <= maxDepth, twice
}

func skim(d *json.Decoder, depth int) (deepest int, twice bool, err error) {
	token, err := d.Token()
	delim, ok := token.(json.Delim)
	if err != nil || !ok {
		return depth, false, err
	}
	deepest = depth + 1
	keys := map[any]bool{}
	for d.More() {
		if delim == '{' {
			key, err := d.Token()
			if err != nil {
				return deepest, twice, err
			}
			twice = twice || keys[key]
			keys[key] = true
		}
		below, again, err := skim(d, depth+1)
		if err != nil {
			return deepest, twice, err
		}
		deepest, twice = max(deepest, below), twice || again
	}
	_, err = d.Token()
	return deepest, twice, err
}

func refer(body []byte) *reference {
	r := &reference{tags: map[Tag]bool{}, edges: map[Edge]bool{}}
	var top map[string]any
	if json.Unmarshal(body, &top) != nil {
		return r
	}
	r.object(top, "top")
	for _, key := range []string{"results", "templates"} {
		list, _ := top[key].([]any)
		for _, e := range list {
			row, _ := e.(map[string]any)
			r.rows = append(r.rows, idIn(row, "id"))
		}
	}
	return r
}

func idIn(object map[string]any, key string) ID {
	text, _ := object[key].(string)
	id, _ := ParseID(text)
	return id
}

// places are the keys that give what is below them a meaning.
var places = map[string]string{
	"parent": "parent", "database_parent": "parent", "properties": "properties", "relation": "relation",
	"page": "mention", "block": "mention", "database": "mention", "data_source": "mention",
	"data_sources": "data_sources", "unknown_block_ids": "ids", "committed_child_ids": "ids",
}

var otherIDs = []string{"integration_id", "workspace_id", "user_id", "bot_id", "agent_id", "property_id", "synced_property_id", "request_id"}

func (r *reference) object(o map[string]any, place string) {
	for key, value := range o {
		r.member(o, key, value, place)
	}
	_, says := o["object"].(string)
	id := idIn(o, "id")
	named := says && isThing(o)
	placed := !says && slices.Contains([]string{"top", "row", "relation", "mention", "data_sources"}, place)
	if place == "parent" || place == "properties" || id.IsZero() || !named && !placed {
		return
	}
	role := Shows
	if place == "relation" || place == "mention" {
		role = Names
	}
	r.tags[Tag{role, id}] = true
	if _, isList := o["data_sources"].([]any); o["object"] == "database" && !isList {
		listed := false
		for key, value := range o {
			_, isList := value.([]any)
			listed = listed || isList && places[key] == "ids"
		}
		if !listed {
			r.tags[Tag{Role: Tables}] = true
		}
	}
	r.above(o, id)
}

func (r *reference) member(o map[string]any, key string, value any, place string) {
	if text, ok := value.(string); ok {
		r.text(text)
		if id, ok := ParseID(text); ok && strings.HasSuffix(key, "_id") && len(key) > 3 && place != "parent" && place != "properties" && !slices.Contains(otherIDs, key) {
			r.tags[Tag{Names, id}] = true
		}
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil && key == "expiry_time" && o["object"] != "file_upload" && place != "properties" {
			if _, has := o["url"].(string); has {
				r.expires(at)
			}
		}
		return
	}
	below := places[key]
	if place == "top" && (key == "results" || key == "templates") {
		below = "row"
	}
	if place == "properties" || place == "parent" && below == "parent" {
		below = ""
	}
	list, isList := value.([]any)
	inLists := below == "row" || below == "data_sources" || below == "ids"
	switch nested, _ := value.(map[string]any); {
	case nested != nil && inLists:
		r.object(nested, "")
	case nested != nil:
		r.object(nested, below)
		if below == "parent" {
			for _, id := range append(parentIDs(nested), oddIDs(nested)...) {
				r.tags[Tag{Under, id}] = true
			}
			if idIn(nested, "data_source_id").IsZero() && !idIn(nested, "database_id").IsZero() {
				r.tags[Tag{Role: Tables}] = true
			}
		}
	case isList && (inLists || below == "relation"):
		r.list(list, below)
	case isList:
		r.list(list, "")
	}
}

func (r *reference) list(list []any, place string) {
	for _, e := range list {
		switch e := e.(type) {
		case string:
			r.text(e)
			if id, ok := ParseID(e); ok && place == "ids" {
				r.tags[Tag{Names, id}] = true
			}
		case map[string]any:
			r.object(e, place)
		case []any:
			r.list(e, "")
		}
	}
}

func parentIDs(parent map[string]any) []ID {
	var ids []ID
	for _, keys := range [][]string{{"data_source_id"}, {"database_id"}, {"page_id", "block_id"}} {
		for _, key := range keys {
			if id := idIn(parent, key); !id.IsZero() {
				ids = append(ids, id)
				break
			}
		}
	}
	return ids
}

// oddIDs are the ids in a parent under keys that nobody knows yet.
func oddIDs(parent map[string]any) []ID {
	var ids []ID
	for key := range parent {
		known := slices.Contains(otherIDs, key) || slices.Contains([]string{"data_source_id", "database_id", "page_id", "block_id", "discussion_id"}, key)
		if id := idIn(parent, key); !known && strings.HasSuffix(key, "_id") && len(key) > 3 && !id.IsZero() {
			ids = append(ids, id)
		}
	}
	return ids
}

func (r *reference) above(o map[string]any, id ID) {
	parent, _ := o["parent"].(map[string]any)
	r.up(id, parent)
	source, database := idIn(parent, "data_source_id"), idIn(parent, "database_id")
	if !source.IsZero() && !database.IsZero() {
		r.edge(source, database)
	}
	if above, _ := o["database_parent"].(map[string]any); !database.IsZero() {
		r.up(database, above)
	}
	for key, value := range o {
		list, _ := value.([]any)
		for _, e := range list {
			switch e := e.(type) {
			case string:
				if kid, ok := ParseID(e); ok && places[key] == "ids" {
					r.edge(kid, id)
				}
			case map[string]any:
				if kid := idIn(e, "id"); key == "data_sources" && !kid.IsZero() && isThing(e) {
					r.edge(kid, id)
				}
			}
		}
	}
}

func isThing(o map[string]any) bool {
	object := o["object"]
	return object != "user" && object != "group" && object != "property_item" && object != "file_upload"
}

func (r *reference) up(id ID, parent map[string]any) {
	ids := parentIDs(parent)
	switch {
	case len(ids) > 0:
		r.edge(id, ids[0])
	case len(parent) > 0 && len(oddIDs(parent)) == 0:
		r.edge(id, ID{})
	}
}

func (r *reference) edge(child, parent ID) {
	if child != parent {
		r.edges[Edge{child, parent}] = true
	}
}

var queryOfLink = regexp.MustCompile(`\?[-._~%&=+;/0-9A-Za-z]*[0-9A-Za-z]`)

func (r *reference) text(text string) {
	for _, query := range queryOfLink.FindAllString(text, -1) {
		values := paramsOf(query[1:])
		at, err := time.Parse("20060102T150405Z", values["X-Amz-Date"])
		life := values["X-Amz-Expires"]
		if err != nil || life == "" || len(life) > 7 || strings.Trim(life, "0123456789") != "" || strings.Trim(life, "0") == "" {
			continue
		}
		d, _ := time.ParseDuration(life + "s")
		r.expires(at.Add(d))
	}
}

func paramsOf(query string) map[string]string {
	values := map[string]string{}
	for _, param := range strings.FieldsFunc(query, func(c rune) bool { return c == '&' || c == ';' }) {
		name, value, _ := strings.Cut(param, "=")
		values[name] = value
	}
	return values
}

func (r *reference) expires(at time.Time) {
	if r.expiry.IsZero() || at.Before(r.expiry) {
		r.expiry = at
	}
}

// plain is what body says but for its request_id and its links' signatures.
func plain(body []byte) any {
	var top map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&top) != nil {
		return nil
	}
	delete(top, "request_id")
	return unsigned(top)
}

func unsigned(value any) any {
	switch v := value.(type) {
	case string:
		return queryOfLink.ReplaceAllStringFunc(v, func(query string) string {
			if _, signed := paramsOf(query[1:])["X-Amz-Signature"]; signed {
				return "?\x00"
			}
			return query
		})
	case []any:
		for i := range v {
			v[i] = unsigned(v[i])
		}
	case map[string]any:
		_, hasURL := v["url"].(string)
		expiry, _ := v["expiry_time"].(string)
		if _, err := time.Parse(time.RFC3339Nano, expiry); err == nil && hasURL && v["object"] != "file_upload" {
			v["expiry_time"] = "\x00"
		}
		for k := range v {
			v[k] = unsigned(v[k])
		}
	}
	return value
}
