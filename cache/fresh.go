package cache

import (
	"time"

	"notionproxy/notion"
)

// A Policy says how long answers of one class are fresh, and how long they are
// kept for trouble, both from their birth. Fresh 0 means never fresh, Keep 0
// never stored.
type Policy struct{ Fresh, Keep time.Duration }

// Policies holds a Policy for each class.
type Policies map[notion.Class]Policy

// DefaultPolicies are those that suit most.
func DefaultPolicies() Policies {
	return Policies{
		notion.Content: {Fresh: time.Minute, Keep: 24 * time.Hour},
		notion.Schema:  {Fresh: 5 * time.Minute, Keep: 24 * time.Hour},
		notion.People:  {Fresh: 15 * time.Minute, Keep: 24 * time.Hour},
		notion.Me:      {Fresh: time.Minute, Keep: time.Hour},
		notion.Search:  {Fresh: 0, Keep: 24 * time.Hour},
	}
}

// Unset is a duration that the client did not give.
const Unset time.Duration = -1

// Wants is what a client asked of the cache (RFC 9111 5.2.1, RFC 5861 4).
type Wants struct {
	NoCache, NoStore, OnlyIfCached bool

	MaxAge, MaxStale, MinFresh, StaleIfError time.Duration // Unset when not given
}

// NoWants is a client that asked for nothing.
func NoWants() Wants {
	return Wants{MaxAge: Unset, MaxStale: Unset, MinFresh: Unset, StaleIfError: Unset}
}

// Found is a stored page and what may be done with it.
type Found struct {
	Page       *Page
	Born       time.Time // of the whole read, when its first call left
	FreshUntil time.Time
	KeepUntil  time.Time
	Suspect    bool // a write may have overwritten it
	Inherited  bool // it is what another token of the same connection was shown
	Snapshot   bool // part of an older reading that this client is half-way through
	Pages      int  // of the whole read, those that are stored

	Failed  time.Time // when Notion last failed to answer it anew; zero if it did not
	RetryAt time.Time // when it should be asked again; zero if it did not fail

	chain *chain
}

// Age is how old f is, in whole seconds downwards as headers tell it, never
// negative.
func (f Found) Age(now time.Time) time.Duration {
	return max(0, now.Sub(f.Born)).Truncate(time.Second)
}

// LinksGood says whether a client still has time to follow f's links.
func (f Found) LinksGood(now time.Time) bool {
	return f.Page.LinkExpiry.IsZero() || now.Before(f.Page.LinkExpiry.Add(-LinkMargin))
}

// Left is how long f stays fresh; negative when it is stale.
func (f Found) Left(now time.Time) time.Duration { return f.FreshUntil.Sub(now) }

// Fresh says whether f answers a client that wants w, without Notion being
// asked and whether or not it is in trouble.
func (f Found) Fresh(now time.Time, w Wants) bool {
	if f.Suspect || w.NoCache || !f.LinksGood(now) || !now.Before(f.KeepUntil) {
		return false
	}
	if w.MaxAge != Unset && now.Sub(f.Born) > w.MaxAge {
		return false
	}
	if f.Snapshot && !f.neverFresh() {
		return true // whoever began on it finishes on it
	}
	left := f.Left(now)
	if w.MinFresh != Unset && left < w.MinFresh {
		return false
	}
	return left > 0 || w.MaxStale != Unset && -left <= w.MaxStale && !f.neverFresh()
}

// neverFresh says whether answers of f's class are kept for trouble only.
func (f Found) neverFresh() bool { return f.chain == nil || f.chain.policy.Fresh <= 0 }

// Usable says whether f may answer a client that wants w while Notion is in
// trouble.
func (f Found) Usable(now time.Time, w Wants) bool {
	if !now.Before(f.KeepUntil) {
		return false
	}
	return w.StaleIfError == Unset || -f.Left(now) <= w.StaleIfError
}
