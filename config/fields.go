package config

import (
	"reflect"
	"strings"
)

// prefix begins the environment variable of every key.
const prefix = "NOTIONPROXY_"

// A field is one key that can be set, and the place where its value goes.
type field struct {
	key   string // such as notion.token_file
	value reflect.Value
	tag   reflect.StructTag
}

// secretFrom is the environment variable that alone may set f; empty for keys
// that may stand in a file.
func (f field) secretFrom() string { return f.tag.Get("env") }

// variable is the environment variable for f: NOTIONPROXY_NOTION_TOKEN_FILE
// for notion.token_file.
func (f field) variable() string {
	return prefix + strings.ToUpper(strings.ReplaceAll(f.key, ".", "_"))
}

// fieldsOf lists every key of c, sections opened, in the order of the struct.
func fieldsOf(c *Config) []field { return fieldsIn(reflect.ValueOf(c).Elem(), "") }

func fieldsIn(section reflect.Value, path string) []field {
	var all []field
	for f, v := range section.Fields() {
		key := path + f.Tag.Get("yaml")
		if f.Type.Kind() == reflect.Struct {
			all = append(all, fieldsIn(v, key+".")...)
			continue
		}
		all = append(all, field{key, v, f.Tag})
	}
	return all
}

// nearest is the key among all that somebody who wrote key probably meant:
// the same letters, or the same last word. Empty when there is none, or more
// than one.
func nearest(key string, all []field) string {
	for _, same := range []func(a, b string) bool{sameLetters, sameLastWord} {
		var found []string
		for _, f := range all {
			if f.secretFrom() == "" && same(key, f.key) {
				found = append(found, f.key)
			}
		}
		if len(found) == 1 {
			return found[0]
		}
	}
	return ""
}

func sameLetters(a, b string) bool { return letters(a) == letters(b) }

var separators = strings.NewReplacer("_", "", "-", "", ".", "")

func letters(key string) string { return strings.ToLower(separators.Replace(key)) }

func sameLastWord(a, b string) bool { return lastWord(a) == lastWord(b) }

func lastWord(key string) string { return letters(key[strings.LastIndex(key, ".")+1:]) }
