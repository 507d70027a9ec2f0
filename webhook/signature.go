package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

const (
	signatureHeader = "X-Notion-Signature"
	signaturePrefix = "sha256="
)

// Sign returns the signature of a body as Notion sends it: HMAC-SHA256 over the
// raw bytes, under the verification token (recorded webhooks, 2026).
func Sign(body []byte, token string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write(body)
	return signaturePrefix + hex.EncodeToString(mac.Sum(nil))
}

// isSigned compares in constant time. Anything but one signature, spelled as
// Notion spells it, is none.
func isSigned(h http.Header, body []byte, token string) bool {
	values := h[signatureHeader]
	return len(values) == 1 && hmac.Equal([]byte(values[0]), []byte(Sign(body, token)))
}

// handshake reads the verification token out of the first, unsigned request of
// a subscription.
func handshake(h http.Header, body []byte) (token string, ok bool) {
	if len(h[signatureHeader]) > 0 {
		return "", false
	}
	var b struct {
		Token string `json:"verification_token"`
	}
	if json.Unmarshal(body, &b) != nil || !isToken(b.Token) {
		return "", false
	}
	return b.Token, true
}

const (
	minToken = 16 // characters; Notion's have some fifty
	maxToken = 512
)

func isToken(s string) bool {
	return len(s) >= minToken && len(s) <= maxToken && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
