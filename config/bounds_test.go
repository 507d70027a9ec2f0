package config

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each of these kept the YAML library busy for seconds, took gigabytes, or
// would grow without end if aliases were followed.
func TestRead_refusesBombs(t *testing.T) {
	laughs := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for _, c := range "bcdefghi" {
		laughs += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+string(c-1)+", ", 9), ", ") + "]\n"
	}
	const tooDeep = "nested too deeply or too long"
	for name, c := range map[string]struct{ text, want string }{
		"laughs":             {laughs, "is not a setting"},
		"laughs in a list":   {"operations: &a [*a, *a]", "anchor, alias or tag"},
		"itself":             {"cache: &c {fresh: *c}\n", "anchor, alias or tag"},
		"open lists":         {strings.Repeat("[", 60<<10), tooDeep},
		"open maps":          {strings.Repeat("{a: ", 15<<10), tooDeep},
		"open maps in lines": {strings.Repeat("{a:\n", 3<<10), tooDeep},
		"closed lists":       {strings.Repeat("[", 30<<10) + strings.Repeat("]", 30<<10), tooDeep},
		"hidden lists":       {"'#' : " + strings.Repeat("[", 60<<10), tooDeep},
		"dashes":             {strings.Repeat("- ", 30<<10), tooDeep},
		"tabs and dashes":    {strings.Repeat("-\t", 30<<10), tooDeep},
		"questions":          {strings.Repeat("? ", 30<<10), tooDeep},
		"keys":               {strings.Repeat("a: ", 20<<10), tooDeep},
		"anchors":            {strings.Repeat("&a ", 20<<10), tooDeep},
		"tags":               {strings.Repeat("!a ", 20<<10), tooDeep},
		"a long list":        {"operations: [" + strings.Repeat("a,", 30<<10) + "]", tooDeep},
		"deep indentation":   {indented(350), "a is not a setting"},
		"keys in lines":      {strings.Repeat("a: 1\n", 12<<10), "longer than 4000 lines"},
		"many dashes":        {strings.Repeat("-\n", 30<<10), "longer than 4000 lines"},
		"a megabyte":         {strings.Repeat("# nothing\n", 1<<17), "larger than 64KiB"},
	} {
		_, err := read(c.text)
		require.Error(t, err, name)
		assert.ErrorContains(t, err, c.want, name)
		assert.Less(t, len(err.Error()), 8<<10, name)
	}
}

// Thousands of mistakes are as many as a hundred.
func TestRead_stopsCountingProblems(t *testing.T) {
	var b strings.Builder
	for i := range 3900 {
		b.WriteString("key_" + itoa(i) + ": 1\n")
	}
	_, err := read(b.String())
	assert.Len(t, lines(t, err), maxProblems)
}

func indented(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestRead_stopsReadingWhatNeverEnds(t *testing.T) {
	_, err := Read(endless{})
	assert.Equal(t, []string{"settings: larger than 64KiB; no settings are"}, lines(t, err))
}

func TestRead_takesManyConnections(t *testing.T) {
	var b strings.Builder
	b.WriteString("limiter:\n  connections:\n")
	for i := range 1000 {
		_, _ = io.WriteString(&b, "    "+strings.Repeat("0", 8-len(itoa(i)))+itoa(i)+": {per_minute: 90}\n")
	}
	got, err := read(b.String())
	require.NoError(t, err)
	assert.Len(t, got.Limiter.Connections, 1000)
}

func itoa(i int) string { return Bytes(i).String() }

// Whatever the file holds, reading it ends in settings that are valid, or in
// problems; and settings that were read once are read again to the same.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"mode: full\n", "cache: {size: 1GiB}\n", "lanes:\n- {operation: search, lane: bulk}\n", "a: &a [*a]\n",
		"limiter:\n  connections:\n    1f2e3d4c: {per_minute: 90}\n", "? [a]\n: b\n", "mode: |\n  full\n", "--- \n...\n",
		"cache:\n  size: 1GiB\n  size: 2GiB\n", "\"mode\": 'full'\n", "mode: >-\n  full\n", "<<: *a", "{{{", "%YAML 1.2\n---\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cfg, err := read(text)
		if err != nil {
			assert.NotEmpty(t, lines(t, err))
			assert.Zero(t, cfg)
			return
		}
		again, err := read(text)
		assert.NoError(t, err)
		assert.Equal(t, cfg, again)
		assert.NotContains(t, strings.ToLower(cfg.Mode), "\n")
	})
}
