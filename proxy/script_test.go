package proxy_test

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

// TestScripts runs each file of testdata: what the proxy does, in lines that a
// Notion user can read. script_steps_test.go has the words.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			lines := readLines(t, file)
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t, file)
				defer s.close()
				s.run(lines)
			})
		})
	}
}

// A line is a step of a script: its words, and what is indented below it.
type line struct {
	number int
	text   string
	below  []string
}

func readLines(t *testing.T, file string) []line {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var lines []line
	scanner := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; scanner.Scan(); n++ {
		text := scanner.Text()
		switch trimmed := strings.TrimSpace(text); {
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
		case text[0] == ' ' || text[0] == '\t':
			last := &lines[len(lines)-1]
			last.below = append(last.below, trimmed)
		default:
			lines = append(lines, line{number: n, text: trimmed})
		}
	}
	return lines
}
