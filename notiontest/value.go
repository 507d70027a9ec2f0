package notiontest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// references is how many references of a property a page shows; longer ones
// need the property endpoint.
const references = 25

// A valueType reads a property's value from a request into the form that
// answers have, and knows its empty value.
type valueType struct {
	read  func(c *call, where string, p *property, v any) (any, error) // nil: cannot be written
	empty any
}

// valueTypes is filled by a function and not by a literal, since reading values
// needs the table's users.
func valueTypes(typ string) valueType {
	switch typ {
	case "title", "rich_text":
		return valueType{readTextValue, []any{}}
	case "number":
		return valueType{readNumber, nil}
	case "select":
		return valueType{readSelect, nil}
	case "status":
		return valueType{readStatus, nil}
	case "multi_select":
		return valueType{readMultiSelect, []any{}}
	case "date":
		return valueType{readDate, nil}
	case "people":
		return valueType{readPeople, []any{}}
	case "files":
		return valueType{readFiles, []any{}}
	case "relation":
		return valueType{readRelation, []any{}}
	case "checkbox":
		return valueType{readCheckbox, false}
	case "url", "email", "phone_number":
		return valueType{readString, nil}
	case "place", "verification":
		return valueType{readAsIs, nil}
	}
	return valueType{}
}

func readTextValue(_ *call, where string, _ *property, v any) (any, error) {
	return readRichText(where, v)
}

func readAsIs(_ *call, _ string, _ *property, v any) (any, error) { return v, nil }

func readNumber(_ *call, where string, _ *property, v any) (any, error) {
	if _, ok := v.(float64); ok || v == nil {
		return v, nil
	}
	return nil, mustBe(where, "a number", v)
}

func readCheckbox(_ *call, where string, _ *property, v any) (any, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	return nil, mustBe(where, "a boolean", v)
}

// longest are the most characters that a plain value may have.
var longest = map[string]int{"url": 2000, "email": 200, "phone_number": 200}

func readString(_ *call, where string, p *property, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	s, ok := v.(string)
	if !ok {
		return nil, mustBe(where, "a string", v)
	}
	if most := longest[p.typ]; utf16Length(s) > most {
		return nil, invalid("body failed validation: %s.length should be ≤ `%d`, instead was `%d`.", where, most, utf16Length(s))
	}
	if s == "" {
		return nil, nil
	}
	return s, nil
}

// chosen is the option that a request names; select properties grow new ones.
func (c *call) chosen(where string, p *property, v any) (object, error) {
	o, ok := v.(object)
	if !ok || !o.has("id") && !o.has("name") {
		return nil, mustBe(where+".name", "defined", undefined{})
	}
	found := p.option(o.text("id"), o.text("name"))
	switch {
	case found != nil:
		return found.without("description"), nil
	case p.typ == "status":
		return nil, invalid("Status option %q does not exist.", o.text("name"))
	case o.has("id"):
		return nil, invalid("%s option with ID %q does not exist.", p.typ, o.text("id"))
	case strings.Contains(o.text("name"), ","):
		return nil, invalid("Invalid select option, commas not allowed: %s", o.text("name"))
	}
	return c.n.addOption(p, o).without("description"), nil
}

func readSelect(c *call, where string, p *property, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	return c.chosenValue(where, p, v)
}

// chosenValue keeps a nil object from becoming a non-nil any.
func (c *call) chosenValue(where string, p *property, v any) (any, error) {
	o, err := c.chosen(where, p, v)
	if err != nil {
		return nil, err
	}
	return o, nil
}

func readStatus(c *call, where string, p *property, v any) (any, error) {
	return readSelect(c, where, p, v)
}

func readMultiSelect(c *call, where string, p *property, v any) (any, error) {
	return readEach(where, v, func(where string, v any) (any, error) { return c.chosenValue(where, p, v) })
}

// readEach reads a list of at most 100.
func readEach(where string, v any, read func(string, any) (any, error)) (any, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, mustBe(where, "an array", v)
	}
	if len(items) > 100 {
		return nil, invalid("body failed validation: %s.length should be ≤ `100`, instead was `%d`.", where, len(items))
	}
	out := make([]any, 0, len(items))
	for i, it := range items {
		got, err := read(fmt.Sprintf("%s[%d]", where, i), it)
		if err != nil {
			return nil, err
		}
		out = append(out, got)
	}
	return out, nil
}

func readDate(_ *call, where string, _ *property, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	o, ok := v.(object)
	if !ok {
		return nil, mustBe(where, "an object", v)
	}
	start, ok := o.at("start").(string)
	if _, _, valid := parseDate(start); !ok || !valid {
		return nil, mustBe(where+".start", "a valid ISO 8601 date string", orUndefined(o, "start"))
	}
	if end, given := o.at("end").(string); given {
		if _, _, valid := parseDate(end); !valid {
			return nil, mustBe(where+".end", "a valid ISO 8601 date string", end)
		}
	}
	return object{{"start", start}, {"end", o.at("end")}, {"time_zone", o.at("time_zone")}}, nil
}

// parseDate reads an ISO 8601 date or instant; whole tells that it is a date.
func parseDate(s string) (at time.Time, whole, ok bool) {
	if t, err := time.Parse("2006-01-02", s); err == nil {
		return t, true, true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999Z0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, false, true
		}
	}
	return time.Time{}, false, false
}

func readPeople(c *call, where string, _ *property, v any) (any, error) {
	return readEach(where, v, func(where string, v any) (any, error) {
		o, _ := v.(object)
		id, ok := parseID(o.text("id"))
		if !ok {
			return nil, mustBe(where+".id", "a valid uuid", orUndefined(o, "id"))
		}
		if !c.conn.ws.has(id) {
			return nil, c.conn.notFound("user", id)
		}
		return c.n.userObject(c.conn, c.n.users[id]), nil
	})
}

func readRelation(c *call, where string, p *property, v any) (any, error) {
	return readEach(where, v, func(where string, v any) (any, error) {
		o, _ := v.(object)
		x, err := c.named(where+".id", kindPage, orUndefined(o, "id"))
		if err != nil {
			return nil, err
		}
		if p.target != "" && x.parent.id != p.target {
			return nil, invalid("Page %s is not in the data source that property %q is related to.", x.id, p.name)
		}
		return object{{"id", x.id}}, nil
	})
}

func readFiles(c *call, where string, _ *property, v any) (any, error) {
	return readEach(where, v, func(where string, v any) (any, error) {
		o, ok := v.(object)
		if !ok {
			return nil, mustBe(where, "an object", v)
		}
		return c.readFile(where, o)
	})
}

// relate writes a relation's other side: a dual relation changes the other
// pages too, which no write to them shows.
func (n *Notion) relate(x *node, p *property, before, after []any) {
	if p.synced == "" {
		return
	}
	here, there := relationIDs(before), relationIDs(after)
	for _, id := range here {
		if other := n.nodes[id]; other != nil && !slices.Contains(there, id) {
			l, _ := other.values[p.synced].([]any)
			other.values[p.synced] = slices.DeleteFunc(slices.Clone(l), func(v any) bool { return v.(object).text("id") == x.id })
		}
	}
	for _, id := range there {
		if other := n.nodes[id]; other != nil && !slices.Contains(here, id) {
			l, _ := other.values[p.synced].([]any)
			other.values[p.synced] = append(slices.Clone(l), object{{"id", x.id}})
		}
	}
}

func relationIDs(l []any) []string {
	var ids []string
	for _, v := range l {
		if o, ok := v.(object); ok {
			ids = append(ids, o.text("id"))
		}
	}
	return ids
}
