// Package disk keeps entries in a directory, so that a proxy that starts again
// does not start with empty hands.
//
//	entries.db   bbolt: entries, what is known of tokens and of Notion, the tree
//	             above blocks
//	writes.log   what was dropped, and which writes are under way
//
//	Save -> notes --once a second--> entries.db        flush.go
//	Drop -> drops, in memory         drops.go
//	     \-> writes.log, before anybody hears of it    log.go
//	KeepUntold -> writes.log, for the next process     untold.go
//	Load -> entries.db -> drops? -> unseal -> Record   load.go
//
// Nobody waits for the disk but who asks for what memory does not have, and
// that one not for long. Whatever goes wrong with the disk, the proxy goes on
// without it: Disk says so once, and tries again every few seconds.
package disk

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"notionproxy/cache/seal"
)

// Options of a Disk.
type Options struct {
	Dir      string        // made if it is not there. Required
	MaxBytes int64         // of entries.db. Required
	Keep     time.Duration // the longest that anything may ever be kept; 30 days if zero

	// Secrets returns what to seal with. It is called again, with a pause, for
	// as long as it fails. Required.
	Secrets func() (seal.Ring, error)

	// Patience is how long somebody waits for the disk; 100 ms if zero. One
	// that takes longer for 30 KB is no help.
	Patience time.Duration

	// Warn takes lines for people: what went wrong, and that it goes again.
	// nil means that nobody reads them.
	Warn func(line string)
}

// A Disk is a cache.Backing in a directory. It is safe for concurrent use.
type Disk struct {
	o     Options
	loads chan struct{} // a place for each that asks the disk
	keys  atomic.Pointer[seal.Ring]
	heard atomic.Int64 // when the disk last answered, in Unix nanoseconds

	life context.Context
	end  context.CancelFunc
	done chan struct{}

	closePatience time.Duration // how long Close waits

	// logging has its holder write to the log, in the order of events. It is
	// taken before mu.
	logging chan struct{}

	mu        sync.Mutex
	file      *file // nil while the disk is off
	seq       uint64
	drops     *drops
	events    []event          // not yet in the log
	intents   map[uint64]event // by number
	counted   uint64           // intents so far
	untold    map[uint64]event // news that others are to be told, by number
	inherited []uint64         // of these, what an earlier process left and nobody was handed yet
	notes     notes
	place     string        // in the news of other processes, up to which drops holds what they dropped
	placed    string        // what the log says of that
	off       string        // why the disk is off; "" while it is not
	leaving   chan struct{} // what was in use is being taken away, until it is closed; nil if nothing is
	failures  int           // how often damage has shown
	spoilt    bool          // drops were lost: what is in the directory must not be used
	unclean   bool
	bytes     int64 // of the file, at the last flush

	lastWrite time.Time // of the process before this one
}

const (
	flushEvery = time.Second
	retryEvery = 5 * time.Second

	// logPatience is how long a write waits for its line in the log. A volume
	// that is slow for a moment is no reason to throw all away.
	logPatience = 2 * time.Second

	// stuckFor is how long nobody may have been answered by a disk that many
	// ask, before it is given up.
	stuckFor = 10 * time.Second

	// closePatience is how long the end of the program waits for the disk.
	closePatience = 5 * time.Second

	maxLoads = 64
)

// Open opens the directory, or makes it. It never fails: a disk that can't be
// used is off, and tried again. Close it.
func Open(o Options) *Disk {
	if o.Keep <= 0 {
		o.Keep = 30 * 24 * time.Hour
	}
	if o.Patience <= 0 {
		o.Patience = 100 * time.Millisecond
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	d := &Disk{
		o:     o,
		loads: make(chan struct{}, maxLoads), logging: make(chan struct{}, 1), done: make(chan struct{}),
		drops: newDrops(), intents: map[uint64]event{}, untold: map[uint64]event{}, notes: newNotes(),
		closePatience: closePatience,
	}
	d.life, d.end = context.WithCancel(context.Background())
	d.turnOn()
	go d.run()
	return d
}

// ring are the keys; none until the disk was on for the first time.
func (d *Disk) ring() seal.Ring {
	if r := d.keys.Load(); r != nil {
		return *r
	}
	return nil
}

// A State is how a Disk stands.
type State struct {
	On    bool
	Why   string // it is off
	Bytes int64  // of its file
}

// State returns how the disk stands. It does not ask the disk.
func (d *Disk) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return State{On: d.file != nil, Why: d.off, Bytes: d.bytes}
}

// Unclean says whether the program that used the directory before this one did
// not come to its end, so that the last second of what it did is not known.
func (d *Disk) Unclean() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.unclean
}

// LastWrite is when the program that used the directory before this one may
// last have written to Notion; zero if that is not known.
func (d *Disk) LastWrite() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lastWrite
}

// Close writes what is to be written and closes the files, or takes away what
// can't be believed any more. It waits a few seconds for that and no longer: a
// disk may have stopped, and the next start finds what a crash would leave.
// What is noted after that is lost.
func (d *Disk) Close() {
	d.end()
	t := time.NewTimer(d.closePatience)
	defer t.Stop()
	for _, ended := range []func() <-chan struct{}{func() <-chan struct{} { return d.done }, d.left} {
		select {
		case <-ended():
		case <-t.C:
			d.o.Warn("closing the cache directory: " + reason(errSlow))
			return
		}
	}
}

// left is closed when nothing is being taken away.
func (d *Disk) left() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.leaving != nil {
		return d.leaving
	}
	nothing := make(chan struct{})
	close(nothing)
	return nothing
}

// run writes behind everybody's back until Close.
func (d *Disk) run() {
	defer close(d.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	retry := time.Now()
	sweep := time.Now()
	for {
		select {
		case <-d.life.Done():
			d.shut()
			return
		case <-tick.C:
		}
		switch now := time.Now(); {
		case d.current() != nil:
			d.flush(now.Sub(sweep) >= sweepEvery)
			if now.Sub(sweep) >= sweepEvery {
				sweep = now
			}
		case now.Sub(retry) >= retryEvery:
			retry = now
			d.turnOn()
		}
	}
}

// current is the open file, nil while the disk is off.
func (d *Disk) current() *file {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.file
}

// shut ends the use of the directory in good order.
func (d *Disk) shut() {
	if d.current() == nil {
		return
	}
	d.flush(false)
	d.logging <- struct{}{}
	defer func() { <-d.logging }()
	d.mu.Lock()
	f, events := d.file, d.unwritten()
	d.file = nil
	d.mu.Unlock()
	if f == nil {
		return
	}
	err := guard(func() error {
		if err := f.log.write(events); err != nil {
			return errors.Join(err, remove(f.dir, false))
		}
		return f.markClean()
	})
	if err != nil {
		d.o.Warn("closing the cache directory: " + reason(err))
	}
	f.close()
}
