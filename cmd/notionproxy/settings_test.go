package main

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notionproxy/admin"
	"notionproxy/config"
)

// liveSettings are settings from a file with this text, and what they applied.
func liveSettings(t *testing.T, text string) (s *settings, path string, applied *[]string, logged *observer.ObservedLogs) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "settings.yaml")
	write(t, path, text)
	from := config.Sources{File: path, Flags: []config.Setting{{Key: "log.format", Value: "json", From: "--log-format"}}}
	from, now, err := loadOnce(from)
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
	require.Equal(t, 2, logged.Len())
	assert.Equal(t, map[string]any{"settings": []any{"mode", "log.level"}}, logged.All()[0].ContextMap())
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
	require.Equal(t, 2, logged.Len())
	assert.Contains(t, logged.All()[1].Message, "next start")
	assert.Equal(t, map[string]any{"settings": []any{"limits.headers"}}, logged.All()[1].ContextMap())
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

// What somebody set in an incident must not end because somebody else corrects
// a comment in the file.
func TestSettings_whatAnOperatorSetStandsUntilTheFileSaysOtherwise(t *testing.T) {
	s, path, _, _ := liveSettings(t, "mode: full\n")
	reloads(t, s, false)
	require.NoError(t, s.SetModes(admin.Modes{ServeStale: "always"}))
	require.NoError(t, s.SetLevel("debug"))
	write(t, path, "mode: observe\n")
	reloads(t, s, true)
	assert.Equal(t, admin.Modes{ServeStale: "always", Mode: "observe"}, s.Modes())
	assert.Equal(t, "debug", s.Level())

	require.NoError(t, s.SetModes(admin.Modes{Mode: "full"}))
	write(t, path, "mode: observe\ncache: {serve_stale: never}\nlog: {level: warn}\n")
	reloads(t, s, true)
	assert.Equal(t, admin.Modes{ServeStale: "never", Mode: "full"}, s.Modes())
	assert.Equal(t, "warn", s.Level())
}

func TestSettings_anOperatorsMistakesChangeNothing(t *testing.T) {
	s, _, applied, _ := liveSettings(t, "mode: full\n")
	assert.EqualError(t, s.SetModes(admin.Modes{ServeStale: "often", Mode: "observe"}),
		"cache.serve_stale is often; want auto, always or never (POST /mode)")
	assert.ErrorContains(t, s.SetLevel(""), "name the level")
	assert.Equal(t, admin.Modes{ServeStale: "auto", Mode: "full"}, s.Modes())
	assert.Empty(t, *applied)
}

func TestSettings_sayWhetherTheLastChangeIsInForce(t *testing.T) {
	s, path, _, _ := liveSettings(t, "mode: full\n")
	reloads(t, s, false)
	began := s.Reloaded()
	assert.True(t, began.OK)

	write(t, path, "mood: good\n")
	_, err := s.reload()
	require.Error(t, err)
	bad := s.Reloaded()
	assert.False(t, bad.OK)
	assert.True(t, bad.At.After(began.At))
	_, err = s.reload()
	require.Error(t, err)
	assert.Equal(t, bad, s.Reloaded(), "the same mistake is no news")

	write(t, path, "mode: full\n") // as it was
	reloads(t, s, false)
	assert.True(t, s.Reloaded().OK)
	assert.True(t, s.Reloaded().At.After(bad.At))
}

// A file that is written in place is empty first, and half of it may be
// well-formed: nobody must get the defaults for a moment.
func TestSettings_halfAFileIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, path, applied, _ := liveSettings(t, "mode: observe\nlog: {level: warn}\n")
		reloads(t, s, false)
		write(t, path, "mode: observe\n")
		go func() {
			time.Sleep(settleTime / 2)
			assert.NoError(t, os.WriteFile(path, []byte("mode: observe\nlog: {level: error}\n"), 0o600))
		}()
		reloads(t, s, true)
		assert.Equal(t, []string{"observe error"}, *applied)

		write(t, path, "\n")
		_, err := s.reload()
		assert.ErrorContains(t, err, "is empty")
		assert.Equal(t, []string{"observe error"}, *applied)
		assert.False(t, s.Reloaded().OK)
	})
}

func TestSettings_anEmptyFileFromTheStartIsNoMistake(t *testing.T) {
	s, _, _, logged := liveSettings(t, "")
	reloads(t, s, false)
	assert.True(t, s.Reloaded().OK)
	assert.Zero(t, logged.Len())
}
