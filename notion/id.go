package notion

import "encoding/hex"

// An ID names a page, block, database, data source, view, comment, user or
// file upload: they share one namespace, and a page's id is also the id of a
// block. The zero ID is none. IDs are compared with ==.
type ID [16]byte

// IsZero reports whether id is no id.
func (id ID) IsZero() bool { return id == ID{} }

// String returns id in Notion's own form: lower case, with dashes.
func (id ID) String() string {
	var b [36]byte
	id.encode(b[:])
	return string(b[:])
}

// AppendText appends id's String to b.
func (id ID) AppendText(b []byte) ([]byte, error) {
	var text [36]byte
	id.encode(text[:])
	return append(b, text[:]...), nil
}

func (id ID) encode(b []byte) {
	hex.Encode(b[0:8], id[0:4])
	b[8] = '-'
	hex.Encode(b[9:13], id[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], id[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], id[8:10])
	b[23] = '-'
	hex.Encode(b[24:36], id[10:16])
}

// ParseID reads an id with or without dashes, in any case, and reports whether
// s is one. Both forms are Notion's (2026-09); dashes anywhere else are not.
// The nil uuid is no id, since it names nothing. It does not allocate.
func ParseID[T ~string | ~[]byte](s T) (ID, bool) {
	switch len(s) {
	case 32:
		return parsePlain(s)
	case 36:
		return parseDashed(s)
	}
	return ID{}, false
}

func parsePlain[T ~string | ~[]byte](s T) (ID, bool) {
	var id ID
	for i := range id {
		hi, lo := hexValue[s[2*i]], hexValue[s[2*i+1]]
		if hi|lo > 15 {
			return ID{}, false
		}
		id[i] = hi<<4 | lo
	}
	return id, !id.IsZero()
}

// dashedAt is where each byte's two digits stand in the dashed form.
var dashedAt = [16]uint8{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

func parseDashed[T ~string | ~[]byte](s T) (ID, bool) {
	if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, false
	}
	var id ID
	for i, at := range dashedAt {
		hi, lo := hexValue[s[at]], hexValue[s[at+1]]
		if hi|lo > 15 {
			return ID{}, false
		}
		id[i] = hi<<4 | lo
	}
	return id, !id.IsZero()
}

// hexValue is the value of a hexadecimal digit, 255 for every other byte.
var hexValue = hexValues()

func hexValues() (values [256]uint8) {
	for i := range values {
		values[i] = 255
	}
	for i := range uint8(10) {
		values['0'+i] = i
	}
	for i := range uint8(6) {
		values['a'+i] = 10 + i
		values['A'+i] = 10 + i
	}
	return values
}
