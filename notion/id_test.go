package notion

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseID_readsBothForms(t *testing.T) {
	want := ID{0x59, 0x83, 0x37, 0x87, 0x2c, 0xf9, 0x4f, 0xdf, 0x87, 0x82, 0xe5, 0x3d, 0xb2, 0x07, 0x68, 0xa5}
	for _, s := range []string{firstID, plainID, strings.ToUpper(firstID), strings.ToUpper(plainID)} {
		id, ok := ParseID(s)
		require.True(t, ok, s)
		assert.Equal(t, want, id, s)
		assert.Equal(t, firstID, id.String())
	}
}

func TestParseID_readsBytesToo(t *testing.T) {
	id, ok := ParseID([]byte(plainID))
	require.True(t, ok)
	assert.Equal(t, firstID, id.String())
}

func TestParseID_refusesTheRest(t *testing.T) {
	for _, row := range []struct{ what, s string }{
		{"nothing", ""},
		{"one digit less", plainID[1:]},
		{"one more", plainID + "0"},
		{"a letter too far", "g" + plainID[1:]},
		{"the same at the end", plainID[:31] + "g"},
		{"a letter too far, dashed", "G" + firstID[1:]},
		{"the same at the end, dashed", firstID[:35] + "G"},
		{"a byte beyond ASCII", "\xff" + plainID[1:]},
		{"dashes elsewhere", "5983378-72cf9-4fdf-8782-e53db20768a5"},
		{"other dashes", strings.ReplaceAll(firstID, "-", "_")},
		{"the first dash missing", firstID[:8] + "0" + firstID[9:]},
		{"the last dash missing", firstID[:23] + "0" + firstID[24:]},
		{"one dash too many", firstID[:35] + "-"},
		{"braces", "{" + firstID[2:] + "}"},
		{"spaces", " " + plainID[2:] + " "},
		{"a task", "task_" + plainID},
		{"the nil uuid", "00000000-0000-0000-0000-000000000000"},
		{"the nil uuid without dashes", strings.Repeat("0", 32)},
	} {
		id, ok := ParseID(row.s)
		assert.False(t, ok, row.what)
		assert.True(t, id.IsZero(), "%s: what is no id must name nothing", row.what)
	}
}

func TestID_appendsItsText(t *testing.T) {
	id, _ := ParseID(plainID)
	text, err := id.AppendText([]byte("id "))
	require.NoError(t, err)
	assert.Equal(t, "id "+firstID, string(text))
}

func FuzzParseID(f *testing.F) {
	f.Add(firstID)
	f.Add(plainID)
	f.Add(strings.ToUpper(firstID))
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := ParseID(s)
		fromBytes, bytesOK := ParseID([]byte(s))
		assert.Equal(t, ok, bytesOK)
		assert.Equal(t, id, fromBytes)
		if !ok {
			assert.True(t, id.IsZero())
			return
		}
		assert.Equal(t, strings.ToLower(strings.ReplaceAll(s, "-", "")), strings.ReplaceAll(id.String(), "-", ""))
	})
}

func BenchmarkParseID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ParseID(firstID)
	}
}
