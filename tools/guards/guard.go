package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A guard is a condition that something must fail without.
type guard struct {
	name  string
	edits []edit
	tests []namedTest
	only  bool // the model can't see it
}

// An edit takes it, or a part of it, out of a file.
type edit struct{ file, old, new string }

// A namedTest fails without it.
type namedTest struct{ pkg, name string }

// readGuards reads the list; guards.txt says how it is written.
func readGuards(file string) ([]*guard, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var list []*guard
	for n, line := range strings.Split(string(b), "\n") {
		word, rest, _ := strings.Cut(line, " ")
		if word == "" || word == "#" || strings.HasPrefix(word, "#") {
			continue
		}
		if word == "guard" {
			list = append(list, &guard{name: rest})
			continue
		}
		if len(list) == 0 || !list[len(list)-1].take(word, rest) {
			return nil, fmt.Errorf("%s:%d: what is %q?", filepath.Base(file), n+1, line)
		}
	}
	return list, nil
}

// take reads one line of g's.
func (g *guard) take(word, rest string) bool {
	switch word {
	case "file":
		g.edits = append(g.edits, edit{file: rest})
		return true
	case "test":
		pkg, name, ok := strings.Cut(rest, " ")
		g.tests = append(g.tests, namedTest{pkg, name})
		return ok
	case "only":
		g.only = true
		return true
	}
	if len(g.edits) == 0 {
		return false
	}
	e := &g.edits[len(g.edits)-1]
	switch word {
	case "-":
		e.old = joined(e.old, rest)
	case "+":
		e.new = joined(e.new, rest)
	default:
		return false
	}
	return true
}

func joined(text, line string) string {
	if text == "" {
		return line
	}
	return text + "\n" + line
}

func (g *guard) has(words []string) bool {
	return len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return strings.Contains(g.name, w) })
}

// where is the files that it is in.
func (g *guard) where() string {
	var files []string
	for _, e := range g.edits {
		files = append(files, "`"+e.file+"`")
	}
	return strings.Join(slices.Compact(files), ", ")
}

// takeOut takes g out of the copy in dir, and returns what puts it back.
func (g *guard) takeOut(dir string) (putBack func() error, err error) {
	before := map[string][]byte{}
	putBack = func() error {
		for file, b := range before {
			if err := os.WriteFile(file, b, 0o600); err != nil {
				return err
			}
		}
		return nil
	}
	for _, e := range g.edits {
		file := filepath.Join(dir, e.file)
		b, err := os.ReadFile(file)
		if err != nil {
			return putBack, err
		}
		if n := strings.Count(string(b), e.old); n != 1 || e.old == "" {
			return putBack, fmt.Errorf("%s has this %d times, which should be there once: %q", e.file, n, e.old)
		}
		if before[file] == nil {
			before[file] = b
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(b), e.old, e.new, 1)), 0o600); err != nil {
			return putBack, err
		}
	}
	return putBack, nil
}
