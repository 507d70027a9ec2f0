package notiontest

import (
	"fmt"
	"maps"
	"slices"
)

// plainValues turns Go values into those of properties.
func (n *Notion) plainValues(x *node, values map[string]any) map[string]any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(values)) { // new options draw ids: in one order
		p := n.schemaOf(x).find(name)
		if p == nil {
			panic("notiontest: no such property: " + name)
		}
		out[p.id] = n.plainValue(p, values[name])
	}
	return out
}

func (n *Notion) plainValue(p *property, v any) any {
	if v == nil {
		return valueTypes(p.typ).empty
	}
	switch p.typ {
	case "title", "rich_text":
		return richText(fmt.Sprint(v))
	case "select", "status":
		return n.optionNamed(p, fmt.Sprint(v))
	case "date":
		return object{{"start", fmt.Sprint(v)}, {"end", nil}, {"time_zone", nil}}
	case "multi_select", "people", "relation":
		return n.plainList(p, v.([]string))
	case "files":
		return []any{append(object{{"name", fmt.Sprint(v)}}, storedFile(n.made.uuid(), fmt.Sprint(v))...)}
	}
	return v
}

func (n *Notion) plainList(p *property, items []string) []any {
	out := []any{}
	for _, s := range items {
		switch p.typ {
		case "multi_select":
			out = append(out, n.optionNamed(p, s))
		case "people":
			out = append(out, partialUser(s))
		default:
			out = append(out, object{{"id", mustID(s)}})
		}
	}
	return out
}

func (n *Notion) optionNamed(p *property, name string) object {
	o := p.option("", name)
	if o == nil {
		o = n.addOption(p, object{{"name", name}})
	}
	return o.without("description")
}
