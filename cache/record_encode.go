package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"notionproxy/notion"
)

// recordVersion is the first byte of an encoded record. A program that finds
// another there takes the record for missing, so that older and newer ones can
// work on the same file or server. Change it with every change of the format.
const recordVersion = 1

// errRecord is what a record is that does not decode. It says no more: what
// stands in records is nobody's business.
var errRecord = errors.New("a stored record is malformed")

// AppendBinary appends r's encoding. It never fails.
func (r *Record) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, recordVersion)
	b = append(b, r.Owner[:]...)
	b = append(b, r.Key[:]...)
	b = appendString(b, r.Op.Name)
	b = appendTime(b, r.Born)
	b = appendTime(b, r.FreshUntil)
	b = appendTime(b, r.KeepUntil)
	b = appendBool(b, r.Suspect)
	b = appendIDs(b, r.Named)
	b = binary.AppendUvarint(b, uint64(len(r.Tags)))
	for _, tag := range r.Tags {
		b = append(b, byte(tag.Role))
		b = append(b, tag.ID[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(r.Pages)))
	for _, p := range r.Pages {
		b = appendString(b, p.Cursor)
		b = p.Page.append(b)
	}
	return b, nil
}

func (p *Page) append(b []byte) []byte {
	b = appendBool(b, p.Gzip)
	b = appendBool(b, p.Incomplete)
	b = appendString(b, p.ETag)
	b = appendString(b, p.Next)
	b = appendTime(b, p.LinkExpiry)
	b = appendIDs(b, p.Rows)
	b = binary.AppendUvarint(b, uint64(len(p.Body)))
	return append(b, p.Body...)
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// appendTime writes nanoseconds since 1970, and the zero time as the smallest
// number there is.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.BigEndian.AppendUint64(b, noTime)
	}
	return binary.BigEndian.AppendUint64(b, uint64(t.UnixNano()))
}

const noTime = 1 << 63

func appendIDs(b []byte, ids []notion.ID) []byte {
	b = binary.AppendUvarint(b, uint64(len(ids)))
	for _, id := range ids {
		b = append(b, id[:]...)
	}
	return b
}

// DecodeRecord reads what AppendBinary wrote. The record's bodies are parts of
// b, which must not change after that. The error tells nothing of what b holds.
func DecodeRecord(b []byte) (*Record, error) {
	if len(b) == 0 || b[0] != recordVersion {
		return nil, fmt.Errorf("%w: unknown version", errRecord)
	}
	d := decoder{rest: b[1:]}
	r := d.record()
	if d.broken || len(d.rest) > 0 || len(r.Pages) == 0 || r.Pages[0].Cursor != "" {
		return nil, errRecord
	}
	return r, nil
}

// A decoder takes values off the front of its bytes. When they do not suffice
// it is broken, and gives zeros from then on.
type decoder struct {
	rest   []byte
	broken bool
}

func (d *decoder) record() *Record {
	r := &Record{}
	copy(r.Owner[:], d.take(len(r.Owner)))
	copy(r.Key[:], d.take(len(r.Key)))
	op, known := notion.Named(string(d.bytes()))
	d.broken = d.broken || !known
	r.Op = op
	r.Born, r.FreshUntil, r.KeepUntil = d.time(), d.time(), d.time()
	r.Suspect = d.bool()
	r.Named = d.ids()
	r.Tags = d.tags()
	r.Pages = make([]RecordPage, d.count(smallestPage))
	for i := range r.Pages {
		r.Pages[i] = RecordPage{Cursor: string(d.bytes()), Page: d.page()}
	}
	return r
}

// tags takes all tags at once: there are hundreds.
func (d *decoder) tags() []notion.Tag {
	const size = 1 + len(notion.ID{})
	tags := make([]notion.Tag, d.count(size))
	b := d.take(size * len(tags))
	if b == nil {
		return nil
	}
	for i := range tags {
		tag := b[size*i:][:size]
		tags[i] = notion.Tag{Role: notion.Role(tag[0]), ID: notion.ID(tag[1:])}
	}
	return tags
}

// smallestPage is how many bytes a page takes at least: two flags, a time,
// three counts and its cursor's.
const smallestPage = 2 + 8 + 5

func (d *decoder) page() *Page {
	return &Page{
		Gzip: d.bool(), Incomplete: d.bool(), ETag: string(d.bytes()), Next: string(d.bytes()),
		LinkExpiry: d.time(), Rows: d.ids(), Body: d.bytes(),
	}
}

func (d *decoder) take(n int) []byte {
	if d.broken || n > len(d.rest) {
		d.broken = true
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) bool() bool {
	b := d.byte()
	d.broken = d.broken || b > 1
	return b == 1
}

// count is how many things of at least that size follow; 0 if there is no room
// for so many, or a bad record could ask for all the memory there is.
func (d *decoder) count(size int) int {
	n, used := binary.Uvarint(d.rest)
	if d.broken || used <= 0 || n > uint64(len(d.rest)/size) {
		d.broken = true
		return 0
	}
	d.rest = d.rest[used:]
	return int(n)
}

func (d *decoder) bytes() []byte { return d.take(d.count(1)) }

func (d *decoder) time() time.Time {
	b := d.take(8)
	if b == nil {
		return time.Time{}
	}
	if n := binary.BigEndian.Uint64(b); n != noTime {
		return time.Unix(0, int64(n))
	}
	return time.Time{}
}

func (d *decoder) ids() []notion.ID {
	n := d.count(len(notion.ID{}))
	if n == 0 {
		return nil
	}
	ids := make([]notion.ID, n)
	for i := range ids {
		copy(ids[i][:], d.take(len(ids[i])))
	}
	return ids
}
