package notion

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestKnownVersions_areOldestFirst(t *testing.T) {
	want := []string{"2021-05-11", "2021-05-13", "2021-08-16", "2022-02-22", "2022-06-28", "2025-09-03", "2026-03-11"}
	assert.Equal(t, want, KnownVersions())

	slices.Reverse(KnownVersions())
	assert.Equal(t, want, KnownVersions(), "the caller has a copy")
}

func TestAtLeast_comparesDates(t *testing.T) {
	for _, row := range []struct {
		version string
		want    bool
	}{
		{"2025-09-03", true},
		{"2026-03-11", true},
		{"2031-01-01", true},
		{"2025-09-02", false},
		{"2022-06-28", false},
		{"", false},
		{"latest", false},
		{"2026", false},
		{"2026-3-11", false},
		{"2026-03-11 ", false},
		{"9999-99-99", false},
	} {
		assert.Equal(t, row.want, AtLeast(row.version, Version20250903), "%q", row.version)
	}
}
