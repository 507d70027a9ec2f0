package config

import "strings"

// Secret is a token or password. It prints as a placeholder, so that a log
// line, an error or a dump of the settings cannot show it by accident.
type Secret string

// String hides s.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(hidden)"
}

// GoString hides s from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides s from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// looksLikeToken reports whether s is probably a Notion token that somebody
// put where a name belongs. It must not be printed then.
func looksLikeToken(s string) bool {
	for _, prefix := range []string{"ntn_", "secret_", "nrt_", "Bearer "} {
		if strings.HasPrefix(s, prefix) && len(s) > len(prefix)+8 {
			return true
		}
	}
	return false
}
