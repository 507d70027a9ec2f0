package notiontest

import (
	"fmt"
	"slices"
)

// A predicate tells whether a row matches.
type predicate func(*node) bool

func everything(*node) bool { return true }

// filter reads the filter of a query; compound ones nest two levels deep.
func (c *call) filter(s *schema, v any) (predicate, error) {
	if v == nil {
		return everything, nil
	}
	return c.filterAt(s, "body.filter", v, 0)
}

func (c *call) filterAt(s *schema, where string, v any, depth int) (predicate, error) {
	o, ok := v.(object)
	if !ok {
		return nil, mustBe(where, "an object", v)
	}
	for _, word := range []string{"and", "or"} {
		if o.has(word) {
			return c.compound(s, where+"."+word, o.at(word), word == "and", depth)
		}
	}
	if stamp := o.text("timestamp"); stamp != "" {
		return c.timestampFilter(where, stamp, o)
	}
	if !o.has("property") {
		return nil, invalid("body failed validation. Fix one:\n%s.or should be defined, instead was `undefined`.\n%s.and should be defined, instead was `undefined`.\n%s.property should be defined, instead was `undefined`.", where, where, where)
	}
	return c.propertyFilter(s, where, o)
}

func (c *call) compound(s *schema, where string, v any, all bool, depth int) (predicate, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, mustBe(where, "an array", v)
	}
	if depth >= 2 {
		return nil, mustBe(where, "not present", v)
	}
	var parts []predicate
	for i, it := range items {
		p, err := c.filterAt(s, fmt.Sprintf("%s[%d]", where, i), it, depth+1)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return func(x *node) bool {
		for _, p := range parts {
			if p(x) != all {
				return !all
			}
		}
		return all || len(parts) == 0
	}, nil
}

func (c *call) timestampFilter(where, stamp string, o object) (predicate, error) {
	cond, ok := o.at(stamp).(object)
	if stamp != "created_time" && stamp != "last_edited_time" || !ok {
		return nil, mustBe(where+"."+stamp, "defined", undefined{})
	}
	t, err := c.dateTest(where+"."+stamp, cond)
	if err != nil {
		return nil, err
	}
	if stamp == "created_time" {
		return func(x *node) bool { return t(minute(x.created)) }, nil
	}
	return func(x *node) bool { return t(minute(x.edited)) }, nil
}

func (c *call) propertyFilter(s *schema, where string, o object) (predicate, error) {
	p := s.find(fmt.Sprint(o.at("property")))
	if p == nil {
		return nil, noProperty(fmt.Sprint(o.at("property")))
	}
	for _, m := range o {
		if m.key == "property" || m.key == "type" {
			continue
		}
		if m.key != p.typ {
			return nil, invalid("database property %s does not match filter %s", p.typ, m.key)
		}
		cond, ok := m.value.(object)
		if !ok {
			return nil, mustBe(where+"."+m.key, "an object", m.value)
		}
		t, err := c.test(where+"."+m.key, m.key, cond)
		if err != nil {
			return nil, err
		}
		return func(x *node) bool { return t(c.n.value(x, p)) }, nil
	}
	return nil, mustBe(where+"."+p.typ, "defined", undefined{})
}

// A test tells whether a property's value meets a condition.
type test func(v any) bool

// test reads the condition of a filter on a property of the given type.
func (c *call) test(where, typ string, cond object) (test, error) {
	if len(cond) == 0 {
		return nil, mustBe(where, "one condition", cond)
	}
	switch typ {
	case "date", "created_time", "last_edited_time":
		return c.dateTest(where, cond)
	case "formula":
		return c.formulaTest(where, cond)
	case "rollup":
		return c.rollupTest(where, cond)
	case "people", "created_by", "last_edited_by", "relation":
		cond = c.resolved(cond)
	}
	var all []test
	for _, m := range cond {
		ops := operators[family[typ]]
		operator, ok := ops[m.key]
		if !ok {
			return nil, invalid("body failed validation: %s.%s is not a condition of a %s filter.", where, m.key, typ)
		}
		if !fitsFamily(family[typ], m.key, m.value) {
			return nil, mustBe(where+"."+m.key, wanted[family[typ]], m.value)
		}
		all = append(all, operator(m.value))
	}
	return func(v any) bool { return !slices.ContainsFunc(all, func(t test) bool { return !t(v) }) }, nil
}

// resolved replaces "me" by the user behind the token.
func (c *call) resolved(cond object) object {
	out := object{}
	for _, m := range cond {
		if m.value == "me" {
			m.value = firstText(object{{"owner", c.conn.owner}, {"bot", c.conn.id}}, "owner", "bot")
		} else if id, ok := parseID(fmt.Sprint(m.value)); ok {
			m.value = id
		}
		out = append(out, m)
	}
	return out
}
