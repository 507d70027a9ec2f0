package config

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const example = "../config.example.yaml"

func TestExampleFile_showsTheDefaults(t *testing.T) {
	f, err := os.Open(example)
	require.NoError(t, err)
	defer f.Close()

	got, err := Read(f)
	require.NoError(t, err)
	assert.Equal(t, Default(), got)
}

func TestExampleFile_namesEveryKey(t *testing.T) {
	f, err := os.Open(example)
	require.NoError(t, err)
	defer f.Close()

	r := newReader()
	r.file(f)
	for _, field := range r.fields {
		if field.secretFrom() == "" {
			assert.Contains(t, r.where, field.key, "the example file lacks it")
		}
	}
}

func TestExampleFile_namesTheVariablesOfSecrets(t *testing.T) {
	text, err := os.ReadFile(example)
	require.NoError(t, err)
	for _, f := range newReader().fields {
		assert.Contains(t, string(text), f.secretFrom())
	}
}
