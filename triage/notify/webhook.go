package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// webhook tells whoever takes JSON, signed as standardwebhooks.com has it
// (2026-09), for which there are libraries in most languages:
//
//	webhook-id         the same in all attempts, so that receivers can tell them
//	webhook-timestamp  of this attempt, in seconds
//	webhook-signature  v1,base64(HMAC-SHA256(secret, id "." timestamp "." body))
type webhook struct {
	url    string
	secret func() string
	source string
}

func (webhook) name() string { return "webhook" }

func (webhook) complaint([]byte) string { return "" }

type webhookBody struct {
	Type      string      `json:"type"` // incident.opened and so on
	Timestamp time.Time   `json:"timestamp"`
	Data      webhookData `json:"data"`
}

type webhookData struct {
	Incident       string    `json:"incident"`
	Classification string    `json:"classification"`
	Before         string    `json:"classification_before,omitempty"`
	Severity       string    `json:"severity"`
	Summary        string    `json:"summary"`
	Reasons        []string  `json:"reasons"`
	Action         string    `json:"action"`
	Started        time.Time `json:"started"`
	Ended          time.Time `json:"ended,omitzero"`
	Link           string    `json:"link,omitempty"`
	Source         string    `json:"source"`
}

func (w webhook) message(l letter, now time.Time) (message, error) {
	e := l.Event
	body, err := json.Marshal(webhookBody{
		Type:      "incident." + string(e.Kind),
		Timestamp: e.At.UTC(),
		Data: webhookData{
			Incident: e.Incident, Classification: e.Classification, Before: e.Before, Severity: e.Severity,
			Summary: e.Summary, Reasons: append([]string{}, e.Reasons...), Action: e.Action,
			Started: e.Started.UTC(), Ended: e.Ended.UTC(), Link: e.Link, Source: w.source,
		},
	})
	if err != nil {
		return message{}, fmt.Errorf("writing the webhook's message: %w", err)
	}
	header := http.Header{}
	id := fmt.Sprintf("%s-%s-%d", e.Incident, e.Kind, e.At.UnixMilli())
	stamp := strconv.FormatInt(now.Unix(), 10)
	header.Set("Webhook-Id", id)
	header.Set("Webhook-Timestamp", stamp)
	if w.secret != nil {
		header.Set("Webhook-Signature", sign(w.secret(), id, stamp, body))
	}
	return message{w.url, header, body}, nil
}

// sign makes a signature. Secrets that begin with whsec_ are base64, as the
// standard has them; others are taken as they are.
func sign(secret, id, stamp string, body []byte) string {
	key := []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if raw, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			key = raw
		}
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.", id, stamp)
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// isSendable takes what a message may go to: unencrypted to this machine only,
// since a Slack URL is a secret by itself.
func isSendable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	host := u.Hostname()
	return u.Scheme == "https" || (u.Scheme == "http" && (host == "127.0.0.1" || host == "::1" || host == "localhost"))
}
