package notiontest

import (
	"fmt"
	"strings"
)

var plainAnnotations = object{{"bold", false}, {"italic", false}, {"strikethrough", false},
	{"underline", false}, {"code", false}, {"color", "default"}}

// text is one unadorned rich text item.
func text(s string) object {
	return object{{"type", "text"}, {"text", object{{"content", s}, {"link", nil}}},
		{"annotations", plainAnnotations}, {"plain_text", s}, {"href", nil}}
}

// richText is s as rich text; no items at all for the empty string.
func richText(s string) []any {
	if s == "" {
		return []any{}
	}
	return []any{text(s)}
}

func plainText(items []any) string {
	var b strings.Builder
	for _, it := range items {
		if o, ok := it.(object); ok {
			b.WriteString(o.text("plain_text"))
		}
	}
	return b.String()
}

// readRichText turns rich text of a request into that of an answer.
func readRichText(where string, v any) ([]any, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, mustBe(where, "an array", v)
	}
	if len(items) > 100 {
		return nil, invalid("%s failed validation: %s.length should be ≤ `100`, instead was `%d`.", part(where), where, len(items))
	}
	out := make([]any, 0, len(items))
	for i, it := range items {
		item, err := readRichItem(fmt.Sprintf("%s[%d]", where, i), it)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}

func readRichItem(where string, v any) (object, error) {
	o, ok := v.(object)
	if !ok {
		return nil, mustBe(where, "an object", v)
	}
	annotations := plainAnnotations
	for _, m := range o.object("annotations") {
		annotations = annotations.with(m.key, m.value)
	}
	switch {
	case o.has("text"):
		return readTextItem(where, o.object("text"), annotations)
	case o.has("mention"):
		return object{{"type", "mention"}, {"mention", o.at("mention")}, {"annotations", annotations},
			{"plain_text", mentionText(o.object("mention"))}, {"href", nil}}, nil
	case o.has("equation"):
		return object{{"type", "equation"}, {"equation", o.at("equation")}, {"annotations", annotations},
			{"plain_text", o.object("equation").text("expression")}, {"href", nil}}, nil
	}
	return nil, mustBe(where+".text", "defined", undefined{})
}

func readTextItem(where string, t, annotations object) (object, error) {
	content, ok := t.at("content").(string)
	if !ok {
		return nil, mustBe(where+".text.content", "a string", orUndefined(t, "content"))
	}
	if units := utf16Length(content); units > 2000 {
		return nil, invalid("%s failed validation: %s.text.content.length should be ≤ `2000`, instead was `%d`.", part(where), where, units)
	}
	var link, href any
	if l := t.object("link"); l != nil {
		href = l.text("url")
		link = object{{"url", href}}
	}
	return object{{"type", "text"}, {"text", object{{"content", content}, {"link", link}}},
		{"annotations", annotations}, {"plain_text", content}, {"href", href}}, nil
}

func mentionText(m object) string {
	for _, kind := range []string{"user", "page", "database", "data_source"} {
		if o := m.object(kind); o != nil {
			return "@" + o.text("id")
		}
	}
	return m.object("date").text("start")
}

func orUndefined(o object, key string) any {
	if o.has(key) {
		return o.at(key)
	}
	return undefined{}
}

// utf16Length counts as JavaScript does, which is how Notion counts.
func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}
