package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the three answer to a good message, and what a good one looks like.
var checks = map[string]struct {
	name   string
	body   func(*testing.T, *http.Request, []byte) map[string]any
	status int
	answer string
}{
	"/services/T000/B000/canary": {"slack", checkSlack, 200, "ok"},
	"/v2/enqueue":                {"pagerduty", checkPagerDuty, 202, `{"status":"success","message":"Event processed","dedup_key":"x"}`},
	"/notion":                    {"webhook", checkWebhook, 204, ""},
}

func decode(t *testing.T, body []byte) map[string]any {
	var content map[string]any
	require.NoError(t, json.Unmarshal(body, &content))
	return content
}

// onlyHas wants an object without members that its documentation lacks.
func onlyHas(t *testing.T, o map[string]any, names ...string) {
	for name := range o {
		assert.Contains(t, names, name)
	}
}

// textOf wants a string of 1 to most characters.
func textOf(t *testing.T, v any, most int) string {
	s, ok := v.(string)
	assert.True(t, ok, "%v is no string", v)
	assert.NotEmpty(t, s)
	assert.LessOrEqual(t, utf8.RuneCountInString(s), most)
	return s
}

// checkSlack has the rules of docs.slack.dev: "Sending messages using incoming
// webhooks", and of the blocks header, section and context (2026-09).
func checkSlack(t *testing.T, _ *http.Request, body []byte) map[string]any {
	m := decode(t, body)
	onlyHas(t, m, "text", "blocks")
	textOf(t, m["text"], 40_000)
	blocks, _ := m["blocks"].([]any)
	assert.NotEmpty(t, blocks)
	assert.LessOrEqual(t, len(blocks), 50)
	for _, b := range blocks {
		checkSlackBlock(t, b.(map[string]any))
	}
	return m
}

func checkSlackBlock(t *testing.T, b map[string]any) {
	switch b["type"] {
	case "header":
		onlyHas(t, b, "type", "text")
		checkSlackText(t, b["text"], 150, "plain_text")
	case "section":
		onlyHas(t, b, "type", "text")
		checkSlackText(t, b["text"], 3000, "mrkdwn")
	case "context":
		onlyHas(t, b, "type", "elements")
		elements := b["elements"].([]any)
		assert.NotEmpty(t, elements)
		assert.LessOrEqual(t, len(elements), 10)
		for _, e := range elements {
			checkSlackText(t, e, 3000, "mrkdwn")
		}
	default:
		assert.Fail(t, "no such block", "%v", b["type"])
	}
}

func checkSlackText(t *testing.T, v any, most int, kind string) {
	o := v.(map[string]any)
	onlyHas(t, o, "type", "text")
	assert.Equal(t, kind, o["type"])
	textOf(t, o["text"], most)
}

// checkPagerDuty has the rules of developer.pagerduty.com: "Send an Alert
// Event" (2026-09).
func checkPagerDuty(t *testing.T, _ *http.Request, body []byte) map[string]any {
	assert.LessOrEqual(t, len(body), 512<<10)
	m := decode(t, body)
	onlyHas(t, m, "routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links", "images")
	assert.Len(t, m["routing_key"], 32)
	assert.Contains(t, []any{"trigger", "acknowledge", "resolve"}, m["event_action"])
	textOf(t, m["dedup_key"], 255)
	payload, has := m["payload"].(map[string]any)
	assert.Equal(t, m["event_action"] == "trigger", has, "a trigger needs a payload, the others have none")
	if !has {
		return m
	}
	onlyHas(t, payload, "summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details")
	textOf(t, payload["summary"], 1024)
	textOf(t, payload["source"], 1024)
	assert.Contains(t, []any{"critical", "error", "warning", "info"}, payload["severity"])
	_, err := time.Parse(time.RFC3339, payload["timestamp"].(string))
	assert.NoError(t, err)
	for _, l := range m["links"].([]any) {
		onlyHas(t, l.(map[string]any), "href", "text")
	}
	return m
}

// checkWebhook has the rules of the Standard Webhooks specification (2026-09);
// the signature is made here as that says, not with our code.
func checkWebhook(t *testing.T, r *http.Request, body []byte) map[string]any {
	m := decode(t, body)
	onlyHas(t, m, "type", "timestamp", "data")
	assert.Regexp(t, `^[a-z]+\.[a-z]+$`, m["type"])
	_, err := time.Parse(time.RFC3339, m["timestamp"].(string))
	assert.NoError(t, err)
	assert.NotEmpty(t, m["data"])
	id, stamp := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	assert.NotEmpty(t, id)
	assert.NotContains(t, id, ".")
	assert.Regexp(t, `^\d{10}$|^\d{9}$`, stamp)
	if got := r.Header.Get("Webhook-Signature"); got != "" {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(testSecret, "whsec_"))
		require.NoError(t, err)
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + "." + string(body)))
		assert.Equal(t, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), got)
	}
	return m
}

// The example of the specification: anybody's library must come to the same.
func TestSign_isAsTheStandardSays(t *testing.T) {
	body := []byte(`{"test": 2432232314}`)
	assert.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body))
}
