package admin_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/admin"
)

type hooks struct {
	armed   time.Duration
	noPlace error
}

func (h *hooks) Events() admin.Events {
	return admin.Events{SecretFile: "/run/webhooks", Received: 7, Armed: int64(h.armed / time.Second), Last: -1, Trust: "off"}
}

func (h *hooks) Arm(d time.Duration) error { h.armed = d; return h.noPlace }

func TestWebhooks_armAndStatus(t *testing.T) {
	h := &hooks{}
	s := newSite(t, func(o *admin.Options) { o.Webhooks = h })
	answer, body := s.get(t, "/webhooks")
	assert.Equal(t, 200, answer.StatusCode)
	assert.Contains(t, body, `"received": 7`)
	assert.Zero(t, h.armed, "no GET changes anything")
	for _, wrong := range []string{`{"arm":"soon"}`, `{"arm":"0s"}`, `{"arm":"-1m"}`, `{"arm":"61m"}`, `{}`, `{"arm":10}`, `{"for":"1m"}`} {
		answer, body = s.post(t, "/webhooks", wrong)
		assert.Equal(t, 400, answer.StatusCode, wrong)
		assert.Contains(t, body, `"error"`, wrong)
	}
	assert.Zero(t, h.armed)
	answer, body = s.post(t, "/webhooks", `{"arm":"10m"}`)
	assert.Equal(t, 200, answer.StatusCode)
	assert.Contains(t, body, `"armed_seconds": 600`)
	_, body = s.get(t, "/")
	assert.Contains(t, body, "/webhooks")
	h.noPlace = errors.New("keeping the verification token: permission denied")
	answer, body = s.post(t, "/webhooks", `{"arm":"10m"}`)
	assert.Equal(t, 409, answer.StatusCode)
	assert.Contains(t, body, "permission denied; webhooks.secret_file must be in")
}

func TestWebhooks_whereNoneAreTaken(t *testing.T) {
	s := newSite(t, nil)
	answer, _ := s.get(t, "/webhooks")
	assert.Equal(t, 404, answer.StatusCode)
	_, body := s.get(t, "/")
	assert.NotContains(t, body, "/webhooks")
}
