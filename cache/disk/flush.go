package disk

import (
	"errors"
	"maps"
	"os"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"notionproxy/cache"
	"notionproxy/cache/seal"
	"notionproxy/notion"
)

// flush writes what is noted, in one transaction.
func (d *Disk) flush(sweep bool) {
	d.writeEvents()
	f, n, seq := d.takeNotes()
	if f == nil {
		return
	}
	d.shortenLog(f)
	err := guard(func() error {
		b := batch{disk: d, file: f, notes: n, now: time.Now(), seq: seq}
		return b.write(sweep)
	})
	if errors.Is(err, bolterrors.ErrMaxSizeReached) { // more came at once than is free; it is lost
		err = guard(func() error { return f.makeRoom(f.maxBytes / 4) })
	}
	if err != nil {
		d.turnOff(f, err)
		return
	}
	d.weigh(f)
}

// weigh notes how large the file is.
func (d *Disk) weigh(f *file) {
	info, err := os.Stat(entriesPath(f.dir))
	if err != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bytes = info.Size()
}

// takeNotes takes what is noted, and the number up to which that is all.
func (d *Disk) takeNotes() (*file, notes, uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.notes
	d.notes = newNotes()
	return d.file, n, d.seq
}

// shortenLog writes the log anew when most of what it says is said again by
// what came later.
func (d *Disk) shortenLog(f *file) {
	d.logging <- struct{}{}
	defer func() { <-d.logging }()
	if !f.log.isLong() {
		return
	}
	d.mu.Lock()
	d.drops.forgetOld(time.Now().Add(-d.o.Keep))
	events := d.drops.events()
	for _, e := range d.intents {
		events = append(events, e)
	}
	events = slices.AppendSeq(events, maps.Values(d.untold))
	events = append(events, sayPlace(d.place)...)
	d.events, d.placed = nil, d.place // they are among these
	current := d.file == f
	d.mu.Unlock()
	if !current {
		return
	}
	err := guard(func() error {
		var s state
		if err := f.db.View(s.load); err != nil {
			return err
		}
		return f.rewrite(s, events)
	})
	if err != nil {
		d.turnOff(f, err)
	}
}

// A batch is what one transaction writes.
type batch struct {
	disk  *Disk
	file  *file
	notes notes
	now   time.Time
	seq   uint64

	tx     *bolt.Tx
	sealed map[saveKey]sealedSave
}

type sealedSave struct {
	name  seal.Name
	value []byte
	use   use
}

// write writes all of it, and makes room first.
func (b *batch) write(sweep bool) error {
	b.sealAll()
	old, err := b.leaving(sweep)
	if err != nil {
		return err
	}
	b.dropRecentUses()
	if b.notes.isEmpty() && len(old) == 0 {
		return nil
	}
	return b.file.db.Update(func(tx *bolt.Tx) error {
		b.tx = tx
		if b.notes.purge {
			if err := clear(tx); err != nil {
				return err
			}
		}
		for _, step := range []func() error{
			func() error { return removeAll(tx, old) },
			func() error { return evict(tx, b.file.excess(tx)) },
			b.putEntries, b.putUses, b.putAccess, b.putStatuses, b.putState,
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
}

// sealAll seals what is to be saved, before the transaction begins.
func (b *batch) sealAll() {
	keys := b.disk.ring().Newest()
	b.sealed = make(map[saveKey]sealedSave, len(b.notes.saves))
	for key, s := range b.notes.saves {
		h := headOf(keys, s.record, s.seq)
		if b.disk.hasDropped(h, key.owner) {
			continue // meanwhile
		}
		name := entryName(keys, key.owner, key.key)
		head := h.append(nil)
		plain, _ := s.record.AppendBinary(nil) // it never fails
		value := keys.Box(s.authorization).Seal(head, plain, name, head)
		b.sealed[key] = sealedSave{name, value, use{
			last: uint32(b.now.Unix()), size: uint32(len(value)), keepUntil: uint32(h.keepUntil / 1e9), owner: h.owner,
		}}
	}
}

// hasDropped says whether drops have hit an entry of that owner, whose bot is
// not known: not, where that decides. Whoever asks for it tells.
func (d *Disk) hasDropped(h *head, owner cache.Owner) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	gone, _ := d.drops.judge(h, reader{owner: owner, bot: stranger})
	return gone
}

func (b *batch) putEntries() error {
	for key, s := range b.sealed {
		for _, keys := range b.disk.ring()[1:] { // what an older secret named
			if err := removeEntry(b.tx, entryName(keys, key.owner, key.key)); err != nil {
				return err
			}
		}
		if err := putEntry(b.tx, s); err != nil {
			return err
		}
	}
	return nil
}

func putEntry(tx *bolt.Tx, s sealedSave) error {
	if err := removeEntry(tx, s.name); err != nil {
		return err
	}
	if err := putValue(tx, s.name, s.value); err != nil {
		return err
	}
	return putUse(tx, s.name, s.use)
}

func (b *batch) putUses() error {
	for key := range b.notes.used {
		if _, saved := b.sealed[key]; saved {
			continue
		}
		for _, keys := range b.disk.ring() {
			if err := touch(b.tx, entryName(keys, key.owner, key.key), uint32(b.now.Unix())); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropRecentUses takes out what the file knows well enough, since a flush that
// says nothing else is not worth a wait for the disk.
func (b *batch) dropRecentUses() {
	_ = b.file.db.View(func(tx *bolt.Tx) error {
		for key := range b.notes.used {
			if b.isKnownUsed(tx, key) {
				delete(b.notes.used, key)
			}
		}
		return nil
	})
}

func (b *batch) isKnownUsed(tx *bolt.Tx, key saveKey) bool {
	for _, keys := range b.disk.ring() {
		if u, ok := useOf(tx, entryName(keys, key.owner, key.key)); ok {
			return uint32(b.now.Unix())-u.last < useStep
		}
	}
	return true
}

func (b *batch) putAccess() error {
	keys := b.disk.ring().Newest()
	for owner, a := range b.notes.access {
		name := keys.Name("access", owner[:])
		value, err := accessValue(keys, name, a, b.now)
		if err != nil {
			return err
		}
		if err := b.tx.Bucket(accessBucket).Put(name[:], value); err != nil {
			return err
		}
	}
	return nil
}

// maxEdges bounds each of the two buckets of edges. When the one that is
// written to is full, the other is emptied and takes its place, so that the
// oldest go.
const maxEdges = 200_000

func (b *batch) putState() error {
	var s state
	if err := s.load(b.tx); err != nil {
		return err
	}
	keys := b.disk.ring().Newest()
	if s.EdgeCount > maxEdges {
		s.Edges, s.EdgeCount = 1-s.Edges, 0
		if err := renew(b.tx, edgesBuckets[s.Edges]); err != nil {
			return err
		}
	}
	for child, parent := range b.notes.edges {
		if err := b.putEdge(keys, edgesBuckets[s.Edges], child, parent); err != nil {
			return err
		}
		s.EdgeCount++
	}
	s.Seq = max(s.Seq, b.seq)
	b.disk.logging <- struct{}{}
	s.Generation, s.LogBytes = b.file.log.generation, b.file.log.bytes
	<-b.disk.logging
	return s.save(b.tx)
}

// putEdge writes an edge, and takes what the other bucket says of it away.
func (b *batch) putEdge(keys *seal.Keys, bucket []byte, child, parent notion.ID) error {
	name := keys.Name("edge", child[:])
	for _, each := range edgesBuckets {
		if err := b.tx.Bucket(each).Delete(name[:edgeName]); err != nil {
			return err
		}
	}
	return b.tx.Bucket(bucket).Put(name[:edgeName], keys.Own().Seal(nil, parent[:], name))
}

func renew(tx *bolt.Tx, bucket []byte) error {
	if err := tx.DeleteBucket(bucket); err != nil {
		return err
	}
	_, err := tx.CreateBucket(bucket)
	return err
}
