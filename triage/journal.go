package triage

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Bounds of a journal. It is written anew when it is longer, with each
// incident once.
const (
	maxJournal = 8 << 20 // bytes
	maxLine    = 1 << 20
)

// journalName is the file in the data directory.
const journalName = "incidents.jsonl"

// A journal keeps incidents in a file, as JSON lines: each line is a whole
// incident as it stood, the last one of an id counts. What was written is
// synced to the disk before the next thing happens, so that a process that is
// killed loses nothing but a torn last line. It is not safe for concurrent use.
type journal struct {
	path string
	file *os.File
	size int64
}

// A record is a line.
type record struct {
	Version  int       `json:"v"`
	Updated  time.Time `json:"updated"`
	Incident Incident  `json:"incident"`
}

// openJournal reads what is kept in dir, oldest first, and makes dir if need
// be. What of the file cannot be read is left out.
func openJournal(dir string) (*journal, []record, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("making the data directory: %w", err)
	}
	j := &journal{path: filepath.Join(dir, journalName)}
	records, err := j.read()
	if err != nil {
		return nil, nil, err
	}
	// Always written anew: a torn last line must not swallow the next one.
	if err := j.rewrite(records); err != nil {
		return nil, nil, err
	}
	return j, records, nil
}

func (j *journal) read() ([]record, error) {
	f, err := os.Open(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the incidents: %w", err)
	}
	defer f.Close()
	records, err := readRecords(f)
	if err != nil {
		return nil, fmt.Errorf("reading the incidents: %w", err)
	}
	return records, nil
}

// readRecords reads the last record of each incident, oldest incident first.
func readRecords(r io.Reader) ([]record, error) {
	byID := map[string]record{}
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := readLine(in)
		var rec record
		if json.Unmarshal(line, &rec) == nil && rec.Version == 1 && isID(rec.Incident.ID) {
			byID[rec.Incident.ID] = rec
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	var list []record
	for _, id := range ids(byID, nil) {
		list = append(list, byID[id])
	}
	slices.SortStableFunc(list, func(a, b record) int { return a.Incident.Start.Compare(b.Incident.Start) })
	return list[max(0, len(list)-maxIncidents):], nil
}

// readLine reads a line; of one that is too long, nothing.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) <= maxLine {
			line = append(line, part...)
		} else {
			line = nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSpace(line), err
		}
	}
}

// isID says whether s can be an incident's id: it stands in paths.
func isID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// keep writes an incident as it stands, and all of them anew where the file
// has grown too long.
func (j *journal) keep(i Incident, now time.Time, all []Incident) error {
	line, err := lineOf(record{1, now.UTC().Round(0), i})
	if err != nil {
		return err
	}
	if j.size+int64(len(line)) > maxJournal {
		var records []record
		for _, i := range all {
			records = append(records, record{1, now.UTC().Round(0), i})
		}
		return j.rewrite(records)
	}
	n, err := j.file.Write(line)
	j.size += int64(n)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("keeping an incident: %w", err)
	}
	return nil
}

func lineOf(r record) ([]byte, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("keeping an incident: %w", err)
	}
	return append(line, '\n'), nil
}

// rewrite puts a new file in the place of the old one, whole or not at all.
func (j *journal) rewrite(records []record) error {
	if err := j.replace(records); err != nil {
		return fmt.Errorf("writing the incidents anew: %w", err)
	}
	return nil
}

func (j *journal) replace(records []record) error {
	f, err := os.OpenFile(j.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	var size int64
	for _, r := range records {
		line, err := lineOf(r)
		if err == nil {
			_, err = f.Write(line)
		}
		if err != nil {
			f.Close()
			return err
		}
		size += int64(len(line))
	}
	if err := errors.Join(f.Sync(), os.Rename(j.path+".new", j.path), syncDir(filepath.Dir(j.path))); err != nil {
		f.Close()
		return err
	}
	if j.file != nil {
		j.file.Close()
	}
	j.file, j.size = f, size
	return nil
}

// syncDir makes a renaming last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func (j *journal) close() error { return j.file.Close() }
