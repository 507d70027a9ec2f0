package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Bounds of a settings file. The parser's time grows with the square of
// nesting, of flow lists and of the keys of a group, so what is absurd is
// refused before it sees it: some kilobytes must not keep a start waiting for
// half a minute, nor take all memory.
const (
	maxFileBytes = 64 << 10
	maxLines     = 4000
	maxNesting   = 32  // brackets that are open, or dashes in a row
	maxFlowItems = 500 // commas of one line
)

// byteOrderMark is what some editors put in front.
var byteOrderMark = []byte("\ufeff")

// file reads a settings file over what is there already.
func (r *reader) file(src io.Reader) {
	name := nameOf(src)
	b, err := io.ReadAll(io.LimitReader(src, maxFileBytes+1))
	if err != nil {
		r.problem("reading the settings: %v", err)
		return
	}
	root, err := parse(bytes.TrimPrefix(b, byteOrderMark))
	if err != nil {
		r.problem("%s", positioned(name, err))
		return
	}
	d := decoder{reader: r, name: name}
	d.document(root)
}

// fragment reads a setting whose value is deeper than a list of words.
func (r *reader) fragment(f field, s Setting) {
	root, err := parse([]byte(s.Value))
	if err != nil || root == nil {
		r.problem("%s", wrong(f.key, s.Value, "YAML such as [{a: b}]", s.From))
		return
	}
	d := decoder{reader: r, name: s.From}
	d.value(root, f)
}

func nameOf(src io.Reader) string {
	if f, ok := src.(interface{ Name() string }); ok {
		return f.Name()
	}
	return "settings"
}

// parse returns the one document in b; nil when there is nothing in it.
func parse(b []byte) (ast.Node, error) {
	if err := bounded(b); err != nil {
		return nil, err
	}
	// Keys that stand twice are let through here, to be reported with the rest.
	f, err := parser.ParseBytes(b, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, err
	}
	var root ast.Node
	for _, doc := range f.Docs {
		switch {
		case doc.Body == nil:
		case root != nil:
			return nil, errors.New("more than one document; want one")
		default:
			root = doc.Body
		}
	}
	return root, nil
}

// bounded refuses what no settings file looks like.
func bounded(b []byte) error {
	switch {
	case len(b) > maxFileBytes:
		return fmt.Errorf("larger than %v; no settings are", Bytes(maxFileBytes))
	case bytes.Count(b, []byte("\n")) > maxLines:
		return fmt.Errorf("longer than %d lines; no settings are", maxLines)
	case !utf8.Valid(b):
		return errors.New("not UTF-8 text")
	}
	return shallow(string(b))
}

// shallow bounds nesting, seen from outside: without knowing what is quoted or
// commented, so that nothing can hide behind a quote.
func shallow(text string) error {
	open, line := 0, 0
	for s := range strings.Lines(text) {
		line++
		open = max(0, open+strings.Count(s, "[")+strings.Count(s, "{")-strings.Count(s, "]")-strings.Count(s, "}"))
		widest := max(open, strings.Count(s, "["), strings.Count(s, "{"), indicators(s))
		if widest > maxNesting || strings.Count(s, ",") > maxFlowItems {
			return fmt.Errorf("line %d is nested too deeply or too long; no settings are", line)
		}
	}
	return nil
}

// indicators counts the words of a line that YAML may take for the beginning
// of something inside of something: dashes, keys, anchors, tags.
func indicators(line string) int {
	n := 0
	for word := range strings.FieldsSeq(line) {
		if word == "-" || word == "?" || strings.HasSuffix(word, ":") || strings.HasPrefix(word, "&") || strings.HasPrefix(word, "!") {
			n++
		}
	}
	return n
}

// positioned is err with its place. The parser's own text would quote the
// lines around it, and with them a token that somebody put there.
func positioned(name string, err error) string {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return fmt.Sprintf("%s: %v", name, err)
	}
	p := at.GetToken().Position
	return fmt.Sprintf("%s:%d:%d: %s", name, p.Line, p.Column, at.GetMessage())
}
