package config

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/configuration.md anew")

const manual = "../docs/configuration.md"

// docs/configuration.md says of every key what config.example.yaml says. Run
// the test with -update after a change there.
func TestManual_saysWhatTheExampleDoes(t *testing.T) {
	example, err := os.ReadFile("../config.example.yaml")
	require.NoError(t, err)
	want := manualOf(string(example))
	if *update {
		require.NoError(t, os.WriteFile(manual, []byte(want), 0o600))
	}
	got, err := os.ReadFile(manual)
	require.NoError(t, err)
	have := strings.Split(string(got), "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(have) || have[i] != line {
			assert.Failf(t, "run go test ./config -run Manual -update", "line %d should be %q", i+1, line)
			return
		}
	}
	assert.Len(t, have, strings.Count(want, "\n")+1)
}

func TestManual_hasEveryKey(t *testing.T) {
	got, err := os.ReadFile(manual)
	require.NoError(t, err)
	for _, f := range newReader().fields {
		if f.secretFrom() == "" {
			assert.Contains(t, string(got), "| `"+f.key+"` |")
		}
	}
}

// An entry is one key of the example file, with the comment above it.
type entry struct {
	key, value string
	about      []string
	depth      int
}

// manualOf makes a table for each section of the example file.
func manualOf(example string) string {
	var b strings.Builder
	b.WriteString(manualHead)
	head := "\n| key | default | |\n|---|---|---|\n"
	b.WriteString(head)
	sections := false
	for _, e := range entries(example) {
		about := strings.Join(e.about, " ")
		if slices.Contains(StartKeys(), e.key) {
			about = strings.TrimLeft(about+" *Read at the start only.*", " ")
		}
		switch {
		case sections && e.value != "" && e.depth == 0:
			fmt.Fprintf(&b, "\n## %s\n%s| `%s` | `%s` | %s |\n", e.key, head, e.key, e.value, about)
		case e.value == "" && e.depth == 0:
			sections = true
			fmt.Fprintf(&b, "\n## %s\n\n%s\n%s", e.key, about, head)
		case e.value == "":
			fmt.Fprintf(&b, "| `%s` | | %s |\n", e.key, about)
		default:
			fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", e.key, e.value, about)
		}
	}
	return b.String()
}

const manualHead = `# Configuration

<!-- Made from config.example.yaml by go test ./config -run Manual -update -->

Nothing has to be set. What is set comes from a file, the environment and flags;
later ones win, key by key:

` + "```sh" + `
notionproxy check --config config.example.yaml
NOTIONPROXY_NOTION_PLAN=business notionproxy check
notionproxy check --set notion.plan=business --set limiter.burst=50
` + "```" + `

The variable of a key is its name in capitals, with ` + "`_`" + ` for dots, behind
` + "`NOTIONPROXY_`" + `. Durations are written ` + "`500ms`, `30s`, `10m` or `24h`" + `; sizes
` + "`64KiB`, `256MiB` or `1GiB`" + `. Unknown keys and bad values are reported all
together, and the program does not start. Secrets (` + "`NOTION_TOKEN`" + ` and the like) come
from the environment or from files of their own, never from the settings file.

A changed file takes effect while the program runs, within two seconds or at once
on SIGHUP, and no request is dropped. Keys that are read at the start only say
so; the log names them when they change.
`

// entries reads the example file, which is YAML in a plain form: one key a
// line, two spaces a level, comments above.
func entries(example string) []entry {
	var all []entry
	var path, about []string
	for _, line := range strings.Split(example, "\n") {
		text := strings.TrimSpace(line)
		depth := (len(line) - len(strings.TrimLeft(line, " "))) / 2
		switch {
		case text == "":
			about = nil
		case strings.HasPrefix(text, "#"):
			about = append(about, comment(text))
		default:
			key, value, _ := strings.Cut(text, ":")
			path = append(path[:depth:depth], key)
			all = append(all, entry{strings.Join(path, "."), strings.TrimSpace(value), about, depth})
			if value == "" || depth == 0 {
				about = nil
			}
		}
	}
	return all
}

// comment is a comment's text for a table. Examples in it are code.
func comment(text string) string {
	text = strings.TrimPrefix(text, "#")
	text = strings.TrimPrefix(text, " ")
	if trimmed := strings.TrimLeft(text, " "); trimmed != text {
		text = "`" + trimmed + "`"
	}
	return strings.ReplaceAll(text, "|", `\|`)
}
