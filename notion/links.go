package notion

import (
	"bytes"
	"time"
)

// Notion's files are links into S3, signed for an hour (2026-09). The answer
// says so twice: in expiry_time beside the url, and in the url itself. In
// markdown there is the url alone.

var (
	signedBy   = []byte("X-Amz-")
	signature  = []byte("X-Amz-Signature")
	signedAt   = []byte("X-Amz-Date")
	signedFor  = []byte("X-Amz-Expires")
	amzMinimum = len("X-Amz-Signature=")
)

// linkFrom finds where at or after i the next signed link may be. One search
// for the whole body is cheaper than one in each of its strings.
func (s *scanner) linkFrom(i int) int {
	n := bytes.Index(s.body[i:], signedBy)
	if n < 0 {
		return len(s.body)
	}
	return i + n
}

// links looks for signed links in the string whose inside is at [from, end).
// There can be some if that reaches beyond s.nextLink, or has letters that are
// escaped.
func (s *scanner) links(from, end int, esc escapes) {
	if from > s.nextLink {
		s.nextLink = s.linkFrom(from) // the last one was in a key
	}
	if end > s.nextLink || esc&escapedASCII != 0 {
		s.queries(from, end)
	}
	if end > s.nextLink {
		s.nextLink = s.linkFrom(end)
	}
}

// queries calls query for each query string in the string whose inside is at
// [from, end): for what stands between a question mark and the first character
// that signed links don't have, or the text's end.
func (s *scanner) queries(from, end int) {
	raw := s.body[:end]
	begin := -1   // of the query, after its question mark
	trimmed := -1 // its end, without punctuation of the text around it
	for i := from; i < end; {
		c, n := letterAt(raw, i)
		switch {
		case c == '?':
			s.query(begin, trimmed)
			begin, trimmed = i+n, -1
		case begin < 0:
		case !inLinks[c]:
			s.query(begin, trimmed)
			begin = -1
		case isAlnum[c]:
			trimmed = i + n
		}
		i += n
	}
	s.query(begin, trimmed)
}

// letterAt is the ASCII character at raw[i], plain or escaped, and its length
// there. For anything else it is 0.
func letterAt(raw []byte, i int) (c byte, n int) {
	if raw[i] != '\\' {
		return raw[i], 1
	}
	r, n := unescapeRune(raw[i:])
	if r > 0x7f {
		return 0, n
	}
	return byte(r), n
}

// inLinks are the characters that the query of a signed link can have. Its
// parameters are percent-encoded; HTML around it makes &amp; of &.
var inLinks = charset("-._~%&=+;/" + alnum)

const alnum = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

var isAlnum = charset(alnum)

func charset(chars string) (set [256]bool) {
	for _, c := range []byte(chars) {
		set[c] = true
	}
	return set
}

// query looks at the query string at [from, end). If it signs a link, the hash
// goes without it, and the link's time bounds the answer's.
func (s *scanner) query(from, end int) {
	if from < 0 || end-from < amzMinimum {
		return
	}
	q := s.body[from:end]
	if bytes.IndexByte(q, '\\') >= 0 {
		q = unescape(nil, q)
	}
	var l link
	for param := range bytes.FieldsFuncSeq(q, isBetweenParams) {
		l.take(param)
	}
	if l.signed {
		s.cuts = append(s.cuts, cut{from, end, true})
	}
	if dies, ok := l.dies(); ok {
		s.expires(dies)
	}
}

func isBetweenParams(r rune) bool { return r == '&' || r == ';' }

// A link is what the query of a signed link says about it.
type link struct {
	signed bool
	at     time.Time
	life   time.Duration // 0: not said
}

func (l *link) take(param []byte) {
	name, value, _ := bytes.Cut(param, equals)
	switch {
	case bytes.Equal(name, signature):
		l.signed = true
	case bytes.Equal(name, signedAt):
		l.at, _ = time.Parse(amzTime, string(value))
	case bytes.Equal(name, signedFor):
		l.life = seconds(value)
	}
}

const amzTime = "20060102T150405Z"

var equals = []byte{'='}

// dies is when the link stops working, where it tells.
func (l *link) dies() (time.Time, bool) {
	return l.at.Add(l.life), !l.at.IsZero() && l.life > 0
}

// seconds reads a count of seconds; 0 where it is none. A link can't be signed
// for more than a week (AWS Signature Version 4), and anything that long is
// out of the question here.
func seconds(digits []byte) time.Duration {
	if len(digits) == 0 || len(digits) > 7 {
		return 0
	}
	n := 0
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0
		}
		n = 10*n + int(c-'0')
	}
	return time.Duration(n) * time.Second
}

// closeLink takes the expiry_time of o, if o is a file with a link: an object
// with a url beside it. The expiry_time of a file upload is another one.
func (s *scanner) closeLink(o *object) {
	if o.expiryFrom == 0 || !o.hasURL || o.sort == sortUpload {
		return
	}
	s.cuts = append(s.cuts, cut{o.expiryFrom, o.expiryEnd, true})
	s.expires(o.expiry)
}

func (s *scanner) expires(at time.Time) {
	if first := s.facts.LinkExpiry; first.IsZero() || at.Before(first) {
		s.facts.LinkExpiry = at.UTC()
	}
}
