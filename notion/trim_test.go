package notion

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTrimBase_findsThePathThatWasMeant(t *testing.T) {
	for _, row := range []struct{ what, path, want string }{
		{"nothing to do", "/v1/search", "/v1/search"},
		{"base ends in a slash", "//v1/search", "/v1/search"},
		{"in several", "////v1/search", "/v1/search"},
		{"base ends in /v1", "/v1/v1/search", "/v1/search"},
		{"in /v1/", "/v1//v1/search", "/v1/search"},
		{"all of it", "///v1/v1/search", "/v1/search"},
		{"thrice", "/v1/v1/v1/search", "/v1/search"},
		{"only the version", "/v1/v1", "/v1"},
		{"only the version and a slash", "/v1/v1/", "/v1/"},
		{"no version", "//users/me", "/users/me"},
		{"nothing", "", ""},
		{"the root", "/", "/"},
		{"slashes after the version are the gate's matter", "/v1//search", "/v1//search"},
		{"slashes further on too", "/v1/v1/pages//x/", "/v1/pages//x/"},
		{"something like a version", "/v1/v10/v1", "/v1/v10/v1"},
		{"something like a version first", "/v10/v1/x", "/v10/v1/x"},
		{"escapes stay", "//v1/v1/pages/%2F%2e", "/v1/pages/%2F%2e"},
		{"an encoded version is none", "/v1/%76%31/x", "/v1/%76%31/x"},
		{"OPTIONS asks for a star", "*", "*"},
	} {
		assert.Equal(t, row.want, TrimBase(row.path), row.what)
	}
}
