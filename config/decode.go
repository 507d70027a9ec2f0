package config

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// decoder puts a YAML document into a Config. The library's own decoder stops
// at the first unknown key; this one goes on, so that whoever wrote the file
// learns everything at once.
type decoder struct {
	*reader
	name string // of the file
}

func (d *decoder) document(root ast.Node) {
	if root == nil || root.Type() == ast.NullType {
		return
	}
	d.value(root, field{value: reflect.ValueOf(d.cfg).Elem()})
}

// place is where n stands, as editors take it.
func (d *decoder) place(n ast.Node) string {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		n = m.Values[0].Key // a group's own token is its first colon
	}
	t := n.GetToken()
	if t == nil || t.Position == nil {
		return d.name
	}
	return fmt.Sprintf("%s:%d:%d", d.name, t.Position.Line, t.Position.Column)
}

// value decodes n into f by the kind of thing that f is.
func (d *decoder) value(n ast.Node, f field) {
	if _, single := scalars[f.value.Type()]; single {
		d.single(n, f)
		return
	}
	switch f.value.Kind() {
	case reflect.Struct:
		d.section(n, f)
	case reflect.Map:
		d.table(n, f)
	case reflect.Slice:
		d.sequence(n, f)
	}
}

func (d *decoder) single(n ast.Node, f field) {
	text, ok := textOf(n)
	switch {
	case n.Type() == ast.NullType:
		d.problem("%s has no value%s", f.key, at(d.place(n)))
	case !ok:
		d.unexpected(n, f, "a single value")
	default:
		d.where[f.key] = d.place(n)
		d.scalar(f, text, d.place(n))
	}
}

// textOf is the text of a plain scalar. Anchors, aliases and tags are not:
// settings need none, and without them no document grows while it is read.
func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (d *decoder) unexpected(n ast.Node, f field, want string) {
	key := f.key
	if key == "" {
		key = "the document"
	}
	d.problem("%s is %s; want %s%s", key, kindOf(n), want, at(d.place(n)))
}

// kindOf names what n is, in words for people.
func kindOf(n ast.Node) string {
	switch n.Type() {
	case ast.MappingType, ast.MappingValueType:
		return "a group of keys"
	case ast.SequenceType:
		return "a list"
	case ast.AnchorType, ast.AliasType, ast.MergeKeyType, ast.TagType:
		return "an anchor, alias or tag"
	case ast.NullType:
		return "empty"
	}
	return "a single value"
}

// section decodes a mapping into a struct.
func (d *decoder) section(n ast.Node, f field) {
	fields := make(map[string]field)
	for sf, v := range f.value.Fields() {
		fields[sf.Tag.Get("yaml")] = field{join(f.key, sf.Tag.Get("yaml")), v, sf.Tag}
	}
	d.pairs(n, f, func(key string, at, value ast.Node) {
		known, ok := fields[key]
		switch {
		case !ok:
			d.unknown(join(f.key, key), d.place(at))
		case known.secretFrom() != "":
			d.misplaced(known, d.place(at))
		default:
			d.value(value, known)
		}
	})
}

// table decodes a mapping with keys of the user's own.
func (d *decoder) table(n ast.Node, f field) {
	var m reflect.Value
	d.where[f.key] = d.place(n)
	d.pairs(n, f, func(key string, at, value ast.Node) {
		if !m.IsValid() {
			m = reflect.MakeMap(f.value.Type())
		}
		item := reflect.New(f.value.Type().Elem()).Elem()
		d.where[join(f.key, key)] = d.place(at)
		d.value(value, field{key: join(f.key, key), value: item})
		m.SetMapIndex(reflect.ValueOf(key), item)
	})
	if m.IsValid() {
		f.value.Set(m)
	}
}

// pairs calls each for every key of a mapping, and reports those that stand
// twice.
func (d *decoder) pairs(n ast.Node, f field, each func(key string, at, value ast.Node)) {
	m, ok := n.(ast.MapNode)
	switch {
	case n.Type() == ast.NullType: // a group whose keys are all commented out
		return
	case !ok:
		d.unexpected(n, f, "a group of keys")
		return
	}
	seen := make(map[string]ast.Node)
	for it := m.MapRange(); it.Next(); {
		key := it.Key().GetToken().Value
		if first, twice := seen[key]; twice {
			d.problem("%s stands twice (%s and %s)", shown(join(f.key, key)), d.place(first), d.place(it.Key()))
			continue
		}
		seen[key] = it.Key()
		each(key, it.Key(), it.Value())
	}
}

// sequence decodes a list. It replaces what was there; it does not add.
func (d *decoder) sequence(n ast.Node, f field) {
	if n.Type() == ast.NullType {
		return
	}
	items, ok := n.(ast.ArrayNode)
	if !ok {
		d.unexpected(n, f, "a list")
		return
	}
	list := reflect.Zero(f.value.Type())
	d.where[f.key] = d.place(n)
	for it := items.ArrayRange(); it.Next(); {
		key := fmt.Sprintf("%s[%d]", f.key, list.Len())
		item := reflect.New(f.value.Type().Elem()).Elem()
		d.where[key] = d.place(it.Value())
		d.value(it.Value(), field{key: key, value: item})
		list = reflect.Append(list, item)
	}
	f.value.Set(list)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
