package disk

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"

	"notionproxy/cache"
)

// minBytes is the least room that is worth a file.
const minBytes = 1 << 20

// maxFailures is how often damage may show while the program runs. Each time
// bbolt may wait for ever for a transaction that a fault has broken off, and
// keep the file mapped; a disk that does that again and again is not worth it.
const maxFailures = 5

// turnOn opens the directory, unless it is open. What in it can't be used is moved aside.
func (d *Disk) turnOn() {
	d.mu.Lock()
	busy := d.file != nil || d.leaving != nil || d.failures >= maxFailures
	d.mu.Unlock()
	if busy {
		return
	}
	f, err := d.open()
	if err != nil && isDamage(err) {
		d.o.Warn("the cache directory: " + reason(err) + "; it is kept as entries.db.damaged, and the cache on disk starts empty")
		if err = remove(d.o.Dir, true); err == nil {
			f, err = d.open()
		}
		f.unclean = true
	}
	if err != nil {
		d.warnOff(err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.spoilt && f.resumed {
		go f.close() // a drop came that it lacks; the next turn begins anew
		return
	}
	was := d.off
	d.file, d.drops, d.off, d.spoilt = f.file, f.drops, "", false
	d.seq = max(d.seq, f.seq)
	d.unclean = d.unclean || f.unclean
	d.lastWrite = f.lastWrite
	d.events, d.placed = nil, f.place
	if d.place == "" {
		d.place = f.place
	}
	d.inherit(f.untold)
	for _, e := range d.intents {
		d.happens(&e)
	}
	d.events = slices.AppendSeq(d.events, maps.Values(d.untold))
	if was != "" {
		go d.o.Warn("the cache directory: in use again")
	}
}

// opened is a directory that was just opened, and what must be known of it.
type opened struct {
	*file
	drops   *drops
	seq     uint64
	resumed bool // another process left it
	unclean bool // and did not come to its end
	place   string
	untold  []event // what it was to tell others, and did not

	lastWrite time.Time // of that process, or a second later
}

// warnOff says why the disk is off, once for each reason.
func (d *Disk) warnOff(err error) {
	d.mu.Lock()
	why := reason(err)
	said := d.off == why
	d.off = why
	d.mu.Unlock()
	if !said {
		d.o.Warn(fmt.Sprintf("the cache directory: %s; the cache is in memory only, and the disk is tried again every %s", why, retryEvery))
	}
}

// open opens what is there, or begins anew.
func (d *Disk) open() (f opened, err error) {
	if err := os.MkdirAll(d.o.Dir, 0o700); err != nil {
		return f, err
	}
	if d.keys.Load() == nil {
		ring, err := d.o.Secrets()
		if err != nil {
			return f, err
		}
		d.keys.Store(&ring)
	}
	maxBytes, err := d.room()
	if err != nil {
		return f, err
	}
	db, err := openBolt(d.o.Dir, maxBytes)
	if err != nil {
		return f, err
	}
	if d.isSpoilt() { // it is ours now, and says things that are not so any more
		d.rescue(db)
		_ = guard(db.Close)
		if err := remove(d.o.Dir, false); err != nil {
			return f, err
		}
		if db, err = openBolt(d.o.Dir, maxBytes); err != nil {
			return f, err
		}
	}
	err = guard(func() error {
		f, err = d.enter(db)
		return err
	})
	if err != nil {
		_ = guard(db.Close)
		return opened{}, err
	}
	f.maxBytes = maxBytes
	return f, nil
}

func (d *Disk) isSpoilt() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.spoilt
}

// room is how large the file may become: as large as the settings say, unless
// the disk has no room for that.
func (d *Disk) room() (int64, error) {
	free, known := freeBytes(d.o.Dir)
	if !known {
		return d.o.MaxBytes, nil
	}
	if info, err := os.Stat(entriesPath(d.o.Dir)); err == nil {
		free += info.Size()
	}
	if free/5*4 < minBytes {
		return 0, syscall.ENOSPC
	}
	return min(d.o.MaxBytes, free/5*4), nil
}

// enter reads what must be known before anything is asked for: which drops and
// writes there were.
func (d *Disk) enter(db *bolt.DB) (o opened, err error) {
	empty, err := isNew(db)
	if err != nil {
		return o, err
	}
	if empty {
		o.drops = newDrops()
		o.file, err = begin(d.o.Dir, db)
		return o, err
	}
	f, was, events, err := resume(d.o.Dir, db)
	if err != nil {
		return o, err
	}
	old := time.Now().Add(-d.o.Keep)
	o = replay(was, events)
	o.drops.forgetOld(old)
	o.untold = untoldIn(events, old)
	o.file = f
	return o, f.rewrite(was, slices.Concat(o.drops.events(), sayPlace(o.place), o.untold))
}

// replay has the drops of an earlier process hold, and has its writes whose end
// is not known make suspect what they may have touched.
func replay(was state, events []event) opened {
	o := opened{drops: newDrops(), seq: was.Seq, resumed: true, unclean: !was.Clean}
	open := map[uint64]event{}
	for _, e := range events {
		o.seq = max(o.seq, e.seq)
		if (e.kind == dropped || e.kind == intended) && e.reach == cache.Written {
			o.lastWrite = later(o.lastWrite, time.Unix(e.at+1, 0))
		}
		switch e.kind {
		case dropped:
			o.drops.add(e)
		case intended:
			open[e.intent] = e
		case ended:
			delete(open, e.intent)
		case heard:
			o.place = e.place
		}
	}
	for _, e := range open {
		o.seq++
		e.kind, e.seq, e.certain = dropped, o.seq, false
		o.drops.add(e)
	}
	if was.Boot != bootID() || was.Boot == ([16]byte{}) {
		o.seq++
		o.drops.add(event{kind: dropped, seq: o.seq, at: time.Now().Unix(), reach: cache.Everyone})
	}
	return o
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// events are those that a log must have to say all this.
func (d *drops) events() []event {
	now := time.Now().Unix()
	var events []event
	if d.floor > 0 {
		events = append(events, event{kind: dropped, seq: d.floor, at: now, reach: cache.Everyone, certain: true})
	}
	if d.doubt > 0 {
		events = append(events, event{kind: dropped, seq: d.doubt, at: now, reach: cache.Everyone})
	}
	for tag, list := range d.tags {
		for _, m := range list {
			events = append(events, m.tagEvent(tag))
		}
	}
	for key, list := range d.owned {
		for _, m := range list {
			events = append(events, m.ownEvent(key.named))
		}
	}
	return events
}

// tagEvent is the event of which a mark by tag is what is left.
func (m mark) tagEvent(tag hash) event {
	e := m.event(cache.Written)
	if tag != 0 {
		e.hashes = []hash{tag}
	}
	if n := m.only; n != nil {
		e.reach, e.operation, e.whose = cache.Everyone, n.operation, n.whose
	}
	return e
}

// ownEvent is that of a mark by owner.
func (m mark) ownEvent(named hash) event {
	e := m.event(cache.Own)
	if named != 0 {
		e.hashes = []hash{named}
	}
	if n := m.only; n != nil {
		e.capability = n.capability
	}
	return e
}

func (m mark) event(reach cache.DropReach) event {
	return event{kind: dropped, seq: m.seq, at: int64(m.at), born: int64(m.born), reach: reach, certain: m.certain, owner: m.owner, workspace: m.workspace}
}

// turnOff stops the use of the disk, since something is wrong with it. What is
// in the directory is taken away: drops that happen from now on would be
// missing there.
func (d *Disk) turnOff(f *file, err error) {
	d.mu.Lock()
	if f == nil || d.file != f {
		d.mu.Unlock()
		return
	}
	d.file, d.spoilt, d.leaving = nil, true, make(chan struct{})
	d.notes, d.events, d.drops = newNotes(), nil, newDrops()
	if isDamage(err) {
		d.failures++
	}
	d.mu.Unlock()
	d.warnOff(err)
	go d.leave(f, isDamage(err))
}

// leave takes the files away, however long the disk takes. Whether bbolt ever
// lets go of its own is not waited for.
func (d *Disk) leave(f *file, damaged bool) {
	_ = remove(d.o.Dir, damaged)
	d.mu.Lock()
	close(d.leaving)
	d.leaving = nil
	d.mu.Unlock()
	f.close()
}
