package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRead_whatTriageAsksForHasIDs(t *testing.T) {
	for text, want := range map[string]string{
		"triage: {test_database: tasks}":                           "triage.test_database is tasks; want an id, such as",
		"triage: {test_data_source: '7d1f'}":                       "triage.test_data_source is 7d1f; want an id, such as",
		"schema: {expect: {tasks: [Name]}}":                        "schema.expect.tasks is tasks; want an id, such as",
		"schema: {expect: {7d1f0a529c1e4f9b8a570c2f3f6f6f11: []}}": "schema.expect.7d1f0a529c1e4f9b8a570c2f3f6f6f11 is empty; want names of properties",
	} {
		_, err := read(text)
		found := lines(t, err)
		assert.Len(t, found, 1, text)
		assert.Contains(t, found[0], want, text)
	}
	_, err := read("triage: {test_database: 7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f11, test_data_source: 7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f12}")
	assert.ErrorContains(t, err, "want one of the two")
	got, err := read("schema: {expect: {7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f11: [Name, Due date]}}")
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{"7d1f0a52-9c1e-4f9b-8a57-0c2f3f6f6f11": {"Name", "Due date"}}, got.Schema.Expect)
}
