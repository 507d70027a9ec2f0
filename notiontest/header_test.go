package notiontest_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

func TestHeaders_areThoseOfRealAnswers(t *testing.T) {
	overPipe(t, func(t *testing.T, w *world, _ *http.Transport) {
		h := w.ok("GET", "/v1/pages/"+w.Page, "").header
		for name, want := range map[string]string{
			"Content-Type":                      "application/json; charset=utf-8",
			"Cf-Cache-Status":                   "DYNAMIC",
			"Server":                            "cloudflare",
			"Strict-Transport-Security":         "max-age=31536000; includeSubDomains; preload",
			"Vary":                              "Accept-Encoding",
			"Content-Security-Policy":           "default-src 'none'",
			"Referrer-Policy":                   "strict-origin-when-cross-origin",
			"X-Content-Type-Options":            "nosniff",
			"X-Dns-Prefetch-Control":            "off",
			"X-Download-Options":                "noopen",
			"X-Frame-Options":                   "SAMEORIGIN",
			"X-Permitted-Cross-Domain-Policies": "none",
			"X-Xss-Protection":                  "0",
			"Alt-Svc":                           `h3=":443"; ma=86400`,
			"Date":                              "Sat, 01 Jan 2000 00:00:00 GMT",
		} {
			assert.Equal(t, want, h.Get(name), name)
		}
		assert.Regexp(t, `^[0-9a-f]{16}-[A-Z]{3}$`, h.Get("Cf-Ray"))
		assert.Regexp(t, `^__cf_bm=.+; HttpOnly; SameSite=None; Secure; Path=/; Domain=notion.com; Expires=Sat, 01 Jan 2000 00:30:00 GMT$`, h.Get("Set-Cookie"))
		for _, absent := range []string{"Cache-Control", "Last-Modified", "Expires", "Age", "Retry-After"} {
			assert.Empty(t, h.Get(absent), absent)
		}
	})
}

// TestETag_isExpressesOverTheWholeBody recomputes the tag as was done for the
// recordings of 2026-09-11.
func TestETag_isExpressesOverTheWholeBody(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	first, second := w.ok("GET", "/v1/pages/"+w.Page, ""), w.ok("GET", "/v1/pages/"+w.Page, "")
	for _, g := range []got{first, second} {
		sum := sha1.Sum([]byte(g.text))
		assert.Equal(t, fmt.Sprintf(`W/"%x-%s"`, len(g.text), base64.StdEncoding.EncodeToString(sum[:])[:27]), g.header.Get("Etag"))
		assert.True(t, strings.HasSuffix(g.text, `,"request_id":"`+g.header.Get("X-Notion-Request-Id")+`"}`), "request_id comes last")
		assert.True(t, strings.HasPrefix(g.text, `{"object":"page","id":"`))
		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, []byte(g.text)))
		assert.Equal(t, compact.String(), g.text)
	}
	assert.NotEqual(t, first.header.Get("Etag"), second.header.Get("Etag"), "the tag never matches, since request_id is new")
}

func TestEncoding_isGzipInChunksWhenAsked(t *testing.T) {
	overPipe(t, func(t *testing.T, w *world, tr *http.Transport) {
		tr.DisableCompression = true
		ask := func(path, accept string) (*http.Response, []byte) {
			r := w.request("GET", path, "")
			if accept != "" {
				r.Header.Set("Accept-Encoding", accept)
			}
			resp, err := tr.RoundTrip(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			data, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			return resp, data
		}
		resp, data := ask("/v1/pages/"+w.Page, "gzip, deflate")
		assert.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
		assert.Equal(t, []string{"chunked"}, resp.TransferEncoding)
		z, err := gzip.NewReader(bytes.NewReader(data))
		require.NoError(t, err)
		plain, err := io.ReadAll(z)
		require.NoError(t, err)
		assert.True(t, json.Valid(plain))

		for _, accept := range []string{"", "br", "gzip;q=0"} {
			resp, data = ask("/v1/pages/"+w.Page, accept)
			assert.Empty(t, resp.Header.Get("Content-Encoding"))
			assert.EqualValues(t, len(data), resp.ContentLength)
		}
		resp, _ = ask("/v1/pages/nope", "gzip")
		assert.Empty(t, resp.Header.Get("Content-Encoding"), "short errors travel as they are")
		resp, _ = ask("/v1/pages/00000000-0000-0000-0000-000000000000", "gzip")
		assert.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
	})
}

func TestTimes_areToTheMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		time.Sleep(59 * time.Second)
		w.SetTitle(w.Page, "A")
		g := w.ok("GET", "/v1/pages/"+w.Page, "")
		assert.Equal(t, "2000-01-01T00:00:00.000Z", g.at("last_edited_time"), "an edit within the minute does not show")
		time.Sleep(time.Second)
		w.SetTitle(w.Page, "B")
		g = w.ok("GET", "/v1/pages/"+w.Page, "")
		assert.Equal(t, "2000-01-01T00:01:00.000Z", g.at("last_edited_time"))
		assert.Equal(t, "2000-01-01T00:00:00.000Z", g.at("created_time"))
	})
}

func TestURLs_areTheNewOnes(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	assert.Equal(t, "https://app.notion.com/p/Team-Home-"+strings.ReplaceAll(w.Page, "-", ""), w.ok("GET", "/v1/pages/"+w.Page, "").at("url"))
	assert.Equal(t, "https://app.notion.com/p/"+strings.ReplaceAll(w.Database, "-", ""), w.ok("GET", "/v1/databases/"+w.Database, "").at("url"))
}

func TestFiles_haveURLsThatAreSignedForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		time.Sleep(1500 * time.Millisecond)
		g := w.ok("GET", "/v1/blocks/"+w.Image, "")
		link, err := url.Parse(g.at("image", "file", "url").(string))
		require.NoError(t, err)
		assert.Equal(t, "prod-files-secure.s3.us-west-2.amazonaws.com", link.Host)
		assert.Equal(t, "20000101T000001Z", link.Query().Get("X-Amz-Date"))
		assert.Equal(t, "3600", link.Query().Get("X-Amz-Expires"))
		assert.Equal(t, "2000-01-01T01:00:01.500Z", g.at("image", "file", "expiry_time"))
		assert.Equal(t, "file", g.at("image", "type"))

		time.Sleep(time.Second)
		again, err := url.Parse(w.ok("GET", "/v1/blocks/"+w.Image, "").at("image", "file", "url").(string))
		require.NoError(t, err)
		assert.Equal(t, link.Path, again.Path)
		assert.NotEqual(t, link.RawQuery, again.RawQuery)
		assert.Contains(t, w.ok("GET", "/v1/pages/"+w.Page+"/markdown", "").at("markdown"), again.String())
	})
}

func TestStamp_tellsForWhomAnAnswerWasMade(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	w.AddToken("ntn_second", w.Bot)
	for _, token := range []string{w.Token, "ntn_second", "ntn_nobody"} {
		g := w.with(token).do("GET", "/v1/users/me", "")
		assert.True(t, strings.HasSuffix(g.at("request_id").(string), notiontest.Stamp(token)))
	}
	assert.NotEqual(t, notiontest.Stamp(w.Token), notiontest.Stamp("ntn_second"))
}

func TestSeed_decidesEverything(t *testing.T) {
	run := func(seed uint64) string {
		var out string
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, notiontest.Options{Seed: seed})
			w.ok("POST", "/v1/pages", `{"parent":{"page_id":"`+w.Page+`"},"properties":{"title":[{"text":{"content":"x"}}]}}`)
			out = w.ok("POST", "/v1/search", `{"page_size":3}`).text + w.WindowEnd(w.Bot).String()
		})
		return out
	}
	first, again, other := run(1), run(1), run(2)
	assert.Equal(t, first, again)
	assert.NotEqual(t, first, other)
}
