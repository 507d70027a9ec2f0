// Package seal keeps what leaves this process's memory unreadable: for whoever
// has the file or a dump of the server, and for everybody but the one whose it
// is.
//
//	secret ---HKDF--> names    HMAC: what things are called
//	       ---HKDF--> own box  AES-256-GCM: what the proxy keeps for itself
//	       ---HKDF--> salt --+
//	token -------------------+-HKDF--> box  AES-256-GCM: what the token was shown
//
// A box for a token opens with the token itself: neither its digest nor the
// secret suffices. The name of what is sealed is part of the seal, so that a
// mixed-up reply opens nothing.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// format is the first byte of what is sealed. What begins otherwise is taken
// for something that does not open.
const format = 1

// maxBoxes bounds how many tokens' boxes are at hand: a few MB.
const maxBoxes = 10_000

// ErrSealed is what Open returns for whatever does not open: another's, another
// name's, a damaged one, one of a format nobody knows.
var ErrSealed = errors.New("what is stored does not open")

// Keys are what follows from one secret. They are safe for concurrent use.
type Keys struct {
	names sync.Pool // of *namer
	salt  []byte
	own   *Box

	mu    sync.Mutex
	boxes *simplelru.LRU[[32]byte, *Box] // by the digest of the authorization
}

// NewKeys derives the keys of a secret of at least 32 random bytes.
func NewKeys(secret []byte) (*Keys, error) {
	if len(secret) < secretBytes {
		return nil, fmt.Errorf("a secret has %d bytes; want %d at least", len(secret), secretBytes)
	}
	k := &Keys{salt: derive(secret, nil, "entries")}
	names := derive(secret, nil, "names")
	k.names.New = func() any { return &namer{mac: hmac.New(sha256.New, names)} }
	k.own = newBox(derive(secret, nil, "own"))
	k.boxes, _ = simplelru.NewLRU[[32]byte, *Box](maxBoxes, nil)
	return k, nil
}

// derive is HKDF with SHA-256 (RFC 5869) to a key of 32 bytes.
func derive(secret, salt []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, salt, "notionproxy 1 "+purpose, sha256.Size)
	if err != nil {
		panic(err) // it is for lengths that no hash can give
	}
	return key
}

// A Name is what something is called where it is kept. It tells nothing of
// what that is.
type Name [32]byte

// Name is the name of a thing of that kind. Equal kinds and parts have equal
// names; without the secret nobody can tell of which parts a name is.
func (k *Keys) Name(kind string, parts ...[]byte) Name {
	w := k.names.Get().(*namer)
	defer k.names.Put(w)
	w.text = appendPart(w.text[:0], kind)
	for _, p := range parts {
		w.text = appendPart(w.text, p)
	}
	w.mac.Reset()
	_, _ = w.mac.Write(w.text) // a hash never fails
	w.sum = w.mac.Sum(w.sum[:0])
	return Name(w.sum)
}

// A namer makes names. It is kept for the next one: its key costs half of a
// name's time.
type namer struct {
	mac       hash.Hash
	text, sum []byte
}

// appendPart writes the part's length before it, so that no two lists of parts
// run together into one name.
func appendPart[T string | []byte](b []byte, part T) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(part))), part...)
}

// Own is the box for what the proxy keeps for itself. Whoever has the secret
// can open it.
func (k *Keys) Own() *Box { return k.own }

// Box is the box for what was shown to the bearer of that authorization.
func (k *Keys) Box(authorization string) *Box {
	digest := sha256.Sum256([]byte(authorization))
	k.mu.Lock()
	defer k.mu.Unlock()
	if b, ok := k.boxes.Get(digest); ok {
		return b
	}
	b := newBox(derive([]byte(authorization), k.salt, "entry"))
	k.boxes.Add(digest, b)
	return b
}

// A Box seals and opens. It is safe for concurrent use.
type Box struct {
	aead cipher.AEAD

	// exact is the same with the nonce apart, so that what is sealed can be
	// opened where it lies. It is nil where Go is told to be strict about FIPS
	// 140, which knows no such thing.
	exact cipher.AEAD
}

func newBox(key []byte) *Box {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // it is for keys of a wrong length
	}
	// A nonce of 96 random bits: one key may seal 2^32 times (NIST SP 800-38D,
	// 8.3), which a token takes forty years for at its 180 calls a minute.
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	exact, err := cipher.NewGCM(block)
	if err != nil {
		exact = nil
	}
	return &Box{aead, exact}
}

// Overhead is by how many bytes sealing lengthens.
func (b *Box) Overhead() int { return 1 + b.aead.Overhead() }

// Seal appends the sealed plain to dst. It opens under the same name only, with
// the same parts beside it, which are kept in the open.
func (b *Box) Seal(dst, plain []byte, name Name, open ...[]byte) []byte {
	return b.aead.Seal(append(dst, format), nil, plain, bound(name, open))
}

// Open appends to dst what was sealed. The error is ErrSealed.
func (b *Box) Open(dst, sealed []byte, name Name, open ...[]byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != format {
		return nil, ErrSealed
	}
	plain, err := b.aead.Open(dst, nil, sealed[1:], bound(name, open))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// OpenInPlace is Open without memory of its own: what was sealed takes the
// place of sealed, which is lost.
func (b *Box) OpenInPlace(sealed []byte, name Name, open ...[]byte) ([]byte, error) {
	if b.exact == nil || len(sealed) < b.Overhead() || sealed[0] != format {
		return b.Open(sealed[min(1, len(sealed)):][:0], sealed, name, open...)
	}
	nonce, body := sealed[1:][:b.exact.NonceSize()], sealed[1+b.exact.NonceSize():]
	plain, err := b.exact.Open(body[:0], nonce, body, bound(name, open))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// bound is what is sealed along.
func bound(name Name, open [][]byte) []byte {
	size := 1 + len(name)
	for _, part := range open {
		size += 8 + len(part)
	}
	b := append(make([]byte, 0, size), format)
	b = append(b, name[:]...)
	for _, part := range open {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}
