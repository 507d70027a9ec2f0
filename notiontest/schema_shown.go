package notiontest

import (
	"net/url"
	"slices"
)

// config is the property as a schema shows it.
func (n *Notion) config(p *property, v version) object {
	o := object{{"id", p.encodedID()}, {"name", p.name}}
	if v.hasDataSources() {
		o = append(o, member{"description", p.description})
	}
	return append(o, member{"type", p.typ}, member{p.typ, n.typeConfig(p, v)})
}

func (n *Notion) typeConfig(p *property, v version) object {
	switch p.typ {
	case "number":
		return object{{"format", p.format}}
	case "select", "multi_select":
		return object{{"options", slices.Clone(p.options)}}
	case "status":
		return object{{"options", slices.Clone(p.options)}, {"groups", p.groups}}
	case "formula":
		return object{{"expression", p.expression}}
	case "unique_id":
		return object{{"prefix", p.prefix}}
	case "rollup":
		return p.rollup
	case "relation":
		return n.relationConfig(p, v)
	}
	return object{}
}

func (n *Notion) relationConfig(p *property, v version) object {
	o := object{}
	if target := n.nodes[p.target]; target != nil {
		o = append(o, member{"database_id", target.parent.id})
	}
	if v.hasDataSources() {
		o = append(o, member{"data_source_id", p.target})
	}
	if p.synced == "" {
		return append(o, member{"type", "single_property"}, member{"single_property", object{}})
	}
	name := ""
	if target := n.nodes[p.target]; target != nil {
		if other := target.schema.byID(p.synced); other != nil {
			name = other.name
		}
	}
	return append(o, member{"type", "dual_property"}, member{"dual_property",
		object{{"synced_property_id", url.QueryEscape(p.synced)}, {"synced_property_name", name}}})
}
