package config

import (
	"fmt"
	"strings"
	"unicode"
)

// Problems is everything that is wrong with the settings, a line each, in the
// words of the file. It is the error that Read and Load return.
type Problems []string

// Error is a heading and the lines.
func (p Problems) Error() string { return "config:\n" + strings.Join(p, "\n") }

// wrong says that key has a value other than what is wanted, and where it was
// set. The value is shown unless it may be a secret.
func wrong(key, value, want, where string) string {
	return fmt.Sprintf("%s is %s; want %s%s", key, shown(value), want, at(where))
}

func at(where string) string {
	if where == "" {
		return ""
	}
	return " (" + where + ")"
}

// maxShown bounds what is quoted of a value, in bytes.
const maxShown = 200

// shown is value as it may stand in a message: as it is when it is a plain
// word, else quoted, so that it cannot fake a line of a log.
func shown(value string) string {
	switch {
	case value == "":
		return "empty"
	case looksLikeToken(value):
		return "what looks like a token"
	case len(value) > maxShown:
		return fmt.Sprintf("%q...", value[:maxShown])
	case strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == '"' || r == ';' || !unicode.IsPrint(r) }):
		return fmt.Sprintf("%q", value)
	}
	return value
}
