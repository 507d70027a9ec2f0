package cache

import "bytes"

// SplitPaging takes start_cursor out of a canonical form, and so parts which
// page is asked for from what is being read. The page's size stays in logical,
// since another size cuts other pages; it is returned as it is spelled, "" when
// there is none.
//
// A start_cursor that is no string, or an empty one, is no cursor: it stays
// where it is, so that it can't be taken for the first page. canon must come
// from Canonical and is not changed; logical may be canon itself.
func SplitPaging(canon []byte) (logical []byte, cursor, pageSize string) {
	logical = canon
	for at := 1; at < len(canon) && canon[at] == '"'; {
		colon := skipText(canon, at)
		end := skipValue(canon, colon+1)
		if end >= len(canon) {
			return canon, "", ""
		}
		value := canon[colon+1 : end]
		switch string(canon[at:colon]) {
		case `"page_size"`:
			pageSize = string(value)
		case `"start_cursor"`:
			if value[0] == '"' && len(value) > 2 {
				cursor = spelled(value[1 : len(value)-1])
				logical = without(canon, at, end)
			}
		}
		at = end + 1
	}
	return logical, cursor, pageSize
}

// without is canon without the member at [at, end) and one comma beside it.
func without(canon []byte, at, end int) []byte {
	switch {
	case canon[end] == ',':
		end++
	case canon[at-1] == ',':
		at--
	}
	out := make([]byte, 0, len(canon)-(end-at))
	return append(append(out, canon[:at]...), canon[end:]...)
}

// skipText returns the position after the canonical string at i.
func skipText(canon []byte, i int) int {
	for i++; i < len(canon); i++ {
		switch canon[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(canon)
}

// skipValue returns the position after the canonical value at i.
func skipValue(canon []byte, i int) int {
	for depth := 0; i < len(canon); {
		switch canon[i] {
		case '"':
			i = skipText(canon, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			i++
		case ',':
			if depth == 0 {
				return i
			}
			i++
		default:
			i++
		}
	}
	return len(canon)
}

// spelled is the text of the canonical string whose inside is given.
func spelled(inside []byte) string {
	if bytes.IndexByte(inside, '\\') < 0 {
		return string(inside)
	}
	text := make([]byte, 0, len(inside))
	for i := 0; i < len(inside); {
		if inside[i] != '\\' {
			text = append(text, inside[i])
			i++
			continue
		}
		r, n := escapeAt(inside[i:])
		text = append(text, byte(r)) // only ASCII is escaped
		i += max(n, 1)
	}
	return string(text)
}
