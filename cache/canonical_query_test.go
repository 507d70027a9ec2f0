package cache

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notion"
)

var idKeys = []string{"block_id", "database_id", "data_source_id"}

func TestCanonicalQuery(t *testing.T) {
	const id = "2b7c9d1e0000400080000000000000ff"
	for _, x := range []struct{ what, raw, canon, cursor string }{
		{"none", "", "", ""},
		{"empty pieces", "&&page_size=5&", "page_size=5", ""},
		{"order of keys", "page_size=5&block_id=x", "block_id=x&page_size=5", ""},
		{"order of repeats stays", "filter_properties=b&a=1&filter_properties=a", "a=1&filter_properties=b&filter_properties=a", ""},
		{"spellings of one value", "filter_properties=%7e%61k%40&n=a+b%20c%2Bd", "filter_properties=~ak%40&n=a+b+c%2Bd", ""},
		{"encoded property ids stay encoded once more", "filter_properties=%253FB%253AW", "filter_properties=%253FB%253AW", ""},
		{"no value and an empty one", "a&b=", "a=&b=", ""},
		{"an id with dashes", "block_id=2B7C9D1E-0000-4000-8000-0000000000FF", "block_id=" + id, ""},
		{"an id without", "database_id=" + id, "database_id=" + id, ""},
		{"an id alone without dashes", "block_id=" + strings.ToUpper(id), "block_id=" + id, ""},
		{"one plain parameter", "page_size=100", "page_size=100", ""},
		{"an id where none is expected", "name=2B7C9D1E-0000-4000-8000-0000000000FF", "name=2B7C9D1E-0000-4000-8000-0000000000FF", ""},
		{"the cursor", "page_size=5&start_cursor=s%3A1%3A2&z=1", "page_size=5&z=1", "s:1:2"},
		{"the cursor alone", "start_cursor=s1", "", "s1"},
		{"an empty cursor is no first page", "start_cursor=", "start_cursor=", ""},
		{"one list in brackets", "a%5B%5D=1&a[0]=2&A=3", "A=3&a%5B%5D=1&a%5B0%5D=2", ""},
		{"an ampersand in a value", "a=1%26b=2", "a=1%26b%3D2", ""},
		{"128 parameters", strings.Repeat("a=1&", 128), strings.Repeat("a=1&", 127) + "a=1", ""},
	} {
		canon, cursor, ok := CanonicalQuery(x.raw, idKeys)
		assert.True(t, ok, x.what)
		assert.Equal(t, x.canon, canon, x.what)
		assert.Equal(t, x.cursor, cursor, x.what)
	}
}

func TestCanonicalQuery_noFormForWhatCanBeReadTwoWays(t *testing.T) {
	for _, raw := range []string{
		"a=1;b=2", "a=%", "a=%4", "a=%zz", "%=1", "a=%ff", "a=%c0%af", "a=\xc3\xa9", "a= b", "a=\x00", "a=\x7f",
		"start_cursor=a&start_cursor=a", "start_cursor=&start_cursor=a", "start_cursor=a&start%5Fcursor=",
		strings.Repeat("a=1&", 129),
	} {
		_, _, ok := CanonicalQuery(raw, idKeys)
		assert.False(t, ok, "%q", raw)
	}
	_, _, ok := CanonicalQuery("a=%3B", idKeys)
	assert.True(t, ok, "an encoded semicolon is a letter like any other")
}

func FuzzCanonicalQuery(f *testing.F) {
	for _, seed := range []string{"", "a=1&b=2&a=3", "start_cursor=x&page_size=1", "a%5b=+%2b", "page_size=100", "name=a+b", "name=a/b", "start_cursor=", "block_id=ff", "block_id=2B7C9D1E-0000-4000-8000-0000000000FF", "a;b", "%zz", "a=\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if isCanonical(raw, idKeys) {
			canon, cursor, ok := canonicalQuery(raw, idKeys)
			require.Equal(t, []any{raw, "", true}, []any{canon, cursor, ok}, "taken for its own form")
		}
		canon, cursor, ok := CanonicalQuery(raw, nil)
		if !ok {
			return
		}
		want, err := url.ParseQuery(raw)
		require.NoError(t, err)
		if cursor != "" {
			require.Equal(t, []string{cursor}, want["start_cursor"])
			delete(want, "start_cursor")
		}
		got, err := url.ParseQuery(canon)
		require.NoError(t, err)
		require.Equal(t, want, got)

		again, _, ok := CanonicalQuery(canon, nil)
		require.True(t, ok)
		require.Equal(t, canon, again, "not idempotent")

		// The parameters of one key after those of the other: the same thing.
		pairs := strings.Split(canon, "&")
		slices.SortStableFunc(pairs, func(a, b string) int { return -strings.Compare(base(a), base(b)) })
		other, _, _ := CanonicalQuery(strings.Join(pairs, "&"), nil)
		require.Equal(t, canon, other)
	})
}

func base(pair string) string {
	key, _, _ := strings.Cut(pair, "=")
	key, _, _ = strings.Cut(key, "%5B")
	return key
}

func TestAppendPath(t *testing.T) {
	const dashed, plain = "2B7C9D1E-0000-4000-8000-0000000000FF", "2b7c9d1e0000400080000000000000ff"
	for _, x := range []struct{ what, method, path, want string }{
		{"an id with dashes", "GET", "/v1/pages/" + dashed, "/v1/pages/" + plain},
		{"an id without", "GET", "/v1/pages/" + plain, "/v1/pages/" + plain},
		{"in the middle", "POST", "/v1/data_sources/" + dashed + "/query", "/v1/data_sources/" + plain + "/query"},
		{"two ids", "GET", "/v1/views/" + dashed + "/queries/" + dashed, "/v1/views/" + plain + "/queries/" + plain},
		{"a property's id is none", "GET", "/v1/pages/" + dashed + "/properties/" + dashed, "/v1/pages/" + plain + "/properties/" + dashed},
		{"a property's id stays as it is", "GET", "/v1/pages/" + dashed + "/properties/%3fB%3AW", "/v1/pages/" + plain + "/properties/%3fB%3AW"},
		{"no id", "GET", "/v1/users/me", "/v1/users/me"},
		{"a strange id", "GET", "/v1/pages/Some-Title", "/v1/pages/Some-Title"},
		{"not in the table", "GET", "/v1/nothing/" + dashed, "/v1/nothing/" + dashed},
	} {
		assert.Equal(t, x.want, string(appendPath(nil, notion.Classify(x.method, x.path))), x.what)
	}
}
