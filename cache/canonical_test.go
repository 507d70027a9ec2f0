package cache

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCanonical_oneFormForOneMeaning(t *testing.T) {
	for _, x := range []struct {
		what, want string
		bodies     []string
	}{
		{"no filter at all", `{}`, []string{``, ` `, "\r\n\t ", `{}`, " { } \n", `{"start_cursor":null}`, `{ "start_cursor" : null }`, `{"start\u005fcursor":null}`}},
		{"a page's size", `{"page_size":50}`, []string{`{"page_size":50}`, `{"page_size": 50, "start_cursor": null}`, `{"start_cursor":null,"page_size":50}`}},
		{"order of keys", `{"a":1,"b":{"c":2,"d":3}}`, []string{`{"b":{"d":3,"c":2},"a":1}`, "{\n  \"a\": 1,\n  \"b\": {\"c\": 2, \"d\": 3}\n}"}},
		{"arrays keep theirs", `{"sorts":[{"d":1,"p":"x"},2,[],"y"]}`, []string{`{"sorts":[{"p":"x","d":1}, 2,[ ],"y"]}`}},
		{"escapes", `{"q":"A/é😀\"\\\u000a"}`, []string{`{"q":"\u0041\/\u00e9\ud83d\ude00\u0022\u005c\n"}`, `{"\u0071":"A/é😀\"\\\u000A"}`}},
		{"a null further down stays", `{"filter":{"start_cursor":null}}`, []string{`{"filter":{"start_cursor":null}}`}},
		{"other nulls stay", `{"filter":null}`, []string{`{"filter":null,"start_cursor":null}`}},
		{"numbers", `{"n":[0,-0,1.50,1e5,1E+5,12345678901234567890]}`, []string{`{"n":[0,-0,1.50,1e5,1E+5,12345678901234567890]}`}},
	} {
		for _, body := range x.bodies {
			canon, ok := Canonical([]byte(body))
			assert.True(t, ok, "%s: %q", x.what, body)
			assert.Equal(t, x.want, string(canon), "%s: %q", x.what, body)
		}
	}
}

func TestCanonical_anotherFormForAnotherMeaning(t *testing.T) {
	seen := map[string]string{}
	for _, body := range []string{
		`{}`, `{"n":1}`, `{"n":1.0}`, `{"n":"1"}`, `{"n":true}`, `{"n":null}`, `{"n":[]}`, `{"n":{}}`, `{"n":[1]}`, `{"n":[1,2]}`, `{"n":[2,1]}`,
		`{"n":""}`, `{"n":" "}`, `{"N":1}`, `{"n ":1}`, `{"start_cursor":""}`, `{"start_cursor":"a"}`, `{"start_cursor":[null]}`,
		`{"n":"é"}`, `{"n":"e\u0301"}`, `{"n":"\\n"}`, `{"n":"\n"}`, `{"a":"b\",\"c\":\"d"}`, `{"a":"b","c":"d"}`, `{"n":"\u0000"}`,
	} {
		canon, ok := Canonical([]byte(body))
		require.True(t, ok, body)
		assert.NotContains(t, seen, string(canon), body)
		seen[string(canon)] = body
	}
}

func TestCanonical_noFormForWhatCanBeReadTwoWays(t *testing.T) {
	for _, x := range []struct{ what, body string }{
		{"a key twice", `{"a":1,"a":1}`},
		{"a key twice, not side by side", `{"a":1,"b":2,"a":1}`},
		{"a key twice, spelled in two ways", `{"a":1,"\u0061":2}`},
		{"a key twice, further down", `{"x":[{"a":1,"a":2}]}`},
		{"the cursor twice", `{"start_cursor":null,"start_cursor":"x"}`},
		{"no JSON", `{"a":}`}, {"half of it", `{"a":1`}, {"a comma too many", `{"a":1,}`}, {"none between", `{"a":1 "b":2}`},
		{"a comma too many", `{"a":[1,]}`}, {"single quotes", `{'a':1}`}, {"no value", `{"a"}`}, {"a word", `{"a":nul}`}, {"a word that begins well", `{"a":nulx}`}, {"no comma in an array", `{"a":[1 2]}`}, {"a semicolon", `{"a":[1;2]}`}, {"the wrong bracket", `{"a":[1}`}, {"no quote", `{a":1}`},
		{"numbers of other languages", `{"a":01}`}, {"", `{"a":.5}`}, {"", `{"a":1.}`}, {"", `{"a":+1}`}, {"", `{"a":0x1}`}, {"", `{"a":1e}`}, {"", `{"a":-}`}, {"", `{"a":NaN}`},
		{"a comment", `{/* */}`},
		{"a byte order mark", "\ufeff{}"},
		{"something behind", `{} {}`}, {"something behind", `{}x`},
		{"no object", `[]`}, {"no object", `null`}, {"no object", `"a"`}, {"no object", `1`},
		{"invalid UTF-8", "{\"a\":\"\xff\"}"}, {"invalid UTF-8 and an escape", "{\"a\":\"\\n\xff\"}"}, {"an overlong slash", "{\"a\":\"\xc0\xaf\"}"},
		{"half a surrogate pair", `{"a":"\ud83d"}`}, {"the other half", `{"a":"\ude00"}`}, {"two first halves", `{"a":"\ud83d\ud83d"}`}, {"half in a key", `{"\ud83d":1}`},
		{"a control character", "{\"a\":\"\n\"}"}, {"the same and an escape", "{\"a\":\"\\n\n\"}"}, {"an unknown escape", `{"a":"\x41"}`}, {"half an escape", `{"a":"\u12"}`}, {"half an escape", `{"a":"\`}, {"half an escape", `{"a":"\u1`}, {"half a pair", `{"a":"\ud83d`}, {"half a pair", `{"a":"\ud83d\u`},
		{"space that JSON doesn't know", "{\u00a0}"}, {"", "{\v}"},
		{"nested too deep", strings.Repeat(`{"a":`, 129) + "1" + strings.Repeat("}", 129)},
		{"nested too deep", `{"a":` + strings.Repeat("[", 128) + strings.Repeat("]", 128) + "}"},
	} {
		canon, ok := Canonical([]byte(x.body))
		assert.False(t, ok, "%s: %q gives %q", x.what, x.body, canon)
	}
}

func TestCanonical_goes128Deep(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 128) + "1" + strings.Repeat("}", 128)
	canon, ok := Canonical([]byte(deep))
	require.True(t, ok)
	assert.Equal(t, deep, string(canon))
}

func TestCanonical_isNotPartOfTheBody(t *testing.T) {
	body := []byte(`{"a":1}`)
	canon, _ := Canonical(body)
	body[2] = 'z'
	assert.Equal(t, `{"a":1}`, string(canon))
}

func TestSplitPaging(t *testing.T) {
	for _, x := range []struct{ what, canon, logical, cursor, size string }{
		{"a first page", `{"filter":{"a":1}}`, `{"filter":{"a":1}}`, "", ""},
		{"alone", `{"start_cursor":"s:1:2"}`, `{}`, "s:1:2", ""},
		{"first", `{"start_cursor":"x","zoo":1}`, `{"zoo":1}`, "x", ""},
		{"last", `{"page_size":100,"start_cursor":"x"}`, `{"page_size":100}`, "x", "100"},
		{"in the middle", `{"a":[1,{"b":","}],"start_cursor":"x","zoo":"}"}`, `{"a":[1,{"b":","}],"zoo":"}"}`, "x", ""},
		{"escapes", `{"start_cursor":"a\"b\\c\u000ad"}`, `{}`, "a\"b\\c\nd", ""},
		{"an empty cursor is no first page", `{"start_cursor":""}`, `{"start_cursor":""}`, "", ""},
		{"nor is a number", `{"start_cursor":5}`, `{"start_cursor":5}`, "", ""},
		{"another object's cursor", `{"filter":{"page_size":1,"start_cursor":"x"}}`, `{"filter":{"page_size":1,"start_cursor":"x"}}`, "", ""},
		{"the size as it is spelled", `{"page_size":"100"}`, `{"page_size":"100"}`, "", `"100"`},
		{"nothing", `{}`, `{}`, "", ""},
	} {
		logical, cursor, size := SplitPaging([]byte(x.canon))
		assert.Equal(t, x.logical, string(logical), x.what)
		assert.Equal(t, x.cursor, cursor, x.what)
		assert.Equal(t, x.size, size, x.what)
	}
}

// SplitPaging is given canonical forms only, but must not trip over others.
func TestSplitPaging_ofWhatIsNoForm(t *testing.T) {
	for _, text := range []string{"", "{", `{"`, `{"a"`, `{"a":`, `{"start_cursor":"x`, `{"start_cursor":"x"`, `{"a":[1}`, `{"a":"\\`, "null"} {
		logical, cursor, size := SplitPaging([]byte(text))
		assert.Equal(t, text, string(logical))
		assert.Empty(t, cursor+size)
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"start_cursor":null,"page_size":1}`, `{"a":1,"\u0061":2}`, `{"b":[1.0,{"y":"\ud83d\ude00","x":null}],"a":"\u0000\/"}`,
		`{"filter":{"and":[{"property":"Ä","select":{"equals":"x"}}]},"sorts":[{"timestamp":"created_time","direction":"ascending"}]}`,
		`{"a":"\ud83d"}`, "{\"a\":\"\xff\"}", `{"start_cursor":"s:1","start_cursor":null}`, `[1]`, `{"a":-0.0e+1}`,
	} {
		f.Add([]byte(seed), uint64(1))
	}
	f.Fuzz(func(t *testing.T, body []byte, seed uint64) {
		canon, ok := Canonical(body)
		want, wantOK := meaningOf(body)
		require.Equal(t, wantOK, ok, "%q", body)
		if !ok {
			return
		}
		// Equal forms mean the same, since a form means what its body does.
		got, gotOK := meaningOf(canon)
		require.True(t, gotOK, "%q", canon)
		require.Equal(t, want, got)

		again, _ := Canonical(canon)
		require.Equal(t, string(canon), string(again), "not idempotent")
		spelled := respell(rand.New(rand.NewPCG(seed, 0)), want)
		other, ok := Canonical(spelled)
		require.True(t, ok, "%q", spelled)
		require.Equal(t, string(canon), string(other), "two spellings of one meaning")

		logical, cursor, _ := SplitPaging(canon)
		rest, _ := meaningOf(logical)
		if cursor != "" {
			require.Equal(t, cursor, want["start_cursor"])
			delete(want, "start_cursor")
		}
		require.Equal(t, want, rest)
	})
}

// meaningOf reads a body with encoding/json, which is slow but somebody
// else's. Strings are strings, numbers json.Number.
func meaningOf(body []byte) (map[string]any, bool) {
	if strings.Trim(string(body), " \t\r\n") == "" {
		return map[string]any{}, true
	}
	if !utf8.Valid(body) || hasHalfPair(body) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	value, err := readValue(d, 0)
	object, ok := value.(map[string]any)
	if err != nil || !ok {
		return nil, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || !json.Valid(body) {
		return nil, false
	}
	if cursor, has := object["start_cursor"]; has && cursor == nil {
		delete(object, "start_cursor")
	}
	return object, true
}

func readValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth++; depth > 128 {
		return nil, errors.New("too deep")
	}
	object, array := map[string]any{}, []any{}
	for d.More() {
		var key any
		if delim == '{' {
			if key, err = d.Token(); err != nil {
				return nil, err
			}
			if _, twice := object[key.(string)]; twice {
				return nil, errors.New("twice")
			}
		}
		value, err := readValue(d, depth)
		if err != nil {
			return nil, err
		}
		if delim == '{' {
			object[key.(string)] = value
		}
		array = append(array, value)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if delim == '{' {
		return object, nil
	}
	return array, nil
}

// hasHalfPair reports whether an escape in the text is half a surrogate pair.
func hasHalfPair(body []byte) bool {
	for i := 0; i+1 < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		i++
		first, ok := escaped16(body, i-1)
		if !ok || !utf16.IsSurrogate(first) {
			continue
		}
		second, ok := escaped16(body, i+5)
		if !ok || utf16.DecodeRune(first, second) == utf8.RuneError {
			return true
		}
		i += 10
	}
	return false
}

func escaped16(body []byte, i int) (rune, bool) {
	if i+6 > len(body) || body[i] != '\\' || body[i+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(body[i+2:i+6]), 16, 16)
	return rune(n), err == nil
}

// respell writes a value in one of the many ways in which JSON can be spelled.
func respell(r *rand.Rand, value any) []byte {
	var b bytes.Buffer
	space := func() { b.WriteString([]string{"", "", " ", "\n\t"}[r.IntN(4)]) }
	switch v := value.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		b.WriteByte('{')
		for i, k := range keys {
			if i > 0 {
				b.WriteByte(',')
			}
			space()
			b.Write(respell(r, k))
			space()
			b.WriteByte(':')
			b.Write(respell(r, v[k]))
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			space()
			b.Write(respell(r, e))
			space()
		}
		b.WriteByte(']')
	case string:
		b.WriteByte('"')
		for _, c := range v {
			b.WriteString(spellRune(r, c))
		}
		b.WriteByte('"')
	case nil:
		b.WriteString("null")
	default:
		fmt.Fprint(&b, v)
	}
	return b.Bytes()
}

func spellRune(r *rand.Rand, c rune) string {
	mustEscape := c < ' ' || c == '"' || c == '\\'
	switch {
	case !mustEscape && r.IntN(3) > 0:
		return string(c)
	case c == '/' || c == '"' || c == '\\':
		return `\` + string(c)
	case c > 0xffff:
		high, low := utf16.EncodeRune(c)
		return fmt.Sprintf(`\u%04x\u%04X`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, c)
}

func BenchmarkCanonical(b *testing.B) {
	for _, x := range []struct{ name, body string }{
		{"query_of_130_bytes", `{"filter":{"property":"Status","status":{"equals":"In progress"}},"page_size":100,"sorts":[{"property":"Due","direction":"ascending"}]}`},
		{"query_of_470_bytes", `{"filter":{"and":[{"property":"Status","status":{"does_not_equal":"Done"}},{"or":[{"property":"Owner","people":{"contains":"6c574cee-ca68-41c8-86e0-1b9e992689fb"}},{"property":"Due","date":{"on_or_before":"2026-07-01"}},{"property":"Notes","rich_text":{"contains":"Größe \"XL\""}}]}]},"sorts":[{"property":"Due","direction":"ascending"},{"timestamp":"last_edited_time","direction":"descending"}],"page_size":100,"start_cursor":"s:2b7c9d1e-0000-4000-8000-000000000000:1"}`},
		{"sorted", `{"page_size":100}`},
	} {
		b.Run(x.name, func(b *testing.B) {
			body := []byte(x.body)
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, ok := Canonical(body); !ok {
					b.Fatal("no form")
				}
			}
		})
	}
}
