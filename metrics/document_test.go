package metrics_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/metrics"
)

var update = flag.Bool("update", false, "write docs/metrics.md anew")

const document = "../docs/metrics.md"

func TestDocument_saysWhatTheCodeHas(t *testing.T) {
	var want bytes.Buffer
	require.NoError(t, metrics.Document(&want, metrics.Catalogue(verdicts)))
	if *update {
		require.NoError(t, os.WriteFile(document, want.Bytes(), 0o644))
	}
	got, err := os.ReadFile(document)
	require.NoError(t, err)
	assert.Equal(t, want.String(), string(got), "run go test ./metrics -run TestDocument -update")
}
