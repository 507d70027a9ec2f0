package notion

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func inspect(t *testing.T, body string) Survey {
	t.Helper()
	s, err := Inspect([]byte(body))
	require.NoError(t, err, body)
	return s
}

func TestInspect_list(t *testing.T) {
	s := inspect(t, listBody(`"next_cursor":"s:2b7c9d1e\u002d1:2","has_more":true,"type":"page_or_data_source","page_or_data_source":{},"request_status":{"type":"incomplete","incomplete_reason":"query_result_limit_reached"}`,
		rowBody(rowID, sourceID, tableID), rowBody(siblingID, sourceID, tableID), user(userID), `{"id":"task_1"}`, `null`))
	assert.Equal(t, "list", s.Object)
	assert.Equal(t, "page_or_data_source", s.ListType)
	assert.True(t, s.HasMore)
	assert.Equal(t, "s:2b7c9d1e-1:2", s.NextCursor)
	assert.True(t, s.Incomplete)
	assert.Equal(t, "query_result_limit_reached", s.IncompleteReason)
	assert.Equal(t, []ID{mustID(rowID), mustID(siblingID), mustID(userID), {}, {}}, s.Rows)
	assert.False(t, s.InTrash)
	assert.Empty(t, s.Status)
}

// Halves of surrogate pairs are valid JSON, and no text.
func TestInspect_halfPairs(t *testing.T) {
	assert.Equal(t, "\ufffd", inspect(t, `{"next_cursor":"\ud83d"}`).NextCursor)
	assert.Equal(t, "\ufffda\u0062cdefg", inspect(t, `{"next_cursor":"\ud83da\u0062cdefg"}`).NextCursor)
	assert.Equal(t, "😀", inspect(t, `{"next_cursor":"\ud83d\ude00"}`).NextCursor)
}

func TestInspect_lastPage(t *testing.T) {
	s := inspect(t, listBody(`"next_cursor":null,"has_more":false,"request_status":{"type":"complete"}`))
	assert.False(t, s.HasMore)
	assert.Empty(t, s.NextCursor)
	assert.False(t, s.Incomplete)
	assert.Empty(t, s.Rows)
}

// Only the body's own members count: rows have a status and a trash as well.
func TestInspect_topLevelOnly(t *testing.T) {
	s := inspect(t, `{"object":"list","results":[{"object":"page","id":"`+rowID+`","in_trash":true,"status":"x","next_cursor":"x","has_more":true,"results":[{"id":"`+subID+`"}],"request_status":{"type":"incomplete"}}]}`)
	assert.Equal(t, []ID{mustID(rowID)}, s.Rows)
	assert.False(t, s.InTrash)
	assert.False(t, s.HasMore)
	assert.False(t, s.Incomplete)
	assert.Empty(t, s.Status)
	assert.Empty(t, s.NextCursor)
}

func TestInspect_templates(t *testing.T) {
	s := inspect(t, `{"templates":[{"id":"`+templateID+`","name":"a","is_default":true}],"has_more":false,"next_cursor":null}`)
	assert.Equal(t, []ID{mustID(templateID)}, s.Rows)
	assert.Equal(t, []Tag{{Shows, mustID(templateID)}}, s.Tags)
}

func TestInspect_task(t *testing.T) {
	s := inspect(t, `{"object":"async_task","id":"task_0123456789abcdef0123456789abcdef","status":"succeeded","result":{"object":"page","id":"`+rowID+`"}}`)
	assert.Equal(t, "async_task", s.Object)
	assert.Equal(t, "succeeded", s.Status)
	assert.Empty(t, s.ListType)
	assert.Equal(t, []Tag{{Shows, mustID(rowID)}}, s.Tags)
}

func TestInspect_trash(t *testing.T) {
	assert.True(t, inspect(t, `{"object":"page","in_trash":true}`).InTrash)
	assert.True(t, inspect(t, `{"object":"page","archived":true,"in_trash":false}`).InTrash, "as old versions say")
	assert.False(t, inspect(t, `{"object":"page","archived":false,"is_archived":true,"in_trash":false}`).InTrash)
}

// An error's status is a number, and no task's.
func TestInspect_error(t *testing.T) {
	s := inspect(t, `{"object":"error","status":404,"code":"object_not_found","additional_data":{"integration_id":"`+userID+`"},"request_id":"36f88c15-5fe0-408b-93e6-962c5a166474"}`)
	assert.Equal(t, "error", s.Object)
	assert.Empty(t, s.Status)
	assert.Empty(t, s.Tags)
}

func TestInspect_tagsOfARow(t *testing.T) {
	s := inspect(t, rowBody(rowID, sourceID, tableID, relatedID, relatedID))
	assert.ElementsMatch(t, []Tag{
		{Shows, mustID(rowID)}, {Under, mustID(sourceID)}, {Under, mustID(tableID)}, {Names, mustID(relatedID)},
	}, s.Tags, "neither users nor the status, which has an id as well")
	assert.Subset(t, s.Parents, []Edge{{mustID(rowID), mustID(sourceID)}, {mustID(sourceID), mustID(tableID)}})
}

func TestInspect_tagsOfASchema(t *testing.T) {
	s := inspect(t, sourceBody(sourceID, tableID, inPage(homeID), otherID, otherTableID))
	assert.ElementsMatch(t, []Tag{
		{Shows, mustID(sourceID)}, {Under, mustID(tableID)}, {Under, mustID(homeID)}, {Names, mustID(otherID)}, {Names, mustID(otherTableID)}, {Role: Tables},
	}, s.Tags)
	assert.Subset(t, s.Parents, []Edge{{mustID(sourceID), mustID(tableID)}, {mustID(tableID), mustID(homeID)}})
}

func TestInspect_tagsOfADatabase(t *testing.T) {
	s := inspect(t, `{"data_sources":[{"id":"`+sourceID+`","name":"Rows"},{"id":"`+otherID+`"}],"object":"database","parent":`+inBlock(blockID)+`,"id":"`+tableID+`"}`)
	assert.ElementsMatch(t, []Tag{{Shows, mustID(tableID)}, {Shows, mustID(sourceID)}, {Shows, mustID(otherID)}, {Under, mustID(blockID)}}, s.Tags)
	assert.Subset(t, s.Parents, []Edge{{mustID(sourceID), mustID(tableID)}, {mustID(otherID), mustID(tableID)}, {mustID(tableID), mustID(blockID)}})
}

func TestInspect_tagsOfText(t *testing.T) {
	s := inspect(t, `{"object":"block","id":"`+blockID+`","parent":`+workspaceParent+`,"synced_block":{"synced_from":{"block_id":"`+nestedID+`"}},"paragraph":{"rich_text":[`+
		`{"type":"mention","mention":{"type":"page","page":{"id":"`+subID+`"}}},{"type":"mention","mention":{"type":"user","user":`+user(userID)+`}},`+
		`{"type":"mention","mention":{"type":"database","database":{"id":"`+strings.ToUpper(strings.ReplaceAll(tableID, "-", ""))+`"}}}]},"link_to_page":{"type":"page_id","page_id":"`+homeID+`"}}`)
	assert.ElementsMatch(t, []Tag{
		{Shows, mustID(blockID)}, {Names, mustID(nestedID)}, {Names, mustID(subID)}, {Names, mustID(tableID)}, {Names, mustID(homeID)},
	}, s.Tags)
	assert.Equal(t, []Edge{{mustID(blockID), ID{}}}, s.Parents)
}

func TestInspect_tagsOfAComment(t *testing.T) {
	s := inspect(t, listBody(noMore, commentBody(commentID, discussionID, inBlock(blockID))))
	assert.ElementsMatch(t, []Tag{{Shows, mustID(commentID)}, {Names, mustID(discussionID)}, {Under, mustID(blockID)}}, s.Tags)
	assert.Equal(t, []Edge{{mustID(commentID), mustID(blockID)}}, s.Parents)
}

// What a property is called is the user's business, and must not be taken for
// Notion's words.
func TestInspect_propertiesMayHaveAnyName(t *testing.T) {
	s := inspect(t, `{"object":"page","id":"`+rowID+`","properties":{"parent":{"page_id":"`+homeID+`","database_id":"x"},"id":{"id":"`+blockID+`"},"relation":{"id":"`+nestedID+`","type":"number"},"has_more":true,"object":"user"}}`)
	assert.ElementsMatch(t, []Tag{{Shows, mustID(rowID)}, {Names, mustID(homeID)}}, s.Tags)
	assert.False(t, s.HasMore)
}

// Blocks that a markdown leaves out stand below its page.
func TestInspect_unknownBlocks(t *testing.T) {
	s := inspect(t, `{"object":"page_markdown","id":"`+homeID+`","unknown_block_ids":["`+blockID+`"],"markdown":""}`)
	assert.ElementsMatch(t, []Tag{{Shows, mustID(homeID)}, {Names, mustID(blockID)}}, s.Tags)
	assert.Equal(t, []Edge{{mustID(blockID), mustID(homeID)}}, s.Parents)
}

func TestInspect_keepsNothingOfTheBody(t *testing.T) {
	body := []byte(`{"object":"strange","status":"running","next_cursor":"abc"}`)
	s, err := Inspect(body)
	require.NoError(t, err)
	for i := range body {
		body[i] = 'x'
	}
	assert.Equal(t, []string{"strange", "running", "abc"}, []string{s.Object, s.Status, s.NextCursor})
}

func TestInspect_refuses(t *testing.T) {
	for _, x := range []struct{ what, body string }{
		{"nothing", ``}, {"space", ` `}, {"an array", `[]`}, {"a string", `"a"`}, {"null", `null`},
		{"an edge's page", `<!DOCTYPE html>`},
		{"half of it", `{"object":"list","results":[{"object":"page"`}, {"half a string", `{"a":"b`}, {"half an escape", `{"a":"\u00`}, {"the same", `{"a":"\`}, {"half a word", `{"a":tru`},
		{"a key alone", `{"a"}`}, {"no value", `{"a":}`}, {"no colon", `{"a" 1}`}, {"no comma", `{"a":1 "b":2}`}, {"a comma too many", `{"a":1,}`}, {"the same", `{"a":[1,]}`}, {"the same", `{,}`},
		{"a bracket for a brace", `["a":1}`}, {"no quote", `{a":1}`}, {"an equals sign", `{"a"=1}`},
		{"half an array", `{"a":[1`}, {"the same", `{"a":[`}, {"the same", `{"a":["x`}, {"the same", `{"a":[1,`}, {"the same", `{"a":1,`}, {"the same", `{"a":`}, {"the same", `{"a"`}, {"the same", `{`},
		{"a word that begins well", `{"a":nulx}`}, {"the same", `{"a":truE}`}, {"the same", `{"a":fals0}`},
		{"no key", `{1:2}`}, {"brackets that don't match", `{"a":[1}]`},
		{"more than one", `{}{}`}, {"something behind", `{} x`}, {"a byte order mark", "\ufeff{}"}, {"a zero byte", "{}\x00"},
		{"numbers of other languages", `{"a":01}`}, {"", `{"a":1.}`}, {"", `{"a":.1}`}, {"", `{"a":+1}`}, {"", `{"a":-}`}, {"", `{"a":1e}`}, {"", `{"a":1e+}`}, {"", `{"a":0x1}`}, {"", `{"a":NaN}`}, {"", `{"a":--1}`},
		{"words of other languages", `{"a":True}`}, {"", `{"a":nil}`}, {"", `{"a":nulls}`}, {"single quotes", `{'a':1}`},
		{"an unknown escape", `{"a":"\x41"}`}, {"a control character", "{\"a\":\"12345678\n\"}"}, {"a control character early on", "{\"a\":\"\t\"}"},
		{"invalid UTF-8", "{\"a\":\"12345678\xff\"}"}, {"invalid UTF-8 in a key", "{\"\xc3\":1}"}, {"overlong", "{\"a\":\"\xc0\xaf\"}"}, {"a surrogate as UTF-8", "{\"a\":\"\xed\xa0\x80\"}"}, {"cut in two by an escape", "{\"a\":\"\xc3\\n\xa9\"}"},
		{"nested too deep", strings.Repeat(`{"a":`, 513) + "1" + strings.Repeat("}", 513)},
		{"the same of arrays", `{"a":` + strings.Repeat("[", 512) + strings.Repeat("]", 512) + "}"},
	} {
		s, err := Inspect([]byte(x.body))
		assert.Error(t, err, "%s: %q", x.what, x.body)
		assert.Zero(t, s, x.what)
	}
}

func TestInspect_takes(t *testing.T) {
	for _, body := range []string{
		`{}`, " \t\r\n{ } ", `{"a":-0.0e-1}`, `{"a":"\"\\\/\b\f\n\r\t\u00e9"}`, `{"a":"\ud83d"}`, "{\"a\":\"\x7f\u2028é😀\"}", `{"":[[],{},"",0,true,false,null]}`,
		strings.Repeat(`{"a":`, 512) + "1" + strings.Repeat("}", 512),
	} {
		_, err := Inspect([]byte(body))
		assert.NoError(t, err, body)
	}
}

func TestInspect_tagsEachObjectOnce(t *testing.T) {
	s := inspect(t, string(queryBody(100)))
	assert.Len(t, s.Tags, 100+2+100, "rows, what they stand in, what they relate to")
	assert.Len(t, setOf(s.Tags), len(s.Tags))
	assert.Len(t, s.Rows, 100)
}

// Which ids are pages, and which have pages in them, is remembered with the
// edges.
func TestInspect_kinds(t *testing.T) {
	kinds := func(body string) func(id string) kind {
		s := inspect(t, body)
		return func(id string) kind { return tree{shown: s.Parents}.kind(mustID(id)) }
	}
	of := kinds(rowBody(rowID, sourceID, tableID))
	assert.Equal(t, []kind{pageKind, containerKind, containerKind}, []kind{of(rowID), of(sourceID), of(tableID)})
	of = kinds(listBody(noMore, pageBody(rowID, inTable(tableID))))
	assert.Equal(t, []kind{unknownKind, containerKind}, []kind{of(rowID), of(tableID)})
	of = kinds(blockBody(blockID, "paragraph", inPage(homeID)))
	assert.Equal(t, []kind{unknownKind, pageKind}, []kind{of(blockID), of(homeID)})
	of = kinds(blockBody(nestedID, "paragraph", inBlock(blockID)))
	assert.Equal(t, []kind{unknownKind, unknownKind}, []kind{of(nestedID), of(blockID)})
	of = kinds(tableBody(tableID, sourceID, workspaceParent))
	assert.Equal(t, []kind{containerKind, containerKind}, []kind{of(tableID), of(sourceID)})
	of = kinds(`{"object":"data_source","id":"` + sourceID + `"}`)
	assert.Equal(t, containerKind, of(sourceID))
}

// An object that says to stand in itself must not be climbed for ever.
func TestInspect_edgesLeadUp(t *testing.T) {
	s := inspect(t, blockBody(blockID, "paragraph", inBlock(blockID)))
	assert.Empty(t, s.Parents)
}
