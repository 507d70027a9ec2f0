package config

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEnvironment_hasOneVariableForEachKey(t *testing.T) {
	seen := make(map[string]string)
	for _, f := range newReader().fields {
		assert.Empty(t, seen[f.variable()], "%s has the same variable as %s", f.key, seen[f.variable()])
		assert.False(t, notOurs.MatchString(f.variable()), "%s would be taken for a variable of Kubernetes", f.variable())
		seen[f.variable()] = f.key
	}
	assert.Equal(t, "notion.token_file", seen["NOTIONPROXY_NOTION_TOKEN_FILE"])
	assert.Equal(t, "cache.fresh.content", seen["NOTIONPROXY_CACHE_FRESH_CONTENT"])
}

func TestEnvironment_reportsMisspeltVariables(t *testing.T) {
	_, err := Load(Sources{Env: []string{
		"NOTIONPROXY_CASH_SIZE=1GiB",
		"NOTIONPROXY_NOTION_TOKEN=ntn_canary0123456789",
		"NOTIONPROXY_MODE=fast",
	}})
	assert.Equal(t, []string{
		"NOTIONPROXY_CASH_SIZE is not a setting (environment)",
		"NOTIONPROXY_NOTION_TOKEN is not read; set NOTION_TOKEN",
		"mode is fast; want full or observe (NOTIONPROXY_MODE)",
	}, lines(t, err))
}

// A Service called notionproxy puts these into every pod of its namespace.
func TestEnvironment_ignoresWhatKubernetesAdds(t *testing.T) {
	got, err := Load(Sources{Env: []string{
		"NOTIONPROXY_SERVICE_HOST=10.0.0.7",
		"NOTIONPROXY_SERVICE_PORT=8080",
		"NOTIONPROXY_SERVICE_PORT_HTTP=8080",
		"NOTIONPROXY_PORT=tcp://10.0.0.7:8080",
		"NOTIONPROXY_PORT_8080_TCP=tcp://10.0.0.7:8080",
		"NOTIONPROXY_PORT_8080_TCP_PROTO=tcp",
		"NOTIONPROXY_PORT_8080_TCP_PORT=8080",
		"NOTIONPROXY_PORT_8080_TCP_ADDR=10.0.0.7",
		"NOTIONPROXY_REDIS_SERVICE_HOST=10.0.0.8",
		"NOTIONPROXY_REDIS_PORT_6379_TCP=tcp://10.0.0.8:6379",
		"NOTIONPROXY_REQUIRE_ALL=1",
		"NOTIONPROXYX=1",
	}})
	require.NoError(t, err)
	assert.Equal(t, Default(), got)
}

func TestEnvironment_takesEmptyForNotSet(t *testing.T) {
	got, err := Load(Sources{Env: []string{"NOTIONPROXY_MODE=", "NOTION_TOKEN=", "NOTIONPROXY_CONFIG="}})
	require.NoError(t, err)
	assert.Equal(t, Default(), got)
}

func TestSecrets_comeFromTheirVariableAlone(t *testing.T) {
	got, err := Load(Sources{Env: []string{"NOTION_TOKEN=ntn_canary0123456789", "NOTIONPROXY_CLIENTS_SECRET=hush"}})
	require.NoError(t, err)
	assert.Equal(t, Secret("ntn_canary0123456789"), got.Notion.Token)
	assert.Equal(t, Secret("hush"), got.Clients.Secret)

	_, err = read("notion: {token: ntn_canary0123456789}")
	assert.Equal(t, []string{
		"notion.token must not stand here (settings:1:10); name a file that holds it in notion.token_file, or set NOTION_TOKEN",
	}, lines(t, err))

	_, err = Load(Sources{Flags: []Setting{{"clients.secret", "hush", "--set"}}})
	assert.Equal(t, []string{
		"clients.secret must not stand here (--set); name a file that holds it in clients.secret_file, or set NOTIONPROXY_CLIENTS_SECRET",
	}, lines(t, err))
}

// Wherever somebody puts a token, no message and no dump may repeat it.
func TestSecrets_areNeverPrinted(t *testing.T) {
	const canary = "ntn_canary0123456789"
	texts := []string{
		"notion: {token_file: " + canary + "}",
		"notion: {token: " + canary + "}",
		"notion: {token: " + canary + "\ncache: [",
		"mode: " + canary,
		canary + ": " + canary,
		"notion: " + canary,
		"clients: {hosts: [" + canary + "]}",
		"notion: {url: \"" + canary + "\"}",
		"listen: " + canary,
		canary,
	}
	for _, text := range texts {
		_, err := read(text)
		require.Error(t, err, text)
		assert.NotContains(t, err.Error(), canary, text)
	}

	_, err := Load(Sources{Env: []string{"NOTION_TOKEN=" + canary + " with a space"}})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), canary)

	cfg, err := Load(Sources{Env: []string{"NOTION_TOKEN=" + canary}})
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		assert.NotContains(t, fmt.Sprintf(verb, cfg), canary, verb)
	}
}
