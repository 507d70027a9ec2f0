package notiontest

// A draft is a page that is checked, but not made yet.
type draft struct {
	values      map[string]any
	icon, cover any
}

// draft reads what the request says of a page below parent.
func (c *call) draft(parent *node) (*draft, error) {
	s := titleSchema
	if parent != nil && parent.kind == kindSource {
		s = parent.schema
	}
	values, err := c.readValues(s, c.body.at("properties"))
	if err != nil {
		return nil, err
	}
	d := &draft{values: values}
	if d.icon, err = c.readIcon("body.icon", c.body.at("icon")); err != nil {
		return nil, err
	}
	if d.cover, err = c.readIcon("body.cover", c.body.at("cover")); err != nil {
		return nil, err
	}
	return d, nil
}

// readValues reads a request's properties by name or id.
func (c *call) readValues(s *schema, v any) (map[string]any, error) {
	values := map[string]any{}
	given, ok := v.(object)
	if !ok && v != nil {
		return nil, mustBe("body.properties", "an object", v)
	}
	for _, m := range given {
		p := s.find(m.key)
		if p == nil {
			return nil, invalid("%s is not a property that exists.", m.key)
		}
		where := "body.properties." + m.key
		raw := m.value
		// A title may be given bare: {"title":[…]}.
		if o, ok := m.value.(object); ok {
			if !o.has(p.typ) {
				return nil, invalid("%s is expected to be %s.", m.key, p.typ)
			}
			raw = o.at(p.typ)
		}
		read := valueTypes(p.typ).read
		if read == nil {
			return nil, invalid("body failed validation: %s of type %s cannot be written.", where, p.typ)
		}
		got, err := read(c, where+"."+p.typ, p, raw)
		if err != nil {
			return nil, err
		}
		values[p.id] = got
	}
	return values, nil
}
