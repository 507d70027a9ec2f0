package notiontest

import "slices"

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
