package cache

import (
	"slices"
	"time"

	"notionproxy/notion"
)

const (
	// indexLag is how long Notion's own index may lag behind a write. What is
	// read meanwhile is fresh no longer than that.
	indexLag = 5 * time.Second

	// writeMemory is how long an ended write is remembered: longer than any
	// read can be under way.
	writeMemory = 5 * time.Minute
	// maxWrites bounds them, and maxWriteTags what they touched, some 16 MB.
	// What began before the oldest forgotten one is not stored.
	maxWrites    = 4096
	maxWriteTags = 200_000

	// maxPending bounds the writes to come that are remembered with what they
	// touch.
	maxPending = 512
)

// A Ticket dates the beginning of a read, as writes and other reads see it: a
// later one is greater.
type Ticket uint64

// reach says whose entries a write concerns.
type reach struct {
	owner     Owner
	workspace string // "" when it is not known
	certain   bool   // carried out for certain; else maybe
}

// covers says whether a write with reach r concerns what an owner of the given
// workspace has. A write that certainly happened also concerns everybody who
// might belong to its workspace; one that only maybe happened, just those who
// are known to, so that a stranger cannot spoil anybody's entries.
func (r reach) covers(owner Owner, workspace string) bool {
	switch {
	case owner == r.owner:
		return true
	case r.workspace == "":
		return r.certain
	case workspace == "":
		return r.certain
	}
	return workspace == r.workspace
}

// An endedWrite is remembered until every read that began before its end is
// over.
type endedWrite struct {
	reach
	seq  Ticket
	at   time.Time
	tags map[notion.Tag]struct{}
	all  bool // it touches all that it covers
	seen bool // Notion's index has had its time
}

func (w *endedWrite) touches(tags []notion.Tag) bool {
	if w.all {
		return true
	}
	for _, tag := range tags {
		if _, ok := w.tags[tag]; ok {
			return true
		}
	}
	return false
}

// A pending write is one that Notion has accepted and carries out later, as a
// task, whose name may not be known. Without tags it may touch anything.
type pending struct {
	endedWrite
	task  string
	until time.Time
}

// keeps says whether p keeps an answer with these tags from being stored, whose
// call left at born.
func (p *pending) keeps(born time.Time, owner Owner, workspace string, tags []notion.Tag) bool {
	return born.Before(p.until) && p.covers(owner, workspace) && (p.tags == nil || p.touches(tags))
}

// writeLog is what the store remembers of writes. It is guarded by the store's
// lock.
type writeLog struct {
	seq       Ticket
	ended     []endedWrite // oldest first
	tags      int          // of all that have ended
	forgotten Ticket       // the newest write or refusal that is remembered no more
	pending   []pending    // oldest first
	refused   []refusal    // oldest first
}

// A refusal is Notion's word that an owner may not see something, or an
// operator's that nobody should: what a read brings that left before it is not
// stored, or it would come back.
type refusal struct {
	Drop
	seq Ticket
}

// refuse remembers a drop that is none of a write.
func (l *writeLog) refuse(d Drop) {
	l.seq++
	l.refused = append(l.refused, refusal{d, l.seq})
	drop := 0
	for drop < len(l.refused) && (len(l.refused)-drop > maxWrites || d.At.Sub(l.refused[drop].At) > writeMemory) {
		l.forgotten = max(l.forgotten, l.refused[drop].seq)
		drop++
	}
	if drop > 0 {
		l.refused = append(l.refused[:0], l.refused[drop:]...)
	}
}

// mayNot says whether c, which is h's, or a page of it with these tags, was
// refused since t.
func (l *writeLog) mayNot(t Ticket, c *chain, h Holder, tags []notion.Tag) bool {
	for i := len(l.refused) - 1; i >= 0 && l.refused[i].seq > t; i-- {
		if r := &l.refused[i]; r.Covers(h) && r.concerns(c, tags) {
			return true
		}
	}
	return false
}

func (l *writeLog) end(r reach, tags []notion.Tag, now time.Time) {
	l.ends(endedWrite{reach: r, at: now, tags: setOf(tags)})
}

// told records a write of somebody else's, of which Notion has told.
func (l *writeLog) told(r reach, n Notice) {
	l.ends(endedWrite{reach: r, at: n.Arrived, tags: setOf(n.Tags), all: n.All, seen: n.Arrived.Sub(n.At) >= indexLag})
}

// ends remembers w, whose seq it sets.
func (l *writeLog) ends(w endedWrite) {
	now := w.at
	l.seq++
	w.seq = l.seq
	l.ended = append(l.ended, w)
	l.tags += len(w.tags)
	drop := 0
	for drop < len(l.ended) && (len(l.ended)-drop > maxWrites || l.tags > maxWriteTags || now.Sub(l.ended[drop].at) > writeMemory) {
		l.forgotten = max(l.forgotten, l.ended[drop].seq)
		l.tags -= len(l.ended[drop].tags)
		drop++
	}
	if drop > 0 {
		l.ended = slices.Delete(l.ended, 0, drop) // what is left behind of them is zeroed
	}
}

// accept remembers a pending write. Of more than can be remembered one by one
// it is known only whom they concern: nothing at all is stored for these.
func (l *writeLog) accept(p pending, now time.Time) {
	l.pending = slices.DeleteFunc(l.pending, func(p pending) bool { return now.Sub(p.until) > writeMemory })
	if len(l.pending) < maxPending {
		l.pending = append(l.pending, p)
		return
	}
	p.tags, p.task = nil, ""
	i := slices.IndexFunc(l.pending, func(q pending) bool { return q.tags == nil && q.reach == p.reach })
	if i < 0 {
		l.pending = append(l.pending, p)
		return
	}
	l.pending[i].until = p.until
}

// finish forgets the pending write of that task, and returns it.
func (l *writeLog) finish(task string) (p pending, ok bool) {
	i := slices.IndexFunc(l.pending, func(p pending) bool { return p.task == task && task != "" })
	if i < 0 {
		return pending{}, false
	}
	p = l.pending[i]
	l.pending = slices.Delete(l.pending, i, i+1)
	return p, true
}

// A ruling is what writes allow for an answer.
type ruling struct {
	refuse    bool      // a write overtook it
	suspect   bool      // a write may have overtaken it
	freshTill time.Time // Notion's index may lag until then; zero if not
}

// until bounds how long an answer may be fresh that was born soon after the last
// write of an earlier process, whatever that touched.
func (r *ruling) until(lastWrite, born time.Time) {
	lag := lastWrite.Add(indexLag)
	if born.Before(lag) && (r.freshTill.IsZero() || lag.Before(r.freshTill)) {
		r.freshTill = lag
	}
}

// rule says what the writes allow for an answer with these tags, to a read
// that began at t and whose call left at born.
func (l *writeLog) rule(t Ticket, born time.Time, owner Owner, workspace string, tags []notion.Tag) ruling {
	if t < l.forgotten {
		return ruling{refuse: true}
	}
	var r ruling
	for i := len(l.ended) - 1; i >= 0; i-- {
		w := &l.ended[i]
		lagging := born.Sub(w.at) < indexLag
		if w.seq <= t && !lagging {
			break
		}
		if !w.covers(owner, workspace) || !w.touches(tags) {
			continue
		}
		if w.seq > t {
			r.refuse = r.refuse || w.certain
			r.suspect = r.suspect || !w.certain
		}
		if lagging && !w.seen { // the oldest such write counts: its five seconds end first
			r.freshTill = w.at.Add(indexLag)
		}
	}
	for i := range l.pending {
		r.refuse = r.refuse || l.pending[i].keeps(born, owner, workspace, tags)
	}
	return r
}

// overtaken says whether a write that concerns h ended after t.
func (l *writeLog) overtaken(t Ticket, h Holder) bool {
	if t < l.forgotten {
		return true
	}
	for i := len(l.ended) - 1; i >= 0 && l.ended[i].seq > t; i-- {
		if l.ended[i].covers(h.Owner, h.Workspace) {
			return true
		}
	}
	for i := len(l.refused) - 1; i >= 0 && l.refused[i].seq > t; i-- {
		if l.refused[i].Covers(h) {
			return true
		}
	}
	return false
}

func setOf(tags []notion.Tag) map[notion.Tag]struct{} {
	set := make(map[notion.Tag]struct{}, len(tags))
	for _, tag := range tags {
		set[tag] = struct{}{}
	}
	return set
}
