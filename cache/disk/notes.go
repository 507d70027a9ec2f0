package disk

import (
	"context"
	"time"

	"notionproxy/cache"
	"notionproxy/notion"
)

// notes are what is to be written at the next flush.
type notes struct {
	saves    map[saveKey]save
	bytes    int64
	used     map[saveKey]struct{}
	edges    map[notion.ID]notion.ID
	access   map[cache.Owner]cache.Access
	statuses map[string]status // by what they are of
	purge    bool              // everything is to go from the file
	sift     bool              // what drops have hit is to go from it
	gone     map[hash]struct{}
}

type saveKey struct {
	owner cache.Owner
	key   cache.Key
}

type save struct {
	record        *cache.Record
	authorization string
	seq           uint64
}

// maxNotes bounds what waits for the disk, in bytes of records and in the
// number of everything else, so that a transaction finds room. What comes on
// top is not kept.
const (
	maxNoteBytes = 16 << 20
	maxNotes     = 50_000
)

func newNotes() notes {
	return notes{
		saves: map[saveKey]save{}, used: map[saveKey]struct{}{}, edges: map[notion.ID]notion.ID{},
		access: map[cache.Owner]cache.Access{}, statuses: map[string]status{}, gone: map[hash]struct{}{},
	}
}

func (n *notes) isEmpty() bool {
	return len(n.saves)+len(n.used)+len(n.edges)+len(n.access)+len(n.statuses)+len(n.gone) == 0 && !n.purge && !n.sift
}

// Save notes a chain to be kept.
func (d *Disk) Save(r *cache.Record, authorization string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file == nil {
		return
	}
	key := saveKey{r.Owner, r.Key}
	bytes := d.notes.bytes + r.Bytes()
	if before, ok := d.notes.saves[key]; ok {
		bytes -= before.record.Bytes()
	}
	if bytes > min(maxNoteBytes, d.file.maxBytes/8) || len(d.notes.saves) >= maxNotes {
		return
	}
	d.seq++
	d.notes.bytes = bytes
	d.notes.saves[key] = save{r, authorization, d.seq}
}

// Used notes that an entry was of use.
func (d *Disk) Used(owner cache.Owner, key cache.Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file != nil && len(d.notes.used) < maxNotes {
		d.notes.used[saveKey{owner, key}] = struct{}{}
	}
}

// Learn notes edges of Notion's tree.
func (d *Disk) Learn(edges []notion.Edge) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range edges {
		if d.file != nil && len(d.notes.edges) < maxNotes {
			d.notes.edges[e.Child] = e.Parent
		}
	}
}

// KeepAccess notes what is known of a token.
func (d *Disk) KeepAccess(owner cache.Owner, a cache.Access) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file != nil && len(d.notes.access) < maxNotes {
		d.notes.access[owner] = a
	}
}

// Drop notes a drop. It holds at once for whoever asks this Disk; Settle has
// it outlive the process.
func (d *Disk) Drop(drop cache.Drop) {
	if drop.Known {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file == nil {
		d.spoilt = true
		return
	}
	if drop.Reach == cache.Everyone && drop.Which.Owners != nil && len(drop.Which.Owners) == 0 && drop.Which.Bot == "" {
		return
	}
	for _, keys := range d.ring() {
		e := eventOf(keys, drop)
		d.happens(&e)
		if e.certain {
			d.notes.forget(&e)
		}
	}
}

// forget notes what of the file is to go for good, not only out of sight.
func (n *notes) forget(e *event) {
	switch {
	case e.isAll():
		n.purge = true
	case e.reach == cache.Everyone:
		n.sift = true
	case e.reach == cache.Own && e.hashes == nil && e.capability == "":
		n.gone[e.owner] = struct{}{}
	}
}

// happens numbers an event, enters it, and has it written at the next chance.
// Call it locked.
func (d *Disk) happens(e *event) {
	d.seq++
	e.seq, e.at = d.seq, max(e.at, time.Now().Unix())
	if e.kind == dropped {
		d.drops.add(*e)
	}
	d.events = append(d.events, *e)
}

// Intend has a write known of before it leaves.
func (d *Disk) Intend(ctx context.Context, drop cache.Drop) (over func()) {
	ids := make([]uint64, len(d.ring()))
	d.mu.Lock()
	for i, keys := range d.ring() {
		e := eventOf(keys, drop)
		d.counted++
		e.kind, e.intent, ids[i] = intended, d.counted, d.counted
		d.intents[e.intent] = e
		if d.file != nil {
			d.happens(&e)
		}
	}
	d.mu.Unlock()
	d.Settle(ctx)
	return func() { d.over(ids) }
}

// over notes the end of an intent. Nobody waits for that line: without it, an
// entry is suspect that need not be.
func (d *Disk) over(ids []uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids {
		delete(d.intents, id)
		if d.file != nil {
			d.happens(&event{kind: ended, intent: id})
		}
	}
}

// Settle returns when what was noted as dropped or intended is in the log, or
// what it is about is not in the directory any more.
func (d *Disk) Settle(ctx context.Context) {
	if !d.owes() {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.writeEvents()
		<-d.left() // where they could not be written
	}()
	t := time.NewTimer(logPatience)
	defer t.Stop()
	select {
	case <-done:
	case <-ctx.Done():
	case <-t.C:
		// Whoever wrote is to be answered. What is on this disk is not to be
		// believed any more.
		d.turnOff(d.current(), errSlow)
	}
}

// owes says whether there are events that are not in the log, or on their way.
func (d *Disk) owes() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.file != nil && (len(d.events) > 0 || len(d.logging) > 0)
}

// writeEvents writes what has happened to the log, and waits for whoever is at
// it.
func (d *Disk) writeEvents() {
	d.logging <- struct{}{}
	defer func() { <-d.logging }()
	d.mu.Lock()
	f, events := d.file, d.unwritten()
	d.mu.Unlock()
	if f == nil || len(events) == 0 {
		return
	}
	if err := f.log.write(events); err != nil {
		d.turnOff(f, err)
	}
}
