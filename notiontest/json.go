package notiontest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An object is a JSON object whose members keep their order: Notion's answers
// have a stable order, and a fake that shuffles it hides bugs in what reads
// bodies as text.
type object []member

type member struct {
	key   string
	value any // nil, bool, string, float64, int, []any, []object, []string, object
}

func (o object) find(key string) int {
	return slices.IndexFunc(o, func(m member) bool { return m.key == key })
}

func (o object) has(key string) bool { return o.find(key) >= 0 }

// at returns the member's value; nil when there is none.
func (o object) at(key string) any {
	if i := o.find(key); i >= 0 {
		return o[i].value
	}
	return nil
}

func (o object) text(key string) string {
	s, _ := o.at(key).(string)
	return s
}

func (o object) flag(key string) bool {
	b, _ := o.at(key).(bool)
	return b
}

func (o object) object(key string) object {
	v, _ := o.at(key).(object)
	return v
}

func (o object) list(key string) []any {
	v, _ := o.at(key).([]any)
	return v
}

// with returns o with the member replaced, or added at the end. The receiver is
// left as it was: values are shared between answers.
func (o object) with(key string, value any) object {
	out := slices.Clone(o)
	if i := o.find(key); i >= 0 {
		out[i].value = value
		return out
	}
	return append(out, member{key, value})
}

// set changes o itself: only for objects that nobody else holds yet.
func (o *object) set(key string, value any) {
	if i := o.find(key); i >= 0 {
		(*o)[i].value = value
		return
	}
	*o = append(*o, member{key, value})
}

func (o object) without(keys ...string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return slices.Contains(keys, m.key) })
}

// parseJSON reads one JSON value and nothing behind it.
func parseJSON(data []byte) (any, error) {
	if !json.Valid(data) {
		return nil, fmt.Errorf("reading JSON: not one well-formed value")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	return decodeValue(d)
}

func decodeValue(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		return decodeObject(d)
	case json.Delim('['):
		return decodeList(d)
	}
	return t, nil
}

func decodeObject(d *json.Decoder) (object, error) {
	o := object{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := decodeValue(d)
		if err != nil {
			return nil, err
		}
		o.set(key.(string), v) // the last of two equal keys counts, as in JavaScript
	}
	_, err := d.Token()
	return o, err
}

func decodeList(d *json.Decoder) ([]any, error) {
	l := []any{}
	for d.More() {
		v, err := decodeValue(d)
		if err != nil {
			return nil, err
		}
		l = append(l, v)
	}
	_, err := d.Token()
	return l, err
}

// appendJSON writes v compactly, as JavaScript's JSON.stringify does.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case string:
		return appendString(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return appendNumber(b, v)
	case object:
		return appendObject(b, v)
	case []any:
		return appendList(b, v)
	case []object:
		return appendList(b, v)
	case []string:
		return appendList(b, v)
	case map[string]any:
		return appendObject(b, fromMap(v))
	}
	return appendString(b, fmt.Sprint(v))
}

func fromMap(m map[string]any) object {
	o := make(object, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		o = append(o, member{k, m[k]})
	}
	return o
}

func appendObject(b []byte, o object) []byte {
	b = append(b, '{')
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, m.key)
		b = append(b, ':')
		b = appendJSON(b, m.value)
	}
	return append(b, '}')
}

func appendList[T any](b []byte, l []T) []byte {
	b = append(b, '[')
	for i, v := range l {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, v)
	}
	return append(b, ']')
}

func appendNumber(b []byte, f float64) []byte {
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		return append(b, strings.Replace(strconv.FormatFloat(f, 'e', -1, 64), "e-0", "e-", 1)...)
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

const hexDigits = "0123456789abcdef"

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			b = appendASCII(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		b = utf8.AppendRune(b, r)
		i += size
	}
	return append(b, '"')
}

func appendASCII(b []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(b, '\\', c)
	case c == '\n':
		return append(b, '\\', 'n')
	case c == '\r':
		return append(b, '\\', 'r')
	case c == '\t':
		return append(b, '\\', 't')
	case c < 0x20:
		return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
	return append(b, c)
}
