package notion

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// An Error is the body of an error answer: one of Notion's, or one of the
// proxy's in the same shape, since clients understand no other.
type Error struct {
	Object  string `json:"object"` // "error"
	Status  int    `json:"status"` // the HTTP status
	Code    string `json:"code"`   // such as CodeRateLimited; may be one that we don't know
	Message string `json:"message"`

	// AdditionalData says more, such as rate_limit_reason. Notion's values are
	// strings and lists of strings (SDK v5.26, 2026-08); others are kept as
	// encoding/json reads them. May be nil.
	AdditionalData map[string]any `json:"additional_data,omitempty"`
	RequestID      string         `json:"request_id,omitempty"`

	// The two fields of an OAuth error (RFC 6749, 5.2), for clients that know
	// no others under /v1/oauth. Empty elsewhere.
	OAuthError       string `json:"error,omitempty"`
	OAuthDescription string `json:"error_description,omitempty"`
}

// Error names the code and the status. It leaves out the message, which may
// echo what the caller sent and must not reach a log.
func (e Error) Error() string { return fmt.Sprintf("notion error %q, status %d", e.Code, e.Status) }

// JSON returns e as compact JSON, with the fields in Notion's order. What of
// AdditionalData cannot be written as JSON is left out together with the rest
// of it: an error without details is better than none.
func (e Error) JSON() []byte {
	body, err := marshal(e)
	if err != nil {
		e.AdditionalData = nil
		body, _ = marshal(e)
	}
	return body
}

// marshal is json.Marshal without the escaping that is meant for HTML, which
// Notion doesn't do either.
func marshal(e Error) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(e)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// ParseError reads an error body, and reports whether body is one: a JSON
// object whose "object" is "error". Beyond that it is lenient, since Notion
// adds to its answers without notice: unknown fields are ignored, and a field
// of another type than expected counts as absent.
func ParseError(body []byte) (Error, bool) {
	// Field by field, and not into the struct: that would take "Object" for
	// "object", and give up on the whole body for one odd field.
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || lenient[string](fields["object"]) != "error" {
		return Error{}, false
	}
	return Error{
		Object:           "error",
		Status:           lenient[int](fields["status"]),
		Code:             lenient[string](fields["code"]),
		Message:          lenient[string](fields["message"]),
		AdditionalData:   lenient[map[string]any](fields["additional_data"]),
		RequestID:        lenient[string](fields["request_id"]),
		OAuthError:       lenient[string](fields["error"]),
		OAuthDescription: lenient[string](fields["error_description"]),
	}, true
}

// lenient reads raw as a T, as far as it is one: the zero T for what is of
// another type or absent. What stands beside a misfit in a map is kept.
func lenient[T any](raw json.RawMessage) T {
	var value T
	_ = json.Unmarshal(raw, &value)
	return value
}

// Reason returns why Notion limited the rate, such as ReasonConnection, or ""
// where the error doesn't say. It may be a reason that we don't know.
func (e Error) Reason() string { return e.Detail("rate_limit_reason") }

// Detail returns the string that AdditionalData holds under key, the first one
// of a list; "" where there is none.
func (e Error) Detail(key string) string {
	details := e.Details(key)
	if len(details) == 0 {
		return ""
	}
	return details[0]
}

// Details returns the strings that AdditionalData holds under key: one for a
// string, all strings of a list, nil for anything else.
func (e Error) Details(key string) []string {
	switch value := e.AdditionalData[key].(type) {
	case string:
		return []string{value}
	case []string:
		return value
	case []any:
		return stringsIn(value)
	}
	return nil
}

func stringsIn(values []any) []string {
	var all []string
	for _, value := range values {
		if s, ok := value.(string); ok {
			all = append(all, s)
		}
	}
	return all
}
