package notion

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// developers.notion.com, Status codes, as of 2026-09.
func TestStatusOf_isNotions(t *testing.T) {
	for status, codes := range map[int][]string{
		400: {
			"invalid_json", "invalid_request_url", "invalid_request", "validation_error", "missing_version", "invalid_beta",
			"invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
		},
		401: {"unauthorized", "invalid_client"},
		403: {"restricted_resource", "test_env_error"},
		404: {"object_not_found"},
		409: {"conflict_error", "row_limit_exceeded"},
		429: {"rate_limited"},
		500: {"internal_server_error"},
		502: {"bad_gateway"},
		503: {"service_unavailable", "database_connection_unavailable"},
		504: {"gateway_timeout"},
		529: {"service_overload"},
	} {
		for _, code := range codes {
			got, ok := StatusOf(code)
			assert.True(t, ok, code)
			assert.Equal(t, status, got, code)
		}
	}
	assert.Len(t, statuses, 24)
}

func TestStatusOf_knowsNoOtherCodes(t *testing.T) {
	status, ok := StatusOf("teapot")
	assert.False(t, ok)
	assert.Zero(t, status)
}
