package main

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// A secretFile is a file with one token or secret in it, kept up to date. It
// is safe for concurrent use, but for reload, which one goroutine calls.
type secretFile struct {
	key   string // the setting that names it
	path  string
	least int // characters that it must have
	value atomic.Pointer[string]
}

// openSecretFile reads the secret for the first time; it must have so many
// characters. The error says what is wrong and never what is in the file.
func openSecretFile(key, path string, least int) (*secretFile, error) {
	f := &secretFile{key: key, path: path, least: least}
	f.value.Store(new(string))
	if _, err := f.reload(); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return f, nil
}

func (f *secretFile) name() string { return f.key }

// Value is the secret that the file held when it last held a good one.
func (f *secretFile) Value() string { return *f.value.Load() }

func (f *secretFile) reload() (bool, error) {
	b, err := readFile(f.path)
	if err != nil {
		return false, err
	}
	secret, err := secretIn(string(b))
	if err == nil && len(secret) < f.least {
		err = fmt.Errorf("holds a token of less than %d characters", f.least)
	}
	if err != nil {
		return false, fmt.Errorf("%s %w", f.path, err)
	}
	return *f.value.Swap(&secret) != secret, nil
}

const maxSecretBytes = 4096

// secretIn takes the secret out of a file's text: one word, with whatever
// space an editor left around it.
func secretIn(text string) (string, error) {
	secret := strings.TrimSpace(text)
	switch {
	case secret == "":
		return "", errors.New("is empty")
	case len(secret) > maxSecretBytes, strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", errors.New("holds something else than one token")
	}
	return secret, nil
}
