package disk

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// A file is the open directory.
type file struct {
	dir      string
	db       *bolt.DB
	log      *log
	maxBytes int64 // of entries.db
}

// fileVersion is the format of entries.db as a whole. A file of another is
// foreign. Entries have a version of their own.
const fileVersion = 1

var (
	errForeign = errors.New("the cache file is not one of this program's, or of another version of it")
	errSlow    = errors.New("the disk does not answer")
)

// Buckets of entries.db.
var (
	entriesBucket = []byte("entries") // name, number -> part of a head and a sealed record
	usedBucket    = []byte("used")    // name -> use
	orderBucket   = []byte("order")   // time of last use, name -> nothing
	accessBucket  = []byte("access")  // name -> time, sealed Access; or sealed status
	stateBucket   = []byte("state")   // what stands for the file as a whole
	edgesBuckets  = [2][]byte{[]byte("edges0"), []byte("edges1")}
)

func buckets() [][]byte {
	return [][]byte{entriesBucket, usedBucket, orderBucket, accessBucket, stateBucket, edgesBuckets[0], edgesBuckets[1]}
}

// state is what stands for the file as a whole.
type state struct {
	Pair       pair
	Boot       [16]byte // of the machine, when the file was last opened
	Seq        uint64
	Clean      bool // the program that used it came to its end
	Generation uint64
	LogBytes   int64 // of the log, at least
	Edges      uint8 // which bucket edges are written to
	EdgeCount  uint32
}

var stateKey = []byte("state")

func (s *state) load(tx *bolt.Tx) error {
	b := tx.Bucket(stateBucket)
	if b == nil {
		return errForeign
	}
	v := b.Get(stateKey)
	if len(v) == 0 || v[0] != fileVersion || binary.Read(bytes.NewReader(v[1:]), binary.BigEndian, s) != nil || s.Edges > 1 {
		return errForeign
	}
	return nil
}

func (s *state) save(tx *bolt.Tx) error {
	b := bytes.NewBuffer([]byte{fileVersion})
	if err := binary.Write(b, binary.BigEndian, s); err != nil {
		return err
	}
	return tx.Bucket(stateBucket).Put(stateKey, b.Bytes())
}

func entriesPath(dir string) string { return filepath.Join(dir, "entries.db") }
func logPath(dir string) string     { return filepath.Join(dir, "writes.log") }

// lockPatience is how long another process may take to let go of the file: one
// that is just ending.
const lockPatience = time.Second

// openBolt opens or makes entries.db and holds its lock.
func openBolt(dir string, maxBytes int64) (db *bolt.DB, err error) {
	err = guard(func() error {
		db, err = bolt.Open(entriesPath(dir), 0o600, &bolt.Options{
			Timeout: lockPatience, FreelistType: bolt.FreelistMapType, MaxSize: usable(maxBytes),
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	db.AllocSize = int(min(1<<20, maxBytes/32)) // by how much the file grows
	return db, nil
}

// usable is how much of the bound entries may take. The rest is for taking
// some out when that is full, which needs pages too.
func usable(maxBytes int64) int { return int(maxBytes / 16 * 15) }

// isNew says whether db was made just now.
func isNew(db *bolt.DB) (empty bool, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		name, _ := tx.Cursor().First()
		empty = name == nil
		return nil
	})
	return empty, err
}

// begin makes a new file and log in a directory that has none, or none that
// count.
func begin(dir string, db *bolt.DB) (*file, error) {
	s := state{Boot: bootID(), Generation: 1}
	if _, err := rand.Read(s.Pair[:]); err != nil {
		return nil, err
	}
	l, err := createLog(logPath(dir), s.Pair, s.Generation, nil)
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range buckets() {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return s.save(tx)
	})
	if err != nil {
		l.close()
		return nil, err
	}
	return &file{dir: dir, db: db, log: l}, nil
}

// resume goes on with what another process left.
func resume(dir string, db *bolt.DB) (f *file, was state, events []event, err error) {
	if err := db.View(was.load); err != nil {
		return nil, was, nil, err
	}
	sameBoot := was.Boot == bootID()
	l, events, err := openLog(logPath(dir), was.Pair)
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && !l.reaches(was):
		err = errLog
	case errors.Is(err, errLog) && !sameBoot && l != nil:
		err = nil // the machine stopped before the rest was on the disk; all is suspect then
	}
	if err != nil {
		if l != nil {
			l.close()
		}
		return nil, was, nil, err
	}
	return &file{dir: dir, db: db, log: l}, was, events, nil
}

// reaches says whether the log is as long as it was.
func (l *log) reaches(s state) bool {
	return l.generation > s.Generation || l.generation == s.Generation && l.bytes >= s.LogBytes
}

// rewrite writes the log anew, with these events alone, and notes that this
// process has the file now.
func (f *file) rewrite(s state, events []event) error {
	old := f.log
	defer old.close()
	l, err := createLog(logPath(f.dir), s.Pair, old.generation+1, events)
	if err != nil {
		return err
	}
	f.log = l
	s.Clean, s.Boot = false, bootID()
	s.Generation, s.LogBytes = l.generation, l.bytes
	return f.db.Update(s.save)
}

// markClean notes that this process has come to its end.
func (f *file) markClean() error {
	return f.db.Update(func(tx *bolt.Tx) error {
		var s state
		if err := s.load(tx); err != nil {
			return err
		}
		s.Clean = true
		return s.save(tx)
	})
}

func (f *file) close() {
	f.log.close()
	_ = guard(f.db.Close) // nothing was promised that is not written
}

// remove takes the files out of the directory. A damaged one is kept, for
// whoever wants to know what happened to it; only the last one, and it is
// sealed like any other.
func remove(dir string, damaged bool) error {
	var first error
	if damaged {
		first = os.Rename(entriesPath(dir), entriesPath(dir)+".damaged")
	}
	for _, path := range []string{entriesPath(dir), logPath(dir), logPath(dir) + ".new"} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) && first == nil {
			first = err
		}
	}
	if errors.Is(first, os.ErrNotExist) {
		return nil
	}
	return first
}

// bootID names this run of the machine; zero where that can't be known.
func bootID() (id [16]byte) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return id
	}
	b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(string(text)), "-", ""))
	if err == nil && len(b) == len(id) {
		copy(id[:], b)
	}
	return id
}
