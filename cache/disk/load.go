package disk

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"time"

	bolt "go.etcd.io/bbolt"

	"notionproxy/cache"
	"notionproxy/cache/seal"
	"notionproxy/notion"
)

// Load returns what is kept for a question, if nothing speaks against it.
func (d *Disk) Load(ctx context.Context, w cache.Wanted) (*cache.Record, bool) {
	if r, ok := d.noted(w); ok {
		return r, true
	}
	return ask(ctx, d, func(f *file) (*cache.Record, bool) {
		for _, keys := range d.ring() {
			if r, ok := d.load(f, keys, w); ok {
				return r, true
			}
		}
		return nil, false
	})
}

// noted returns what waits to be written for the question.
func (d *Disk) noted(w cache.Wanted) (*cache.Record, bool) {
	d.mu.Lock()
	s, ok := d.notes.saves[saveKey{w.Question.Owner, w.Question.Key}]
	d.mu.Unlock()
	if !ok {
		return nil, false
	}
	keys := d.ring().Newest()
	return d.judged(d.current(), headOf(keys, s.record, s.seq), readerOf(keys, w), w.After, func() (*cache.Record, bool) {
		return s.record, true
	})
}

func readerOf(keys *seal.Keys, w cache.Wanted) reader {
	return reader{w.Question.Owner, botHash(keys, w.Bot), workspaceHash(keys, w.Workspace)}
}

// judged returns what open brings, unless a drop or the time speaks against
// it. The file is the one that it is from.
func (d *Disk) judged(f *file, h *head, by reader, after time.Time, open func() (*cache.Record, bool)) (*cache.Record, bool) {
	if now := time.Now().UnixNano(); h.keepUntil <= now || h.born > now || !h.isBorn().After(after) {
		return nil, false
	}
	d.mu.Lock()
	gone, suspect := d.drops.judge(h, by)
	gone = gone || f == nil || d.file != f
	d.mu.Unlock()
	if gone {
		return nil, false
	}
	r, ok := open()
	if ok && suspect && !r.Suspect {
		doubtful := *r
		doubtful.Suspect = true
		r = &doubtful
	}
	return r, ok
}

func (d *Disk) load(f *file, keys *seal.Keys, w cache.Wanted) (*cache.Record, bool) {
	name := entryName(keys, w.Question.Owner, w.Question.Key)
	if !w.After.IsZero() && !f.isBorn(name).After(w.After) {
		return nil, false // which is what most who ask find while Notion is down
	}
	value := f.entry(name)
	h, open, sealed, ok := cut(value)
	if !ok {
		return nil, false
	}
	r, ok := d.judged(f, &h, readerOf(keys, w), w.After, func() (*cache.Record, bool) {
		plain, err := keys.Box(w.Authorization).OpenInPlace(sealed, name, open)
		if err != nil {
			return nil, false // another's, or damaged: it is as if it were not there
		}
		r, err := cache.DecodeRecord(plain)
		return r, err == nil
	})
	if ok {
		d.Used(w.Question.Owner, w.Question.Key)
	}
	return r, ok
}

// entry returns a copy of an entry; nil if there is none.
func (f *file) entry(name seal.Name) (value []byte) {
	_ = f.db.View(func(tx *bolt.Tx) error {
		value = valueOf(tx, name)
		return nil
	})
	return value
}

// isBorn is when an entry was born, by its first piece alone; zero if there is
// none.
func (f *file) isBorn(name seal.Name) (born time.Time) {
	_ = f.db.View(func(tx *bolt.Tx) error {
		if v := tx.Bucket(entriesBucket).Get(chunkKeyOf(name, 0)); len(v) >= 4+fixedHead {
			born = time.Unix(0, int64(binary.BigEndian.Uint64(v[4+13:])))
		}
		return nil
	})
	return born
}

// get returns a copy of a value, which outlives the look into the file; nil if
// there is none.
func (f *file) get(bucket, key []byte) (value []byte) {
	_ = f.db.View(func(tx *bolt.Tx) error {
		value = bytes.Clone(tx.Bucket(bucket).Get(key))
		return nil
	})
	return value
}

// Access returns what is kept of a token.
func (d *Disk) Access(ctx context.Context, owner cache.Owner) (cache.Access, bool) {
	d.mu.Lock()
	a, ok := d.notes.access[owner]
	d.mu.Unlock()
	if ok {
		return a, true
	}
	return ask(ctx, d, func(f *file) (a cache.Access, ok bool) {
		ok = d.openNote(f, "access", owner[:], func(plain []byte) bool { return json.Unmarshal(plain, &a) == nil })
		return a, ok
	})
}

// openNote looks for what is kept of id under the secrets in turn, until read
// makes sense of it.
func (d *Disk) openNote(f *file, kind string, id []byte, read func(plain []byte) bool) bool {
	for _, keys := range d.ring() {
		name := keys.Name(kind, id)
		value := f.get(accessBucket, name[:])
		if len(value) < 8 {
			continue
		}
		if plain, err := keys.Own().Open(nil, value[8:], name); err == nil && read(plain) {
			return true
		}
	}
	return false
}

// sealNote is what is written of plain, with the time at which it was.
func sealNote(keys *seal.Keys, name seal.Name, plain []byte, now time.Time) []byte {
	return keys.Own().Seal(binary.BigEndian.AppendUint64(nil, uint64(now.Unix())), plain, name)
}

// accessValue is what is written of a token.
func accessValue(keys *seal.Keys, name seal.Name, a cache.Access, now time.Time) ([]byte, error) {
	plain, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	return sealNote(keys, name, plain, now), nil
}

// Parent returns the object above child.
func (d *Disk) Parent(ctx context.Context, child notion.ID) (notion.ID, bool) {
	d.mu.Lock()
	parent, ok := d.notes.edges[child]
	d.mu.Unlock()
	if ok {
		return parent, true
	}
	return ask(ctx, d, func(f *file) (parent notion.ID, ok bool) {
		for _, keys := range d.ring() {
			name := keys.Name("edge", child[:])
			for _, bucket := range edgesBuckets {
				plain, err := keys.Own().Open(nil, f.get(bucket, name[:edgeName]), name)
				if err == nil && len(plain) == len(parent) {
					return notion.ID(plain), true
				}
			}
		}
		return parent, false
	})
}

// edgeName is how much of its name an edge is found by.
const edgeName = 16
