package notion

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const (
	signedEarly = "20260627T165954Z"
	signedLate  = "20260627T175954Z"
)

func utc(s string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return at
}

func TestInspect_linkExpiry(t *testing.T) {
	early := signedURL("a.png", signedEarly, "aa")
	for _, x := range []struct{ what, body, expiry string }{
		{"a file object", `{"cover":{"type":"file","file":{"url":"https://x","expiry_time":"2026-06-27T17:59:54.110Z"}}}`, "2026-06-27T17:59:54.11Z"},
		{"its expiry first", `{"file":{"expiry_time":"2026-06-27T17:59:54.110Z","url":"https://x"}}`, "2026-06-27T17:59:54.11Z"},
		{"in another zone", `{"file":{"url":"https://x","expiry_time":"2026-06-27T19:59:54+02:00"}}`, "2026-06-27T17:59:54Z"},
		{"the first of several", `{"results":[{"file":{"url":"a","expiry_time":"2026-06-27T18:00:00Z"}},{"file":{"url":"a","expiry_time":"2026-06-27T17:00:00Z"}},{"file":{"url":"a","expiry_time":"2026-06-27T19:00:00Z"}}]}`, "2026-06-27T17:00:00Z"},
		{"a link alone", `{"embed":{"url":"` + early + `"}}`, "2026-06-27T17:59:54Z"},
		{"in an array", `{"a":["` + early + `"]}`, "2026-06-27T17:59:54Z"},
		{"in markdown", `{"markdown":"# A\n![](` + early + `)\n"}`, "2026-06-27T17:59:54Z"},
		{"the second one in markdown", `{"markdown":"![](` + signedURL("b", signedLate, "bb") + `) ![](` + early + `)"}`, "2026-06-27T17:59:54Z"},
		{"in HTML", `{"markdown":"<img src=\"` + strings.ReplaceAll(early, "&", "&amp;") + `\">"}`, "2026-06-27T17:59:54Z"},
		{"escaped", `{"url":"` + strings.NewReplacer("&", `\u0026`, "/", `\/`, "?", `\u003f`, "=", `\u003D`).Replace(early) + `"}`, "2026-06-27T17:59:54Z"},
		{"its very name escaped", `{"url":"` + strings.ReplaceAll(early, "X-Amz", `\u0058-A\u006dz`) + `"}`, "2026-06-27T17:59:54Z"},
		{"after a key of that name", `{"X-Amz-Date":"20200101T000000Z","X-Amz-":{"url":"` + early + `"}}`, "2026-06-27T17:59:54Z"},
		{"for a minute", `{"url":"https://x?X-Amz-Expires=60&X-Amz-Date=20260627T165954Z"}`, "2026-06-27T17:00:54Z"},

		{"no links", `{"object":"page"}`, ""},
		{"a file upload", `{"object":"file_upload","url":"x","expiry_time":"2026-06-27T17:59:54.110Z"}`, ""},
		{"a file upload without a link", `{"object":"file_upload","upload_url":"x","expiry_time":"2026-06-27T17:59:54.110Z"}`, ""},
		{"a view query", `{"object":"view_query","expires_at":"2026-06-27T17:59:54.110Z","url":"x"}`, ""},
		{"an expiry without a link", `{"expiry_time":"2026-06-27T17:59:54.110Z"}`, ""},
		{"an expiry beside another object's link", `{"a":{"url":"x"},"expiry_time":"2026-06-27T17:59:54.110Z"}`, ""},
		{"an expiry that is none", `{"url":"x","expiry_time":"soon"}`, ""},
		{"null", `{"url":"x","expiry_time":null}`, ""},
		{"text about links", `{"a":"X-Amz-Date=20260627T165954Z&X-Amz-Expires=3600"}`, ""},
		{"another parameter", `{"a":"https://x?y=X-Amz-Date=20260627T165954Z&X-Amz-Expires=3600"}`, ""},
		{"half of it", `{"a":"https://x?X-Amz-Date=20260627T165954Z","b":"https://x?X-Amz-Expires=3600"}`, ""},
		{"for ever", `{"a":"https://x?X-Amz-Date=20260627T165954Z&X-Amz-Expires=99999999999999999999"}`, ""},
		{"a letter that ends like a question mark", `{"a":"https://x\u013fX-Amz-Date=20260627T165954Z&X-Amz-Expires=60"}`, ""},
		{"no date", `{"a":"https://x?X-Amz-Date=tomorrow&X-Amz-Expires=3600"}`, ""},
		{"no count", `{"a":"https://x?X-Amz-Date=20260627T165954Z&X-Amz-Expires=-5"}`, ""},
	} {
		want := time.Time{}
		if x.expiry != "" {
			want = utc(x.expiry)
		}
		got := inspect(t, x.body).LinkExpiry
		assert.True(t, want.Equal(got), "%s: want %v, got %v", x.what, want, got)
	}
}

// Pairs of bodies that say the same, but for when they were asked for.
func TestInspect_hashLeavesOutSignatures(t *testing.T) {
	for what, body := range map[string]func(at, expiry, signature, request string) string{
		"a file object": func(at, expiry, signature, _ string) string {
			return `{"cover":` + fileObject("a.png", at, expiry, signature) + `}`
		},
		"expiry first": func(at, expiry, signature, _ string) string {
			return `{"file":{"expiry_time":"` + expiry + `","url":"` + signedURL("a", at, signature) + `"},"b":{"url":"` + signedURL("b", at, signature) + `"}}`
		},
		"markdown": func(at, _, signature, request string) string {
			return `{"markdown":"![](` + signedURL("a", at, signature) + `)\n<file src=\"` + strings.ReplaceAll(signedURL("b", at, signature), "&", "&amp;") + `\"> ` + signedURL("c", at, signature) + `.","request_id":"` + request + `"}`
		},
		"a question": func(at, _, signature, _ string) string {
			return `{"markdown":"did you see ` + signedURL("a", at, signature) + `? I did"}`
		},
		"escapes": func(at, _, signature, _ string) string {
			return `{"url":"` + strings.NewReplacer("&", `\u0026`, "/", `\/`).Replace(signedURL("a", at, signature)) + `"}`
		},
		"request_id first":         func(_, _, _, request string) string { return `{"request_id":"` + request + `","object":"page"}` },
		"request_id last":          func(_, _, _, request string) string { return `{"object":"page","request_id":"` + request + `"}` },
		"request_id in the middle": func(_, _, _, request string) string { return `{"a":1, "request_id" : "` + request + `", "b":2}` },
		"request_id alone":         func(_, _, _, request string) string { return `{"request_id":"` + request + `"}` },
		"a link in request_id": func(at, _, signature, _ string) string {
			return `{"request_id":"` + signedURL("a", at, signature) + `"}`
		},
	} {
		first := inspect(t, body(signedEarly, "2026-06-27T17:59:54.110Z", "aa11", "one"))
		second := inspect(t, body(signedLate, "2026-06-27T18:59:54.220Z", "bb2222", "another"))
		assert.Equal(t, first.Hash, second.Hash, what)
	}
}

func TestInspect_hashOfWhatIsLeft(t *testing.T) {
	want := inspect(t, `{"object":"page"}`).Hash
	assert.Equal(t, want, inspect(t, `{"object":"page","request_id":"x"}`).Hash)
	assert.Equal(t, want, inspect(t, `{"request_id":"x","object":"page"}`).Hash)
	assert.Equal(t, inspect(t, `{}`).Hash, inspect(t, `{"request_id":"x"}`).Hash)
}

// Everything else that differs is another hash.
func TestInspect_hashTellsApart(t *testing.T) {
	link := signedURL("a", signedEarly, "aa")
	bare, _, _ := strings.Cut(link, "?")
	seen := map[[32]byte]string{}
	for _, body := range []string{
		`{}`, `{ }`, `{"object":"page"}`, `{"object":"Page"}`,
		`{"a":{"request_id":"x"}}`, `{"a":{"request_id":"y"}}`,
		`{"url":"https://x/a"}`, `{"url":"https://x/a?"}`, `{"url":"https://x/a?b=1"}`, `{"url":"https://x/a?b=2"}`,
		`{"url":"` + link + `"}`, `{"url":"` + signedURL("b", signedEarly, "aa") + `"}`, `{"url":"` + link + `#1"}`, `{"url":"` + link + `."}`,
		`{"url":"` + link + ` and https://x?color=blue&size=11"}`, `{"url":"` + link + ` and https://x?color=blue&size=12"}`, `{"url":"` + bare + `?"}`, `{"url":"` + bare + `"}`, `{"url":"` + link + `)("}`,
		`{"file":{"url":"x","expiry_time":"2026-06-27T17:59:54.110Z"}}`, `{"file":{"url":"x","expiry_time":"soon"}}`, `{"file":{"url":"x","expiry_time":"later"}}`, `{"file":{"url":"x"}}`,
		`{"expiry_time":"2026-06-27T17:59:54.110Z"}`, `{"expiry_time":"2026-06-27T17:59:54.220Z"}`,
		`{"object":"file_upload","url":"x","expiry_time":"2026-06-27T17:59:54.110Z"}`, `{"object":"file_upload","url":"x","expiry_time":"2026-06-27T17:59:54.220Z"}`,
		`{"view_query":{"url":"x","expires_at":"2026-06-27T17:59:54.110Z"}}`, `{"view_query":{"url":"x","expires_at":"2026-06-27T17:59:54.220Z"}}`,
		`{"X-Amz-Signature":"a?X-Amz-Signature"}`, `{"X-Amz-Signature":"b?X-Amz-Signature"}`,
		`{"` + link + `":1}`, `{"` + signedURL("a", signedLate, "aa") + `":1}`, // keys are no links
	} {
		hash := inspect(t, body).Hash
		assert.NotContains(t, seen, hash, fmt.Sprintf("%s and %s", body, seen[hash]))
		seen[hash] = body
	}
}

// No Notion says so, but it must not make us trip.
func TestInspect_twoRequestIDs(t *testing.T) {
	first := inspect(t, `{"request_id":"x","request_id":"y"}`)
	assert.NotEqual(t, first.Hash, inspect(t, `{"request_id":"x","request_id":"z"}`).Hash)
	inspect(t, `{"request_id":"`+signedURL("a", signedEarly, "aa")+`","a":1,"request_id":"`+signedURL("a", signedEarly, "aa")+`"}`)
}

// FuzzLinks puts a link into the middle of any text, signed at any time.
func FuzzLinks(f *testing.F) {
	f.Add("see [this](", ") and that", int64(1782579594), uint16(3600))
	f.Add("", "", int64(0), uint16(1))
	f.Add("https://a?X-Amz-Date=1&", "&x=\\", int64(1782579594), uint16(60))
	f.Fuzz(func(t *testing.T, before, after string, at int64, life uint16) {
		signed := time.Unix(at%(1<<33), 0).UTC()
		link := fmt.Sprintf("https://s3?X-Amz-Date=%s&X-Amz-Expires=%d&X-Amz-Signature=ab", signed.Format("20060102T150405Z"), life)
		body := []byte(`{"markdown":` + quoted(before+" "+link+" "+after) + `}`)
		s := inspect(t, string(body))
		dies := signed.Add(time.Duration(life) * time.Second)
		if life > 0 && signed.Year() >= 1000 {
			assert.False(t, s.LinkExpiry.IsZero())
			assert.False(t, s.LinkExpiry.After(dies))
		}
		assert.True(t, refer(body).expiry.Equal(s.LinkExpiry))

		again := strings.ReplaceAll(link, "Signature=ab", "Signature=cd")
		other := inspect(t, `{"markdown":`+quoted(before+" "+again+" "+after)+`}`)
		assert.Equal(t, s.Hash, other.Hash)
	})
}
