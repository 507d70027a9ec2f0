package notiontest

import (
	"cmp"
	"slices"
	"strings"
)

// less tells which of two rows comes first, as cmp.Compare does; nil leaves the
// order as it is.
type less func(a, b *node) int

func sortStable(rows []*node, before less) {
	if before != nil {
		slices.SortStableFunc(rows, before)
	}
}

// order reads the sorts of a query: the first one decides, the others break ties.
func (c *call) order(s *schema, v any) (less, error) {
	if v == nil {
		return nil, nil
	}
	items, ok := v.([]any)
	if !ok {
		return nil, mustBe("body.sorts", "an array", v)
	}
	var all []less
	for _, it := range items {
		o, ok := it.(object)
		if !ok {
			return nil, mustBe("body.sorts", "an array of objects", v)
		}
		one, err := c.orderBy(s, o)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return func(a, b *node) int {
		for _, l := range all {
			if d := l(a, b); d != 0 {
				return d
			}
		}
		return 0
	}, nil
}

func (c *call) orderBy(s *schema, o object) (less, error) {
	sign := 1
	switch direction := o.at("direction"); direction {
	case "descending":
		sign = -1
	case "ascending", nil:
	default:
		return nil, mustBe("body.sorts.direction", "\"ascending\" or \"descending\"", direction)
	}
	switch o.text("timestamp") {
	case "created_time":
		return func(a, b *node) int { return sign * a.created.Compare(b.created) }, nil
	case "last_edited_time":
		return func(a, b *node) int { return sign * a.edited.Compare(b.edited) }, nil
	}
	p := s.find(o.text("property"))
	if p == nil {
		return nil, noSort(o.text("property"))
	}
	return func(a, b *node) int { return compare(p, c.n.value(a, p), c.n.value(b, p), sign) }, nil
}

func noSort(key string) error {
	return invalid("Could not find sort property with name or id: %s", key)
}

// compare orders two values of a property. Empty ones come last either way.
func compare(p *property, a, b any, sign int) int {
	switch {
	case isEmpty(a) && isEmpty(b):
		return 0
	case isEmpty(a):
		return 1
	case isEmpty(b):
		return -1
	}
	return sign * compareFull(p, a, b)
}

func compareFull(p *property, a, b any) int {
	switch p.typ {
	case "number":
		return cmp.Compare(numberOf(a), numberOf(b))
	case "checkbox":
		return cmp.Compare(truth(a), truth(b))
	case "select", "status":
		return cmp.Compare(rank(p, a), rank(p, b))
	case "unique_id":
		return cmp.Compare(numberOf(a.(object).at("number")), numberOf(b.(object).at("number")))
	case "formula", "rollup":
		return compareComputed(a.(object), b.(object))
	case "people", "multi_select", "relation", "files":
		return strings.Compare(firstName(a), firstName(b))
	}
	return strings.Compare(strings.ToLower(textOf(a)), strings.ToLower(textOf(b)))
}

// compareComputed orders formula and rollup values, which name their own type.
func compareComputed(a, b object) int {
	x, y := a.at(a.text("type")), b.at(b.text("type"))
	return cmp.Or(cmp.Compare(numberOf(x), numberOf(y)), cmp.Compare(truth(x), truth(y)), strings.Compare(textOf(x), textOf(y)))
}

func firstName(v any) string {
	l, _ := v.([]any)
	if len(l) == 0 {
		return ""
	}
	o, _ := l[0].(object)
	return firstText(o, "name", "id")
}

// rank is an option's place among the options.
func rank(p *property, v any) int {
	o, _ := v.(object)
	return slices.IndexFunc(p.options, func(opt object) bool { return opt.text("id") == o.text("id") })
}

func numberOf(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int:
		return float64(v)
	}
	return 0
}

func truth(v any) int {
	if v == true {
		return 1
	}
	return 0
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case object:
		if typ := v.text("type"); typ != "" && v.has(typ) { // computed
			return isEmpty(v.at(typ))
		}
	}
	return false
}
