package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testKeys(t testing.TB, fill string) *Keys {
	k, err := NewKeys([]byte(strings.Repeat(fill, secretBytes)))
	require.NoError(t, err)
	return k
}

func TestOnlyTheTokenUnderTheSecretAndTheNameOpens(t *testing.T) {
	k := testKeys(t, "s")
	name, head := k.Name("entry", []byte("q")), []byte("head")
	sealed := k.Box("Bearer a").Seal([]byte("before"), []byte("plain"), name, head)[len("before"):]
	assert.NotContains(t, string(sealed), "plain")

	plain, err := testKeys(t, "s").Box("Bearer a").Open(nil, sealed, name, head)
	require.NoError(t, err)
	assert.Equal(t, "plain", string(plain))

	digest := sha256.Sum256([]byte("Bearer a"))
	for what, open := range map[string]func() ([]byte, error){
		"another token":    func() ([]byte, error) { return k.Box("Bearer b").Open(nil, sealed, name, head) },
		"the digest":       func() ([]byte, error) { return k.Box(string(digest[:])).Open(nil, sealed, name, head) },
		"the secret alone": func() ([]byte, error) { return k.Own().Open(nil, sealed, name, head) },
		"another secret":   func() ([]byte, error) { return testKeys(t, "z").Box("Bearer a").Open(nil, sealed, name, head) },
		"another name": func() ([]byte, error) {
			return k.Box("Bearer a").Open(nil, sealed, k.Name("entry", []byte("r")), head)
		},
		"another head": func() ([]byte, error) { return k.Box("Bearer a").Open(nil, sealed, name, []byte("Head")) },
		"no head":      func() ([]byte, error) { return k.Box("Bearer a").Open(nil, sealed, name) },
		"another format": func() ([]byte, error) {
			return k.Box("Bearer a").Open(nil, append([]byte{format + 1}, sealed[1:]...), name, head)
		},
		"a cut one": func() ([]byte, error) { return k.Box("Bearer a").Open(nil, sealed[:len(sealed)-1], name, head) },
		"nothing":   func() ([]byte, error) { return k.Box("Bearer a").Open(nil, nil, name, head) },
	} {
		_, err := open()
		assert.ErrorIs(t, err, ErrSealed, what)
	}
}

func TestNamesTellTheirPartsApart(t *testing.T) {
	k := testKeys(t, "s")
	seen := map[Name]bool{}
	for _, parts := range [][][]byte{{}, {nil}, {[]byte("ab")}, {[]byte("a"), []byte("b")}, {[]byte("b"), []byte("a")}} {
		for _, kind := range []string{"entry", "tag"} {
			n := k.Name(kind, parts...)
			assert.False(t, seen[n], "%s %q", kind, parts)
			seen[n] = true
			assert.Equal(t, n, k.Name(kind, parts...))
			assert.NotEqual(t, n, testKeys(t, "z").Name(kind, parts...))
		}
	}
}

func TestTheFirstStartMakesASecretAndAllShareIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "secret")
	names := make([]Name, 8)
	var all sync.WaitGroup
	for i := range names {
		all.Go(func() {
			ring, warning, err := ReadOrMake(path)
			if assert.NoError(t, err) {
				assert.Empty(t, warning)
				names[i] = ring.Newest().Name("x")
			}
		})
	}
	all.Wait()
	for _, n := range names {
		assert.Equal(t, names[0], n)
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, left, 1)
}

func TestOlderSecretsStillOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	before, _, err := ReadOrMake(path)
	require.NoError(t, err)
	name := before.Newest().Name("x")
	sealed := before.Newest().Own().Seal(nil, []byte("plain"), name)

	old, err := os.ReadFile(path)
	require.NoError(t, err)
	rotated := "# the new one\n" + strings.Repeat("ab", secretBytes) + "\n\n" + string(old)
	require.NoError(t, os.WriteFile(path, []byte(rotated), 0o644))
	require.NoError(t, os.Chmod(path, 0o644))
	after, warning, err := ReadOrMake(path)
	require.NoError(t, err)
	assert.Contains(t, warning, "0600")
	require.Len(t, after, 2)
	_, err = after.Newest().Own().Open(nil, sealed, name)
	assert.ErrorIs(t, err, ErrSealed)
	plain, err := after[1].Own().Open(nil, sealed, name)
	require.NoError(t, err)
	assert.Equal(t, "plain", string(plain))
}

func TestABadSecretFileIsRefusedAndNotQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "no secret",
		"# nothing\n":              "no secret",
		"hunter2\n":                "line 1 is not 64 hex digits",
		strings.Repeat("ab", 31):   "line 1 is not 64 hex digits",
		strings.Repeat("q", 70000): "too long",
	} {
		path := filepath.Join(t.TempDir(), "secret")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, _, err := ReadOrMake(path)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestOpenInPlaceOpensWhatOpenOpensAndNothingElse(t *testing.T) {
	k := testKeys(t, "s")
	name, head := k.Name("entry", []byte("q")), []byte("head")
	for _, strict := range []bool{false, true} {
		box := *k.Box("Bearer a")
		if strict { // as where Go is told to be strict about FIPS 140
			box.exact = nil
		}
		sealed := func() []byte { return box.Seal(nil, []byte("plain"), name, head) }

		plain, err := box.OpenInPlace(sealed(), name, head)
		require.NoError(t, err)
		assert.Equal(t, "plain", string(plain))
		_, err = box.OpenInPlace(sealed(), name)
		assert.ErrorIs(t, err, ErrSealed, "no head")
		for at := range sealed() {
			damaged := sealed()
			damaged[at] ^= 1
			_, err = box.OpenInPlace(damaged, name, head)
			assert.ErrorIs(t, err, ErrSealed, "byte %d is another", at)
			_, err = box.OpenInPlace(sealed()[:at], name, head)
			assert.ErrorIs(t, err, ErrSealed, "%d bytes of it", at)
		}
	}
}

// What is on disks and in Redis is found by these names: they must not change.
func TestNamesAreWhatTheyWere(t *testing.T) {
	k := testKeys(t, "s")
	mac := hmac.New(sha256.New, derive([]byte(strings.Repeat("s", secretBytes)), nil, "names"))
	mac.Write([]byte("\x00\x00\x00\x00\x00\x00\x00\x05entry\x00\x00\x00\x00\x00\x00\x00\x02ab\x00\x00\x00\x00\x00\x00\x00\x00"))
	name := k.Name("entry", []byte("ab"), nil)
	assert.Equal(t, mac.Sum(nil), name[:])
}
