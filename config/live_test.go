package config

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLive_takesWhatCanChangeAndNamesTheRest(t *testing.T) {
	now, next := Default(), Default()
	next.Mode, next.Cache.Size, next.Cache.Fresh.Content = "observe", 1<<30, time.Hour
	next.Lanes = []LaneRule{{Client: "x", Lane: "bulk"}}
	next.Listen, next.Log.Format, next.Log.Level = "127.0.0.1:1", "json", "debug"

	live, taken, later := Live(now, next)
	assert.Equal(t, []string{"mode", "cache.size", "cache.fresh.content", "lanes", "log.level"}, taken)
	assert.Equal(t, []string{"listen", "log.format"}, later)
	want := next
	want.Listen, want.Log.Format = now.Listen, now.Log.Format
	assert.Equal(t, want, live)

	live, taken, later = Live(now, now)
	assert.Equal(t, now, live)
	assert.Empty(t, taken)
	assert.Empty(t, later)
}

// Somebody who edits the file must be able to read there what needs a restart.
func TestExampleFile_listsWhatIsReadAtTheStartOnly(t *testing.T) {
	f, err := os.Open(example)
	require.NoError(t, err)
	defer f.Close()
	var listed []string
	reading := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		text, comment := strings.CutPrefix(lines.Text(), "#")
		switch {
		case strings.HasSuffix(text, "the log says so when they change:"):
			reading = true
		case reading && (!comment || text == ""):
			reading = false
		case reading:
			listed = append(listed, strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })...)
		}
	}
	assert.ElementsMatch(t, StartKeys(), listed, "the comment at the top of the example file")
}

func TestEffective_hidesSecretsAndNothingElse(t *testing.T) {
	cfg, err := Load(Sources{
		Env: []string{"NOTION_TOKEN=ntn_canary0123456789", "NOTIONPROXY_ADMIN_TOKEN=canary-canary-canary"},
		Flags: []Setting{
			{Key: "lanes", Value: "[{client: x, lane: bulk}]", From: "--set"},
			{Key: "limiter.connections", Value: "{1f2e3d4c: {plan: business}}", From: "--set"},
		},
	})
	require.NoError(t, err)
	all := cfg.Effective()
	assert.Equal(t, "(hidden)", all["notion.token"])
	assert.Equal(t, "(hidden)", all["admin.token"])
	assert.Empty(t, all["clients.secret"])
	assert.Equal(t, "1m0s", all["cache.fresh.content"])
	assert.Equal(t, "256MiB", all["cache.size"])
	assert.Equal(t, []any{map[string]any{"client": "x", "lane": "bulk"}}, all["lanes"])
	assert.Equal(t, map[string]any{"1f2e3d4c": map[string]any{"plan": "business"}}, all["limiter.connections"])
	assert.Equal(t, 30, all["limiter.burst"])
	assert.Len(t, all, len(newReader().fields))
}
