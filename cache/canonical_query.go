package cache

import (
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"notionproxy/notion"
)

// maxParameters bounds a query string that has a canonical form.
const maxParameters = 128

// CanonicalQuery returns the canonical form of a query string, for keys, and
// the start_cursor that it holds, which is not part of the form. Parameters
// are sorted by key; those of one key keep their order, which has a meaning
// for filter_properties. Values are decoded as forms are, + for a space, and
// encoded again in one way. Ids under idKeys are in one spelling. An empty
// start_cursor is no cursor and stays in the form.
//
// It is false for what two programs could read as two different things:
// invalid percent-encoding or UTF-8, a raw semicolon, which some take for an
// ampersand, characters that no query has, more than one start_cursor; and for
// more than 128 parameters.
func CanonicalQuery(raw string, idKeys []string) (canon, cursor string, ok bool) {
	if raw == "" || isCanonical(raw, idKeys) {
		return raw, "", true
	}
	return canonicalQuery(raw, idKeys)
}

// isCanonical says whether a query string is its own canonical form: one
// parameter that has nothing to decode, encode or respell, as most have.
func isCanonical(raw string, idKeys []string) bool {
	key, value, ok := strings.Cut(raw, "=")
	return ok && key != "start_cursor" && !slices.Contains(idKeys, key) && isUnreserved(key) && isUnreserved(value)
}

// isUnreserved says whether s has only characters that are never encoded (RFC
// 3986 2.3).
func isUnreserved(s string) bool {
	for i := range len(s) {
		if b := s[i]; !(b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("-._~", b) >= 0) {
			return false
		}
	}
	return true
}

func canonicalQuery(raw string, idKeys []string) (canon, cursor string, ok bool) {
	parameters, ok := parametersOf(raw)
	if !ok {
		return "", "", false
	}
	slices.SortStableFunc(parameters, func(a, b parameter) int { return strings.Compare(a.name(), b.name()) })
	var b strings.Builder
	cursors := 0
	for _, p := range parameters {
		if p.key == "start_cursor" {
			cursors++
			if p.value != "" {
				cursor = p.value
				continue
			}
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.key))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(p.canonical(idKeys)))
	}
	return b.String(), cursor, cursors <= 1
}

// A parameter of a query string, decoded.
type parameter struct{ key, value string }

// name is what parameters are sorted by: a[] and a[0] fill one list at
// servers that know such keys, in the order in which they come.
func (p parameter) name() string {
	name, _, _ := strings.Cut(p.key, "[")
	return name
}

func (p parameter) canonical(idKeys []string) string {
	if id, ok := notion.ParseID(p.value); ok && slices.Contains(idKeys, p.key) {
		return hex.EncodeToString(id[:])
	}
	return p.value
}

func parametersOf(raw string) (parameters []parameter, ok bool) {
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		if len(parameters) == maxParameters {
			return nil, false
		}
		key, value, _ := strings.Cut(pair, "=")
		p := parameter{}
		if p.key, ok = decoded(key); !ok {
			return nil, false
		}
		if p.value, ok = decoded(value); !ok {
			return nil, false
		}
		parameters = append(parameters, p)
	}
	return parameters, true
}

func decoded(s string) (string, bool) {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == ';' {
			return "", false
		}
	}
	plain, err := url.QueryUnescape(s)
	return plain, err == nil && utf8.ValidString(plain)
}

// appendPath appends the canonical form of m's path, for keys: ids without
// dashes and in lower case, everything else byte for byte. The ids of
// properties are no uuids, even where one looks like it.
func appendPath(b []byte, m notion.Match) []byte {
	path, template := m.EscapedPath(), m.Op.Path
	if template == "" {
		return append(b, path...)
	}
	for at := 0; at < len(path); {
		var name string
		name, template, _ = strings.Cut(template, "/")
		segment := path[at:]
		if n := strings.IndexByte(segment, '/'); n >= 0 {
			segment = segment[:n]
		}
		if id, ok := notion.ParseID(segment); ok && name != "{property_id}" {
			b = hex.AppendEncode(b, id[:])
		} else {
			b = append(b, segment...)
		}
		if at += len(segment); at < len(path) {
			b = append(b, '/')
			at++
		}
	}
	return b
}
