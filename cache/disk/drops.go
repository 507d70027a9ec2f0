package disk

import (
	"slices"
	"time"

	"notionproxy/cache"
)

// A hash is what stands on the disk for an owner, a workspace or a tag: the
// beginning of a seal.Name. Two that are equal by chance make an entry count
// as dropped which is not, which costs a call.
type hash uint64

// maxMarks bounds what is remembered of drops: some 20 MB.
const maxMarks = 200_000

// drops say what of that which was kept before is not to be believed. There is
// no index on the disk of which entry shows what: an entry brings the hashes of
// its tags along, and whoever loads it looks for them here. So a drop costs one
// short line in a log, however many entries it hits.
//
// Everything that happens has a number, and an entry is hit by what has a
// higher one than it was kept with.
type drops struct {
	floor uint64 // what was kept before is gone
	doubt uint64 // what was kept before is suspect
	tags  map[hash][]mark
	owned map[hash][]mark // by owner
	count int
}

// A mark is one drop, as far as it concerns one tag or one owner. There may be
// many, so that what few have stands apart.
type mark struct {
	seq       uint64
	owner     hash
	workspace hash   // 0 where it is not known
	at        uint32 // Unix seconds
	born      uint32 // the same; what was asked for then or later is spared; 0 spares none
	certain   bool
	only      *narrowing // nil for most
}

// A narrowing is what a mark says beyond that.
type narrowing struct {
	// Of marks by tag: a purge, whoever the owner.
	operation hash     // 0 for any
	whose     []string // nil for everybody

	// Of marks by owner: a refusal.
	capability string
	named      []hash // what must be named; nil for all
}

func newDrops() *drops { return &drops{tags: map[hash][]mark{}, owned: map[hash][]mark{}} }

// A reader is who asks for an entry.
type reader struct {
	owner     cache.Owner
	workspace hash // 0 where it is not known
}

// spares says whether the entry was asked for when it would show what the mark
// is about.
func (m mark) spares(h *head) bool { return m.born != 0 && h.born >= int64(m.born)*1e9 }

// covers says whether the mark concerns an entry of that reader's, by the rule
// that holds for entries in memory.
func (m mark) covers(h *head, by reader) bool {
	owner, workspace := h.owner, by.workspace
	switch {
	case m.only != nil:
		n := m.only
		return (n.operation == 0 || n.operation == h.operation) && cache.Selection{Owners: n.whose}.Whose(by.owner)
	case owner == m.owner:
		return true
	case m.workspace == 0 || workspace == 0:
		return m.certain
	}
	return workspace == m.workspace
}

// add enters a drop.
func (d *drops) add(e event) {
	m := mark{seq: e.seq, at: uint32(e.at), born: uint32(e.born), owner: e.owner, workspace: e.workspace, certain: e.certain}
	switch {
	case e.isAll() && e.certain:
		d.floor = max(d.floor, e.seq)
	case e.isAll():
		d.doubt = max(d.doubt, e.seq)
	case e.reach == cache.Own:
		if len(e.hashes) > 0 || e.capability != "" {
			m.only = &narrowing{named: e.hashes, capability: e.capability}
		}
		d.addOwned(m)
	case e.reach == cache.Everyone:
		m.only = &narrowing{operation: e.operation, whose: e.whose}
		if len(e.hashes) == 0 {
			d.addTag(e.operation, m) // 0 concerns all
		}
		d.addTags(e.hashes, m)
	default:
		d.addTags(e.hashes, m)
	}
	if d.count > maxMarks {
		d.forgetHalf()
	}
}

func (d *drops) addTags(tags []hash, m mark) {
	for _, tag := range tags {
		d.addTag(tag, m)
	}
}

// addTag replaces what the mark says anew: the same writer wrote there before.
func (d *drops) addTag(tag hash, m mark) {
	list := d.tags[tag]
	for i := range list {
		if o := &list[i]; o.says(m) {
			o.seq, o.at, o.born = m.seq, m.at, max(o.born, m.born)
			return
		}
	}
	d.tags[tag] = append(list, m)
	d.count++
}

// says says whether two marks by tag are about the same.
func (m mark) says(o mark) bool {
	if m.owner != o.owner || m.workspace != o.workspace || m.certain != o.certain || (m.born == 0) != (o.born == 0) || (m.only == nil) != (o.only == nil) {
		return false
	}
	return m.only == nil || m.only.operation == o.only.operation &&
		slices.Equal(m.only.whose, o.only.whose) && (m.only.whose == nil) == (o.only.whose == nil)
}

func (d *drops) addOwned(m mark) {
	list := d.owned[m.owner]
	if m.only == nil && m.certain { // which says all that was said before
		d.count -= len(list)
		list = nil
	}
	d.owned[m.owner] = append(list, m)
	d.count++
}

// forgetHalf makes room. What was kept before the newest that is forgotten is
// gone: nobody knows any more what of it was dropped.
func (d *drops) forgetHalf() {
	seqs := make([]uint64, 0, d.count)
	d.each(func(_ hash, m mark) { seqs = append(seqs, m.seq) })
	slices.Sort(seqs)
	d.floor = max(d.floor, seqs[len(seqs)/2])
	d.keep(func(m mark) bool { return m.seq > d.floor })
}

// forgetOld forgets what concerns only what is past its keep time.
func (d *drops) forgetOld(before time.Time) {
	d.keep(func(m mark) bool { return m.seq > d.floor && int64(m.at) >= before.Unix() })
}

func (d *drops) keep(wanted func(mark) bool) {
	d.count = 0
	for _, index := range []map[hash][]mark{d.tags, d.owned} {
		for key, list := range index {
			list = slices.DeleteFunc(list, func(m mark) bool { return !wanted(m) })
			d.count += len(list)
			if index[key] = list; len(list) == 0 {
				delete(index, key)
			}
		}
	}
}

func (d *drops) each(f func(tag hash, m mark)) {
	for tag, list := range d.tags {
		for _, m := range list {
			f(tag, m)
		}
	}
	for _, list := range d.owned {
		for _, m := range list {
			f(0, m)
		}
	}
}

// judge says what drops have made of an entry.
func (d *drops) judge(h *head, by reader) (gone, suspect bool) {
	if h.seq <= d.floor {
		return true, true
	}
	suspect = h.suspect || h.seq <= d.doubt
	for _, m := range d.owned[h.owner] {
		if m.seq > h.seq && m.hits(h) {
			gone, suspect = gone || m.certain, true
		}
	}
	look := func(tag hash) {
		for _, m := range d.tags[tag] {
			if m.seq > h.seq && !m.spares(h) && m.covers(h, by) {
				gone, suspect = gone || m.certain, true
			}
		}
	}
	look(0)
	look(h.operation)
	for _, id := range h.named {
		look(id)
	}
	for i := range h.tagCount() {
		look(h.tag(i))
	}
	return gone, suspect
}

// hits says whether a mark by owner is about such an entry.
func (m mark) hits(h *head) bool {
	n := m.only
	if n == nil {
		return true
	}
	if n.capability != "" && n.capability != h.capability {
		return false
	}
	return n.named == nil || slices.ContainsFunc(h.named, func(id hash) bool { return slices.Contains(n.named, id) })
}
