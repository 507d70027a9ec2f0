package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/config"
	"notionproxy/limiter"
)

// A bot id counts however somebody wrote it, and so does a digest as logs show
// it.
func TestLimits_ofSingleConnectionsCount(t *testing.T) {
	cfg, err := config.Load(config.Sources{Flags: []config.Setting{{
		Key: "limiter.connections", From: "--set",
		Value: "{7d1f0a529c1e4f9b8a570c2f3f6f6f11: {plan: business}, 1f2e3d4c: {per_minute: 100}}",
	}}})
	require.NoError(t, err)
	l := limiter.New(limits(cfg))
	assert.Equal(t, 570, l.Budget("7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f11").Quota)
	assert.Equal(t, 95, l.Budget("1f2e3d4c00ff00ff").Quota)
	assert.Equal(t, 171, l.Budget("other").Quota)
}
