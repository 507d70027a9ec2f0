package notion

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxMessage bounds how much of a message is looked at, and what is left of it.
const maxMessage = 400

// maxPropertyName bounds the name of a property that a message names.
const maxPropertyName = 200

// CutMessage takes out of an error's message what it may echo of the request:
// all words but those that Notion's own messages and the API are made of. What
// is cut out leaves an ellipsis. Where the message is about a property,
// property is the name or id that the request had for it.
//
// The forms of messages about properties are those of recorded answers of 2023
// to 2026.
func CutMessage(message string) (cut, property string) {
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "")
	}
	property = propertyNamed(message)
	if property != "" {
		message = strings.Replace(message, property, ellipsis, 1)
	}
	return keepWords(message), property
}

const ellipsis = "…"

// about are how messages name a property: before and after the name.
var about = []struct{ before, after string }{
	{"Could not find property with name or id: ", ""},
	{"Could not find sort property with name or id: ", ""},
	{"", " is not a property that exists."},
	{"", " is expected to be "},
	{"", " is a page property, but the API"},
}

func propertyNamed(message string) string {
	for _, a := range about {
		rest, ok := strings.CutPrefix(message, a.before)
		if !ok {
			continue
		}
		name := rest
		if a.after != "" {
			if name, _, ok = strings.Cut(rest, a.after); !ok {
				continue
			}
		}
		name, _, _ = strings.Cut(name, "\n")
		if strings.Contains(name, "failed validation") {
			continue
		}
		if name = strings.TrimSpace(name); name != "" && len(name) <= maxPropertyName && utf8.ValidString(name) {
			return name
		}
	}
	return propertyInPath(message)
}

// propertyInPath is the name that stands in a path such as
// body.properties.Status.select. One with a dot in it is found in part.
func propertyInPath(message string) string {
	_, rest, ok := strings.Cut(message, "body.properties.")
	if !ok {
		return ""
	}
	name, _, ok := strings.Cut(rest, ".")
	if !ok || len(name) > maxPropertyName || strings.Contains(name, "\n") || strings.Contains(name, " should ") {
		return ""
	}
	return name
}

// keepWords keeps the words that are Notion's, and the punctuation between.
func keepWords(message string) string {
	var b strings.Builder
	cut := false
	for message != "" {
		word, rest := nextWord(message)
		message = rest
		if isKept(word) {
			b.WriteString(word)
			cut = false
			continue
		}
		if !cut {
			b.WriteString(ellipsis)
		}
		cut = true
	}
	return strings.TrimSpace(b.String())
}

// nextWord splits off the next run of letters and digits, or the next other
// character.
func nextWord(s string) (word, rest string) {
	i := strings.IndexFunc(s, func(r rune) bool { return !isWordRune(r) })
	switch {
	case i < 0:
		return s, ""
	case i > 0:
		return s[:i], s[i:]
	}
	_, size := utf8.DecodeRuneInString(s)
	return s[:size], s[size:]
}

func isWordRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r > 0x7f && r != '≤' && r != '≥' && r != '…'
}

func isKept(word string) bool {
	if len(word) == 1 || word == "≤" || word == "≥" || word == ellipsis {
		return strings.ContainsAny(word, " .,:;()[]`\"≤≥…\n") || word == "a" || word == "A"
	}
	_, ok := slices.BinarySearch(messageWords, strings.ToLower(word))
	return ok
}

// messageWords are the words that Notion's messages are made of, and those of
// the API's own that stand in paths such as body.children[0].rich_text.
var messageWords = sorted(`
100 1000 2000 500kb
after already an and any api are array at be because been before between block blocks body boolean but by
cannot can child children comment comments condition contain contains content could cover created_time
cursor data data_source data_source_id data_sources database database_id databases date defined delete deleted
description direction discussion_id does edited email end_date equation equals error exist existing exists expected expression
external failed false field fields file file_upload file_uploads files filter filters find fix following for format formula from
greater group groups had has have header heading_1 heading_2 heading_3 icon id ids image in in_trash instead integer
integration invalid is it items json key last_edited_time least length less long make many markdown match maximum minimum more
multi_select multiple must name names not notion null number object of on one only option options or order
page page_id page_size pages paragraph parent parsing part path people phone_number place plain_text position properties property
property_id provided query relation relevant request required result results rich_text rollup
same schema search section select shared should size sort sorts source sources start_cursor start_date status string supported
text than that the there this timestamp title to to_do too true type types unarchive undefined unique_id unknown unsupported update
url used user users uuid valid validation value values version was which with workspace your you
`)

func sorted(words string) []string {
	list := strings.Fields(words)
	slices.Sort(list)
	return list
}
