package notion

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// As Notion sent it on 2026-09-11, with a request id.
const rateLimited = `{"object":"error","status":429,"code":"rate_limited",` +
	`"message":"You have been rate limited. Please try again later.",` +
	`"additional_data":{"rate_limit_reason":"public_api_request_rate_limit","retry_after":"49"},` +
	`"request_id":"36f88c15-5fe0-408b-93e6-962c5a166474"}`

func TestParseError_readsARateLimit(t *testing.T) {
	e, ok := ParseError([]byte(rateLimited))
	require.True(t, ok)
	assert.Equal(t, Error{
		Object:  "error",
		Status:  429,
		Code:    "rate_limited",
		Message: "You have been rate limited. Please try again later.",
		AdditionalData: map[string]any{
			"rate_limit_reason": "public_api_request_rate_limit",
			"retry_after":       "49",
		},
		RequestID: "36f88c15-5fe0-408b-93e6-962c5a166474",
	}, e)
	assert.Equal(t, ReasonConnection, e.Reason())
	assert.Equal(t, "49", e.Detail("retry_after"))
}

func TestError_writesWhatItRead(t *testing.T) {
	for _, body := range []string{
		rateLimited,
		`{"object":"error","status":400,"code":"validation_error","message":"<a> & \"b\" failed: ü"}`,
		`{"object":"error","status":400,"code":"validation_error","message":"m","additional_data":` +
			`{"child_data_source_ids":["a","b"],"error_type":"multiple_data_sources_for_database"},"request_id":"r"}`,
		`{"object":"error","status":400,"code":"invalid_grant","message":"m","request_id":"r",` +
			`"error":"invalid_grant","error_description":"d"}`,
	} {
		e, ok := ParseError([]byte(body))
		require.True(t, ok, body)
		assert.Equal(t, body, string(e.JSON()))
	}
}

func TestParseError_isLenient(t *testing.T) {
	for _, row := range []struct {
		what, body string
		want       Error
	}{
		{"nothing but the object", `{"object":"error"}`, Error{Object: "error"}},
		{"null fields", `{"object":"error","status":null,"code":null,"additional_data":null}`, Error{Object: "error"}},
		{"fields of other types", `{"object":"error","status":"404","code":7,"message":["m"],"additional_data":"x","request_id":{}}`, Error{Object: "error"}},
		{"numbers beyond us", `{"object":"error","status":1e99,"additional_data":{"a":1e999,"b":"x"}}`, Error{Object: "error", AdditionalData: map[string]any{"a": nil, "b": "x"}}},
		{"new fields", `{"code":"new_code","hint":{"a":[1]},"object":"error"}`, Error{Object: "error", Code: "new_code"}},
		{"spaces", " {\n\"object\" : \"error\", \"status\": 529 }\r\n", Error{Object: "error", Status: 529}},
		{"other spellings are other fields", `{"object":"error","Code":"x","STATUS":1}`, Error{Object: "error"}},
	} {
		e, ok := ParseError([]byte(row.body))
		assert.True(t, ok, row.what)
		assert.Equal(t, row.want, e, row.what)
	}
}

func TestParseError_refusesTheRest(t *testing.T) {
	for _, row := range []struct{ what, body string }{
		{"nothing", ""},
		{"null", "null"},
		{"a page of the edge", "<html><body>502 Bad Gateway</body></html>"},
		{"an answer", `{"object":"page","id":"x"}`},
		{"no object", `{"status":404,"code":"object_not_found"}`},
		{"another spelling", `{"Object":"error"}`},
		{"an object that is no string", `{"object":["error"]}`},
		{"a list", `["object","error"]`},
		{"a string", `"error"`},
		{"cut short", rateLimited[:len(rateLimited)-1]},
		{"something after it", rateLimited + "{}"},
	} {
		e, ok := ParseError([]byte(row.body))
		assert.False(t, ok, row.what)
		assert.Equal(t, Error{}, e, row.what)
	}
}

func TestError_detailsAreStringsOrLists(t *testing.T) {
	read, ok := ParseError([]byte(`{"object":"error","additional_data":
		{"one":"a","many":["a","b"],"mixed":[1,"b"],"none":[],"number":4,"nothing":null}}`))
	require.True(t, ok)
	ours := Error{AdditionalData: map[string]any{"one": "a", "many": []string{"a", "b"}}}

	assert.Equal(t, []string{"a"}, read.Details("one"))
	assert.Equal(t, []string{"a", "b"}, read.Details("many"))
	assert.Equal(t, []string{"b"}, read.Details("mixed"))
	assert.Equal(t, "a", read.Detail("many"))
	assert.Equal(t, []string{"a", "b"}, ours.Details("many"))
	for _, key := range []string{"none", "number", "nothing", "absent"} {
		assert.Empty(t, read.Details(key), key)
		assert.Empty(t, read.Detail(key), key)
	}
	assert.Empty(t, Error{}.Reason())
}

func TestError_isJSONWhateverItHolds(t *testing.T) {
	e := Error{Object: "error", Status: 429, Code: CodeRateLimited, Message: "wait", RequestID: "r",
		AdditionalData: map[string]any{"bad": make(chan int)}}
	assert.JSONEq(t, `{"object":"error","status":429,"code":"rate_limited","message":"wait","request_id":"r"}`, string(e.JSON()))
	assert.NotNil(t, e.AdditionalData["bad"], "the caller's error is not changed")
}

func TestError_saysNothingOfTheMessage(t *testing.T) {
	e := Error{Status: 400, Code: CodeValidationError, Message: "body.title should not be Plans for 2027"}
	assert.Equal(t, `notion error "validation_error", status 400`, e.Error())
}

func FuzzParseError(f *testing.F) {
	f.Add(rateLimited)
	f.Add(`{"object":"error","additional_data":{"x":[1,"a",null]}}`)
	f.Add(`{"object":"error","status":1e99,"message":"\ud800"}`)
	f.Fuzz(func(t *testing.T, body string) {
		e, ok := ParseError([]byte(body))
		if !ok {
			return
		}
		again, ok := ParseError(e.JSON())
		assert.True(t, ok)
		assert.True(t, json.Valid(e.JSON()))
		assert.Equal(t, string(e.JSON()), string(again.JSON()))
		assert.False(t, strings.HasSuffix(string(e.JSON()), "\n"))
		e.Reason()
	})
}
