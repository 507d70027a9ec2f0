package notiontest

import (
	"slices"
	"strings"
)

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
