package cache

import (
	"encoding/hex"
	"slices"
	"time"

	"notionproxy/notion"
)

// A Selection says which entries somebody means. What is zero does not narrow
// it; the zero Selection is all of them.
type Selection struct {
	// Object is shown, listed or named by the entry, or stands above what is.
	Object notion.ID

	// Operation is the name of the read, such as pages.retrieve.
	Operation string

	// Owners are beginnings of owners' digests, in hex as logs show them. nil
	// means everybody, an empty list nobody. Where Bot is set, they and its
	// tokens are meant, and those of which nobody knows whether they are.
	Owners []string
	Bot    string
}

// includes says whether c is meant, whoever its owner, or would be with a page
// that has these tags.
func (s Selection) includes(c *chain, tags []notion.Tag) bool {
	if s.Operation != "" && c.op.Name != s.Operation {
		return false
	}
	return s.Object.IsZero() || mentions(c, tags, s.Object)
}

// mentions says whether c has to do with the object. Of an older reading
// nobody knows any more what it shows, so that the answer is yes.
func mentions(c *chain, tags []notion.Tag, object notion.ID) bool {
	if c.retired || c.names([]notion.ID{object}) {
		return true
	}
	return slices.ContainsFunc(c.tags, func(n tagNode) bool { return n.tag.ID == object }) ||
		slices.ContainsFunc(tags, func(tag notion.Tag) bool { return tag.ID == object })
}

// all says whether no entry is left out.
func (s Selection) all() bool {
	return s.Object.IsZero() && s.Operation == "" && s.Owners == nil && s.Bot == ""
}

// Whose says whether entries of h's may be meant.
func (s Selection) Whose(h Holder) bool {
	switch {
	case s.Bot != "" && maybe(s.Bot, h.Bot):
		return true
	case s.Bot == "" && s.Owners == nil:
		return true
	}
	return slices.ContainsFunc(s.Owners, h.Owner.begins)
}

// selects says whether a chain is meant. Call it with the store locked.
func (s *Store) selects(which Selection, c *chain) bool {
	return which.includes(c, nil) && which.Whose(s.holder(c.owner))
}

// begins says whether the owner's digest begins so.
func (o Owner) begins(digits string) bool {
	var all [2 * len(o)]byte
	hex.Encode(all[:], o[:])
	return len(digits) <= len(all) && string(all[:len(digits)]) == digits
}

// Purge removes the entries that an operator means and returns how many there
// were. A read whose call left before stores none of them either, and nobody
// who asks from now on joins it. With the zero Selection, what is remembered
// beside the entries goes too: cursors that were handed out, and what stands
// above what.
func (s *Store) Purge(which Selection, now time.Time) (gone int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := Drop{Reach: Everyone, Certain: true, Which: which, At: now}
	if s.backing != nil {
		s.backing.Drop(d)
	}
	s.writes.refuse(d)
	if which.all() {
		gone = s.recent.Len()
		s.empty()
	} else {
		gone = s.removeEach(which)
	}
	s.stats.Purged += int64(gone)
	return gone
}

func (s *Store) removeEach(which Selection) (gone int) {
	for _, c := range s.recent.Keys() {
		if s.selects(which, c) {
			s.remove(c)
			gone++
		}
	}
	return gone
}

// empty forgets all that was read, but not what was written.
func (s *Store) empty() {
	s.current, s.cursors, s.tags = map[Key]*chain{}, map[Key]*chain{}, tagIndex{}
	s.recent, s.owners, s.heavy, s.bytes = newRecency(), map[Owner]*ownerShare{}, nil, 0
	s.handouts, s.parents = newHandouts(), newParents()
}
