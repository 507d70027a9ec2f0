package triage

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func anIncident(n int, end time.Time) Incident {
	start := noon.Add(time.Duration(n) * time.Hour)
	return Incident{ID: fmt.Sprintf("inc-%04d", n), Start: start, Detected: start, End: end, Class: NotionDown, Severity: P2}
}

func kept(t *testing.T, dir string) (list []Incident) {
	t.Helper()
	j, records, err := openJournal(dir)
	require.NoError(t, err)
	require.NoError(t, j.close())
	for _, r := range records {
		list = append(list, r.Incident)
	}
	return list
}

func TestJournal_theLastLineOfAnIncidentCounts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	j, records, err := openJournal(dir)
	require.NoError(t, err)
	assert.Empty(t, records)
	require.NoError(t, j.keep(anIncident(1, time.Time{}), noon, nil))
	require.NoError(t, j.keep(anIncident(1, noon.Add(2*time.Hour)), noon, nil))
	require.NoError(t, j.keep(anIncident(2, time.Time{}), noon, nil))
	require.NoError(t, j.close())
	assert.Equal(t, []Incident{anIncident(1, noon.Add(2*time.Hour)), anIncident(2, time.Time{})}, kept(t, dir))
	info, err := os.Stat(filepath.Join(dir, journalName))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestJournal_aTornLastLineIsLeftOut(t *testing.T) {
	dir := t.TempDir()
	j, _, err := openJournal(dir)
	require.NoError(t, err)
	require.NoError(t, j.keep(anIncident(1, noon), noon, nil))
	require.NoError(t, j.close())
	whole, err := os.ReadFile(filepath.Join(dir, journalName))
	require.NoError(t, err)
	line, err := lineOf(record{1, noon, anIncident(2, noon)})
	require.NoError(t, err)
	for cut := range line {
		require.NoError(t, os.WriteFile(filepath.Join(dir, journalName), append(bytes.Clone(whole), line[:cut]...), 0o600))
		j, records, err := openJournal(dir)
		require.NoError(t, err)
		require.NoError(t, j.keep(anIncident(3, noon), noon, nil), "what comes after it is not swallowed")
		require.NoError(t, j.close())
		got := kept(t, dir)
		require.Equal(t, anIncident(3, noon), got[len(got)-1], "cut after %d bytes", cut)
		require.Len(t, got, len(records)+1)
	}
}

func TestJournal_whatIsNoIncidentIsLeftOut(t *testing.T) {
	dir := t.TempDir()
	line, err := lineOf(record{1, noon, anIncident(1, noon)})
	require.NoError(t, err)
	text := "\n{}\nnull\n[1]\n\x00\xff\n" + strings.Repeat("x", maxLine+10) + "\n" + `{"v":1,"incident":{"id":"../../etc/passwd"}}` + "\n" + `{"v":2,"incident":{"id":"inc-9"}}` + "\n" + string(line)
	require.NoError(t, os.WriteFile(filepath.Join(dir, journalName), []byte(text), 0o600))
	assert.Equal(t, []Incident{anIncident(1, noon)}, kept(t, dir))
}

func TestJournal_isBounded(t *testing.T) {
	dir := t.TempDir()
	j, _, err := openJournal(dir)
	require.NoError(t, err)
	long := anIncident(1, time.Time{})
	long.Finding.Headline = strings.Repeat("x", 200_000)
	for range 100 {
		require.NoError(t, j.keep(long, noon, []Incident{long}))
	}
	require.NoError(t, j.close())
	info, err := os.Stat(filepath.Join(dir, journalName))
	require.NoError(t, err)
	assert.LessOrEqual(t, info.Size(), int64(maxJournal))
	assert.Equal(t, []Incident{long}, kept(t, dir))
}

// TestJournal_survivesBeingKilled has a process keep incidents until it is
// killed, and finds all that it had told of.
func TestJournal_survivesBeingKilled(t *testing.T) {
	if dir := os.Getenv("TRIAGE_TEST_JOURNAL"); dir != "" {
		j, _, err := openJournal(dir)
		require.NoError(t, err)
		for n := 1; ; n++ {
			require.NoError(t, j.keep(anIncident(n, noon), noon, nil))
			fmt.Println("kept", n)
		}
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestJournal_survivesBeingKilled$")
	cmd.Env = append(os.Environ(), "TRIAGE_TEST_JOURNAL="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	told := 0
	for told < 20 {
		_, err := fmt.Fscanf(out, "kept %d\n", &told)
		require.NoError(t, err)
	}
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	got := kept(t, dir)
	assert.GreaterOrEqual(t, len(got), told)
	assert.Equal(t, anIncident(told, noon), got[told-1])
}

func TestNew_takesUpAnOpenIncident(t *testing.T) {
	for name, tt := range map[string]struct {
		ago  time.Duration
		open bool
	}{"of a moment ago": {time.Minute, true}, "of yesterday": {24 * time.Hour, false}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j, _, err := openJournal(dir)
			require.NoError(t, err)
			i := anIncident(1, time.Time{})
			i.Figures.Unserved = 7
			require.NoError(t, j.keep(i, time.Now().Add(-tt.ago), nil))
			require.NoError(t, j.close())
			tr, err := New(Options{Dir: dir})
			require.NoError(t, err)
			got, ok := tr.Incident("inc-0001")
			require.True(t, ok)
			assert.Equal(t, tt.open, got.Open())
			assert.EqualValues(t, 7, got.Figures.Unserved)
		})
	}
}

func TestNew_saysWhatIsWrongWithTheDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := New(Options{Dir: file})
	assert.ErrorContains(t, err, "making the data directory")
}
