package cache

import (
	"slices"
	"time"

	"notionproxy/notion"
)

// What an entry costs beside its bytes, measured on a full store and rounded
// up. Without it a flood of tiny answers would take several times the cap.
const (
	chainOverhead = 1100
	pageOverhead  = 420
	tagOverhead   = 120
	ownerOverhead = 900
)

// snapshotLife is how long a client that is half-way through an older reading
// can finish on it.
const snapshotLife = 5 * time.Minute

// maxRows ends a walk: Notion gives no more rows for one query (2026-04-20).
const maxRows = 10_000

// A chain is all pages of one paginated read, or the one page of any other
// read: one entry with one birth time. Its fields are guarded by the store's
// lock.
type chain struct {
	owner      Owner
	key        Key
	op         *notion.Operation
	ticket     Ticket // of its first page
	born       time.Time
	policy     Policy
	freshUntil time.Time // by its policy
	linksUntil time.Time // its first link is good; zero without links
	calm       bool      // no event tells that it may lack what has changed
	suspect    bool
	retired    bool      // found by its cursors only
	handed     time.Time // when a page that has a next one was last given out
	failed     time.Time // when Notion last failed to answer it anew
	failures   int       // how often in a row
	named      []notion.ID

	first   *Page
	cursors []string         // handed out so far, in order
	pages   map[string]*Page // by cursor; nil while there is only the first
	rows    int
	tags    []tagNode
	bytes   int64
	reads   int64

	reported int64 // of reads, to the backing
}

// page returns the page at cursor, nil if it is not there.
func (c *chain) page(cursor string) *Page {
	if cursor == "" {
		return c.first
	}
	return c.pages[cursor]
}

// expects says whether cursor was handed out with a page of c.
func (c *chain) expects(cursor string) bool {
	return slices.Contains(c.cursors, cursor)
}

// closed says whether next can't continue the walk: a cursor that was there
// before leads round in circles for ever.
func (c *chain) closed(next string) bool {
	return next == "" || c.expects(next) || c.rows >= maxRows
}

// freshNoLongerThan has all of c become stale at the given time, if it is not
// to before; zero is no time.
func (c *chain) freshNoLongerThan(at time.Time) {
	if !at.IsZero() && at.Before(c.freshUntil) {
		c.freshUntil = at
	}
}

func (c *chain) keepUntil() time.Time { return c.born.Add(c.policy.Keep) }

// longestBackoff bounds how long an entry is not asked for after failures.
const longestBackoff = time.Minute

// retryAt is when c is asked for again after failures: after 1 s, doubling.
func (c *chain) retryAt() time.Time {
	if c.failures == 0 {
		return time.Time{}
	}
	return c.failed.Add(min(time.Second<<min(c.failures-1, 10), longestBackoff))
}

// finishing says whether somebody may be half-way through c.
func (c *chain) finishing(now time.Time) bool {
	return len(c.cursors) > 0 && now.Before(c.handed.Add(snapshotLife))
}

func (c *chain) found(p *Page, cursor string, now, freshUntil time.Time) Found {
	f := Found{
		Page: p, Born: c.born, FreshUntil: freshUntil, KeepUntil: c.keepUntil(),
		Suspect: c.suspect, Pages: 1 + len(c.pages), Failed: c.failed, RetryAt: c.retryAt(), chain: c,
	}
	if cursor != "" && (c.retired || c.suspect || !now.Before(freshUntil)) && c.finishing(now) {
		f.Snapshot, f.Suspect = true, false
	}
	return f
}

// names says whether the path or query of c's read names one of ids.
func (c *chain) names(ids []notion.ID) bool {
	return slices.ContainsFunc(c.named, func(id notion.ID) bool { return slices.Contains(ids, id) })
}
