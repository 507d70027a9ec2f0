package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDefault_isValidAndWarnsOfNothing(t *testing.T) {
	got, err := Load(Sources{})
	require.NoError(t, err)
	assert.Equal(t, Default(), got)
	assert.Empty(t, got.Warnings())
}

func TestRead_refusesWhatMakesNoSense(t *testing.T) {
	for text, want := range map[string]string{
		"listen: 8080":                                         "listen is 8080; want host:port, such as 127.0.0.1:8080",
		"listen: localhost:http":                               "listen is localhost:http; want host:port, such as 127.0.0.1:8080",
		"listen: 127.0.0.1:70000":                              "listen is 127.0.0.1:70000; want host:port, such as 127.0.0.1:8080",
		"operations: [pages.retrive]":                          "operations[0] is pages.retrive; want the name of an operation, or a glob such as pages.*",
		"notion: {url: 'https://api.notion.com/v1'}":           "notion.url is https://api.notion.com/v1; want an absolute URL without /v1, such as https://api.notion.com",
		"notion: {url: 'https://a:b@notion.test'}":             "notion.url is https://a:b@notion.test; want an absolute URL without /v1, such as https://api.notion.com",
		"notion: {url: 'ftp://notion.test'}":                   "notion.url is ftp://notion.test; want an absolute URL without /v1, such as https://api.notion.com",
		"notion: {timeout: 0s}":                                "notion.timeout is 0s; want 1ms to 10m0s",
		"clients: {hosts: ['http://proxy']}":                   "clients.hosts[0] is http://proxy; want a host name or address, without scheme and port",
		"clients: {forward_headers: [Cookie]}":                 "clients.forward_headers[0] is Cookie; want a header that may travel to Notion",
		"clients: {forward_headers: [x-idempotency-key]}":      "clients.forward_headers[0] is x-idempotency-key; want a header that may travel to Notion",
		"clients: {forward_headers: [\"a b\"]}":                "clients.forward_headers[0] is \"a b\"; want a header that may travel to Notion",
		"cache: {size: 1KiB, max_entry: 1KiB}":                 "cache.size is 1KiB; want 1MiB to 1TiB",
		"cache: {max_entry: 1GiB}":                             "cache.max_entry is 1GiB; want 1KiB to 256MiB",
		"cache: {keep: {content: 30s}}":                        "cache.keep.content is 30s; want 1m0s to 720h0m0s",
		"cache: {keep: {search: 9000h}}":                       "cache.keep.search is 9000h0m0s; want 0s to 720h0m0s",
		"cache: {auth_ttl: 0s}":                                "cache.auth_ttl is 0s; want 1s to 24h0m0s",
		"cache: {fresh: {me: -1s}}":                            "cache.fresh.me is -1s; want 0s to 720h0m0s",
		"limiter: {headroom: 1}":                               "limiter.headroom is 1; want at least 0 and less than 1",
		"limiter: {headroom: nan}":                             "limiter.headroom is NaN; want at least 0 and less than 1",
		"limiter: {burst: 181}":                                "limiter.burst is 181; want 1 to 180",
		"limiter: {total_per_second: -1}":                      "limiter.total_per_second is -1; want 0 (no bound) or more",
		"limiter: {max_queue_bytes: 1KiB}":                     "limiter.max_queue_bytes is 1KiB; want 1MiB to 1TiB",
		"limiter: {connections: {1f2e3d4c: {}}}":               "limiter.connections.1f2e3d4c is empty; want a plan or per_minute",
		"limiter: {connections: {ACME: {plan: business}}}":     "limiter.connections.ACME is ACME; want a bot id, or a digest as logs show it, in lower case",
		"limiter: {connections: {1f2e3d4c: {per_minute: -5}}}": "limiter.connections.1f2e3d4c.per_minute is -5; want 0 to 1000000",
		"lanes: [{lane: bulk}]":                                "lanes[0] is empty; want an operation, user_agent or client to match",
		"lanes: [{operation: serch, lane: bulk}]":              "lanes[0].operation is serch; want the name of an operation, or a glob such as pages.*",
		"lanes: [{client: 'a[', lane: bulk}]":                  "lanes[0].client is a[; want a glob such as nightly-*",
		"lanes: [{user_agent: '[', lane: bulk}]":               "lanes[0].user_agent is [; want a glob such as nightly-sync/*",
		"lanes: [{client: a}]":                                 "lanes[0].lane is empty; want interactive, default or bulk",
		"limits: {idle_timeout: 30s}":                          "limits.idle_timeout is 30s; want 2m0s to 24h0m0s",
		"limiter: {max_queue: 0}":                              "limiter.max_queue is 0; want 1 to 1000000",
		"limiter: {max_wait: 0s}":                              "limiter.max_wait is 0s; want 1ms to 5m0s",
		"cache: {slow_stale_age: 0s}":                          "cache.slow_stale_age is 0s; want 1ms to 720h0m0s",
		"limits: {target: 128KiB}":                             "limits.target is 128KiB; want 1KiB to 64KiB",
		"admin: {listen: 8081}":                                "admin.listen is 8081; want host:port, such as 127.0.0.1:8081, or nothing",
		"admin: {hosts: ['http://a']}":                         "admin.hosts[0] is http://a; want a host name or address, without scheme and port",
		"webhooks: {listen: 8082, secret_file: /x}":            "webhooks.listen is 8082; want host:port, such as 127.0.0.1:8082, or nothing",
		"shutdown: {timeout: 0s}":                              "shutdown.timeout is 0s; want 1ms to 1h0m0s",
	} {
		_, err := read(text)
		found := lines(t, err)
		assert.Len(t, found, 1, text)
		assert.Contains(t, found[0], want, text)
	}
}

func TestLoad_refusesSettingsThatContradictEachOther(t *testing.T) {
	token := "NOTION_TOKEN=ntn_0123456789abcdef"
	cases := []struct {
		name string
		env  []string
		want string
	}{
		{"a token for everybody", []string{token, "NOTIONPROXY_LISTEN=0.0.0.0:8080"},
			"notion.token is set and listen is 0.0.0.0:8080, which others can reach: whoever does could use the token; " +
				"name in clients.secret_file what callers must send, or set clients.open: true if everybody may"},
		{"a secret and open doors", []string{token, "NOTIONPROXY_CLIENTS_SECRET=hush", "NOTIONPROXY_CLIENTS_OPEN=true"},
			"clients.open is true and there is a clients.secret; want one of the two"},
		{"a secret for nothing", []string{"NOTIONPROXY_CLIENTS_SECRET_FILE=/run/secret"},
			"clients.secret guards the proxy's own token, and there is none; set notion.token_file too"},
		{"two tokens", []string{token, "NOTIONPROXY_NOTION_TOKEN_FILE=/run/token"},
			"NOTION_TOKEN and notion.token_file are both set; want one of the two"},
		{"two secrets", []string{token, "NOTIONPROXY_CLIENTS_SECRET=hush", "NOTIONPROXY_CLIENTS_SECRET_FILE=/run/secret"},
			"NOTIONPROXY_CLIENTS_SECRET and clients.secret_file are both set; want one of the two"},
		{"half a certificate", []string{"NOTIONPROXY_TLS_CERT=/run/cert.pem"},
			"tls.cert and tls.key belong together; want both or none"},
		{"an admin listener for everybody", []string{"NOTIONPROXY_ADMIN_LISTEN=:8081"},
			"admin.listen is :8081, which others can reach, and there is no admin.token: whoever does could purge what is stored " +
				"and see who asks for what; name in admin.token_file what requests must bring"},
		{"two admin tokens", []string{"NOTIONPROXY_ADMIN_TOKEN=0123456789abcdef", "NOTIONPROXY_ADMIN_TOKEN_FILE=/run/token"},
			"NOTIONPROXY_ADMIN_TOKEN and admin.token_file are both set; want one of the two"},
		{"events without a file", []string{"NOTIONPROXY_WEBHOOKS_LISTEN=127.0.0.1:8082"},
			"webhooks.listen is set and webhooks.secret_file is not: name the file that keeps Notion's verification token"},
		{"trust in no events", []string{"NOTIONPROXY_WEBHOOKS_TRUST=true"},
			"webhooks.trust is true and no events are taken; set webhooks.listen too"},
		{"an admin token to guess", []string{"NOTIONPROXY_ADMIN_TOKEN=letmein"},
			"admin.token is (hidden); want a token of at least 16 characters without spaces (NOTIONPROXY_ADMIN_TOKEN)"},
	}
	for _, c := range cases {
		_, err := Load(Sources{Env: c.env})
		assert.Equal(t, []string{c.want}, lines(t, err), c.name)
	}
}

func TestLoad_lendsATokenWhereItIsSafe(t *testing.T) {
	token := "NOTION_TOKEN=ntn_0123456789abcdef"
	cases := map[string][]string{
		"loopback":           {token},
		"loopback by name":   {token, "NOTIONPROXY_LISTEN=localhost:80"},
		"loopback, IPv6":     {token, "NOTIONPROXY_LISTEN=[::1]:80"},
		"with a secret":      {token, "NOTIONPROXY_LISTEN=:80", "NOTIONPROXY_CLIENTS_SECRET=hush"},
		"with a secret file": {token, "NOTIONPROXY_LISTEN=:80", "NOTIONPROXY_CLIENTS_SECRET_FILE=/run/secret"},
		"open on purpose":    {token, "NOTIONPROXY_LISTEN=:80", "NOTIONPROXY_CLIENTS_OPEN=true"},
		"none to lend":       {"NOTIONPROXY_LISTEN=0.0.0.0:80"},
	}
	for name, env := range cases {
		_, err := Load(Sources{Env: env})
		assert.NoError(t, err, name)
	}
}

func TestLoopback_isNarrow(t *testing.T) {
	for listen, want := range map[string]bool{
		"127.0.0.1:80":           true,
		"127.9.9.9:80":           true,
		"[::1]:80":               true,
		"[::ffff:127.0.0.1]:80":  true,
		"localhost:80":           true,
		":80":                    false,
		"0.0.0.0:80":             false,
		"[::]:80":                false,
		"10.0.0.1:80":            false,
		"localhost.evil.test:80": false,
	} {
		assert.Equal(t, want, Config{Listen: listen}.IsLoopback(), listen)
	}
}

func TestWarnings_nameWhatIsProbablyNotMeant(t *testing.T) {
	cfg := Default()
	cfg.Notion.URL = "http://notion.test"
	cfg.Notion.Token = "ntn_0123456789abcdef"
	cfg.Listen = ":8080"
	assert.Equal(t, []string{
		"notion.url is http://notion.test: tokens travel there unencrypted",
		"clients.hosts is empty: while the proxy lends its token, only requests for localhost are answered",
	}, cfg.Warnings())

	cfg.Notion.URL = "http://127.0.0.1:9000"
	cfg.Clients.Hosts = []string{"notionproxy"}
	assert.Empty(t, cfg.Warnings())

	cfg.Admin.Listen = "10.0.0.1:8081"
	assert.Equal(t, []string{"admin.listen is 10.0.0.1:8081: its token travels there unencrypted"}, cfg.Warnings())
}

// 180 and 600 are notion.plan's numbers in the documentation of the settings.
func TestCalls_isTheNumberElseThePlans(t *testing.T) {
	cfg := Default()
	assert.Equal(t, 180, cfg.perMinute())

	cfg.Notion.Plan = "business"
	assert.Equal(t, 600, cfg.perMinute())

	cfg.Limiter.PerMinute = 60
	assert.Equal(t, 60, cfg.perMinute())
}
