package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Bytes is a size, written as a whole number with a unit: 64KiB, 256MiB, 1GB.
// Without a unit it is bytes.
type Bytes int64

// units, largest first, so that String picks the largest that divides.
var units = []struct {
	name string
	size Bytes
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"TB", 1e12},
	{"GB", 1e9},
	{"MB", 1e6},
	{"KB", 1e3},
	{"B", 1},
}

var errNotBytes = errors.New("a size such as 64KiB or 256MiB")

// ParseBytes reads a size. Units are matched in any case. A size that is
// negative, broken or beyond 2^63-1 bytes is an error.
func ParseBytes(s string) (Bytes, error) {
	number, size := s, Bytes(1)
	for _, u := range units {
		if cut, ok := cutSuffixFold(s, u.name); ok {
			number, size = strings.TrimSpace(cut), u.size
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/int64(size) {
		return 0, errNotBytes
	}
	return Bytes(n) * size, nil
}

func cutSuffixFold(s, suffix string) (string, bool) {
	at := len(s) - len(suffix)
	if at < 0 || !strings.EqualFold(s[at:], suffix) {
		return s, false
	}
	return s[:at], true
}

// String writes b in the largest binary unit that divides it, as ParseBytes
// reads it.
func (b Bytes) String() string {
	for _, u := range units {
		if strings.HasSuffix(u.name, "iB") && b != 0 && b%u.size == 0 {
			return strconv.FormatInt(int64(b/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}
