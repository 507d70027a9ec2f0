package replica

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"time"

	"notionproxy/cache"
	"notionproxy/notion"
)

// dropNews is the kind of news that says what is not to be believed any more.
const dropNews = "drop"

// A told drop is a cache.Drop as it travels.
type toldDrop struct {
	Owner      []byte            `json:"o"`
	Workspace  string            `json:"w,omitempty"`
	Certain    bool              `json:"c,omitempty"`
	Reach      cache.DropReach   `json:"r,omitempty"`
	Tags       []byte            `json:"t,omitempty"` // 17 bytes each
	Named      []byte            `json:"n,omitempty"` // 16 bytes each
	Capability notion.Capability `json:"p,omitempty"`
	Key        []byte            `json:"k,omitempty"` // of one entry
	Ahead      int64             `json:"h,omitempty"` // milliseconds until it happens
	Object     []byte            `json:"b,omitempty"` // of a purge
	Operation  string            `json:"i,omitempty"`
	Changed    int64             `json:"e,omitempty"` // milliseconds since then, and one
	Owners     []string          `json:"q"`           // nil is everybody, empty nobody
	Bot        string            `json:"u,omitempty"`
}

func tell(d cache.Drop) toldDrop {
	t := toldDrop{
		Owner: d.Owner[:], Workspace: d.Workspace, Certain: d.Certain, Reach: d.Reach, Capability: d.Capability,
		Operation: d.Which.Operation, Owners: d.Which.Owners, Bot: d.Which.Bot,
	}
	if d.Key != (cache.Key{}) {
		t.Key = d.Key[:]
	}
	if !d.Changed.IsZero() {
		t.Changed = max(0, time.Since(d.Changed).Milliseconds()) + 1
	}
	t.Ahead = max(0, time.Until(d.At).Milliseconds())
	if !d.Which.Object.IsZero() {
		t.Object = d.Which.Object[:]
	}
	for _, tag := range d.Tags {
		t.Tags = append(append(t.Tags, byte(tag.Role)), tag.ID[:]...)
	}
	for _, id := range d.Named {
		t.Named = append(t.Named, id[:]...)
	}
	return t
}

// drop is what t says, told that long ago.
func (t toldDrop) drop(now time.Time, age time.Duration) cache.Drop {
	d := cache.Drop{
		Workspace: t.Workspace, Certain: t.Certain, Reach: t.Reach, Capability: t.Capability, At: now, Heard: true,
		Which: cache.Selection{Operation: t.Operation, Owners: t.Owners, Bot: t.Bot},
	}
	if t.Changed > 0 {
		d.Changed = now.Add(-age - time.Duration(t.Changed-1)*time.Millisecond)
	}
	copy(d.Which.Object[:], t.Object)
	copy(d.Key[:], t.Key)
	copy(d.Owner[:], t.Owner)
	for b := t.Tags; len(b) >= 17; b = b[17:] {
		d.Tags = append(d.Tags, notion.Tag{Role: notion.Role(b[0]), ID: notion.ID(b[1:17])})
	}
	for b := t.Named; len(b) >= 16; b = b[16:] {
		d.Named = append(d.Named, notion.ID(b[:16]))
	}
	return d
}

// Drop implements cache.Backing: the others are told.
func (e *Entries) Drop(d cache.Drop) {
	if d.Heard {
		return
	}
	t := tell(d)
	told := e.keep(t)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.announce(t, d, told)
}

// announce has the others told of a drop. Call it locked.
func (e *Entries) announce(t toldDrop, d cache.Drop, told func()) {
	e.last = e.g.Tell(dropNews, t)
	e.mine[e.last], e.untold[e.last] = d, told
	if len(e.mine) > mostUntold {
		e.forgetMine()
	}
}

// forgetMine puts one drop that hits everything in the place of many that wait
// for Redis: they are announced as one as well.
func (e *Entries) forgetMine() {
	all := cache.Drop{Reach: cache.Everyone}
	told := e.keep(tell(all))
	for _, each := range e.untold {
		each()
	}
	clear(e.mine)
	clear(e.untold)
	e.mine[e.last], e.untold[e.last] = all, told
}

// Settle implements cache.Backing: it waits, 50 ms at most, until all that live
// have heard what was dropped.
func (e *Entries) Settle(ctx context.Context) {
	e.mu.Lock()
	last := e.last
	e.mu.Unlock()
	if last > 0 {
		e.g.Told(ctx, last)
	}
}

// hear takes note of a drop, and has memory apply what another made.
func (e *Entries) hear(x News) {
	var t toldDrop
	if json.Unmarshal(x.Body, &t) != nil {
		e.doubt()
		e.begin(x.Number + 1)
		return
	}
	d := t.drop(time.Now(), x.Age)
	e.mu.Lock()
	e.log.add(x.Number, d)
	if x.Own {
		maps.DeleteFunc(e.mine, func(told uint64, _ cache.Drop) bool { return told <= x.Told })
	}
	e.mu.Unlock()
	// What Notion carries out later counts again: it may have been later than
	// the end of the process that had heard of it.
	d.Known = t.Ahead == 0 && e.g.knew(x.Number)
	if x.Own || e.memory == nil || d.Known && d.Changed.IsZero() {
		return
	}
	e.memory.Hear(d)
	if ahead := time.Duration(t.Ahead)*time.Millisecond - x.Age; ahead > 0 {
		// Notion carries it out later: what is read until then is open to doubt
		// once more.
		time.AfterFunc(ahead, func() {
			d.At = time.Now()
			e.memory.Hear(d)
		})
	}
}

// begin takes note that nothing is known of what was told before that number.
func (e *Entries) begin(number int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.log.forgotten = number - 1
}

// replaced takes note that the others have heard of all this replica's drops up
// to there, as of one that hits everything.
func (e *Entries) replaced(x News) {
	if !x.Own {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.DeleteFunc(e.mine, func(told uint64, _ cache.Drop) bool { return told <= x.Told })
}

// doubt is what follows from news that were missed: nothing that is stored is
// fresh any more.
func (e *Entries) doubt() {
	e.mu.Lock()
	e.log = newDropLog()
	e.log.forgotten = math.MaxInt64 // until the next news
	e.mu.Unlock()
	if e.memory != nil {
		e.memory.Hear(cache.Drop{Reach: cache.Everyone, At: time.Now()})
	}
}

// A dropLog remembers drops by what they hit. It is not safe for concurrent
// use.
type dropLog struct {
	drops     map[int64]cache.Drop // by number
	byTag     map[notion.Tag][]int64
	wide      []int64 // those without tags
	oldest    int64   // that is remembered; 0 while there is none
	newest    int64   // the same
	forgotten int64   // nothing is known of what was up to there
}

func newDropLog() dropLog {
	return dropLog{drops: map[int64]cache.Drop{}, byTag: map[notion.Tag][]int64{}}
}

func (l *dropLog) add(number int64, d cache.Drop) {
	if l.oldest == 0 {
		l.oldest = number
	}
	l.drops[number], l.newest = d, number
	if d.Reach == cache.Written {
		for _, tag := range d.Tags {
			l.byTag[tag] = append(l.byTag[tag], number)
		}
	} else {
		l.wide = append(l.wide, number)
	}
	for len(l.drops) > kept {
		l.forget()
	}
}

// forget forgets the oldest drop.
func (l *dropLog) forget() {
	d, ok := l.drops[l.oldest]
	delete(l.drops, l.oldest)
	if ok {
		l.forgotten = l.oldest
	}
	for _, tag := range d.Tags {
		l.byTag[tag] = without(l.byTag[tag], l.oldest)
		if len(l.byTag[tag]) == 0 {
			delete(l.byTag, tag)
		}
	}
	l.wide = without(l.wide, l.oldest)
	l.oldest++
}

// without takes a number off the front of a list, if it is there.
func without(list []int64, number int64) []int64 {
	if len(list) > 0 && list[0] == number {
		return list[1:]
	}
	return list
}

// hits says whether a drop after that number hits r, which is h's, for certain or
// maybe.
func (l *dropLog) hits(r *cache.Record, h cache.Holder, after int64) (certain, maybe bool) {
	if l.newest <= after {
		return false, false // which is so for most: one look less for each tag
	}
	look := func(numbers []int64) {
		for i := len(numbers) - 1; i >= 0 && numbers[i] > after; i-- {
			if d := l.drops[numbers[i]]; d.Hits(r, h) {
				certain, maybe = certain || d.Certain, true
			}
		}
	}
	for _, tag := range r.Tags {
		look(l.byTag[tag])
	}
	look(l.wide)
	return certain, maybe
}
