package notiontest

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"strings"
)

// ids makes UUIDs and other random-looking text from a seed, so that two runs
// with one seed that make the same calls in the same order see the same ids.
// It is not safe for concurrent use.
type ids struct{ r *rand.Rand }

func newIDs(seed uint64, stream string) *ids {
	sum := sha256.Sum256([]byte(stream))
	var salt uint64
	for _, b := range sum[:8] {
		salt = salt<<8 | uint64(b)
	}
	return &ids{rand.New(rand.NewPCG(seed, salt))}
}

// uuid makes a version 4 UUID with dashes.
func (s *ids) uuid() string {
	var b [16]byte
	for i := range b {
		b[i] = byte(s.r.Uint32())
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return dashed(hex.EncodeToString(b[:]))
}

func (s *ids) hex(n int) string { return s.from("0123456789abcdef", n) }

func (s *ids) word(n int) string {
	return s.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", n)
}

// propertyID makes an id like Notion's "?B:W", which travels percent-encoded.
func (s *ids) propertyID() string {
	return s.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz:;<=>?@[]^_`{|}~\\", 4)
}

func (s *ids) from(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[s.r.IntN(len(alphabet))]
	}
	return string(b)
}

func dashed(h string) string {
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func undashed(id string) string { return strings.ReplaceAll(id, "-", "") }

// parseID reads a UUID with or without dashes, in any case, as strictly as
// Notion: the variant must be right, but the nil UUID passes (and is then not
// found). Seen in recordings: 12345678-1234-1234-1234-123456789abc is refused.
func parseID(s string) (string, bool) {
	h := strings.ToLower(s)
	if len(h) == 36 {
		if h[8] != '-' || h[13] != '-' || h[18] != '-' || h[23] != '-' {
			return "", false
		}
		h = undashed(h)
	}
	if len(h) != 32 || strings.Trim(h, hexDigits) != "" {
		return "", false
	}
	if h == strings.Repeat("0", 32) {
		return dashed(h), true
	}
	if !strings.ContainsRune("12345678", rune(h[12])) || !strings.ContainsRune("89ab", rune(h[16])) {
		return "", false
	}
	return dashed(h), true
}

// Stamp returns the last twelve hex digits of the request_id of every answer
// that the fake gives to token. An isolation test needs no bookkeeping: an
// answer whose request_id ends in another token's stamp was fetched with that
// other token.
func Stamp(token string) string {
	sum := sha256.Sum256([]byte("stamp:" + token))
	return hex.EncodeToString(sum[:6])
}
