package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func read(text string) (Config, error) { return Read(strings.NewReader(text)) }

// lines are the problems in err, without the heading.
func lines(t *testing.T, err error) []string {
	t.Helper()
	var p Problems
	require.ErrorAs(t, err, &p)
	return p
}

func TestRead_setsWhatTheFileSays(t *testing.T) {
	got, err := read(`
listen: "[::1]:9000"
operations: [pages.*, search]
notion: {plan: business, use_proxy_environment: true}
cache:
  size: 1GiB
  fresh: {content: 0s}
limiter:
  headroom: 0.1
  connections:
    7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f11: {plan: business}
    1f2e3d4c: {per_minute: 90}
lanes:
  - user_agent: nightly/*
    lane: bulk
`)
	require.NoError(t, err)

	want := Default()
	want.Listen = "[::1]:9000"
	want.Operations = []string{"pages.*", "search"}
	want.Notion.Plan = "business"
	want.Notion.UseProxyEnvironment = true
	want.Cache.Size = 1 << 30
	want.Cache.Fresh.Content = 0
	want.Limiter.Headroom = 0.1
	want.Limiter.Connections = map[string]Connection{
		"7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f11": {Plan: "business"},
		"1f2e3d4c":                             {PerMinute: 90},
	}
	want.Lanes = []LaneRule{{UserAgent: "nightly/*", Lane: "bulk"}}
	assert.Equal(t, want, got)
}

func TestRead_takesFilesThatSayNothing(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                       "",
		"comments":                    "# nothing\n# here\n",
		"one marker":                  "---\n",
		"a group without keys":        "cache:\n  # size: 1GiB\n",
		"lists and tables left blank": "operations:\nlanes:\nlimiter:\n  connections:\n",
		"carriage returns":            "mode: full\r\ncache:\r\n  size: 256MiB\r\n",
		"a byte order mark":           "\ufeffmode: full\n",
	} {
		got, err := read(text)
		assert.NoError(t, err, name)
		assert.Equal(t, Default(), got, name)
	}
}

func TestRead_reportsEverythingAtOnce(t *testing.T) {
	_, err := read(`mode: fast
notion:
  url: api.notion.com
  tokenfile: /run/token
cache:
  size: lots
  size: 1GiB
  max_entry:
  fresh:
    content: 60
limiter:
  per_minute: -1
  headroom: "5%"
lanes:
  - lane: slow
tls: on
`)
	assert.Equal(t, []string{
		"mode is fast; want full or observe (settings:1:7)",
		"notion.tokenfile is not a setting; did you mean notion.token_file? (settings:4:3)",
		"cache.size is lots; want a size such as 64KiB or 256MiB (settings:6:9)",
		"cache.size stands twice (settings:6:3 and settings:7:3)",
		"cache.max_entry has no value (settings:8:13)",
		"cache.fresh.content is 60; want a duration such as 30s, 10m or 24h (settings:10:14)",
		"limiter.headroom is 5%; want a number (settings:13:13)",
		"lanes[0].lane is slow; want interactive, default or bulk (settings:15:11)",
		"tls is a single value; want a group of keys (settings:16:6)",
		"notion.url is api.notion.com; want an absolute URL without /v1, such as https://api.notion.com (settings:3:8)",
		"limiter.per_minute is -1; want 0 to 1000000 (settings:12:15)",
		"lanes[0] is empty; want an operation, user_agent or client to match (settings:15:5)",
	}, lines(t, err))
}

func TestRead_yieldsNothingWhenSomethingIsWrong(t *testing.T) {
	got, err := read("mode: fast\nlisten: 0.0.0.0:80\n")
	require.Error(t, err)
	assert.Zero(t, got)
	assert.Equal(t, "config:\nmode is fast; want full or observe (settings:1:7)", err.Error())
}

func TestRead_refusesWhatIsNoSettings(t *testing.T) {
	for text, want := range map[string]string{
		"[a, b]":                   "the document is a list; want a group of keys (settings:1:1)",
		"hello":                    "the document is a single value; want a group of keys (settings:1:1)",
		"mode: full\n---\nmode: x": "settings: more than one document; want one",
		"cache: [":                 "settings:1:8: sequence end token ']' not found",
		"mode: \xff":               "settings: not UTF-8 text",
		"mode: &a full":            "mode is an anchor, alias or tag; want a single value (settings:1:7)",
		"mode: !!str full":         "mode is an anchor, alias or tag; want a single value (settings:1:7)",
		"cache: [1]":               "cache is a list; want a group of keys (settings:1:8)",
		"operations: {a: b}":       "operations is a group of keys; want a list (settings:1:14)",
		"mode: [full]":             "mode is a list; want a single value (settings:1:7)",
		"<<: {mode: full}":         "<< is not a setting (settings:1:1)",
	} {
		_, err := read(text)
		assert.Equal(t, []string{want}, lines(t, err), text)
	}
}

func TestLoad_flagsWinOverEnvironmentOverFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(file, []byte("mode: observe\naccess: read-only\nnotion: {timeout: 1s}\n"), 0o600))

	got, err := Load(Sources{
		File:  file,
		Env:   []string{"NOTIONPROXY_ACCESS=read-write", "NOTIONPROXY_NOTION_TIMEOUT=2s", "HOME=/root"},
		Flags: []Setting{{"notion.timeout", "3s", "--set"}},
	})
	require.NoError(t, err)
	assert.Equal(t, "observe", got.Mode)
	assert.Equal(t, "read-write", got.Access)
	assert.Equal(t, 3*time.Second, got.Notion.Timeout)
}

func TestLoad_takesTheFileThatTheEnvironmentNames(t *testing.T) {
	dir := t.TempDir()
	named, given := filepath.Join(dir, "named.yaml"), filepath.Join(dir, "given.yaml")
	require.NoError(t, os.WriteFile(named, []byte("mode: observe\n"), 0o600))
	require.NoError(t, os.WriteFile(given, []byte("access: read-only\n"), 0o600))
	env := []string{"NOTIONPROXY_CONFIG=" + named}

	got, err := Load(Sources{Env: env})
	require.NoError(t, err)
	assert.Equal(t, "observe", got.Mode)

	got, err = Load(Sources{Env: env, File: given})
	require.NoError(t, err)
	assert.Equal(t, "full", got.Mode, "a flag wins over the variable")
	assert.Equal(t, "read-only", got.Access)
}

func TestLoad_reportsAFileThatIsNotThere(t *testing.T) {
	_, err := Load(Sources{File: "/nowhere/settings.yaml", Flags: []Setting{{"mode", "fast", "--mode"}}})
	assert.Equal(t, []string{
		"reading the settings: open /nowhere/settings.yaml: no such file or directory",
		"mode is fast; want full or observe (--mode)",
	}, lines(t, err))
}

func TestLoad_namesTheFileInProblems(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(file, []byte("mode: full\nmood: good\n"), 0o600))
	_, err := Load(Sources{File: file})
	assert.Equal(t, []string{"mood is not a setting (" + file + ":2:1)"}, lines(t, err))
}

func TestLoad_replacesListsAndDoesNotAddToThem(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(file, []byte("operations: [search]\nclients: {hosts: [a]}\n"), 0o600))
	got, err := Load(Sources{File: file, Env: []string{"NOTIONPROXY_OPERATIONS=[users.me]", "NOTIONPROXY_CLIENTS_HOSTS=b"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"users.me"}, got.Operations)
	assert.Equal(t, []string{"b"}, got.Clients.Hosts)
}

func TestLoad_readsDeepSettingsFromText(t *testing.T) {
	got, err := Load(Sources{Env: []string{
		"NOTIONPROXY_OPERATIONS=pages.*, search",
		"NOTIONPROXY_CLIENTS_HOSTS=[proxy.internal]",
		"NOTIONPROXY_LANES=[{operation: search, lane: bulk}]",
		`NOTIONPROXY_LIMITER_CONNECTIONS={"1f2e3d4c": {per_minute: 90}}`,
	}})
	require.NoError(t, err)
	assert.Equal(t, []string{"pages.*", "search"}, got.Operations)
	assert.Equal(t, []string{"proxy.internal"}, got.Clients.Hosts)
	assert.Equal(t, []LaneRule{{Operation: "search", Lane: "bulk"}}, got.Lanes)
	assert.Equal(t, map[string]Connection{"1f2e3d4c": {PerMinute: 90}}, got.Limiter.Connections)
}

func TestLoad_reportsDeepSettingsThatAreBroken(t *testing.T) {
	_, err := Load(Sources{Env: []string{
		"NOTIONPROXY_LANES=[{",
		"NOTIONPROXY_LIMITER_CONNECTIONS=none",
	}, Flags: []Setting{{"lanes", "[{lan: bulk}]", "--set"}}})
	assert.Equal(t, []string{
		"lanes is [{; want YAML such as [{a: b}] (NOTIONPROXY_LANES)",
		"limiter.connections is a single value; want a group of keys (NOTIONPROXY_LIMITER_CONNECTIONS:1:1)",
		"lanes[0].lan is not a setting (--set:1:3)",
		"lanes[0].lane is empty; want interactive, default or bulk",
		"lanes[0] is empty; want an operation, user_agent or client to match (--set:1:3)",
	}, lines(t, err))
}
