package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNotify_refusesWhatMakesNoSense(t *testing.T) {
	for text, want := range map[string]string{
		"notify: {page: proxy.example}":                        "notify.page is proxy.example; want scheme and host",
		"notify: {pagerduty: {url: 'http://events.example'}}":  "notify.pagerduty.url is http://events.example; want an https URL, or one of this machine",
		"notify: {webhook: {url: 'http://hook.example/x'}}":    "notify.webhook.url is http://hook.example/x; want an https URL, or one of this machine",
		"notify: {webhook: {url: 'https://a:b@hook.example'}}": "notify.webhook.url is https://a:b@hook.example; want an https URL, or one of this machine",
		"notify: {webhook: {secret_file: /run/secret}}":        "notify.webhook has a secret and no url; set notify.webhook.url too",
		"notify: {slack: {url: 'https://hooks.example/x'}}":    "notify.slack.url must not stand here",
	} {
		_, err := read(text)
		found := lines(t, err)
		assert.Len(t, found, 1, text)
		assert.Contains(t, found[0], want, text)
	}
}

func TestNotify_takesSecretsFromTheEnvironmentAndShowsNone(t *testing.T) {
	env := []string{
		"NOTIONPROXY_NOTIFY_SLACK_URL=https://hooks.example/canary",
		"NOTIONPROXY_NOTIFY_PAGERDUTY_KEY=0123456789abcdef0123456789canary",
		"NOTIONPROXY_NOTIFY_WEBHOOK_SECRET=canary",
		"NOTIONPROXY_NOTIFY_WEBHOOK_URL=http://127.0.0.1:9999/hook?for=us",
	}
	got, err := Load(Sources{Env: env})
	require.NoError(t, err)
	assert.True(t, got.Notify.Any())
	assert.False(t, Default().Notify.Any())
	assert.Equal(t, Secret("https://hooks.example/canary"), got.Notify.Slack.URL)

	env[0], env[1] = "NOTIONPROXY_NOTIFY_SLACK_URL=http://hooks.example/canary", "NOTIONPROXY_NOTIFY_PAGERDUTY_KEY=canary"
	_, err = Load(Sources{Env: append(env, "NOTIONPROXY_NOTIFY_WEBHOOK_SECRET_FILE=/run/secret")})
	assert.Equal(t, []string{
		"notify.slack.url is (hidden); want an https URL, or one of this machine (NOTIONPROXY_NOTIFY_SLACK_URL)",
		"notify.pagerduty.key is (hidden); want a routing key of 32 letters and digits (NOTIONPROXY_NOTIFY_PAGERDUTY_KEY)",
		"NOTIONPROXY_NOTIFY_WEBHOOK_SECRET and notify.webhook.secret_file are both set; want one of the two",
	}, lines(t, err))
}
