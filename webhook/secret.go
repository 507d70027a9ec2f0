package webhook

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// lookAgain is how often the file is looked at: another replica may have taken
// the handshake.
const lookAgain = time.Second

// A SecretFile holds the verification token, which signs every event. It need
// not exist: the handshake makes it. It is safe for concurrent use.
type SecretFile struct {
	path string

	mu     sync.Mutex
	token  string
	looked time.Time
	stamp  time.Time // the file's, when it was read
	size   int64
}

// OpenSecretFile reads the token, if the file is there. The error never says
// what is in it.
func OpenSecretFile(path string) (*SecretFile, error) {
	f := &SecretFile{path: path}
	return f, f.read(time.Now())
}

// Path is where the file is.
func (f *SecretFile) Path() string { return f.path }

// value is the token, "" where there is none. A file that can't be read leaves
// it as it was.
func (f *SecretFile) value() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); now.Sub(f.looked) >= lookAgain || now.Before(f.looked) {
		_ = f.read(now)
	}
	return f.token
}

// read reads the file if it has changed. Call it locked.
func (f *SecretFile) read(now time.Time) error {
	f.looked = now
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.token, f.stamp, f.size = "", time.Time{}, 0
		return nil
	case err != nil:
		return fmt.Errorf("reading the verification token: %w", err)
	case info.ModTime().Equal(f.stamp) && info.Size() == f.size:
		return nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("reading the verification token: %w", err)
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxToken+3))
	if err != nil {
		return fmt.Errorf("reading the verification token: %w", err)
	}
	token := strings.TrimSpace(string(b))
	if !isToken(token) {
		return fmt.Errorf("reading the verification token: %s holds something else", f.path)
	}
	f.token, f.stamp, f.size = token, info.ModTime(), info.Size()
	return nil
}

// prepare sees to it that there is a place for the token, and says if there is
// none.
func (f *SecretFile) prepare() error {
	temp, err := f.draft()
	if err != nil {
		return err
	}
	return errors.Join(temp.Close(), os.Remove(temp.Name()))
}

// draft is a new file beside the one that it will become, in a directory that
// is made if need be.
func (f *SecretFile) draft() (*os.File, error) {
	dir := filepath.Dir(f.path)
	err := os.MkdirAll(dir, 0o700)
	var temp *os.File
	if err == nil {
		temp, err = os.CreateTemp(dir, ".webhook-*") // 0600 from the start
	}
	if err != nil {
		return nil, fmt.Errorf("keeping the verification token: %w", err)
	}
	return temp, nil
}

// set puts a token into the file, for this user's eyes only. Half a file is
// never seen.
func (f *SecretFile) set(token string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	temp, err := f.draft()
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // gone already if all went well
	_, err = temp.WriteString(token + "\n")
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("keeping the verification token: %w", err)
	}
	f.stamp = time.Time{}
	return f.read(time.Now())
}
