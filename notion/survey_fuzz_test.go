package notion

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func FuzzInspect(f *testing.F) {
	for _, r := range workspaceReads() {
		f.Add([]byte(r.body))
	}
	for _, body := range [][]byte{
		[]byte(`{"object":"list","results":[{"type":"image","image":` + fileObject("a.png", "20260627T165954Z", "2026-06-27T17:59:54.110Z", "aa") + `}],"has_more":true,"next_cursor":"s:1"}`),
		[]byte(`{"object":"page_markdown","markdown":"![](` + signedURL("a.png", "20260627T165954Z", "aa") + `)\n<img src=\"https:\/\/b?X-Amz-Date=20260627T165954Z\u0026X-Amz-Expires=60\">","unknown_block_ids":["` + blockID + `"]}`),
		[]byte(`{"a":[1,-0.5e+3,true,false,null,"\ud83d","\u0041é😀"],"b":{"expiry_time":"2026-06-27T17:59:54Z","url":"x"},"object":"file_upload"}`),
		[]byte("{\"a\":\"\xff\"}"), []byte(`{"a":01}`), []byte(`[]`), []byte("\t{} "), []byte(`{"a":"\u12"}`), []byte(`{"":{"":[[]]}}`),
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		valid, ambiguous := isValid(body)
		s, err := Inspect(body)
		require.Equal(t, valid, err == nil, "%q: %v", body, err)
		if err != nil {
			require.Equal(t, Survey{}, s)
			return
		}
		require.Len(t, s.Tags, len(setOf(s.Tags)), "a tag comes twice")
		if !ambiguous {
			compare(t, body, &s)
		}
	})
}

func setOf[T comparable](list []T) map[T]bool {
	set := map[T]bool{}
	for _, e := range list {
		set[e] = true
	}
	return set
}

func compare(t *testing.T, body []byte, s *Survey) {
	t.Helper()
	want := refer(body)
	require.Equal(t, want.tags, setOf(s.Tags), "%q", body)
	require.Equal(t, want.rows, s.Rows, "%q", body)
	require.True(t, want.expiry.Equal(s.LinkExpiry), "%q: want %v, got %v", body, want.expiry, s.LinkExpiry)

	got := setOf(s.Parents)
	for e := range want.edges {
		require.True(t, got[e], "%q lacks %v", body, e)
	}
	for e := range got {
		isNote := e == pageNote(e.Parent) || e.Parent.IsZero() // or so it may be
		require.True(t, want.edges[e] || isNote, "%q has %v", body, e)
	}
	compareTop(t, body, s)
}

func compareTop(t *testing.T, body []byte, s *Survey) {
	t.Helper()
	var top map[string]any
	require.NoError(t, json.Unmarshal(body, &top))
	text := func(key string) string { value, _ := top[key].(string); return value }
	status, _ := top["request_status"].(map[string]any)
	reason, _ := status["incomplete_reason"].(string)
	want := Survey{
		Object: text("object"), Status: text("status"), NextCursor: text("next_cursor"),
		HasMore: top["has_more"] == true, InTrash: top["in_trash"] == true || top["archived"] == true,
		Incomplete: status["type"] == "incomplete", IncompleteReason: reason,
	}
	if want.Object == "list" {
		want.ListType = text("type")
	}
	got := Survey{
		Object: s.Object, Status: s.Status, NextCursor: s.NextCursor, HasMore: s.HasMore, InTrash: s.InTrash,
		Incomplete: s.Incomplete, IncompleteReason: s.IncompleteReason, ListType: s.ListType,
	}
	require.Equal(t, want, got, "%q", body)
}

// FuzzHash changes one byte of a body. If that changes what it says, beyond
// its request_id and its signatures, it must change the hash.
func FuzzHash(f *testing.F) {
	for _, r := range workspaceReads() {
		f.Add([]byte(r.body), uint64(1))
	}
	f.Add([]byte(`{"a":`+fileObject("a.png", "20260627T165954Z", "2026-06-27T17:59:54.110Z", "aa")+`,"request_id":"x","m":"![](`+signedURL("a", "20260627T165954Z", "b")+`) and https://c?d=e."}`), uint64(7))
	f.Add([]byte(`{"request_id":"x"}`), uint64(7))
	f.Fuzz(func(t *testing.T, body []byte, seed uint64) {
		valid, ambiguous := isValid(body)
		if !valid || ambiguous || len(body) == 0 {
			return
		}
		r := rand.New(rand.NewPCG(seed, 0))
		changed := bytes.Clone(body)
		changed[r.IntN(len(changed))] = byte(32 + r.IntN(95))
		valid, ambiguous = isValid(changed)
		if !valid || ambiguous {
			return
		}
		before, err := Inspect(body)
		require.NoError(t, err)
		after, err := Inspect(changed)
		require.NoError(t, err)
		if before.Hash == after.Hash {
			assert.Equal(t, plain(body), plain(changed), "%q and %q", body, changed)
		}
	})
}
