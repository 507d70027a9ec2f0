package notion

// scalar reads a number, true, false or null.
func (s *scanner) scalar(i int) int {
	switch s.body[i] {
	case 't':
		return s.word(i, "true")
	case 'f':
		return s.word(i, "false")
	case 'n':
		return s.word(i, "null")
	}
	return s.number(i)
}

func (s *scanner) word(i int, word string) int {
	end := i + len(word)
	if end > len(s.body) || string(s.body[i:end]) != word {
		return s.bad("a value is none")
	}
	return end
}

// number reads a number (RFC 8259, 6).
func (s *scanner) number(i int) int {
	if s.body[i] == '-' {
		i++
	}
	whole := i
	i = s.digits(i)
	if i == whole || s.body[whole] == '0' && i > whole+1 {
		return s.bad("a value is none")
	}
	if i < len(s.body) && s.body[i] == '.' {
		from := i + 1
		if i = s.digits(from); i == from {
			return s.bad("a number has no digits after its point")
		}
	}
	if i < len(s.body) && s.body[i]|0x20 == 'e' {
		i++
		if i < len(s.body) && (s.body[i] == '+' || s.body[i] == '-') {
			i++
		}
		from := i
		if i = s.digits(from); i == from {
			return s.bad("a number has no digits in its exponent")
		}
	}
	return i
}

func (s *scanner) digits(i int) int {
	for i < len(s.body) && s.body[i]-'0' <= 9 {
		i++
	}
	return i
}
