package notiontest

import (
	"slices"
	"strings"
)

// A version is a value of the Notion-Version header. Later ones compare
// greater, since they are dates.
type version string

const (
	v2022 version = "2022-06-28" // one database, one schema
	v2025 version = "2025-09-03" // databases hold data sources
	v2026 version = "2026-03-11" // archived is gone, position instead of after
)

// knownVersions as listed by Notion's "Changes by version" (2026-09-21).
var knownVersions = []version{"2021-05-11", "2021-05-13", "2021-08-16", "2022-02-22", v2022, v2025, v2026}

func (v version) hasDataSources() bool { return v >= v2025 }
func (v version) hasArchived() bool    { return v < v2026 }

// tableObject is what a version calls the thing that has rows and a schema.
func (v version) tableObject() string {
	if v.hasDataSources() {
		return "data_source"
	}
	return "database"
}

// parseVersion checks the header. An absent one has a code of its own.
func parseVersion(header string) (version, error) {
	if header == "" {
		return "", &problem{status: 400, code: "missing_version",
			message: "Notion-Version header failed validation: Notion-Version header should be defined, instead was `undefined`."}
	}
	v := version(header)
	if slices.Contains(knownVersions, v) {
		return v, nil
	}
	var names []string
	for _, k := range knownVersions {
		names = append(names, "`\""+string(k)+"\"`")
	}
	last := len(names) - 1
	return "", invalid("Notion-Version header failed validation: Notion-Version header should be %s, or %s, instead was `%s`.",
		strings.Join(names[:last], ", "), names[last], appendString(nil, header))
}

// knownBetas are the values of Notion-Beta that do not answer invalid_beta.
var knownBetas = []string{"notion-as-code-2026-07-31"}

func checkBeta(header string) error {
	if header == "" || slices.Contains(knownBetas, header) {
		return nil
	}
	return &problem{status: 400, code: "invalid_beta",
		message: "Notion-Beta header failed validation: `" + header + "` is not a known beta feature."}
}
