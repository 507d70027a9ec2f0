package notion

import (
	"slices"
	"time"
)

// Values of the Notion-Version header. Notion has published no date at which
// an old one ends (2026-09).
const (
	Version20210511 = "2021-05-11"
	Version20210513 = "2021-05-13"
	Version20210816 = "2021-08-16"
	Version20220222 = "2022-02-22"
	Version20220628 = "2022-06-28" // many clients hard-code it; a database is a table
	Version20250903 = "2025-09-03" // databases contain data sources; the JavaScript SDK's default
	Version20260311 = "2026-03-11" // in_trash for archived, position for after, meeting_notes for transcription
)

var versions = []string{
	Version20210511, Version20210513, Version20210816, Version20220222,
	Version20220628, Version20250903, Version20260311,
}

// KnownVersions returns the versions we know of, oldest first. Notion may know
// more: a version that is not here still goes to Notion unchanged.
func KnownVersions() []string { return slices.Clone(versions) }

// AtLeast reports whether version is the same as min or newer, known to us or
// not. What is no date, nothing at all included, is older than every version.
func AtLeast(version, min string) bool {
	return isDate(version) && version >= min
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
