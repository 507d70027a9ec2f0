package disk

import (
	"slices"
	"strings"
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
	owned map[refused][]mark
	count int
}

// A refused is what marks by owner stand under.
type refused struct {
	owner hash
	named hash // what an entry's read must name; 0 where that does not matter
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
	// Of marks by tag: a purge, or a doubt of a workspace, whoever the owner.
	operation hash     // 0 for any
	whose     []string // nil for everybody

	// Of marks by owner: a refusal.
	capability string // "" for any
}

func newDrops() *drops { return &drops{tags: map[hash][]mark{}, owned: map[refused][]mark{}} }

// A reader is who asks for an entry.
type reader struct {
	owner     cache.Owner
	bot       hash // 0 where it is not known
	workspace hash // the same
}

// stranger is the bot of none: what concerns only those whose bot may be meant
// does not concern its entries.
const stranger = ^hash(0)

// means says whether what the reader has may be meant.
func (n *narrowing) means(by reader) bool {
	if (cache.Selection{Owners: n.whose}).Whose(cache.Holder{Owner: by.owner}) {
		return true
	}
	return slices.ContainsFunc(n.whose, func(word string) bool {
		return strings.HasPrefix(word, botWords) && (by.bot == 0 || word == botWord(by.bot))
	})
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
		return (m.workspace == 0 || workspace == 0 || workspace == m.workspace) &&
			(n.operation == 0 || n.operation == h.operation) && n.means(by)
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
		if e.capability != "" {
			m.only = &narrowing{capability: e.capability}
		}
		d.addOwned(e.hashes, m)
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

func (d *drops) addTag(tag hash, m mark) { enter(d, d.tags, tag, m) }

// addOwned enters a mark under each thing that is named, or for all that the
// owner has.
func (d *drops) addOwned(named []hash, m mark) {
	if len(named) == 0 {
		named = []hash{0}
	}
	for _, id := range named {
		enter(d, d.owned, refused{m.owner, id}, m)
	}
}

// enter enters a mark, or replaces what it says anew: the same writer wrote there
// before, or was refused the same.
func enter[K comparable](d *drops, index map[K][]mark, key K, m mark) {
	list := index[key]
	for i := range list {
		if o := &list[i]; o.says(m) {
			o.seq, o.at, o.born = m.seq, m.at, max(o.born, m.born)
			return
		}
	}
	index[key] = append(list, m)
	d.count++
}

// says says whether two marks under the same key are about the same.
func (m mark) says(o mark) bool {
	if m.owner != o.owner || m.workspace != o.workspace || m.certain != o.certain || (m.born == 0) != (o.born == 0) || (m.only == nil) != (o.only == nil) {
		return false
	}
	return m.only == nil || m.only.operation == o.only.operation && m.only.capability == o.only.capability &&
		slices.Equal(m.only.whose, o.only.whose) && (m.only.whose == nil) == (o.only.whose == nil)
}

// forgetHalf makes room. What was kept before the newest that is forgotten is
// gone: nobody knows any more what of it was dropped.
func (d *drops) forgetHalf() {
	seqs := make([]uint64, 0, d.count)
	d.keep(func(m mark) bool { seqs = append(seqs, m.seq); return true })
	slices.Sort(seqs)
	d.floor = max(d.floor, seqs[len(seqs)/2])
	d.keep(func(m mark) bool { return m.seq > d.floor })
}

// forgetOld forgets what concerns only what is past its keep time.
func (d *drops) forgetOld(before time.Time) {
	d.keep(func(m mark) bool { return m.seq > d.floor && int64(m.at) >= before.Unix() })
}

func (d *drops) keep(wanted func(mark) bool) {
	d.count = sieve(d.tags, wanted) + sieve(d.owned, wanted)
}

// sieve takes out what is not wanted, and counts what is.
func sieve[K comparable](index map[K][]mark, wanted func(mark) bool) (count int) {
	for key, list := range index {
		list = slices.DeleteFunc(list, func(m mark) bool { return !wanted(m) })
		count += len(list)
		if index[key] = list; len(list) == 0 {
			delete(index, key)
		}
	}
	return count
}

// judge says what drops have made of an entry.
func (d *drops) judge(h *head, by reader) (gone, suspect bool) {
	if h.seq <= d.floor {
		return true, true
	}
	suspect = h.suspect || h.seq <= d.doubt
	refuse := func(named hash) {
		for _, m := range d.owned[refused{h.owner, named}] {
			if m.seq > h.seq && (m.only == nil || m.only.capability == h.capability) {
				gone, suspect = gone || m.certain, true
			}
		}
	}
	refuse(0)
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
		refuse(id)
	}
	for i := range h.tagCount() {
		look(h.tag(i))
	}
	return gone, suspect
}
