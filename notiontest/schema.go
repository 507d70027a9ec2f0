package notiontest

import (
	"net/url"
	"slices"
)

// A schema is the list of properties of a data source.
type schema struct{ properties []*property }

// A property is one column.
type property struct {
	id, name, typ string
	description   any
	options       []object // select, multi_select, status: {id, name, color, description}
	groups        []object // status
	format        string   // number
	prefix        any      // unique_id
	expression    string   // formula
	target        string   // relation: data source id
	synced        string   // relation: property id of the other side of a dual one
	rollup        object   // rollup: as in answers
	serial        int      // unique_id: the last one given
}

// encodedID is how a property id travels in answers and paths: "%3FB%3AW".
func (p *property) encodedID() string { return url.QueryEscape(p.id) }

// titleSchema is that of a page outside of any database.
var titleSchema = &schema{properties: []*property{{id: "title", name: "title", typ: "title"}}}

// find looks a property up by name, id or encoded id.
func (s *schema) find(key string) *property {
	decoded, err := url.PathUnescape(key)
	for _, p := range s.properties {
		if p.name == key || p.id == key || err == nil && p.id == decoded {
			return p
		}
	}
	return nil
}

func (s *schema) byID(id string) *property {
	for _, p := range s.properties {
		if p.id == id {
			return p
		}
	}
	return nil
}

func (s *schema) titleName() string { return s.byID("title").name }

// schemaOf is the schema of a page's data source.
func (n *Notion) schemaOf(x *node) *schema {
	if p := n.nodes[x.parent.id]; p != nil && p.kind == kindSource {
		return p.schema
	}
	return titleSchema
}

var optionColors = []string{"default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red"}

// option finds an option by id or name; nil when there is none.
func (p *property) option(id, name string) object {
	for _, o := range p.options {
		if id != "" && o.text("id") == id || id == "" && o.text("name") == name {
			return o
		}
	}
	return nil
}

func (n *Notion) addOption(p *property, o object) object {
	made := object{{"id", o.text("id")}, {"name", o.text("name")}, {"color", o.text("color")}, {"description", o.at("description")}}
	if made[0].value == "" {
		made[0].value = n.made.uuid()
	}
	if made[2].value == "" {
		made[2].value = optionColors[len(p.options)%len(optionColors)]
	}
	p.options = append(p.options, made)
	return made
}

// propertyTypes are the types that a schema may have.
var propertyTypes = []string{"title", "rich_text", "number", "select", "multi_select", "status", "date", "people",
	"files", "checkbox", "url", "email", "phone_number", "formula", "relation", "rollup", "created_time",
	"created_by", "last_edited_time", "last_edited_by", "unique_id", "button", "place", "verification"}

// readProperty makes a property from its configuration in a request.
func (c *call) readProperty(where, name string, v any) (*property, error) {
	o, ok := v.(object)
	if !ok {
		return nil, mustBe(where, "an object", v)
	}
	typ := o.text("type")
	for _, m := range o {
		if typ == "" && slices.Contains(propertyTypes, m.key) {
			typ = m.key
		}
	}
	if !slices.Contains(propertyTypes, typ) {
		return nil, invalid("body failed validation: %s should have one of the known property types, instead was `%s`.", where, shown(v))
	}
	p := &property{id: c.n.made.propertyID(), name: name, typ: typ, description: o.at("description")}
	if typ == "title" {
		p.id = "title"
	}
	return p, c.configure(p, o.object(typ))
}

// configure applies the part of a configuration that is particular to a type.
func (c *call) configure(p *property, o object) error {
	switch p.typ {
	case "number":
		p.format = o.text("format")
		if p.format == "" {
			p.format = "number"
		}
	case "select", "multi_select", "status":
		c.configureOptions(p, o)
	case "formula":
		p.expression = o.text("expression")
	case "unique_id":
		p.prefix = o.at("prefix")
	case "relation":
		return c.configureRelation(p, o)
	case "rollup":
		p.rollup = o
	}
	return nil
}

func (c *call) configureOptions(p *property, o object) {
	for _, v := range o.list("options") {
		opt, _ := v.(object)
		if p.option(opt.text("id"), opt.text("name")) == nil {
			c.n.addOption(p, opt)
		}
	}
	if p.typ == "status" && len(p.options) == 0 {
		for _, name := range []string{"Not started", "In progress", "Done"} {
			c.n.addOption(p, object{{"name", name}})
		}
	}
	if p.typ == "status" && p.groups == nil {
		p.groups = statusGroups(c.n, p)
	}
}

// statusGroups puts the first option into "To-do", the last into "Complete" and
// the others between them.
func statusGroups(n *Notion, p *property) []object {
	names, colors := []string{"To-do", "In progress", "Complete"}, []string{"gray", "blue", "green"}
	members := [3][]string{{}, {}, {}}
	for i, o := range p.options {
		at := 1
		if i == 0 {
			at = 0
		} else if i == len(p.options)-1 {
			at = 2
		}
		members[at] = append(members[at], o.text("id"))
	}
	var groups []object
	for i, name := range names {
		groups = append(groups, object{{"id", n.made.uuid()}, {"name", name}, {"color", colors[i]}, {"option_ids", members[i]}})
	}
	return groups
}

// configureRelation finds the related data source; a database id is fine while
// the database has one data source.
func (c *call) configureRelation(p *property, o object) error {
	key, kind := "data_source_id", kindSource
	if !o.has(key) {
		key, kind = "database_id", kindDatabase
	}
	target, err := c.named("body.relation."+key, kind, o.at(key))
	if err != nil {
		return err
	}
	if kind == kindDatabase {
		if target, err = c.onlySource(target); err != nil {
			return err
		}
	}
	p.target = target.id
	if o.has("dual_property") || o.text("type") == "dual_property" {
		other := &property{id: c.n.made.propertyID(), name: "Related to " + c.n.name(target), typ: "relation", synced: p.id}
		if name := o.object("dual_property").text("synced_property_name"); name != "" {
			other.name = name
		}
		p.synced = other.id
		target.schema.properties = append(target.schema.properties, other)
	}
	return nil
}

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
