package notion

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// escapes says which escapes a string has.
type escapes uint8

const (
	escaped      escapes = 1 << iota // some
	escapedASCII                     // one that may stand for a letter, such as \u0041
)

// str reads what follows a string's opening quote, to after its closing one.
func (s *scanner) str(i int) (int, escapes) {
	end, high := plainText(s.body, i)
	if end < len(s.body) && s.body[end] == '"' && high&highBits == 0 {
		return end + 1, 0
	}
	return s.oddText(i, end, high)
}

// oddText goes on with the string that began at start from i, where there is
// something else than plain ASCII, or was: high says so.
func (s *scanner) oddText(start, i int, high uint64) (int, escapes) {
	var esc escapes
	for {
		if i >= len(s.body) {
			return s.bad("it ends in the middle of a string"), 0
		}
		switch s.body[i] {
		case '"':
			if high&highBits != 0 && !utf8.Valid(s.body[start:i]) {
				return s.bad("a string is not UTF-8"), 0
			}
			return i + 1, esc
		case '\\':
			n, kind := escapeAt(s.body, i)
			if n == 0 {
				return s.bad("a string has an unknown escape"), 0
			}
			esc |= kind
			i += n
		default:
			return s.bad("a string has a control character"), 0
		}
		more := uint64(0)
		i, more = plainText(s.body, i)
		high |= more
	}
}

const (
	ones     = 0x0101010101010101 // times a byte: eight of it
	highBits = ones * 0x80
)

// plainText finds the first quote, backslash or control character at or after
// i. Eight bytes at a time: most of an answer is text. high has some of
// highBits set where anything before that isn't ASCII.
func plainText(b []byte, i int) (end int, high uint64) {
	rest := b[i:]
	for len(rest) >= 8 {
		w := binary.LittleEndian.Uint64(rest)
		m := endsText(w)
		if m != 0 {
			first := m & -m
			return len(b) - len(rest) + bits.TrailingZeros64(first)>>3, high | w&(first-1)
		}
		high |= w
		rest = rest[8:]
	}
	for len(rest) > 0 && rest[0] != '"' && rest[0] != '\\' && rest[0] >= ' ' {
		high |= uint64(rest[0])
		rest = rest[1:]
	}
	return len(b) - len(rest), high
}

// endsText sets the highest bit of w's first byte that is a quote, a backslash
// or a control character. Bits of later bytes mean nothing.
func endsText(w uint64) uint64 {
	quote := w ^ ones*'"'
	backslash := w ^ ones*'\\'
	return ((quote-ones)&^quote | (backslash-ones)&^backslash | (w-ones*' ')&^w) & highBits
}

// escapeAt returns the length of the escape at b[i], 0 if it is none.
func escapeAt(b []byte, i int) (int, escapes) {
	if i+1 >= len(b) {
		return 0, 0
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, escaped
	case 'u':
		if i+6 > len(b) || hexValue[b[i+2]]|hexValue[b[i+3]]|hexValue[b[i+4]]|hexValue[b[i+5]] > 15 {
			return 0, 0
		}
		if b[i+2] == '0' && b[i+3] == '0' {
			return 6, escaped | escapedASCII
		}
		return 6, escaped
	}
	return 0, 0
}

// unescape appends the text that raw, the inside of a valid JSON string,
// stands for. Halves of surrogate pairs become U+FFFD.
func unescape(text, raw []byte) []byte {
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			text = append(text, raw[i])
			i++
			continue
		}
		r, n := unescapeRune(raw[i:])
		text = utf8.AppendRune(text, r)
		i += n
	}
	return text
}

// unescapeRune reads the escape that raw begins with.
func unescapeRune(raw []byte) (r rune, n int) {
	if raw[1] != 'u' {
		return plainEscapes[raw[1]], 2
	}
	r = hexRune(raw[2:])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
		if pair := utf16.DecodeRune(r, hexRune(raw[8:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

var plainEscapes = [256]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func hexRune(digits []byte) rune {
	return rune(hexValue[digits[0]])<<12 | rune(hexValue[digits[1]])<<8 |
		rune(hexValue[digits[2]])<<4 | rune(hexValue[digits[3]])
}
