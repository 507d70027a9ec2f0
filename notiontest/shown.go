package notiontest

import (
	"strings"
	"time"
)

// value is what property p of page x shows: written ones as they were, the
// others computed now.
func (n *Notion) value(x *node, p *property) any {
	switch p.typ {
	case "created_time":
		return minute(x.created)
	case "last_edited_time":
		return minute(x.edited)
	case "created_by":
		return partialUser(x.createdBy)
	case "last_edited_by":
		return partialUser(x.editedBy)
	case "unique_id":
		return object{{"prefix", p.prefix}, {"number", x.values[p.id]}}
	case "button":
		return object{}
	case "formula":
		return n.formula(x, p)
	case "rollup":
		return n.rollup(x, p)
	}
	if v, ok := x.values[p.id]; ok {
		return v
	}
	return valueTypes(p.typ).empty
}

// shownProperty is the member of a page's properties for p.
func (n *Notion) shownProperty(x *node, p *property, now time.Time) object {
	v, more := n.value(x, p), false
	if l, ok := v.([]any); ok && len(l) > references {
		v, more = l[:references], true
	}
	if l, ok := v.([]any); ok && p.typ == "files" {
		v = n.signedFiles(x.ws, l, now)
	}
	o := object{{"id", p.encodedID()}, {"type", p.typ}, {p.typ, v}}
	if p.typ == "relation" {
		o = append(o, member{"has_more", more})
	}
	return o
}

// formula knows one expression, prop("Name"), which is enough to see that a
// computed value follows a change at once; any other yields an empty string.
func (n *Notion) formula(x *node, p *property) object {
	name, ok := strings.CutPrefix(p.expression, `prop("`)
	if name, ok2 := strings.CutSuffix(name, `")`); ok && ok2 {
		if of := n.schemaOf(x).find(name); of != nil && of.typ != "formula" && of.typ != "rollup" {
			return formulaOf(of.typ, n.value(x, of))
		}
	}
	return object{{"type", "string"}, {"string", nil}}
}

func formulaOf(typ string, v any) object {
	switch typ {
	case "number":
		return object{{"type", "number"}, {"number", v}}
	case "checkbox":
		return object{{"type", "boolean"}, {"boolean", v}}
	case "date":
		return object{{"type", "date"}, {"date", v}}
	}
	var s any
	if t := textOf(v); t != "" {
		s = t
	}
	return object{{"type", "string"}, {"string", s}}
}

// rollup knows the functions count, sum, show_original; the others are
// answered as unsupported, as Notion does for what it cannot compute.
func (n *Notion) rollup(x *node, p *property) object {
	s, fn := n.schemaOf(x), p.rollup.text("function")
	relation := s.find(firstText(p.rollup, "relation_property_id", "relation_property_name"))
	if relation == nil || relation.typ != "relation" {
		return object{{"type", "unsupported"}, {"unsupported", object{}}, {"function", fn}}
	}
	related, _ := n.value(x, relation).([]any)
	if fn == "count" {
		return object{{"type", "number"}, {"number", len(related)}, {"function", fn}}
	}
	key, sum, shown := firstText(p.rollup, "rollup_property_id", "rollup_property_name"), 0.0, []any{}
	for _, id := range relationIDs(related) {
		other := n.nodes[id]
		if of := n.schemaOf(other).find(key); of != nil && of.typ != "rollup" {
			v := n.value(other, of)
			f, _ := v.(float64)
			sum += f
			shown = append(shown, object{{"type", of.typ}, {of.typ, v}})
		}
	}
	switch fn {
	case "sum":
		return object{{"type", "number"}, {"number", sum}, {"function", fn}}
	case "show_original":
		return object{{"type", "array"}, {"array", shown}, {"function", fn}}
	}
	return object{{"type", "unsupported"}, {"unsupported", object{}}, {"function", fn}}
}

func firstText(o object, keys ...string) string {
	for _, k := range keys {
		if s := o.text(k); s != "" {
			return s
		}
	}
	return ""
}

// textOf is a value as plain text, for filters, sorts and formulas.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		return plainText(v)
	case object:
		return firstText(v, "name", "start", "string", "plain_text")
	}
	return ""
}
