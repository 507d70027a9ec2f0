package cache

import (
	"time"

	"notionproxy/notion"
)

// A Record is a chain as a Backing keeps it: all that it takes to answer from
// it again, in another process too. Nobody changes one.
type Record struct {
	Owner      Owner
	Key        Key
	Op         *notion.Operation // of the table
	Born       time.Time
	FreshUntil time.Time
	KeepUntil  time.Time
	Suspect    bool // a write may have overwritten it
	Named      []notion.ID
	Tags       []notion.Tag
	Pages      []RecordPage // in the order of the walk, the first page first
}

// A RecordPage is a page and the cursor that it answers; "" for the first.
type RecordPage struct {
	Cursor string
	Page   *Page
}

// Bytes is about how much memory r takes.
func (r *Record) Bytes() int64 {
	n := int64(chainOverhead + len(r.Tags)*tagOverhead)
	for _, p := range r.Pages {
		n += p.Page.bytes()
	}
	return n
}

// record is c as it is now. Call it with the store locked.
func (c *chain) record() *Record {
	r := &Record{
		Owner: c.owner, Key: c.key, Op: c.op, Born: c.born, FreshUntil: c.freshUntil, KeepUntil: c.keepUntil(),
		Suspect: c.suspect, Named: c.named, Tags: c.tagList(),
		Pages: make([]RecordPage, 0, 1+len(c.pages)),
	}
	r.Pages = append(r.Pages, RecordPage{Page: c.first})
	for _, cursor := range c.cursors {
		if p := c.pages[cursor]; p != nil {
			r.Pages = append(r.Pages, RecordPage{Cursor: cursor, Page: p})
		}
	}
	return r
}
