package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/config"
)

// A setting that nothing reads promises something that does not happen.
func TestSettings_areAllReadByTheProgram(t *testing.T) {
	read := selectors(t)
	for _, path := range fieldPaths(reflect.TypeFor[config.Config](), "") {
		name := path[strings.LastIndex(path, ".")+1:]
		assert.Contains(t, read, name, "nothing in this package reads %s", path)
	}
}

// fieldPaths lists the fields of settings, sections opened.
func fieldPaths(section reflect.Type, path string) []string {
	var all []string
	for f := range section.Fields() {
		inner := f.Type
		for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Map {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			all = append(all, fieldPaths(inner, path+"."+f.Name)...)
			continue
		}
		all = append(all, path+"."+f.Name)
	}
	return all
}

// selectors are the names after a dot in this package, tests left out.
func selectors(t *testing.T) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	found := make(map[string]bool)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				found[s.Sel.Name] = true
			}
			return true
		})
	}
	return found
}
