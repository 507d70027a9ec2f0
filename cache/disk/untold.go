package disk

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// KeepUntold keeps news that others are to be told, for a later process to tell should
// this one end first: they outlive it from the next Settle on. Call told when
// they were told, or need not be; nobody waits for that line, so that some may
// be told twice. The news are written as they come: seal them before.
func (d *Disk) KeepUntold(news []byte) (told func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	// By chance, so that it is none that an earlier process left.
	e := event{kind: untold, intent: rand.Uint64(), at: time.Now().Unix(), news: bytes.Clone(news)}
	d.untold[e.intent] = e
	if d.file != nil {
		d.happens(&e)
	}
	return func() { d.wasTold(e.intent) }
}

func (d *Disk) wasTold(id uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.untold[id]; !ok {
		return
	}
	delete(d.untold, id)
	if d.file != nil {
		d.happens(&event{kind: told, intent: id})
	}
}

// Untold hands out what earlier processes did not come to tell, each once and in
// no order. A directory that could not be used at first may have some later.
func (d *Disk) Untold(each func(news []byte, told func())) {
	d.mu.Lock()
	ids := d.inherited
	d.inherited = nil
	all := make([]event, len(ids))
	for i, id := range ids {
		all[i] = d.untold[id]
	}
	d.mu.Unlock()
	for _, e := range all {
		each(e.news, func() { d.wasTold(e.intent) })
	}
}

// inherit takes over what an earlier process left untold. Call it locked.
func (d *Disk) inherit(all []event) {
	for _, e := range all {
		if _, known := d.untold[e.intent]; !known {
			d.untold[e.intent] = e
			d.inherited = append(d.inherited, e.intent)
		}
	}
}

// rescue takes over what is untold in a directory that is to be emptied.
func (d *Disk) rescue(db *bolt.DB) {
	_ = guard(func() error {
		f, _, events, err := resume(d.o.Dir, db)
		if err != nil {
			return err
		}
		f.log.close()
		d.mu.Lock()
		defer d.mu.Unlock()
		d.inherit(untoldIn(events, time.Now().Add(-d.o.Keep)))
		return nil
	})
}

// untoldIn is what of a log is untold yet. What is older than anything that is
// kept matters to nobody.
func untoldIn(events []event, after time.Time) []event {
	open := map[uint64]event{}
	for _, e := range events {
		switch {
		case e.kind == untold && e.at >= after.Unix():
			e.news = bytes.Clone(e.news) // not with all of the log behind it
			open[e.intent] = e
		case e.kind == told:
			delete(open, e.intent)
		}
	}
	return slices.Collect(maps.Values(open))
}
