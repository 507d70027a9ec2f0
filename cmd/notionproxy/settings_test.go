package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notionproxy/config"
)

// liveSettings are settings from a file with this text, and what they applied.
func liveSettings(t *testing.T, text string) (s *settings, path string, applied *[]string, logged *observer.ObservedLogs) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "settings.yaml")
	write(t, path, text)
	from := config.Sources{File: path, Flags: []config.Setting{{Key: "log.format", Value: "json", From: "--log-format"}}}
	now, err := config.Load(from)
	require.NoError(t, err)

	core, logged := observer.New(zap.InfoLevel)
	applied = new([]string)
	apply := func(c config.Config) { *applied = append(*applied, c.Mode+" "+c.Log.Level) }
	return newSettings(from, now, zap.New(core), apply), path, applied, logged
}

func TestSettings_takeModeAndLevelWhileRunning(t *testing.T) {
	s, path, applied, logged := liveSettings(t, "mode: full\n")
	reloads(t, s, false)
	write(t, path, "mode: observe\nlog: {level: debug}\n")
	reloads(t, s, true)
	reloads(t, s, false)
	write(t, path, "mode: full\n")
	reloads(t, s, true)
	assert.Equal(t, []string{"observe debug", "full info"}, *applied)
	assert.Zero(t, logged.Len())
}

// reloads expects one look at the file to come to this.
func reloads(t *testing.T, r reloader, want bool) {
	t.Helper()
	changed, err := r.reload()
	require.NoError(t, err)
	assert.Equal(t, want, changed)
}

func TestSettings_seeAChangeMadeRightAfterTheStart(t *testing.T) {
	s, path, applied, _ := liveSettings(t, "mode: full\n")
	write(t, path, "mode: observe\n") // before the first look
	reloads(t, s, true)
	assert.Equal(t, []string{"observe info"}, *applied)
}

func TestSettings_sayWhatNeedsARestart(t *testing.T) {
	s, path, applied, logged := liveSettings(t, "mode: full\n")
	write(t, path, "mode: observe\nlimits: {headers: 128KiB}\n")
	reloads(t, s, true)
	assert.Equal(t, []string{"observe info"}, *applied)
	require.Equal(t, 1, logged.Len())
	assert.Contains(t, logged.All()[0].Message, "next start")
	assert.Equal(t, map[string]any{"settings": []any{"limits.headers"}}, logged.All()[0].ContextMap())
}

func TestSettings_thatAreWrongChangeNothing(t *testing.T) {
	s, path, applied, _ := liveSettings(t, "mode: full\n")
	write(t, path, "mode: observe\nmood: good\n")
	_, err := s.reload()
	assert.ErrorContains(t, err, "mood is not a setting")
	assert.Empty(t, *applied)

	write(t, path, "mode: observe\n")
	reloads(t, s, true)
	assert.Equal(t, []string{"observe info"}, *applied)
}

func TestSettings_withoutAFileNeverChange(t *testing.T) {
	s := newSettings(config.Sources{}, config.Default(), zap.NewNop(), nil)
	reloads(t, s, false)
}
