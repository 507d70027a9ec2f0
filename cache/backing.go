package cache

import (
	"context"
	"time"

	"notionproxy/notion"
)

// A Backing keeps entries beyond this process's memory: a file, a server that
// replicas share, or a Stack of both. It is safe for concurrent use. Whatever
// fails in it is its own affair: it loses entries then, and never hands out a
// wrong one.
//
// Save, Used, Drop and Learn are called with the store locked, in the order in
// which things happened. They only take note, and neither wait nor call back.
type Backing interface {
	// Load returns the chain kept for w, if it was born after w.After. It may
	// wait, for no longer than a client should for something that may not be
	// there. Every Drop noted before the call counts.
	Load(ctx context.Context, w Wanted) (*Record, bool)

	// Save notes a chain that is new or has grown, in place of what was kept
	// for the same question. The authorization is what its calls carried; the
	// record is not changed any more.
	Save(r *Record, authorization string)

	// Used notes that the entry for a question was of use, so that what is
	// used goes last.
	Used(owner Owner, key Key)

	// Drop notes that entries are not to be believed any more.
	Drop(d Drop)

	// Intend makes certain that a write is known of, should this process end
	// before it can note the outcome. It returns before the write may leave.
	// Call ended after the outcome's Drop, or where there is none.
	Intend(ctx context.Context, d Drop) (ended func())

	// Settle returns when all that was noted as dropped before holds for
	// whoever might read it, here, after the end of this process, and in other
	// processes, in so far as the backing can bring that about in time.
	Settle(ctx context.Context)

	// Learn notes edges of Notion's tree.
	Learn(edges []notion.Edge)

	// Parent returns the object above child, as far as was learnt. It may
	// wait, like Load.
	Parent(ctx context.Context, child notion.ID) (notion.ID, bool)
}

// Wanted is what a Backing is asked for.
type Wanted struct {
	Question      Question
	Authorization string    // what the owner is the digest of; entries open with nothing else
	Bot           string    // of the owner; "" where it is not known
	Workspace     string    // the same
	After         time.Time // older chains are at hand already; zero for none
}

// A Drop is what makes entries untrue, or open to doubt. With reach Written it
// hits those that have one of Tags. With Own it hits those that match all that
// is set of Named, Capability and Key, with Everyone those that Which includes.
type Drop struct {
	Owner     Owner  // who wrote, or was refused
	Workspace string // of the owner; "" where it is not known, or nobody else is concerned. Narrows Everyone

	// Certain drops are for good. Others make entries suspect.
	Certain bool

	Reach DropReach

	Tags       []notion.Tag      // of what was written
	Named      []notion.ID       // by an entry's path or query, one of them
	Capability notion.Capability // of an entry's operation
	Key        Key               // of one entry; zero for any
	Which      Selection

	// At is when it happened, by this machine's clock, or is to happen: Notion
	// may carry a write out later.
	At time.Time

	// Changed, on what one of Notion's events told of, is when that happened by
	// Notion's clock: what was asked for two minutes later shows it, and is
	// spared. Zero spares nothing.
	Changed time.Time

	// Heard is set on drops of other processes, which have announced them
	// themselves. With Known, an earlier process heard it and a Backing that
	// outlives processes has taken note: what that has kept since is spared.
	Heard, Known bool
}

// A DropReach says whose entries a drop concerns.
type DropReach uint8

// The reaches.
const (
	Written  DropReach = iota // whoever may see what the owner wrote: see Covers
	Own                       // the owner's alone
	Everyone                  // all, or all who may be of the workspace
)

// A Holder is an owner, and whose token that is as far as is known.
type Holder struct {
	Owner     Owner
	Bot       string // "" where it is not known
	Workspace string // the same
}

// Covers says whether d concerns entries of h's.
func (d Drop) Covers(h Holder) bool {
	switch d.Reach {
	case Own:
		return h.Owner == d.Owner
	case Everyone:
		return maybe(d.Workspace, h.Workspace) && d.Which.Whose(h)
	}
	return reach{owner: d.Owner, workspace: d.Workspace, certain: d.Certain}.covers(h.Owner, h.Workspace)
}

// maybe says whether what is known may be the one that is meant, if one is.
func maybe(meant, known string) bool { return meant == "" || known == "" || known == meant }

// SparedFrom is when what is asked for shows what d is about, if Changed is set.
func (d Drop) SparedFrom() time.Time { return d.Changed.Add(noticeLag) }

// Spares says whether what was asked for at born shows what d is about.
func (d Drop) Spares(born time.Time) bool {
	return !d.Changed.IsZero() && !born.Before(d.SparedFrom())
}

// Hits says whether d makes r, which is h's, untrue or open to doubt. It says
// nothing of which of the two came first.
func (d Drop) Hits(r *Record, h Holder) bool {
	if !d.Covers(h) || d.Spares(r.Born) {
		return false
	}
	if d.Reach == Written && !(&endedWrite{tags: setOf(d.Tags)}).touches(r.Tags) {
		return false
	}
	return d.concerns(&chain{owner: r.Owner, key: r.Key, op: r.Op, named: r.Named}, r.Tags)
}
