package config

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
)

// Sources says where settings come from.
type Sources struct {
	// File is the name of a settings file. Empty means what NOTIONPROXY_CONFIG
	// names in Env, or none.
	File string

	// Text is what the file holds, for those who have read it; nil means that
	// it is read.
	Text []byte

	// Env are environment variables as os.Environ lists them. Those that do
	// not concern the proxy are ignored.
	Env []string

	// Flags come from the command line.
	Flags []Setting
}

// Path is the settings file that is read: File, else what the environment
// names; empty for none.
func (s Sources) Path() string {
	if s.File != "" {
		return s.File
	}
	for _, entry := range s.Env {
		if name, value, _ := strings.Cut(entry, "="); name == configVariable {
			return value
		}
	}
	return ""
}

// A Setting is one key with the text of its value.
type Setting struct {
	Key   string // such as notion.timeout
	Value string
	From  string // for messages: the flag or variable that set it
}

// Read reads a settings file over the defaults. The error is a Problems with
// everything that is wrong.
func Read(r io.Reader) (Config, error) {
	rd := newReader()
	rd.file(r)
	return rd.done()
}

// Load reads settings from everywhere: flags over environment over file over
// defaults. The error is a Problems with everything that is wrong.
func Load(from Sources) (Config, error) {
	rd := newReader()
	rd.open(from)
	for _, s := range slices.Concat(rd.environ(from.Env), from.Flags) {
		rd.set(s)
	}
	return rd.done()
}

// With returns c with some keys set to other values, checked like all settings.
// The error is a Problems.
func (c Config) With(all ...Setting) (Config, error) {
	rd := newReader()
	*rd.cfg = c
	for _, s := range all {
		rd.set(s)
	}
	return rd.done()
}

// reader collects settings, and everything that is wrong with them.
type reader struct {
	cfg      *Config
	fields   []field
	problems Problems
	where    map[string]string // key -> where it was last set
	refused  map[string]bool   // keys whose value could not be read
}

func newReader() *reader {
	cfg := Default()
	return &reader{cfg: &cfg, fields: fieldsOf(&cfg), where: make(map[string]string), refused: make(map[string]bool)}
}

// done checks the values against each other. Nothing is usable of settings
// that are wrong, so that no caller can go on with half of them.
func (r *reader) done() (Config, error) {
	r.check()
	if len(r.problems) > 0 {
		return Config{}, r.problems
	}
	return *r.cfg, nil
}

// maxProblems is how many lines anybody reads.
const maxProblems = 100

func (r *reader) problem(format string, args ...any) {
	if !r.full() {
		r.problems = append(r.problems, fmt.Sprintf(format, args...))
	}
}

func (r *reader) full() bool { return len(r.problems) >= maxProblems }

func (r *reader) open(from Sources) {
	name := from.Path()
	if name == "" {
		return
	}
	if from.Text != nil {
		r.file(named{bytes.NewReader(from.Text), name})
		return
	}
	f, err := os.Open(name)
	if err != nil {
		r.problem("reading the settings: %v", err)
		return
	}
	defer f.Close()
	r.file(f)
}

// named is a text with the name of the file that it comes from.
type named struct {
	*bytes.Reader
	name string
}

func (n named) Name() string { return n.name }

func (r *reader) field(key string) (field, bool) {
	for _, f := range r.fields {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

// set puts one setting from the environment or a flag in its place.
func (r *reader) set(s Setting) {
	f, known := r.field(s.Key)
	switch {
	case !known:
		r.unknown(s.Key, s.From)
	case f.secretFrom() != "" && f.secretFrom() != s.From:
		r.misplaced(f, s.From)
	default:
		r.text(f, s)
	}
}

// text reads the value of a setting: a word for a single value, words with
// commas for a list, YAML for whatever is deeper.
func (r *reader) text(f field, s Setting) {
	_, single := scalars[f.value.Type()]
	isList := f.value.Type() == reflect.TypeFor[[]string]() && !strings.HasPrefix(s.Value, "[")
	r.where[f.key] = s.From
	switch {
	case single:
		r.scalar(f, s.Value, s.From)
	case isList:
		r.list(f, s)
	default:
		r.fragment(f, s)
	}
}

func (r *reader) list(f field, s Setting) {
	words := strings.FieldsFunc(s.Value, func(c rune) bool { return c == ',' || c == ' ' })
	f.value.Set(reflect.Zero(f.value.Type()))
	for _, word := range words {
		item := reflect.New(f.value.Type().Elem()).Elem()
		r.scalar(field{f.key, item, f.tag}, word, s.From)
		f.value.Set(reflect.Append(f.value, item))
	}
}

func (r *reader) scalar(f field, text, where string) {
	if err := setScalar(f.value, text, f.tag); err != nil {
		r.refused[f.key] = true
		r.problem("%s", wrong(f.key, text, err.Error(), where))
	}
}

func (r *reader) unknown(key, where string) {
	if r.full() {
		return
	}
	hint := ""
	if near := nearest(key, r.fields); near != "" {
		hint = "; did you mean " + near + "?"
	}
	r.problem("%s is not a setting%s%s", shown(key), hint, at(where))
}

// misplaced refuses a secret where others can read it.
func (r *reader) misplaced(f field, where string) {
	r.problem("%s must not stand here%s; name a file that holds it in %s_file, or set %s",
		f.key, at(where), f.key, f.secretFrom())
}
