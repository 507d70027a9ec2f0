package page

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// A format is what an answer looks like.
type format string

const (
	asText format = "text"
	asHTML format = "html"
	asJSON format = "json"
)

// media are the formats by their types, the default first: that is what curl
// gets, which accepts anything.
var media = []struct {
	format
	kind, subtype string
}{{asText, "text", "plain"}, {asHTML, "text", "html"}, {asJSON, "application", "json"}}

// formatOf is the format that a request wants. ?format= wins over Accept.
func formatOf(r *http.Request) format {
	switch f := format(r.URL.Query().Get("format")); f {
	case asText, asHTML, asJSON:
		return f
	}
	return accepted(strings.Join(r.Header.Values("Accept"), ","))
}

// accepted is the format that an Accept header likes best (RFC 9110, 12.5.1).
// What it likes equally goes by our order, and so does a header that wants
// something else altogether: a page in the wrong format helps more at night
// than a 406.
func accepted(header string) format {
	best, most := asText, 0.0
	for _, m := range media {
		if q := quality(header, m.kind, m.subtype); q > most {
			best, most = m.format, q
		}
	}
	return best
}

// quality is what the most specific range of the header that matches says.
func quality(header, kind, subtype string) float64 {
	q, specific := 0.0, 0
	for part := range strings.SplitSeq(header, ",") {
		name, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		s := map[string]int{kind + "/" + subtype: 3, kind + "/*": 2, "*/*": 1}[name]
		if s <= specific {
			continue
		}
		specific, q = s, 1
		if v, err := strconv.ParseFloat(params["q"], 64); err == nil {
			q = v
		}
	}
	return q
}
