package notiontest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

func TestSearch_lagsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{SearchLag: 20 * time.Second})
		find := func(q string) int { return len(w.ok("POST", "/v1/search", `{"query":"`+q+`"}`).list()) }
		assert.Equal(t, 1, find("team home"), "what a test made is there at once")

		w.ok("POST", "/v1/pages", `{"parent":{"page_id":"`+w.Page+`"},"properties":{"title":`+words("Zebra")+`}}`)
		w.SetTitle(w.Page, "Renamed")
		time.Sleep(20*time.Second - 1)
		assert.Zero(t, find("zebra"))
		assert.Equal(t, 1, find("team home"), "by its old name")
		time.Sleep(time.Nanosecond)
		assert.Equal(t, 1, find("zebra"))
		assert.Zero(t, find("team home"))

		w.Trash(w.Page)
		assert.Equal(t, 1, find("zebra"))
		time.Sleep(20 * time.Second)
		assert.Zero(t, find("zebra"), "what is below goes too")
		assert.Len(t, w.ok("POST", "/v1/search", `{"query":"zebra","filter":{"in_trash":true}}`).list(), 1)
	})
}

func TestSearch_ordersByLastEdit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		for _, i := range []int{4, 2, 7} {
			time.Sleep(time.Minute)
			w.SetProperty(w.Rows[i], "Estimate", 1.0)
		}
		time.Sleep(time.Minute)
		g := w.ok("POST", "/v1/search", `{"query":"task ","page_size":3}`)
		assert.Equal(t, []string{"Task 8", "Task 3", "Task 5"}, g.titles())
		g = w.ok("POST", "/v1/search", `{"query":"task ","sort":{"timestamp":"last_edited_time","direction":"ascending"}}`)
		assert.Equal(t, "Task 8", g.titles()[11])
	})
}

func TestUsers_areListedWithThoseThatAreBots(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	g := w.ok("GET", "/v1/users?page_size=2", "")
	assert.Equal(t, "Ada Lovelace", g.at("results", 0, "name"))
	g = w.ok("GET", "/v1/users?page_size=2&start_cursor="+g.at("next_cursor").(string), "")
	assert.Equal(t, "bot", g.at("results", 0, "type"))
	me := w.ok("GET", "/v1/users/me", "")
	assert.Equal(t, w.Bot, me.at("id"))
	assert.Equal(t, map[string]any{"owner": map[string]any{"type": "workspace", "workspace": true}, "workspace_id": w.Workspace,
		"workspace_name": "Acme", "workspace_limits": map[string]any{"max_file_upload_size_in_bytes": 5242880.0}}, me.at("bot"))
	w.AddToken("ntn_public", w.AddConnection(notiontest.ConnectionOptions{Workspace: w.Workspace, Owner: w.People[0]}))
	assert.Equal(t, w.People[0], w.with("ntn_public").ok("GET", "/v1/users/me", "").at("bot", "owner", "user", "id"))
	assert.Equal(t, "shipit", w.ok("GET", "/v1/custom_emojis?name=shipit", "").at("results", 0, "name"))
	assert.Empty(t, w.ok("GET", "/v1/custom_emojis?name=other", "").list())
}

func TestComments_liveOnPagesAndBlocks(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	list := func(id string) got { return w.ok("GET", "/v1/comments?block_id="+id, "") }
	assert.Equal(t, "Looks good to me.", list(w.Page).at("results", 0, "rich_text", 0, "plain_text"))

	g := w.ok("POST", "/v1/comments", `{"parent":{"block_id":"`+w.Blocks[0]+`"},"rich_text":`+words("Why?")+`}`)
	assert.Equal(t, map[string]any{"type": "block_id", "block_id": w.Blocks[0]}, g.at("parent"))
	w.ok("POST", "/v1/comments", `{"discussion_id":"`+g.at("discussion_id").(string)+`","markdown":"Because."}`)
	assert.Len(t, list(w.Blocks[0]).list(), 2)
	assert.Len(t, list(w.Page).list(), 1)

	path := "/v1/comments/" + g.at("id").(string)
	w.ok("PATCH", path, `{"rich_text":`+words("How?")+`}`)
	assert.Equal(t, "How?", w.ok("GET", path, "").at("rich_text", 0, "plain_text"))
	w.ok("DELETE", path, "")
	assert.Equal(t, 404, w.do("GET", path, "").status)
	assert.Len(t, list(w.Blocks[0]).list(), 1)
}

func TestViews_areQueriedForAQuarterOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		view := w.ok("POST", "/v1/views", `{"data_source_id":"`+w.DataSource+`","name":"Done","type":"table","filter":{"property":"Done","checkbox":{"equals":true}}}`)
		path := "/v1/views/" + view.at("id").(string)
		assert.Len(t, w.ok("GET", "/v1/views?data_source_id="+w.DataSource, "").list(), 2)
		w.ok("PATCH", path, `{"name":"Finished","sorts":[{"property":"Name","direction":"descending"}]}`)
		assert.Equal(t, "Finished", w.ok("GET", path, "").at("name"))

		g := w.ok("POST", path+"/queries", `{"page_size":3}`)
		assert.Equal(t, "view_query", g.at("object"))
		assert.InDelta(t, 4, g.at("total_count"), 0)
		assert.Equal(t, "2000-01-01T00:15:00.000Z", g.at("expires_at"))
		assert.Equal(t, map[string]any{"object": "page", "id": w.Rows[8]}, g.at("results", 0), "Task 9 sorts last by name")
		query := path + "/queries/" + g.at("id").(string)
		rest := w.ok("GET", query+"?start_cursor="+g.at("next_cursor").(string), "")
		assert.Len(t, rest.list(), 1)

		time.Sleep(15*time.Minute - 1)
		w.ok("GET", query, "")
		time.Sleep(time.Nanosecond)
		assert.Equal(t, 404, w.do("GET", query, "").status)

		again := path + "/queries/" + w.ok("POST", path+"/queries", "").at("id").(string)
		assert.Equal(t, true, w.ok("DELETE", again, "").at("deleted"))
		assert.Equal(t, 404, w.do("GET", again, "").status)
		w.ok("DELETE", path, "")
		assert.Equal(t, 404, w.do("GET", path, "").status)
	})
}

// send uploads size bytes as the given part.
func (w *world) upload(id, part string, size int) got {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	if part != "" {
		_ = m.WriteField("part_number", part)
	}
	f, err := m.CreateFormFile("file", "a.bin")
	require.NoError(w.t, err)
	_, _ = f.Write(make([]byte, size))
	require.NoError(w.t, m.Close())
	r := w.request("POST", "/v1/file_uploads/"+id+"/send", b.String())
	r.Header.Set("Content-Type", m.FormDataContentType())
	return w.send(r)
}

func TestUploads_areSentAndAttached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		g := w.ok("POST", "/v1/file_uploads", `{"filename":"a.bin"}`)
		id := g.at("id").(string)
		assert.Equal(t, "pending", g.at("status"))
		assert.Equal(t, "https://api.notion.com/v1/file_uploads/"+id+"/send", g.at("upload_url"))
		assert.Equal(t, "2000-01-01T01:00:00.000Z", g.at("expiry_time"))
		block := `{"children":[{"file":{"file_upload":{"id":"` + id + `"}}}]}`
		assert.Equal(t, 400, w.do("PATCH", "/v1/blocks/"+w.Page+"/children", block).status, "not before it was sent")

		g = w.upload(id, "", 1<<20)
		require.Equal(t, 200, g.status, g.text)
		assert.Equal(t, "uploaded", g.at("status"))
		assert.InDelta(t, 1<<20, g.at("content_length"), 0)
		assert.Equal(t, 400, w.upload(id, "", 1).status, "not twice")
		g = w.ok("PATCH", "/v1/blocks/"+w.Page+"/children", block)
		assert.Contains(t, g.at("results", 0, "file", "file", "url"), "X-Amz-Signature")

		abandoned := w.ok("POST", "/v1/file_uploads", `{}`).at("id").(string)
		time.Sleep(time.Hour)
		assert.Equal(t, "expired", w.ok("GET", "/v1/file_uploads/"+abandoned, "").at("status"))
		assert.Equal(t, "uploaded", w.ok("GET", "/v1/file_uploads/"+id, "").at("status"), "what is attached stays")
		assert.Len(t, w.ok("GET", "/v1/file_uploads?status=expired", "").list(), 1)
	})
}

func TestUploads_comeInParts(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	g := w.ok("POST", "/v1/file_uploads", `{"mode":"multi_part","number_of_parts":2,"filename":"big.bin"}`)
	path := "/v1/file_uploads/" + g.at("id").(string)
	w.upload(g.at("id").(string), "1", 1000)
	assert.Equal(t, 400, w.do("POST", path+"/complete", "").status)
	assert.Equal(t, 400, w.upload(g.at("id").(string), "3", 10).status)
	assert.Equal(t, map[string]any{"total": 2.0, "sent": 2.0}, w.upload(g.at("id").(string), "2", 500).at("number_of_parts"))
	g = w.ok("POST", path+"/complete", "")
	assert.Equal(t, "uploaded", g.at("status"))
	assert.InDelta(t, 1500, g.at("content_length"), 0)
}

func TestOAuth_exchangesIntrospectsAndRevokes(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	w.AddClient("client", "s3cret")
	w.AddCode("code-1", w.Bot)
	oauth := func(op, secret, body string) got {
		r := w.request("POST", "/v1/oauth/"+op, body)
		r.SetBasicAuth("client", secret)
		return w.send(r)
	}
	g := oauth("token", "wrong", `{}`)
	assert.Equal(t, 401, g.status)
	assert.Equal(t, "invalid_client", g.at("error"))
	assert.Equal(t, "unsupported_grant_type", oauth("token", "s3cret", `{}`).at("error"))

	g = oauth("token", "s3cret", `{"grant_type":"authorization_code","code":"code-1"}`)
	require.Equal(t, 200, g.status, g.text)
	assert.Equal(t, w.Bot, g.at("bot_id"))
	access := g.at("access_token").(string)
	assert.True(t, strings.HasPrefix(access, "ntn_"))
	assert.Equal(t, "invalid_grant", oauth("token", "s3cret", `{"grant_type":"authorization_code","code":"code-1"}`).at("error"), "a code works once")
	assert.Equal(t, w.Bot, w.with(access).ok("GET", "/v1/users/me", "").at("id"))
	g = oauth("token", "s3cret", `{"grant_type":"refresh_token","refresh_token":"`+g.at("refresh_token").(string)+`"}`)
	assert.NotEqual(t, access, g.at("access_token"))

	body := `{"token":"` + access + `"}`
	assert.Equal(t, true, oauth("introspect", "s3cret", body).at("active"))
	assert.Equal(t, 200, oauth("revoke", "s3cret", body).status)
	assert.Equal(t, false, oauth("introspect", "s3cret", body).at("active"))
	assert.Equal(t, 401, w.with(access).do("GET", "/v1/users/me", "").status)
}

func TestSession_streamsEventsAsTheyHappen(t *testing.T) {
	overPipe(t, func(t *testing.T, w *world, tr *http.Transport) {
		for _, via := range []http.RoundTripper{tr, w.Notion} {
			r := w.request("POST", "/v1/sessions", `{"message":"hello"}`)
			r.Header.Set("Accept", "text/event-stream")
			start := time.Now()
			resp, err := via.RoundTrip(r)
			require.NoError(t, err)
			assert.Equal(t, "text/event-stream; charset=utf-8", resp.Header.Get("Content-Type"))
			var seen []string
			lines := bufio.NewScanner(resp.Body)
			for lines.Scan() {
				if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
					seen = append(seen, fmt.Sprint(name, " ", time.Since(start)))
				}
			}
			resp.Body.Close()
			assert.Equal(t, []string{"session.snapshot 0s", "event.committed 300ms", "event.provisional 600ms", "event.committed 900ms", "stream.end 1.2s"}, seen)
		}
	})
}

func TestSession_isAnswerWithoutAStreamToo(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	g := w.ok("POST", "/v1/sessions", `{"message":"hello"}`)
	path := "/v1/sessions/" + g.at("id").(string)
	assert.Equal(t, "completed", w.ok("GET", path, "").at("status"))
	assert.Len(t, w.ok("POST", path+"/events/query", "").list(), 2)
	w.AddToken("ntn_other", w.AddConnection(notiontest.ConnectionOptions{Workspace: w.Workspace}))
	assert.Equal(t, 404, w.with("ntn_other").do("GET", path, "").status)
	more := `{"session_id":"` + g.at("id").(string) + `","message":"and?"}`
	assert.Equal(t, 404, w.with("ntn_other").do("POST", "/v1/sessions", more).status)
	assert.Equal(t, g.at("id"), w.ok("POST", "/v1/sessions", more).at("id"))
	assert.Len(t, w.ok("POST", "/v1/sessions/query", "").list(), 1)
	assert.Equal(t, "canceled", w.ok("POST", path+"/cancel", "").at("status"))
	assert.Equal(t, "notion_ai", w.ok("GET", "/v1/agents", "").at("results", 0, "agent_type"))
}

func TestMeetingNotes_areMadeAndFound(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	id := w.ok("POST", "/v1/file_uploads", `{"filename":"talk.mp3"}`).at("id").(string)
	w.upload(id, "", 10)
	body := `{"title":"Standup","source":{"type":"file_upload","file_upload_id":"` + id + `"},"parent":{"type":"page_id","page_id":"` + w.Page + `"}}`
	assert.Equal(t, "meeting_notes", w.as(v2026).ok("POST", "/v1/blocks/meeting_notes", body).at("type"))
	g := w.as(v2025).ok("POST", "/v1/blocks/meeting_notes/query", "")
	assert.Len(t, g.list(), 1)
	assert.Equal(t, "transcription", g.at("results", 0, "type"), "its older name")
	assert.Equal(t, false, g.at("has_more"))
}
