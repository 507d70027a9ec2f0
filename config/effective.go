package config

import (
	"fmt"
	"reflect"
)

// Effective has the value of every key, as the settings file would have it.
// Secrets are hidden.
func (c Config) Effective() map[string]any {
	all := map[string]any{}
	for _, f := range fieldsOf(&c) {
		all[f.key] = written(f.value)
	}
	return all
}

// written is v in words, numbers, lists and groups.
func written(v reflect.Value) any {
	if text, ok := v.Interface().(fmt.Stringer); ok { // durations, sizes, secrets
		return text.String()
	}
	switch v.Kind() {
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = written(v.Index(i))
		}
		return list
	case reflect.Map:
		group := map[string]any{}
		for name, member := range v.Seq2() {
			group[name.String()] = written(member)
		}
		return group
	case reflect.Struct:
		group := map[string]any{}
		for f, member := range v.Fields() {
			if !member.IsZero() {
				group[f.Tag.Get("yaml")] = written(member)
			}
		}
		return group
	}
	return v.Interface()
}
