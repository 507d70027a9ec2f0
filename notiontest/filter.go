package notiontest

import (
	"fmt"
	"slices"
	"strings"
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

// family groups the property types whose filters are alike.
var family = map[string]string{
	"title": "text", "rich_text": "text", "url": "text", "email": "text", "phone_number": "text",
	"number": "number", "unique_id": "number", "checkbox": "checkbox", "select": "choice", "status": "choice",
	"multi_select": "list", "people": "list", "relation": "list", "created_by": "list", "last_edited_by": "list",
	"files": "existence",
}

// wanted is what each family compares with.
var wanted = map[string]string{"text": "a string", "number": "a number", "checkbox": "a boolean",
	"choice": "a string or an array of strings", "list": "a string or an array of strings", "existence": "`true`"}

func fitsFamily(f, op string, v any) bool {
	if op == "is_empty" || op == "is_not_empty" {
		return v == true
	}
	switch v.(type) {
	case string:
		return f == "text" || f == "choice" || f == "list"
	case float64:
		return f == "number"
	case bool:
		return f == "checkbox"
	case []any:
		return f == "choice" || f == "list"
	}
	return false
}

// operators are the conditions of each family.
var operators = map[string]map[string]func(want any) test{
	"text": existence(map[string]func(any) test{
		"equals":           onText(func(s, w string) bool { return s == w }),
		"does_not_equal":   onText(func(s, w string) bool { return s != w }),
		"contains":         onText(strings.Contains),
		"does_not_contain": onText(func(s, w string) bool { return !strings.Contains(s, w) }),
		"starts_with":      onText(strings.HasPrefix),
		"ends_with":        onText(strings.HasSuffix),
	}),
	"number": existence(map[string]func(any) test{
		"equals":                   onNumber(func(n, w float64) bool { return n == w }),
		"does_not_equal":           not(onNumber(func(n, w float64) bool { return n == w })),
		"greater_than":             onNumber(func(n, w float64) bool { return n > w }),
		"less_than":                onNumber(func(n, w float64) bool { return n < w }),
		"greater_than_or_equal_to": onNumber(func(n, w float64) bool { return n >= w }),
		"less_than_or_equal_to":    onNumber(func(n, w float64) bool { return n <= w }),
	}),
	"checkbox": {
		"equals":         func(w any) test { return func(v any) bool { return v == w } },
		"does_not_equal": func(w any) test { return func(v any) bool { return v != w } },
	},
	"choice":    existence(map[string]func(any) test{"equals": oneOf, "does_not_equal": not(oneOf)}),
	"list":      existence(map[string]func(any) test{"contains": holds, "does_not_contain": not(holds)}),
	"existence": existence(map[string]func(any) test{}),
}

func existence(ops map[string]func(any) test) map[string]func(any) test {
	ops["is_empty"] = func(any) test { return isEmpty }
	ops["is_not_empty"] = not(func(any) test { return isEmpty })
	return ops
}

func not(op func(any) test) func(any) test {
	return func(w any) test {
		t := op(w)
		return func(v any) bool { return !t(v) }
	}
}

// onText compares without regard to case, as Notion's own filters do.
func onText(f func(s, w string) bool) func(any) test {
	return func(w any) test {
		want := strings.ToLower(w.(string))
		return func(v any) bool { return f(strings.ToLower(textOf(v)), want) }
	}
}

func onNumber(f func(n, w float64) bool) func(any) test {
	return func(w any) test {
		return func(v any) bool {
			if o, ok := v.(object); ok { // unique_id
				v = o.at("number")
			}
			return !isEmpty(v) && f(numberOf(v), w.(float64))
		}
	}
}

// names are the strings that a condition gives: one or several.
func names(w any) []string {
	if s, ok := w.(string); ok {
		return []string{s}
	}
	var out []string
	for _, v := range w.([]any) {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func oneOf(w any) test {
	want := names(w)
	return func(v any) bool {
		o, _ := v.(object)
		return slices.Contains(want, o.text("name")) || o.text("id") != "" && slices.Contains(want, o.text("id"))
	}
}

// holds tests lists (of options by name, of people and pages by id) and single
// users.
func holds(w any) test {
	want := names(w)
	return func(v any) bool {
		l, ok := v.([]any)
		if !ok {
			l = []any{v}
		}
		return slices.ContainsFunc(l, func(it any) bool {
			o, _ := it.(object)
			return slices.Contains(want, o.text("name")) || slices.Contains(want, o.text("id"))
		})
	}
}

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
