package config

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scalars reads the text of one value by the type that it goes into. An error
// says what is wanted instead. A table, so that file, environment and flags
// cannot differ in what they take.
var scalars = map[reflect.Type]func(string) (any, error){
	reflect.TypeFor[string]():  func(s string) (any, error) { return s, nil },
	reflect.TypeFor[Secret]():  func(s string) (any, error) { return Secret(s), nil },
	reflect.TypeFor[Bytes]():   func(s string) (any, error) { return ParseBytes(s) },
	reflect.TypeFor[bool]():    readBool,
	reflect.TypeFor[int]():     readInt,
	reflect.TypeFor[float64](): readFloat,

	reflect.TypeFor[time.Duration](): readDuration,
}

func readBool(s string) (any, error) {
	if s != "true" && s != "false" {
		return nil, errors.New("true or false")
	}
	return s == "true", nil
}

func readInt(s string) (any, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return nil, errors.New("a whole number")
	}
	return n, nil
}

func readFloat(s string) (any, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, errors.New("a number")
	}
	return f, nil
}

func readDuration(s string) (any, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return nil, errors.New("a duration such as 30s, 10m or 24h")
	}
	return d, nil
}

// errIsToken is what no message may quote.
var errIsToken = errors.New("a name; tokens belong in a file of their own")

// setScalar reads text into v. The error is what is wanted instead; v is then
// unchanged.
func setScalar(v reflect.Value, text string, tag reflect.StructTag) error {
	if looksLikeToken(text) && v.Type() != reflect.TypeFor[Secret]() {
		return errIsToken
	}
	value, err := scalars[v.Type()](text)
	if err != nil {
		return err
	}
	words := strings.Fields(tag.Get("one"))
	if len(words) > 0 && !slices.Contains(words, text) {
		return errors.New(oneOf(words))
	}
	v.Set(reflect.ValueOf(value))
	return nil
}

// oneOf joins words for a sentence: "auto, always or never".
func oneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
