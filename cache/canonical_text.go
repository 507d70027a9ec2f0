package cache

import (
	"unicode/utf16"
	"unicode/utf8"
)

// text reads what follows a string's opening quote, and writes the string in
// its one spelling.
func (s source) text(out []byte, start int) ([]byte, int) {
	ascii := true
	for i := start; i < len(s); i++ {
		switch char := s[i]; {
		case char == '"':
			if !ascii && !utf8.Valid(s[start:i]) {
				return out, -1
			}
			return append(out, s[start-1:i+1]...), i + 1
		case char == '\\':
			return s.escaped(out, start)
		case char < ' ':
			return out, -1
		case char >= utf8.RuneSelf:
			ascii = false
		}
	}
	return out, -1
}

// escaped is text for strings with escapes.
func (s source) escaped(out []byte, start int) ([]byte, int) {
	out = append(out, '"')
	for i := start; i < len(s); {
		switch char := s[i]; {
		case char == '"':
			return append(out, '"'), i + 1
		case char == '\\':
			r, n := escapeAt(s[i:])
			if n == 0 {
				return out, -1
			}
			out = appendSpelled(out, r)
			i += n
		case char < ' ':
			return out, -1
		default:
			r, n := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && n == 1 {
				return out, -1
			}
			out = append(out, s[i:i+n]...)
			i += n
		}
	}
	return out, -1
}

// escapeAt reads the escape that s begins with: the character and the
// escape's length, 0 where it is none. Half a surrogate pair is none.
func escapeAt(s []byte) (r rune, n int) {
	if len(s) < 2 {
		return 0, 0
	}
	if s[1] != 'u' {
		return plainEscape(s[1])
	}
	r, ok := hex4(s[2:])
	switch {
	case !ok:
		return 0, 0
	case !utf16.IsSurrogate(r):
		return r, 6
	}
	if len(s) < 12 || s[6] != '\\' || s[7] != 'u' {
		return 0, 0
	}
	low, ok := hex4(s[8:])
	pair := utf16.DecodeRune(r, low)
	if !ok || pair == utf8.RuneError {
		return 0, 0
	}
	return pair, 12
}

func plainEscape(char byte) (rune, int) {
	switch char {
	case '"', '\\', '/':
		return rune(char), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	return 0, 0
}

func hex4(s []byte) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for _, char := range s[:4] {
		switch {
		case '0' <= char && char <= '9':
			r = r<<4 | rune(char-'0')
		case 'a' <= char|0x20 && char|0x20 <= 'f':
			r = r<<4 | rune(char|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// appendSpelled appends r as it is spelled in a canonical string: escaped only
// where it must be.
func appendSpelled(out []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	switch {
	case r == '"' || r == '\\':
		return append(out, '\\', byte(r))
	case r < ' ':
		return append(out, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
	}
	return utf8.AppendRune(out, r)
}

// number reads a number (RFC 8259, 6) and keeps its spelling: 1.0 and 1 may be
// two things to Notion.
func (s source) number(out []byte, start int) ([]byte, int) {
	i := start
	if i < len(s) && s[i] == '-' {
		i++
	}
	whole := i
	i = s.digits(i)
	if i == whole || s[whole] == '0' && i > whole+1 {
		return out, -1
	}
	if i < len(s) && s[i] == '.' {
		from := i + 1
		if i = s.digits(from); i == from {
			return out, -1
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		from := i + 1
		if from < len(s) && (s[from] == '+' || s[from] == '-') {
			from++
		}
		if i = s.digits(from); i == from {
			return out, -1
		}
	}
	return append(out, s[start:i]...), i
}

func (s source) digits(i int) int {
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return i
}
