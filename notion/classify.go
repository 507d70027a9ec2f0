package notion

import (
	"net/url"
	"slices"
	"strings"
)

// A Match is the operation that a request asks for, with the path it was found
// by. It is small, immutable and made by Classify alone.
type Match struct {
	Op *Operation // never nil: the operation "unknown" stands for what is not in the table

	path string
}

// Classify finds the operation of a request from its method and its path as
// URL.EscapedPath returns it, beginning with /v1. HEAD is classified as GET.
// Methods are case-sensitive (RFC 9110, 9.1). The path is not decoded, cleaned
// or changed: other spellings of a known path, a trailing slash included, are
// the unknown operation, which is passed through and never stored.
//
// A parameter matches one segment that isn't empty, a valid id or not, since
// Notion judges ids itself; but never a dot segment or one with an encoded
// slash, which could mean another path to a server that decodes them.
//
// Classify doesn't allocate and may be called by any number of goroutines.
func Classify(method, escapedPath string) Match {
	if method == "HEAD" {
		method = "GET"
	}
	if path, ok := strings.CutPrefix(escapedPath, "/"); ok {
		if op := routes.find(method, path); op != nil {
			return Match{op, escapedPath}
		}
	}
	return Match{&unknown, escapedPath}
}

// Param returns the path's parameter of that name, such as "page_id", escaped
// as it stands in the path; "" when the operation has none of that name.
func (m Match) Param(name string) string {
	for param, segment := range m.params {
		if param == name {
			return segment
		}
	}
	return ""
}

// PathIDs returns the ids among the path's parameters, in order; for the
// unknown operation all ids in the path. It leaves out what is no id.
func (m Match) PathIDs() []ID { return m.AppendPathIDs(nil) }

// AppendPathIDs appends what PathIDs returns to ids, for callers that bring
// their own room.
func (m Match) AppendPathIDs(ids []ID) []ID {
	for _, segment := range m.params {
		if id, ok := parseEscapedID(segment); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// QueryIDs returns the ids that the query string holds under the operation's
// IDQueryKeys, in order. It leaves out what is no id.
func (m Match) QueryIDs(rawQuery string) []ID {
	if len(m.Op.IDQueryKeys) == 0 {
		return nil
	}
	var ids []ID
	for pair := range strings.SplitSeq(rawQuery, "&") {
		key, value, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(key)
		if err != nil || !slices.Contains(m.Op.IDQueryKeys, key) {
			continue
		}
		if id, ok := parseEscapedID(value); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// params yields the path's parameters, name and segment; for the unknown
// operation all segments, without names. Path and template are walked side by
// side, so that a match needs to hold nothing but the two.
func (m Match) params(yield func(name, segment string) bool) {
	template, path := m.Op.Path, m.path
	for path != "" {
		var name, segment string
		name, template, _ = strings.Cut(template, "/")
		segment, path, _ = strings.Cut(path, "/")
		name, isParam := paramName(name)
		if (isParam || m.Op.Kind == Unknown) && !yield(name, segment) {
			return
		}
	}
}

// parseEscapedID reads an id that may be percent-encoded: to Notion that is
// the same object, so a write under such a path must find the object's entries.
func parseEscapedID(s string) (ID, bool) {
	// Property ids are often escaped, and decoding them would allocate on each
	// read; but they are shorter than the shortest id with an escape in it.
	if len(s) < 34 || !strings.Contains(s, "%") {
		return ParseID(s)
	}
	plain, err := url.PathUnescape(s)
	if err != nil {
		return ID{}, false
	}
	return ParseID(plain)
}
