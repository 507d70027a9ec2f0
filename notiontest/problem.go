package notiontest

import "fmt"

// A problem is an error answer in Notion's shape.
type problem struct {
	status     int
	code       string
	message    string
	data       object // additional_data: values are strings or lists of strings
	retryAfter string // header, when not empty
	oauth      bool   // RFC 6749 shape
}

func (p *problem) Error() string { return p.code + ": " + p.message }

func (p *problem) body() object {
	if p.oauth {
		return object{{"error", p.code}, {"error_description", p.message}}
	}
	o := object{{"object", "error"}, {"status", p.status}, {"code", p.code}, {"message", p.message}}
	if len(p.data) > 0 {
		o = append(o, member{"additional_data", p.data})
	}
	return o
}

func invalid(format string, args ...any) *problem {
	return &problem{status: 400, code: "validation_error", message: fmt.Sprintf(format, args...)}
}

// mustBe is Notion's wording of a value that is not as it should be.
func mustBe(where, want string, got any) *problem {
	return invalid("%s failed validation: %s should be %s, instead was `%s`.", part(where), where, want, shown(got))
}

// part is the first word of a place such as body.page_size.
func part(where string) string {
	for i, c := range where {
		if c == '.' || c == '[' {
			return where[:i]
		}
	}
	return where
}

// undefined stands for a value that is not there, as JavaScript would say it.
type undefined struct{}

func shown(v any) string {
	if _, ok := v.(undefined); ok {
		return "undefined"
	}
	return string(appendJSON(nil, v))
}

func badCursor(cursor string) *problem {
	return invalid("The start_cursor provided is invalid: %s", cursor)
}

func badURL() *problem {
	return &problem{status: 400, code: "invalid_request_url", message: "Invalid request URL."}
}

func badJSON() *problem {
	return &problem{status: 400, code: "invalid_json", message: "Error parsing JSON body."}
}

func unauthorized() *problem {
	return &problem{status: 401, code: "unauthorized", message: "API token is invalid."}
}

func (c *connection) restricted() *problem {
	return &problem{status: 403, code: "restricted_resource", message: "Insufficient permissions for this endpoint.",
		data: object{{"integration_id", c.id}}}
}

// notFound says the same for what does not exist and for what is not shared:
// Notion does not tell the two apart.
func (c *connection) notFound(kind, id string) *problem {
	return &problem{status: 404, code: "object_not_found",
		message: fmt.Sprintf("Could not find %s with ID: %s. Make sure the relevant pages and databases are shared with your integration %q.", kind, id, c.name),
		data:    object{{"integration_id", c.id}}}
}

// plainMessages are what the error of a scripted status says by default, and
// with which code.
var plainMessages = map[int]struct{ code, message string }{
	400: {"validation_error", "body failed validation."},
	401: {"unauthorized", "API token is invalid."},
	403: {"restricted_resource", "Insufficient permissions for this endpoint."},
	404: {"object_not_found", "Could not find the object."},
	409: {"conflict_error", "Conflict occurred while saving. Please try again."},
	429: {"rate_limited", "You have been rate limited. Please try again later."},
	500: {"internal_server_error", "Unexpected error occurred."},
	502: {"bad_gateway", "Bad gateway."},
	503: {"service_unavailable", "Public API service is temporarily unavailable, please try again later."},
	504: {"gateway_timeout", "Request timed out."},
	529: {"service_overload", "The service is overloaded. Please try again later."},
}

// plainProblem is Notion's error for a status; code and message override its
// usual ones when they are not empty.
func plainProblem(status int, code, message string) *problem {
	p := &problem{status: status, code: "internal_server_error", message: "Unexpected error occurred."}
	if m, ok := plainMessages[status]; ok {
		p.code, p.message = m.code, m.message
	}
	if code != "" {
		p.code = code
	}
	if message != "" {
		p.message = message
	}
	return p
}
