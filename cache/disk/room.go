package disk

import (
	"encoding/binary"
	"errors"
	"maps"
	"time"

	bolt "go.etcd.io/bbolt"

	"notionproxy/cache"
	"notionproxy/cache/seal"
)

const (
	// sweepEvery is how often what is past its keep time is looked for.
	sweepEvery = 5 * time.Minute

	// useStep is how exactly last uses are known, in seconds: written down
	// each time, they would be most of what is written.
	useStep = 600
)

// A use says when an entry was last of use, and what must be known of it to let
// it go.
type use struct {
	last      uint32 // Unix seconds
	size      uint32 // bytes of its value
	keepUntil uint32 // Unix seconds
	owner     hash
}

func (u use) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, u.last)
	b = binary.BigEndian.AppendUint32(b, u.size)
	b = binary.BigEndian.AppendUint32(b, u.keepUntil)
	return binary.BigEndian.AppendUint64(b, uint64(u.owner))
}

func readUse(b []byte) (u use, ok bool) {
	if len(b) != 20 {
		return u, false
	}
	return use{
		last: binary.BigEndian.Uint32(b), size: binary.BigEndian.Uint32(b[4:]), keepUntil: binary.BigEndian.Uint32(b[8:]),
		owner: hash(binary.BigEndian.Uint64(b[12:])),
	}, true
}

func orderKey(name seal.Name, last uint32) []byte {
	return append(binary.BigEndian.AppendUint32(nil, last), name[:]...)
}

func useOf(tx *bolt.Tx, name seal.Name) (use, bool) {
	return readUse(tx.Bucket(usedBucket).Get(name[:]))
}

func putUse(tx *bolt.Tx, name seal.Name, u use) error {
	if err := tx.Bucket(orderBucket).Put(orderKey(name, u.last), nil); err != nil {
		return err
	}
	return tx.Bucket(usedBucket).Put(name[:], u.append(nil))
}

// touch notes a use, if the entry is there.
func touch(tx *bolt.Tx, name seal.Name, now uint32) error {
	u, ok := useOf(tx, name)
	if !ok || now-u.last < useStep {
		return nil
	}
	if err := tx.Bucket(orderBucket).Delete(orderKey(name, u.last)); err != nil {
		return err
	}
	u.last = now
	return putUse(tx, name, u)
}

// removeEntry takes an entry and all that leads to it out, if it is there.
func removeEntry(tx *bolt.Tx, name seal.Name) error {
	u, ok := useOf(tx, name)
	if !ok {
		return nil
	}
	return errors.Join(
		deleteValue(tx, name, int(u.size)),
		tx.Bucket(usedBucket).Delete(name[:]),
		tx.Bucket(orderBucket).Delete(orderKey(name, u.last)),
	)
}

func removeAll(tx *bolt.Tx, names []seal.Name) error {
	for _, name := range names {
		if err := removeEntry(tx, name); err != nil {
			return err
		}
		if err := tx.Bucket(accessBucket).Delete(name[:]); err != nil {
			return err
		}
	}
	return nil
}

// clear takes out all that came from Notion.
func clear(tx *bolt.Tx) error {
	for _, bucket := range [][]byte{entriesBucket, usedBucket, orderBucket, edgesBuckets[0], edgesBuckets[1]} {
		if err := renew(tx, bucket); err != nil {
			return err
		}
	}
	return nil
}

// excess is how many bytes of entries must go. bbolt's file never shrinks; it
// stays within its bound as long as a quarter of it is free for what is
// written next, which goes to other pages than those that it replaces.
func (f *file) excess(tx *bolt.Tx) int64 {
	s := f.db.Stats()
	pageSize := int64(f.db.Info().PageSize)
	taken := tx.Size() - int64(s.FreePageN+s.PendingPageN)*pageSize
	if taken <= f.maxBytes/4*3 {
		return 0
	}
	return taken - f.maxBytes/8*5
}

// useOverhead is about what an entry takes beside its bytes.
const useOverhead = 300

// evict takes entries out that have not been of use for longest.
func evict(tx *bolt.Tx, bytes int64) error {
	var names []seal.Name
	c := tx.Bucket(orderBucket).Cursor()
	for k, _ := c.First(); k != nil && bytes > 0; k, _ = c.Next() {
		if len(k) != 4+len(seal.Name{}) {
			return errDamaged
		}
		name := seal.Name(k[4:])
		u, ok := useOf(tx, name)
		if !ok {
			return errDamaged
		}
		names = append(names, name)
		bytes -= int64(u.size) + useOverhead
	}
	return removeAll(tx, names)
}

// makeRoom takes so many bytes out at once, of a file that is full.
func (f *file) makeRoom(bytes int64) error {
	f.db.MaxSize = int(f.maxBytes)
	defer func() { f.db.MaxSize = usable(f.maxBytes) }()
	return f.db.Update(func(tx *bolt.Tx) error { return evict(tx, bytes) })
}

// maxRemoved bounds what one transaction takes out; the rest waits for the
// next.
const maxRemoved = 5000

// leaving are the names of what is to go. It looks only when there is a reason.
func (b *batch) leaving(sweep bool) (names []seal.Name, err error) {
	if !sweep && !b.notes.sift && len(b.notes.gone) == 0 {
		return nil, nil
	}
	err = b.file.db.View(func(tx *bolt.Tx) error {
		names, err = b.entriesLeaving(tx)
		if err == nil && sweep {
			names, err = b.accessLeaving(tx, names)
		}
		return err
	})
	if len(names) >= maxRemoved {
		b.disk.goOn(b.notes)
	}
	return names, err
}

// entriesLeaving are entries past their keep time, those of owners who have
// nothing any more, and those that drops have hit, if that is to be looked at.
func (b *batch) entriesLeaving(tx *bolt.Tx) (names []seal.Name, err error) {
	c := tx.Bucket(usedBucket).Cursor()
	for k, v := c.First(); k != nil && len(names) < maxRemoved; k, v = c.Next() {
		u, ok := readUse(v)
		if !ok || len(k) != len(seal.Name{}) {
			return nil, errDamaged
		}
		_, all := b.notes.gone[u.owner]
		if all || int64(u.keepUntil) <= b.now.Unix() || b.notes.sift && b.isDropped(tx, seal.Name(k)) {
			names = append(names, seal.Name(k))
		}
	}
	return names, nil
}

// isDropped says whether drops have hit an entry, as far as that can be told
// without knowing whose it is.
func (b *batch) isDropped(tx *bolt.Tx, name seal.Name) bool {
	h, _, _, ok := cut(valueOf(tx, name))
	if !ok {
		return true
	}
	return b.disk.hasDropped(&h, cache.Owner{})
}

// accessLeaving adds what is known of tokens that nobody uses.
func (b *batch) accessLeaving(tx *bolt.Tx, names []seal.Name) ([]seal.Name, error) {
	c := tx.Bucket(accessBucket).Cursor()
	for k, v := c.First(); k != nil && len(names) < maxRemoved; k, v = c.Next() {
		if len(v) < 8 || len(k) != len(seal.Name{}) {
			return nil, errDamaged
		}
		if kept := time.Unix(int64(binary.BigEndian.Uint64(v)), 0); b.now.Sub(kept) > accessLife {
			names = append(names, seal.Name(k))
		}
	}
	return names, nil
}

// goOn notes again what is not all taken out yet.
func (d *Disk) goOn(n notes) {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.Copy(d.notes.gone, n.gone)
	d.notes.sift = d.notes.sift || n.sift
}

// accessLife is how long it is known which connection an unused token is.
const accessLife = 7 * 24 * time.Hour
