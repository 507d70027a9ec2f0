package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/config"
)

// writeFile makes a file in a folder of the test's own and returns its name.
func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestRun_refusesWrongArguments(t *testing.T) {
	for _, args := range [][]string{
		{"--no-such-flag"},
		{"no-such-command"},
		{"check", "extra"},
		{"check", "--set", "mode"},
		{"check", "--set"},
	} {
		got := runProgram(t.Context(), nil, args...)
		assert.Equal(t, exitMisused, got.code, args)
		assert.Contains(t, got.stderr, "notionproxy: ", args)
		assert.Empty(t, got.stdout, args)
	}
}

func TestRun_showsHelp(t *testing.T) {
	got := runProgram(t.Context(), nil, "--help")
	assert.Equal(t, exitOK, got.code)
	for _, word := range []string{"serve", "check", "health", "demo", "version", "--config", "--set", "NOTIONPROXY_CONFIG"} {
		assert.Contains(t, got.stdout, word)
	}
	assert.Empty(t, got.stderr)
}

func TestRun_saysItsVersion(t *testing.T) {
	got := runProgram(t.Context(), nil, "version")
	assert.Equal(t, exitOK, got.code)
	assert.Regexp(t, `^notionproxy \S+ \(.*go1\.\d+.*\)\n$`, got.stdout)
}

// What is set on the command line wins over the environment, and that over the
// file; a flag of its own over --set.
func TestSources_flagsOverEnvironmentOverFile(t *testing.T) {
	file := writeFile(t, "settings.yaml", "mode: observe\naccess: read-only\nlisten: 127.0.0.1:1\nlog: {level: warn, format: json}\n")
	p := &program{
		env: []string{"NOTIONPROXY_ACCESS=read-write", "NOTIONPROXY_LISTEN=127.0.0.1:2", "NOTIONPROXY_LOG_LEVEL=error"},
		flags: settingFlags{
			Config:   file,
			Set:      []string{"log.level=info", "listen=127.0.0.1:3"},
			Listen:   "127.0.0.1:4",
			LogLevel: "",
		},
	}
	got, err := p.load()
	require.NoError(t, err)

	want := config.Default()
	want.Mode = "observe"       // file
	want.Access = "read-write"  // environment
	want.Listen = "127.0.0.1:4" // flag
	want.Log.Level = "info"     // --set
	want.Log.Format = "json"    // file
	assert.Equal(t, want, got)
}

func TestCheck_findsNothingWrongWithNothing(t *testing.T) {
	got := runProgram(t.Context(), nil, "check")
	assert.Equal(t, result{exitOK, "settings are fine\n", ""}, got)
}

func TestCheck_reportsAllProblems(t *testing.T) {
	file := writeFile(t, "settings.yaml", "mode: fast\ncash: {}\n")
	got := runProgram(t.Context(), []string{"NOTIONPROXY_ACCESS=none"}, "check", "--config", file, "--log-level", "loud")
	assert.Equal(t, result{exitMisused, "", "notionproxy: config:\n" +
		"mode is fast; want full or observe (" + file + ":1:7)\n" +
		"cash is not a setting (" + file + ":2:1)\n" +
		"access is none; want read-write or read-only (NOTIONPROXY_ACCESS)\n" +
		"log.level is loud; want debug, info, warn or error (--log-level)\n"}, got)
}

func TestCheck_opensTheFilesThatSettingsName(t *testing.T) {
	empty := writeFile(t, "token", " \n")
	got := runProgram(t.Context(), nil, "check",
		"--set", "notion.token_file="+empty,
		"--set", "clients.secret_file=/nowhere/secret",
		"--set", "notion.ca_file="+empty,
		"--set", "tls.cert="+empty, "--set", "tls.key="+empty)
	assert.Equal(t, result{exitMisused, "", "notionproxy: config:\n" +
		"notion.token_file: " + empty + " is empty\n" +
		"clients.secret_file: open /nowhere/secret: no such file or directory\n" +
		"tls.cert and tls.key: tls: failed to find any PEM data in certificate input\n" +
		"notion.ca_file: " + empty + " holds no certificate in PEM\n"}, got)
}

func TestCheck_warnsOfATokenThatEverybodyCanRead(t *testing.T) {
	token := writeFile(t, "token", "ntn_canary0123456789\n")
	assert.Equal(t, "settings are fine\n", runProgram(t.Context(), nil, "check", "--set", "notion.token_file="+token).stdout)

	require.NoError(t, os.Chmod(token, 0o644))
	got := runProgram(t.Context(), nil, "check", "--set", "notion.token_file="+token)
	assert.Equal(t, result{exitOK,
		"warning: notion.token_file: everybody on this machine can read " + token + "; chmod 600 it\nsettings are fine\n", ""}, got)
}

func TestServe_doesNotStartWithWrongSettings(t *testing.T) {
	got := runProgram(t.Context(), []string{"NOTION_TOKEN=ntn_canary0123456789"}, "--listen", "0.0.0.0:0")
	assert.Equal(t, exitMisused, got.code)
	assert.Contains(t, got.stderr, "set clients.open: true if everybody may")
	assert.NotContains(t, got.stderr, "canary")
}

func TestServe_reportsAnAddressInUse(t *testing.T) {
	got := runProgram(t.Context(), nil, "--listen", "192.0.2.1:8080") // TEST-NET-1 of RFC 5737
	assert.Equal(t, exitFailed, got.code)
	assert.Contains(t, got.stderr, "notionproxy: listening for clients: ")
}
