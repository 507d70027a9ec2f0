package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"mime"
	"net/http"
	"slices"
	"strings"

	"notionproxy/notion"
)

// An Owner is whose answers they are: the SHA-256 digest of an Authorization.
// Nobody is ever answered with another owner's bytes.
type Owner [32]byte

// OwnerOf returns the owner that an Authorization header names.
func OwnerOf(authorization string) Owner {
	var room [128]byte
	return sha256.Sum256(append(room[:0], authorization...))
}

// A Key names a stored read: everything of a request that its answer can
// depend on, but for the cursor.
type Key [32]byte

// KeyOf hashes the given parts. Every part is preceded by its length, so that
// no two different lists of parts run together into one key; a collision would
// hand one caller another caller's pages.
func KeyOf(parts ...string) Key {
	var room [keyRoom]byte
	b := room[:0]
	for _, p := range parts {
		b = appendPart(b, p)
	}
	return sha256.Sum256(b)
}

// keyRoom is what the parts of most keys fit into, which then need no memory of
// their own.
const keyRoom = 512

func appendPart[T string | []byte](b []byte, part T) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
	return append(b, part...)
}

// A Question is a read as the cache sees it.
type Question struct {
	Owner  Owner
	Key    Key
	Cursor string // start_cursor; empty on first pages
}

// Fingerprint is equal for equal questions. It tells nothing of what they ask.
func (q Question) Fingerprint() uint64 {
	k := q.Flight()
	return binary.BigEndian.Uint64(k[:])
}

// Flight names identical reads: the same page of the same question.
func (q Question) Flight() Key {
	if q.Cursor == "" {
		return q.Key
	}
	return KeyOf(string(q.Key[:]), q.Cursor)
}

// Ask turns a read into a Question. It is false for what has no canonical
// form, such as a body with a key that occurs twice: such reads are never
// stored, since two programs could read them as two different questions.
//
// Of header only Content-Type and Notion-* count; the caller must see to it
// that nothing else of it travels.
func Ask(owner Owner, m notion.Match, query string, header http.Header, body []byte) (Question, bool) {
	q := Question{Owner: owner}
	canonQuery, cursor, ok := CanonicalQuery(query, m.Op.IDQueryKeys)
	if !ok {
		return q, false
	}
	content, ok := contentType(m, header)
	if !ok {
		return q, false
	}
	var canonBody []byte
	if m.Op.Method == http.MethodPost {
		if content == "" && len(bytes.TrimSpace(body)) == 0 {
			content = jsonType // no body is {}, and needs no type
		}
		if canonBody, ok = Canonical(body); !ok {
			return q, false
		}
		if m.Op.Paging == notion.PagedByBody {
			canonBody, q.Cursor, _ = SplitPaging(canonBody)
		}
	}
	if m.Op.Paging == notion.PagedByQuery {
		q.Cursor = cursor
	} else if cursor != "" {
		return q, false // a cursor where Notion takes none: whatever it means, it is no page
	}
	var room [keyRoom]byte
	b := appendPart(room[:0], owner[:])
	b = appendPart(b, m.Op.Method)
	b = appendPathPart(b, m)
	b = appendPart(b, canonQuery)
	b = appendPart(b, content)
	b = appendPart(b, canonBody)
	q.Key = sha256.Sum256(appendNotion(b, header))
	return q, true
}

const jsonType = "application/json"

// contentType is the content type as part of a key. A body in a charset that
// is not UTF-8 has no canonical form.
func contentType(m notion.Match, h http.Header) (string, bool) {
	values := h["Content-Type"]
	if len(values) == 0 {
		return "", true
	}
	value := values[0]
	if m.Op.Method != http.MethodPost {
		return value, true
	}
	if value == jsonType || value == jsonType+"; charset=utf-8" {
		return jsonType, true
	}
	t, params, err := mime.ParseMediaType(value)
	if err != nil {
		return "", false
	}
	if charset, has := params["charset"]; has && !strings.EqualFold(charset, "utf-8") {
		return "", false
	}
	if t == jsonType {
		return t, true
	}
	return value, true
}

// appendPathPart is appendPart of m's canonical path.
func appendPathPart(b []byte, m notion.Match) []byte {
	at := len(b)
	b = appendPath(append(b, make([]byte, 8)...), m)
	binary.BigEndian.PutUint64(b[at:], uint64(len(b)-at-8))
	return b
}

// appendNotion appends the Notion-* headers, names and values, in order.
func appendNotion(b []byte, h http.Header) []byte {
	var room [4]string
	names := room[:0]
	for name := range h {
		if strings.HasPrefix(name, "Notion-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		b = appendPart(b, name)
		b = appendPart(b, strings.Join(h[name], "\x00"))
	}
	return b
}
