package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// A log is the file of events. What was written to it is with the kernel, and
// survives the end of the process, whatever ends it; only the whole machine's
// stop can lose it, and then everything on the disk is suspect anyway. So a
// write costs no wait for the disk.
//
//	version, pair, generation
//	length, checksum, event: for each
type log struct {
	f          *os.File
	generation uint64 // how often it was written anew
	bytes      int64  // length of the file
	fresh      int64  // what that was when it was written anew
}

// logVersion stands at the log's beginning. A log of another version is taken
// for damaged: what it says can't be known, so nothing before it counts.
const logVersion = 1

// A pair says that a log and a file of entries belong together.
type pair [16]byte

var errLog = errors.New("the log of writes is damaged")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const logHead = 1 + len(pair{}) + 8

// createLog writes a new log in place of what is at path, whole or not at all.
func createLog(path string, p pair, generation uint64, events []event) (*log, error) {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	b := append([]byte{logVersion}, p[:]...)
	b = binary.BigEndian.AppendUint64(b, generation)
	for _, e := range events {
		b = appendFrame(b, e)
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync() // or the name could lead to an empty file after a power cut
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &log{f: f, generation: generation, bytes: int64(len(b)), fresh: int64(len(b))}, nil
}

// openLog reads a log. Whatever is wrong with it is errLog, an event that was
// cut off at the end included: who knows what came after it.
func openLog(path string, p pair) (*log, []event, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	l := &log{f: f}
	events, err := l.read(p)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return l, events, nil
}

func (l *log) read(p pair) ([]event, error) {
	b, err := io.ReadAll(l.f)
	if err != nil {
		return nil, fmt.Errorf("reading the log of writes: %w", err)
	}
	if len(b) < logHead || b[0] != logVersion || !bytes.Equal(b[1:1+len(p)], p[:]) {
		return nil, errLog
	}
	l.generation, l.bytes = binary.BigEndian.Uint64(b[1+len(p):]), int64(len(b))
	var events []event
	for rest := b[logHead:]; len(rest) > 0; {
		e, n, err := readFrame(rest)
		if err != nil {
			return nil, err
		}
		events, rest = append(events, e), rest[n:]
	}
	return events, nil
}

func appendFrame(b []byte, e event) []byte {
	start := len(b)
	b = e.append(append(b, make([]byte, 8)...))
	payload := b[start+8:]
	binary.BigEndian.PutUint32(b[start:], uint32(len(payload)))
	binary.BigEndian.PutUint32(b[start+4:], crc32.Checksum(payload, castagnoli))
	return b
}

func readFrame(b []byte) (e event, taken int, err error) {
	if len(b) < 8 {
		return e, 0, errLog
	}
	n := uint64(binary.BigEndian.Uint32(b))
	if n > uint64(len(b)-8) {
		return e, 0, errLog
	}
	payload := b[8 : 8+n]
	e, ok := readEvent(payload)
	if !ok || crc32.Checksum(payload, castagnoli) != binary.BigEndian.Uint32(b[4:]) {
		return e, 0, errLog
	}
	return e, 8 + int(n), nil
}

// write appends events, in one system call.
func (l *log) write(events []event) error {
	var b []byte
	for _, e := range events {
		b = appendFrame(b, e)
	}
	n, err := l.f.Write(b)
	l.bytes += int64(n)
	return err
}

// isLong says whether the log should be written anew, since most of it says
// what later events say again.
func (l *log) isLong() bool { return l.bytes > 1<<20 && l.bytes > 4*l.fresh }

func (l *log) close() { l.f.Close() }
