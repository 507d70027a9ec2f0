package notiontest

import "slices"

// formulaTest looks at what a formula yields.
func (c *call) formulaTest(where string, cond object) (test, error) {
	types := map[string]string{"string": "rich_text", "number": "number", "checkbox": "checkbox", "date": "date"}
	m := cond[0]
	typ, ok := types[m.key]
	inner, isObject := m.value.(object)
	if !ok || !isObject {
		return nil, invalid("body failed validation: %s.%s is not a condition of a formula filter.", where, m.key)
	}
	t, err := c.test(where+"."+m.key, typ, inner)
	if err != nil {
		return nil, err
	}
	return func(v any) bool {
		o, _ := v.(object)
		got := o.at(o.text("type"))
		return t(got)
	}, nil
}

// rollupTest looks at the items of a rollup, or at the one value it yields.
func (c *call) rollupTest(where string, cond object) (test, error) {
	m := cond[0]
	inner, ok := m.value.(object)
	if !ok || len(inner) == 0 {
		return nil, mustBe(where+"."+m.key, "an object", m.value)
	}
	if m.key == "number" || m.key == "date" {
		t, err := c.test(where+"."+m.key, m.key, inner)
		if err != nil {
			return nil, err
		}
		return func(v any) bool { return t(v.(object).at(m.key)) }, nil
	}
	sub, _ := inner[0].value.(object)
	t, err := c.test(where+"."+m.key+"."+inner[0].key, inner[0].key, sub)
	if err != nil {
		return nil, err
	}
	met := func(it any) bool { return t(it.(object).at(it.(object).text("type"))) }
	unmet := func(it any) bool { return !met(it) }
	switch m.key {
	case "any":
		return func(v any) bool { return slices.ContainsFunc(v.(object).list("array"), met) }, nil
	case "every":
		return func(v any) bool { return !slices.ContainsFunc(v.(object).list("array"), unmet) }, nil
	case "none":
		return func(v any) bool { return !slices.ContainsFunc(v.(object).list("array"), met) }, nil
	}
	return nil, invalid("body failed validation: %s.%s is not a condition of a rollup filter.", where, m.key)
}
