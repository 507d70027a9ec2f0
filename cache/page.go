package cache

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"sync/atomic"
	"time"

	"notionproxy/notion"
)

// LinkMargin is how long before its first signed link dies an answer stops
// being fresh: a client needs time to follow the link.
const LinkMargin = 5 * time.Minute

// A Page is one stored answer: a whole one, or one page of a paginated read.
// It is shared by all who read it and never changed, but for the form without
// compression, which is added when it is wanted often.
type Page struct {
	Body []byte // as Notion sent it
	Gzip bool   // Body is compressed
	ETag string // weak, with the quotes

	Next       string    // cursor of the next page; empty on the last
	Incomplete bool      // Notion stopped at its own limit of rows
	LinkExpiry time.Time // when the first signed link in it dies; zero without links
	Rows       []notion.ID

	plain      atomic.Pointer[[]byte]
	plainReads atomic.Uint32
}

// NewPage makes a page of an answer's body and what was found in it.
func NewPage(body []byte, gzip bool, s *notion.Survey) *Page {
	p := &Page{
		Body: fitted(body), Gzip: gzip,
		ETag:       ETag(s.Hash, s.LinkExpiry),
		Incomplete: s.Incomplete,
		LinkExpiry: s.LinkExpiry,
		Rows:       s.Rows,
	}
	if s.HasMore {
		p.Next = s.NextCursor
	}
	return p
}

// fitted is body in no more memory than it needs. What came in chunks, as most
// of Notion's answers do, lies in a buffer that was made before its length was
// known, and the rest of that would be kept as long as the body, uncounted.
func fitted(body []byte) []byte {
	if cap(body)-len(body) <= len(body)/8 {
		return body
	}
	return bytes.Clone(body)
}

// Plain is the form without compression, nil if it is not at hand.
func (p *Page) Plain() []byte {
	if !p.Gzip {
		return p.Body
	}
	if plain := p.plain.Load(); plain != nil {
		return *plain
	}
	return nil
}

// hot is how often the form without compression must have been asked for
// before it is kept: unpacking costs more than twice what writing does.
const hot = 2

// wantPlain counts a wish for the form without compression and says whether it
// should be kept from now on.
func (p *Page) wantPlain() bool { return p.plainReads.Add(1) >= hot }

func (p *Page) bytes() int64 {
	n := int64(len(p.Body)+len(p.ETag)+len(p.Next)+16*len(p.Rows)) + pageOverhead
	if plain := p.plain.Load(); plain != nil {
		n += int64(len(*plain))
	}
	return n
}

// ETag is the validator of an answer: a hash of what it says, and when its
// first link dies. Content that is equal but signed anew has an equal hash,
// and the expiry keeps a client from taking dead links for good ones.
func ETag(hash [32]byte, expiry time.Time) string {
	b := make([]byte, 0, 48)
	b = append(b, `W/"`...)
	b = base64.RawURLEncoding.AppendEncode(b, hash[:16])
	if !expiry.IsZero() {
		b = append(b, '.')
		b = strconv.AppendInt(b, expiry.Unix(), 10)
	}
	return string(append(b, '"'))
}
