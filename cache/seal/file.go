package seal

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const secretBytes = 32

// A Ring holds the keys of all secrets that are known: those of the first are
// used for what is sealed from now on, the others open what is older. It is
// never empty.
type Ring []*Keys

// Newest are the keys to seal with.
func (r Ring) Newest() *Keys { return r[0] }

// ReadOrMake reads the secrets in a file, and makes one with a new secret if
// there is none. Of several processes that do so at once, all end with the
// same secret. The warning is for people: others than the owner can read it.
func ReadOrMake(path string) (ring Ring, warning string, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = create(path); err == nil {
			text, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the secret file: %w", err)
	}
	if ring, err = parse(text); err != nil {
		return nil, "", fmt.Errorf("reading the secret file %s: %w", path, err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		warning = fmt.Sprintf("others than its owner can read the secret file %s; set its mode to 0600", path)
	}
	return ring, warning, nil
}

// parse reads one secret a line, 64 hex digits, the newest first. Empty lines
// and those that begin with # say nothing.
func parse(text []byte) (Ring, error) {
	var ring Ring
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		secret, err := hex.DecodeString(line)
		if err != nil || len(secret) != secretBytes {
			return nil, fmt.Errorf("line %d is not %d hex digits", n, 2*secretBytes) // and is not quoted
		}
		keys, err := NewKeys(secret)
		if err != nil {
			return nil, err
		}
		ring = append(ring, keys)
	}
	if err := lines.Err(); err != nil {
		return nil, errors.New("a line is too long")
	}
	if len(ring) == 0 {
		return nil, errors.New("it holds no secret")
	}
	return ring, nil
}

// create makes the file with a new secret, whole or not at all. It is no error
// if somebody else was faster.
func create(path string) error {
	var secret [secretBytes]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString(hex.EncodeToString(secret[:]) + "\n")
	err = errors.Join(err, draft.Sync(), draft.Close())
	if err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
