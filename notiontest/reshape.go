package notiontest

import "slices"

// reshape changes the schema of a data source: null removes a property, name
// renames it, a type changes it, an unknown key adds one.
func (c *call) reshape(ds *node) error {
	v := c.body.at("properties")
	given, ok := v.(object)
	if !ok && v != nil {
		return mustBe("body.properties", "an object", v)
	}
	for _, m := range given {
		if err := c.reshapeOne(ds.schema, m.key, m.value); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) reshapeOne(s *schema, key string, v any) error {
	where := "body.properties." + key
	p := s.find(key)
	if p == nil {
		if v == nil {
			return noProperty(key)
		}
		added, err := c.readProperty(where, key, v)
		if err != nil {
			return err
		}
		s.properties = append(s.properties, added)
		return nil
	}
	o, ok := v.(object)
	switch {
	case v == nil && p.typ == "title":
		return invalid("Cannot delete the title property.")
	case v == nil:
		s.properties = slices.DeleteFunc(s.properties, func(q *property) bool { return q == p })
		return nil
	case !ok:
		return mustBe(where, "an object", v)
	}
	return c.amendProperty(where, p, o)
}

func (c *call) amendProperty(where string, p *property, o object) error {
	if name := o.text("name"); name != "" {
		p.name = name
	}
	if o.has("description") {
		p.description = o.at("description")
	}
	for _, m := range o {
		if !slices.Contains(propertyTypes, m.key) {
			continue
		}
		if p.typ == "title" && m.key != "title" {
			return invalid("%s cannot be changed: a title property stays one.", where)
		}
		p.typ = m.key
		config, _ := m.value.(object)
		return c.configure(p, config)
	}
	return nil
}
