package disk

import (
	"context"
	"encoding/binary"
	"time"

	"notionproxy/cache/seal"
)

// statusVersion is the first byte of a status. What begins otherwise is of
// another version of the program, and taken for missing.
const statusVersion = 1

const (
	// maxStatus is the longest status that is kept: more than any status page
	// that was ever seen, and little beside the smallest file.
	maxStatus = 128 << 10

	// maxStatuses bounds how many wait to be written. There is a handful.
	maxStatuses = 16
)

// A status is how something stood at a time.
type status struct {
	body []byte
	at   time.Time
}

// KeepStatus notes how something stands, in place of what was noted of it
// before. What is longer than 128 KiB is not kept. Nobody may change body
// after that. It is forgotten after a week.
func (d *Disk) KeepStatus(what string, body []byte, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, noted := d.notes.statuses[what]
	if d.file != nil && len(body) <= maxStatus && (noted || len(d.notes.statuses) < maxStatuses) {
		d.notes.statuses[what] = status{body, at}
	}
}

// Status returns how something stood, and when that was.
func (d *Disk) Status(ctx context.Context, what string) (body []byte, at time.Time, ok bool) {
	d.mu.Lock()
	s, ok := d.notes.statuses[what]
	d.mu.Unlock()
	if !ok {
		s, ok = ask(ctx, d, func(f *file) (status, bool) { return d.status(f, what) })
	}
	return s.body, s.at, ok
}

func (d *Disk) status(f *file, what string) (s status, ok bool) {
	ok = d.openNote(f, statusKind, []byte(what), func(plain []byte) bool {
		if len(plain) < 1+8 || plain[0] != statusVersion {
			return false
		}
		s = status{plain[1+8:], time.Unix(0, int64(binary.BigEndian.Uint64(plain[1:])))}
		return true
	})
	return s, ok
}

// statusKind sets the names of statuses apart.
const statusKind = "status"

// value is what is written of s, with the time at which it was.
func (s status) value(keys *seal.Keys, name seal.Name, now time.Time) []byte {
	plain := append(make([]byte, 0, 1+8+len(s.body)), statusVersion)
	plain = binary.BigEndian.AppendUint64(plain, uint64(s.at.UnixNano()))
	plain = append(plain, s.body...)
	return sealNote(keys, name, plain, now)
}

func (b *batch) putStatuses() error {
	keys := b.disk.ring().Newest()
	for what, s := range b.notes.statuses {
		name := keys.Name(statusKind, []byte(what))
		if err := b.tx.Bucket(accessBucket).Put(name[:], s.value(keys, name, b.now)); err != nil {
			return err
		}
	}
	return nil
}
